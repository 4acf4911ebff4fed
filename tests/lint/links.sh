#!/bin/sh
# Links between documents lead to files that are there.
bad=0
for f in *.md docs/*.md; do
	[ -f "$f" ] || continue
	for to in $(grep -o ']([^) ]*)' "$f" | sed 's/^](//; s/)$//; s/#.*//' | grep -v '^[a-z]*:'); do
		[ -e "$(dirname "$f")/$to" ] || { echo "$f: there is no $to"; bad=1; }
	done
done
exit $bad
