#!/bin/sh
# SPDX-License-Identifier: MIT
# Sans-IO, proven by the linker: the library needs nothing but this short list, and shows only berth_*.
# usage: check_symbols.sh LIBBERTH.a
set -eu
allowed='memcpy memmove memset memcmp strlen __assert_fail __stack_chk_fail'
bad=0
for name in $(nm -u "$1" | awk '$1 == "U" {print $2}' | sort -u); do
	case " $allowed _GLOBAL_OFFSET_TABLE_ " in
	*" $name "*) ;;
	*) echo "libberth calls $name: not allowed"; bad=1 ;;
	esac
done
for name in $(nm -g --defined-only "$1" | awk 'NF == 3 {print $3}'); do
	case $name in
	berth_*) ;;
	*) echo "libberth shows $name: only berth_* may be seen"; bad=1 ;;
	esac
done
# No mutable state of its own: nothing in .data or .bss (.data.rel.ro is constant once loaded).
for name in $(objdump -t "$1" | awk -F'\t' '
	{ split($1, left, " "); section = left[length(left)]; split($2, right, " ") }
	section ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)$/ && right[2] != section && right[1] !~ /^0+$/ \
	{ print right[2] }'); do
	echo "libberth keeps a variable: $name"
	bad=1
done
exit $bad
