#!/bin/sh
# Every function ep_NAME that a row of a table of endpoints runs has a test
# program of its own, tests/unit/test_NAME.c.
# usage: tests/lint/endpoints.sh ROOT
cd "$1" || exit 1
rows=$(grep -hoE '\{ *"(GET|POST)".*' acme/*.c admin/*.c 2>/dev/null | grep -oE '\bep_[a-z0-9_]+' | sort -u)
[ -n "$rows" ] || { echo "endpoints: found no row"; exit 1; }
bad=0
for ep in $rows; do
	[ -f "tests/unit/test_${ep#ep_}.c" ] || { echo "endpoints: $ep has no tests/unit/test_${ep#ep_}.c"; bad=1; }
done
exit $bad
