#!/bin/sh
# SPDX-License-Identifier: MIT
# Make an archive in which only berth_* is visible: embedders' names cannot clash with ours.
# usage: localize_archive.sh INPUT.a OUTPUT.a WORK_DIR
set -eu
mkdir -p "$3"
ld -r -o "$3/whole.o" --whole-archive "$1"
objcopy --wildcard --keep-global-symbol='berth_*' "$3/whole.o"
rm -f "$2"
ar rcs "$2" "$3/whole.o"
