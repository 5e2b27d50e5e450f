# SPDX-License-Identifier: MIT
#
# Words for fingers that type make. Meson and Ninja do the work; each target first installs what it
# lacks (Debian packages, through sudo when not root), saying what.
#
#   make            build                       make test             every test, one total line
#   make run        the main job, a demo        make test SANITIZE=1  the same, address + undefined
#   make bench      against named peers         make fuzz             long fuzzing (FUZZ_SECONDS=600)
#   make check      style, layering, symbols    make format           settle the formatting
#   make install    PREFIX=/usr/local, DESTDIR

PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 600
ifdef SANITIZE
BUILD ?= build-sanitize
SETUP = -Db_sanitize=address,undefined -Db_lundef=false
else
BUILD ?= build
SETUP =
endif

.PHONY: all run test bench check format fuzz install clean
all: $(BUILD)/build.ninja
	@ninja -j $(JOBS) -C $(BUILD)

$(BUILD)/build.ninja: meson.build
	@tools/need build
	@[ -f $@ ] || meson setup --prefix $(PREFIX) $(SETUP) $(BUILD) >/dev/null
	@touch $@

run: all
	@tools/need run
	@tests/programs/main_job.sh $(BUILD)

test: all
	@tools/need test
	@tools/run_tests $(BUILD)

bench: all
	@tools/need bench
	@bench/run $(BUILD)

check: all
	@tools/need test
	@meson test -C $(BUILD) --no-rebuild --suite structure --print-errorlogs

format:
	@tools/need format
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i
	@tools/where.py --write

fuzz:
	@tools/need fuzz
	@tools/fuzz $(FUZZ_SECONDS)

install: all
	@meson install -C $(BUILD) --no-rebuild $(if $(DESTDIR),--destdir $(DESTDIR))

clean:
	@rm -rf build build-sanitize build-fuzz
