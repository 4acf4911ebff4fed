#!/bin/sh
# No object that can change may outlive a call: nothing of ours in .data, .bss
# or thread-local storage, be it at file scope or static in a function.
# Free are server/, the composition root, and those named here with the reason.
# usage: tests/lint/globals.sh BUILD OBJECT...
allowed='
base/log.o        one level, and how lines look
crypto/digest.o   algorithms, fetched once and only read after
'
build=$1
shift

# objdump -t: value flags section size name; .data.rel.ro is const.
bad=$(for o; do
	rel=${o#"$build"/}
	case $rel in server/*) continue ;; esac
	echo "$allowed" | grep -q "^$rel " && continue
	objdump -t "$o" | awk -v o="$rel" '
		NF < 4 { next }
		{ section = $(NF - 2); name = $NF }
		section == "*COM*" { print o ": " name " (common)" }
		section ~ /^\.(data|bss|tdata|tbss)/ && section !~ /^\.data\.rel\.ro/ && name != section && name !~ /^\.L/ {
			print o ": " name " in " section
		}'
done)
[ -z "$bad" ] || { echo "$bad"; exit 1; }
