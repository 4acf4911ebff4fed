#!/bin/sh
# Every lint, one line each, all of them run; a finding anywhere fails.
# usage: CC=… CFLAGS=… tests/lint/run.sh BUILD SOURCE...
build=$1
shift
lints=tests/lint
log=$(mktemp) && trap 'rm -f "$log"' EXIT
passed=0 failed=0

lint() { # name command...
	name=$1
	shift
	if "$@" >"$log" 2>&1; then
		passed=$((passed + 1))
		echo "  ok    $name"
	else
		failed=$((failed + 1))
		echo "  FAIL  $name"
	fi
	sed 's/^/        /' "$log"
}
ours() { # suffix: the files that end so, without the tests
	suffix=$1
	shift
	for f; do
		case $f in
		tests/*) ;;
		*"$suffix") echo "$f" ;;
		esac
	done
}
headers_alone() {
	bad=0
	for h in $(ours .h "$@"); do
		$CC $CFLAGS -Wno-unused -Wno-pedantic -fsyntax-only -x c -include "$h" /dev/null || bad=1
	done
	return $bad
}
objects() { # of ours, as built
	for f in $(ours .c "$@"); do echo "$build/${f%.c}.o"; done
}

lint "includes point down, libraries stay at home" $lints/layers.sh
lint "functions and files are small" $lints/size.sh "$@"
lint "no state at file scope" $lints/globals.sh "$build" $(objects "$@")
lint "no banned function" $lints/banned.sh $(ours .c "$@")
lint "every endpoint has its unit test" $lints/endpoints.sh .
lint "every requirement has its test" $lints/conformance.sh
lint "documents link to what is there" $lints/links.sh
lint "headers compile alone" headers_alone "$@"
lint "format" clang-format --dry-run -Werror "$@" # 14, as packaged
lint "cppcheck" $lints/cppcheck.sh "$build" $(ours .c "$@")
lint "clang-tidy" $lints/tidy.sh "$build" $(ours .c "$@")
lint "hardened binary" $lints/hardened.sh "$build/mayfly"
lint "planted faults are found" $lints/planted.sh
lint "tests notice when what they prove is gone" env BUILD="$build" $lints/mutate.sh 5

echo "$passed passed, $failed failed"
[ $failed = 0 ]
