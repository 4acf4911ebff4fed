#!/bin/sh
# ACME clients of npm, for the end-to-end tests, into build/node: those the lock file names.
set -e
here=$(dirname "$0")
to=build/node
command -v npm >/dev/null || {
	printf 'nodejs\nnpm\n' >"$here/../../../build/packages-node.txt"
	sh tests/packages.sh build/packages-node.txt
}
cmp -s "$here/package-lock.json" "$to/installed.json" && exit 0
mkdir -p "$to"
cp "$here/package.json" "$here/package-lock.json" "$to"
echo "  NPM   $(sed -n 's/^\t\t"\(.*\)": ".*/\1/p' "$here/package.json" | tr '\n' ' ')"
(cd "$to" && npm ci --ignore-scripts --no-audit --no-fund --silent)
cp "$here/package-lock.json" "$to/installed.json"
