// SPDX-License-Identifier: MIT
//
// Can the preload library carry this program?
#ifndef BERTH_RUN_RUN_PROGRAM_H
#define BERTH_RUN_RUN_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#define RUN_PROGRAM_PATH_MAX 4096

enum run_program_kind {
	RUN_PROGRAM_IS_DYNAMIC, // it can
	RUN_PROGRAM_IS_STATIC,
	RUN_PROGRAM_HAS_OTHER_LIBC,    // musl
	RUN_PROGRAM_HAS_OTHER_MACHINE, // 32 bits, another processor
	RUN_PROGRAM_HAS_OTHER_RIGHTS,  // setuid: starts without our library
	RUN_PROGRAM_IS_UNREADABLE,     // errno says why
};

// Find the file as a shell does: PATH unless there is a slash. 0, ENOENT or EACCES.
int run_program_find(const char *name, char path[RUN_PROGRAM_PATH_MAX]);

// Look at it; for a script, at its interpreter. ret_looked_at is the file judged.
enum run_program_kind run_program_examine(const char *path,
					  char ret_looked_at[RUN_PROGRAM_PATH_MAX]);

#endif
