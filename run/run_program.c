// SPDX-License-Identifier: MIT
//
// Is there a dynamic loader in this program that will load our library?
//
// A program names its loader in its ELF header (PT_INTERP); without one it is static and never
// sees LD_PRELOAD. A script is as its interpreter is. The loader must be of our own kind: glibc,
// the same machine. Programs that gain rights on start (setuid, setgid) ignore LD_PRELOAD.
#include "run_program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_BYTES 4096
#define SCRIPT_DEPTH_MAX 4 // as Linux
#define SEGMENTS_MAX 64

#if __SIZEOF_POINTER__ == 8
#define OUR_CLASS ELFCLASS64
#else
#define OUR_CLASS ELFCLASS32
#endif

static int check_file(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return errno == ENOTDIR ? ENOENT : errno;
	if (!S_ISREG(status.st_mode) || access(path, X_OK) != 0)
		return EACCES;
	return 0;
}

int run_program_find(const char *name, char path[RUN_PROGRAM_PATH_MAX])
{
	const char *at = getenv("PATH");
	int result = ENOENT;

	if (strchr(name, '/')) {
		if (strlen(name) >= RUN_PROGRAM_PATH_MAX)
			return ENOENT;
		memcpy(path, name, strlen(name) + 1);
		return check_file(path);
	}
	if (!at)
		at = "/usr/local/bin:/usr/bin:/bin";
	while (name[0]) {
		size_t length = strcspn(at, ":");
		int written = length ? snprintf(path, RUN_PROGRAM_PATH_MAX, "%.*s/%s", (int)length,
						at, name)
				     : snprintf(path, RUN_PROGRAM_PATH_MAX, "./%s", name);

		if (written > 0 && written < RUN_PROGRAM_PATH_MAX) {
			int error = check_file(path);

			if (error == 0)
				return 0;
			if (error != ENOENT)
				result = error;
		}
		if (!at[length])
			break;
		at += length + 1;
	}
	return result;
}

// "#!  /usr/bin/env python3": the first word after the mark. A file without one is /bin/sh's.
static void find_interpreter(const char *head, size_t length, char path[RUN_PROGRAM_PATH_MAX])
{
	size_t at = 2, end;

	if (length < 2 || head[0] != '#' || head[1] != '!') {
		snprintf(path, RUN_PROGRAM_PATH_MAX, "/bin/sh");
		return;
	}
	while (at < length && (head[at] == ' ' || head[at] == '\t'))
		at++;
	for (end = at; end < length && !strchr(" \t\n", head[end]) && head[end]; end++)
		;
	snprintf(path, RUN_PROGRAM_PATH_MAX, "%.*s", (int)(end - at), head + at);
}

// The loader's name at the segment that holds it.
static enum run_program_kind judge_loader(int fd, uint64_t offset, uint64_t size)
{
	char loader[PATH_MAX];
	ssize_t length;

	if (size == 0 || size > sizeof(loader))
		return RUN_PROGRAM_IS_STATIC;
	length = pread(fd, loader, size, (off_t)offset);
	if (length <= 0)
		return RUN_PROGRAM_IS_UNREADABLE;
	loader[length - 1] = 0;
	return strstr(loader, "ld-musl") ? RUN_PROGRAM_HAS_OTHER_LIBC : RUN_PROGRAM_IS_DYNAMIC;
}

#if __SIZEOF_POINTER__ == 8
#define ELF_HEADER Elf64_Ehdr
#define ELF_SEGMENT Elf64_Phdr
#else
#define ELF_HEADER Elf32_Ehdr
#define ELF_SEGMENT Elf32_Phdr
#endif

static uint16_t own_machine(void)
{
	static uint16_t machine;
	ELF_HEADER header;
	int fd;

	if (machine)
		return machine;
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (pread(fd, &header, sizeof(header), 0) == (ssize_t)sizeof(header))
		machine = header.e_machine;
	close(fd);
	return machine;
}

static enum run_program_kind judge_elf(int fd, const char *head, size_t length)
{
	ELF_HEADER header;
	int i;

	if (length < sizeof(header) || head[EI_CLASS] != OUR_CLASS)
		return RUN_PROGRAM_HAS_OTHER_MACHINE;
	memcpy(&header, head, sizeof(header));
	if (own_machine() && header.e_machine != own_machine())
		return RUN_PROGRAM_HAS_OTHER_MACHINE;
	for (i = 0; i < header.e_phnum && i < SEGMENTS_MAX; i++) {
		ELF_SEGMENT segment;
		off_t at = (off_t)(header.e_phoff + (uint64_t)i * header.e_phentsize);

		if (pread(fd, &segment, sizeof(segment), at) != (ssize_t)sizeof(segment))
			break;
		if (segment.p_type == PT_INTERP)
			return judge_loader(fd, segment.p_offset, segment.p_filesz);
	}
	return RUN_PROGRAM_IS_STATIC;
}

static bool gains_rights(int fd)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return false;
	return ((status.st_mode & S_ISUID) && status.st_uid != getuid()) ||
	       ((status.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
		status.st_gid != getgid());
}

// One file. *ret_is_script: look at what path names now instead.
static enum run_program_kind examine_one(char path[RUN_PROGRAM_PATH_MAX], bool *ret_is_script)
{
	char head[HEAD_BYTES];
	enum run_program_kind kind = RUN_PROGRAM_IS_UNREADABLE;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	*ret_is_script = false;
	if (fd < 0)
		return RUN_PROGRAM_IS_UNREADABLE;
	length = read(fd, head, sizeof(head) - 1);
	if (length >= 0) {
		head[length] = 0;
		if (length >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0) {
			kind = gains_rights(fd) ? RUN_PROGRAM_HAS_OTHER_RIGHTS
						: judge_elf(fd, head, (size_t)length);
		} else {
			find_interpreter(head, (size_t)length, path);
			*ret_is_script = true;
		}
	}
	close(fd);
	return kind;
}

enum run_program_kind run_program_examine(const char *path,
					  char ret_looked_at[RUN_PROGRAM_PATH_MAX])
{
	int depth;

	snprintf(ret_looked_at, RUN_PROGRAM_PATH_MAX, "%s", path);
	for (depth = 0; depth <= SCRIPT_DEPTH_MAX; depth++) {
		bool is_script;
		enum run_program_kind kind = examine_one(ret_looked_at, &is_script);

		if (!is_script)
			return kind;
	}
	errno = ELOOP;
	return RUN_PROGRAM_IS_UNREADABLE;
}
