#!/bin/sh
# The unit programs named, then the end-to-end tests of one build; all of them
# run, whatever fails, and the last line says how many passed and failed.
# usage: tests/all.sh BUILD PROGRAM...
build=$1
shift
TALLY=$(mktemp) && trap 'rm -f "$TALLY"' EXIT
export TALLY
rc=0
tests/unit.sh "$@" || rc=1
tests/e2e/run "$build/mayfly" || rc=1
awk -v rc=$rc '
	{ passed += $1; failed += $2 }
	END {
		if (rc && !failed) failed = 1 # a runner that broke
		printf "%d passed, %d failed\n", passed, failed
	}' "$TALLY"
exit $rc
