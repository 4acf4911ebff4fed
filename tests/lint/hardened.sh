#!/bin/sh
# The release binary is position independent, all its relocations are read-only
# after start, no stack is executable, and buffers are guarded.
# usage: tests/lint/hardened.sh BINARY
bad=0
want() { # text pattern command...
	text=$1 pattern=$2
	shift 2
	"$@" | grep -qE "$pattern" || { echo "hardened: $text"; bad=1; }
}
want "not position independent" 'Type: +DYN \(Position' readelf -hW "$1"
want "no BIND_NOW" 'BIND_NOW|Flags:.* NOW' readelf -dW "$1"
want "no GNU_RELRO" GNU_RELRO readelf -lW "$1"
want "executable stack" 'GNU_STACK.* RW +0x' readelf -lW "$1"
want "no stack protector" __stack_chk_fail readelf --dyn-syms -W "$1"
want "no fortified function" '__[a-z]+_chk@' readelf --dyn-syms -W "$1"
readelf -dW "$1" | grep -qE 'TEXTREL|R(UN)?PATH' && { echo "hardened: TEXTREL or RPATH"; bad=1; }
exit $bad
