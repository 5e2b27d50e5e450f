#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The man pages: without a fault for mandoc, and with the options that --help names, no more, no less.
#
# usage: man_test.sh BUILD_DIR PAGE...     speaks TAP
set -u
build=${1:?usage: man_test.sh BUILD_DIR PAGE...}
shift
failed=0
number=0

result() { # ok|"not ok", name, words
	number=$((number + 1))
	echo "$1 $number - $2"
	[ "$1" = ok ] && return
	failed=1
	printf '%s\n' "$3" | sed 's/^/# /'
}

# "-ano" is three options.
one_a_line() {
	sed -E '/^--/!s/^-(.*)/\1/; /^--/!s/(.)/-\1\n/g' | sed '/^$/d' | sort -u
}

# Options of a text, examples left out.
options_of_help() {
	grep -Ev '^(  berth |example:)' | grep -Eo '(^|[][ ("|])--?[A-Za-z0-9][A-Za-z0-9-]*' |
		sed -E 's/^[^-]*//' | one_a_line
}

# The Fl macros of a page.
options_of_page() {
	grep -E '^\.' "$1" | grep -Eo '\bFl (Fl )?[A-Za-z0-9][A-Za-z0-9-]*' |
		sed -E 's/^Fl Fl /--/; s/^Fl /-/' | grep -vx -e '-Fl' | one_a_line
}

help_of() {
	case $1 in
	berth) "$build/berth" --help ;;
	berthd) "$build/berthd" --help ;;
	*) "$build/berth" "${1#berth-}" --help ;;
	esac
}

echo "1..$((2 * $#))"
for page in "$@"; do
	name=$(basename "$page")
	words=$(mandoc -T lint -W warning "$page" 2>&1)
	result "$([ -z "$words" ] && echo ok || echo not ok)" "$name has no fault" "$words"
	if [ "$name" = berth.7 ]; then
		result ok "$name is about no command"
		continue
	fi
	[ -n "$(help_of "${name%.*}")" ] || { result "not ok" "$name: --help says nothing" ""; continue; }
	words=$(diff <(help_of "${name%.*}" | options_of_help) <(options_of_page "$page") |
		sed -n 's/^</only in --help:/p; s/^>/only in the page:/p')
	result "$([ -z "$words" ] && echo ok || echo not ok)" "$name has the options of --help" "$words"
done
exit $failed
