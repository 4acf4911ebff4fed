#!/bin/sh
# Run cmocka programs and replay corpora: a line each, in full what fails.
# A program called replay_NAME gets the files of tests/corpus/NAME.
# TALLY=file appends "passed failed" there instead of closing with a line.
log=$(mktemp) && trap 'rm -f "$log"' EXIT
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS="abort_on_error=0:detect_leaks=1:$ASAN_OPTIONS"
export TSAN_OPTIONS="halt_on_error=0:exitcode=66:suppressions=$PWD/tests/lint/tsan.supp:$TSAN_OPTIONS"
passed=0 failed=0

# What a program printed and its exit code -> cases that passed, failed, and
# cannot be in this variant (cmocka: `not ok 3 # SKIP name`).
# A plan that was not kept, a crash, a leak found at exit: a failure too.
cases() {
	awk -v rc="$1" '
	/^1\.\.[0-9]+/ { plan += substr($1, 4) }
	/^ok /         { ok++ }
	/^not ok [0-9]+ # SKIP/ { skipped++; next }
	/^not ok /     { bad++ }
	END {
		if (ok + bad + skipped < plan) bad = plan - ok - skipped
		if (rc && !bad || !ok && !bad) bad++
		print ok + 0, bad + 0, skipped + 0
	}' "$log"
}
run() { # name command...
	name=$1
	shift
	timeout -k 5 "${UNIT_TIMEOUT:-300}" "$@" </dev/null >"$log" 2>&1
	rc=$?
	[ "$name" = "${name#corpus}" ] || [ $rc != 0 ] || echo "ok 1 - replayed" >>"$log"
	set -- $(cases $rc)
	passed=$((passed + $1)) failed=$((failed + $2))
	if [ "$2" = 0 ]; then
		[ "$3" = 0 ] && not= || not="   $3 not in this variant"
		printf '  ok    %-28s %3d%s\n' "$name" "$1" "$not"
	else
		printf '  FAIL  %-28s %3d passed, %d failed (exit %d)\n' "$name" "$1" "$2" $rc
		grep -v '^ok ' "$log" | sed 's/^/        /'
	fi
}

for t; do
	name=${t##*/}
	case $name in
	replay_*) run "corpus ${name#replay_}" "$t" tests/corpus/"${name#replay_}"/* ;;
	*) run "$name" "$t" ;;
	esac
done

if [ -n "$TALLY" ]; then
	echo "$passed $failed" >>"$TALLY"
else
	echo "$passed passed, $failed failed"
fi
[ $failed = 0 ]
