#!/bin/sh
# clang-tidy with the checks of .clang-tidy and a baseline of no finding.
# usage: CFLAGS=… tests/lint/tidy.sh FILE...
# Flags only gcc knows are left out: they do not change what the code means.
flags=$(for f in $CFLAGS; do
	case $f in
	-ftrivial-auto-var-init=* | -fstack-clash-protection | -fcf-protection=* | -mbranch-protection=*) ;;
	-fno-delete-null-pointer-checks | -fno-strict-overflow) ;;
	*) echo "$f" ;;
	esac
done)
printf '%s\n' "$@" | xargs -P2 -n8 sh -c 'flags=$0; clang-tidy --quiet "$@" -- $flags 2>/dev/null' "$(echo $flags)"
