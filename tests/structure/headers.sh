#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header stands alone, as C99 and as C++17. usage: headers.sh ROOT
set -eu
cd "$1"
bad=0
for header in include/berth/*.h; do
	name=berth/$(basename "$header")
	echo "#include <$name>" | gcc -std=c99 -pedantic -Wall -Wextra -Werror -Iinclude \
		-fsyntax-only -x c - || { echo "$name: not C99"; bad=1; }
	echo "#include <$name>" | g++ -std=c++17 -Wall -Wextra -Werror -Iinclude \
		-fsyntax-only -x c++ - || { echo "$name: not C++17"; bad=1; }
done
exit $bad
