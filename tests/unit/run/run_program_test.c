// SPDX-License-Identifier: MIT
//
// Which programs can be carried: made-up ELF files, scripts, and this test itself.
#include "../../../run/run_program.h"

#include "../../support/unit.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/berth-run-program-XXXXXX";

static const char *write_file(const char *name, const void *bytes, size_t length, mode_t mode)
{
	static char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

struct small_elf {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	char loader[40];
};

// Header and machine of this very program, with one segment.
static struct small_elf small_elf(uint32_t segment_type, const char *loader)
{
	struct small_elf elf = {.segment = {.p_type = segment_type}};
	int fd = open("/proc/self/exe", O_RDONLY);

	assert_int_equal(read(fd, &elf.header, sizeof(elf.header)), sizeof(elf.header));
	close(fd);
	elf.header.e_phoff = offsetof(struct small_elf, segment);
	elf.header.e_phnum = 1;
	elf.segment.p_offset = offsetof(struct small_elf, loader);
	elf.segment.p_filesz = strlen(loader) + 1;
	snprintf(elf.loader, sizeof(elf.loader), "%s", loader);
	return elf;
}

static enum run_program_kind examine(const char *path)
{
	char looked_at[RUN_PROGRAM_PATH_MAX];

	return run_program_examine(path, looked_at);
}

static void this_program_has_a_loader_and_can_be_carried(void **state)
{
	(void)state;
	assert_int_equal(examine("/proc/self/exe"), RUN_PROGRAM_IS_DYNAMIC);
}

static void a_program_without_a_loader_is_static(void **state)
{
	struct small_elf elf = small_elf(PT_LOAD, "");

	(void)state;
	assert_int_equal(examine(write_file("static", &elf, sizeof(elf), 0700)),
			 RUN_PROGRAM_IS_STATIC);
	elf.header.e_phnum = 0;
	assert_int_equal(examine(write_file("static", &elf, sizeof(elf), 0700)),
			 RUN_PROGRAM_IS_STATIC);
}

static void musl_another_class_and_another_machine_are_told_apart(void **state)
{
	struct small_elf elf = small_elf(PT_INTERP, "/lib/ld-musl-x86_64.so.1");

	(void)state;
	assert_int_equal(examine(write_file("musl", &elf, sizeof(elf), 0700)),
			 RUN_PROGRAM_HAS_OTHER_LIBC);
	elf = small_elf(PT_INTERP, "/lib64/ld-linux.so.2");
	assert_int_equal(examine(write_file("glibc", &elf, sizeof(elf), 0700)),
			 RUN_PROGRAM_IS_DYNAMIC);
	elf.header.e_machine ^= 0xff;
	assert_int_equal(examine(write_file("machine", &elf, sizeof(elf), 0700)),
			 RUN_PROGRAM_HAS_OTHER_MACHINE);
	elf.header.e_ident[EI_CLASS] = ELFCLASS32;
	assert_int_equal(examine(write_file("class", &elf, sizeof(elf), 0700)),
			 RUN_PROGRAM_HAS_OTHER_MACHINE);
	assert_int_equal(examine(write_file("short", &elf, 10, 0700)),
			 RUN_PROGRAM_HAS_OTHER_MACHINE);
}

static void a_program_of_another_user_with_setuid_loses_the_library(void **state)
{
	struct small_elf elf = small_elf(PT_INTERP, "/lib64/ld-linux.so.2");
	const char *path = write_file("setuid", &elf, sizeof(elf), 0700);

	(void)state;
	if (getuid() != 0 || chown(path, 12345, (gid_t)-1) != 0)
		skip();
	assert_int_equal(chmod(path, 04755), 0);
	assert_int_equal(examine(path), RUN_PROGRAM_HAS_OTHER_RIGHTS);
}

static void a_script_is_as_its_interpreter_is(void **state)
{
	struct small_elf elf = small_elf(PT_LOAD, "");
	char text[300], looked_at[RUN_PROGRAM_PATH_MAX], interpreter[200];

	(void)state;
	snprintf(interpreter, sizeof(interpreter), "%s",
		 write_file("interpreter", &elf, sizeof(elf), 0700));
	snprintf(text, sizeof(text), "#! %s -x\nhello\n", interpreter);
	assert_int_equal(
		run_program_examine(write_file("script", text, strlen(text), 0700), looked_at),
		RUN_PROGRAM_IS_STATIC);
	assert_string_equal(looked_at, interpreter);
	// Without a mark it is the shell's.
	assert_int_equal(run_program_examine(write_file("plain", "echo\n", 5, 0700), looked_at),
			 RUN_PROGRAM_IS_DYNAMIC);
	assert_string_equal(looked_at, "/bin/sh");
}

static void scripts_in_a_circle_end(void **state)
{
	char text[300];

	(void)state;
	snprintf(text, sizeof(text), "#!%s/circle\n", directory);
	assert_int_equal(examine(write_file("circle", text, strlen(text), 0700)),
			 RUN_PROGRAM_IS_UNREADABLE);
	assert_int_equal(errno, ELOOP);
}

static void programs_are_found_as_a_shell_finds_them(void **state)
{
	char path[RUN_PROGRAM_PATH_MAX], search[300], expected[200];

	(void)state;
	snprintf(expected, sizeof(expected), "%s", write_file("found", "x", 1, 0700));
	write_file("data", "x", 1, 0600);
	snprintf(search, sizeof(search), "/nonexistent:%s", directory);
	setenv("PATH", search, 1);
	assert_int_equal(run_program_find("found", path), 0);
	assert_string_equal(path, expected);
	assert_int_equal(run_program_find("data", path), EACCES);
	assert_int_equal(run_program_find("missing", path), ENOENT);
	assert_int_equal(run_program_find("", path), ENOENT);
	assert_int_equal(run_program_find(expected, path), 0);
	assert_int_equal(run_program_find("/nonexistent/program", path), ENOENT);
	assert_int_equal(run_program_find(directory, path), EACCES);
}

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "/bin/rm -rf %s", directory);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(this_program_has_a_loader_and_can_be_carried),
		cmocka_unit_test(a_program_without_a_loader_is_static),
		cmocka_unit_test(musl_another_class_and_another_machine_are_told_apart),
		cmocka_unit_test(a_program_of_another_user_with_setuid_loses_the_library),
		cmocka_unit_test(a_script_is_as_its_interpreter_is),
		cmocka_unit_test(scripts_in_a_circle_end),
		cmocka_unit_test(programs_are_found_as_a_shell_finds_them),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
