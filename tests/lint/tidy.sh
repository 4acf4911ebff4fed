#!/bin/sh
# clang-tidy with the checks of .clang-tidy and a baseline of no finding.  A
# file that was found clean is not looked at again until it, what it includes,
# the checks or the flags change.
# usage: CFLAGS=… tests/lint/tidy.sh BUILD FILE...
clean=$1/tidy
shift
mkdir -p "$clean"
# Flags only gcc knows are left out: they do not change what the code means.
flags=$(for f in $CFLAGS; do
	case $f in
	-ftrivial-auto-var-init=* | -fstack-clash-protection | -fcf-protection=* | -mbranch-protection=*) ;;
	-fno-delete-null-pointer-checks | -fno-strict-overflow) ;;
	*) echo "$f" ;;
	esac
done)
export clean flags
printf '%s\n' "$@" | xargs -P2 -n4 sh -c '
	bad=0
	for f; do
		seen=$clean/$({ cat .clang-tidy "$f"; clang -E $flags "$f" 2>/dev/null; echo $flags; } | sha256sum | cut -c 1-40)
		[ -f "$seen" ] && continue
		clang-tidy --quiet "$f" -- $flags 2>/dev/null && touch "$seen" || bad=1
	done
	exit $bad' tidy
