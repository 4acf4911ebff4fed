#!/bin/sh
# ACME clients of npm, for the end-to-end tests, into build/node: those the lock file names.
set -e
here=$(dirname "$0")
to=build/node
mkdir -p "$to"
command -v npm >/dev/null || {
	printf 'nodejs\nnpm\n' >"$to/packages.txt"
	tests/packages.sh "$to/packages.txt"
}
cmp -s "$here/package-lock.json" "$to/installed.json" && exit 0
cp "$here/package.json" "$here/package-lock.json" "$to"
echo "  NPM   $(sed -n 's/^\t\t"\(.*\)": ".*/\1/p' "$here/package.json" | tr '\n' ' ')"
(cd "$to" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
cp "$here/package-lock.json" "$to/installed.json"
