#!/bin/sh
# SPDX-License-Identifier: MIT
# Make an archive in which only berth_* is visible: embedders' names cannot clash with ours.
# usage: localize_archive.sh INPUT.a OUTPUT.a WORK_DIR COMPILER [LINK_FLAG...]
set -eu
input=$1 output=$2 work=$3
shift 3
mkdir -p "$work"
case " $* " in
*" -flto"*) set -- "$@" -flinker-output=nolto-rel ;; # one object, optimised across files
esac
"$@" -nostdlib -r -o "$work/whole.o" -Wl,--whole-archive "$input" -Wl,--no-whole-archive
objcopy --wildcard --keep-global-symbol='berth_*' "$work/whole.o"
rm -f "$output"
ar rcs "$output" "$work/whole.o"
