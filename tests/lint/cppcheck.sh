#!/bin/sh
# cppcheck with a baseline of no finding; what it saw is kept, to see it once.
# usage: tests/lint/cppcheck.sh BUILD FILE...
mkdir -p "$1/cppcheck"
seen=$1/cppcheck
gen=$1/gen
shift
exec cppcheck -q -j2 --std=c11 --enable=warning,performance,portability --inline-suppr \
	--suppressions-list=tests/lint/cppcheck.supp --error-exitcode=1 --cppcheck-build-dir="$seen" \
	--template='{file}:{line}: {id}: {message}' -D_GNU_SOURCE -D__linux__ -I. -I"$gen" "$@"
