// SPDX-License-Identifier: MIT
//
// The daemon's directory: where it is, whose it is, and that only one daemon serves it.
#ifndef BERTH_DAEMON_DIRECTORY_H
#define BERTH_DAEMON_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

#define DAEMON_PATH_MAX 100 // what a control socket's address has room for, less "/control"

struct daemon_directory {
	char path[DAEMON_PATH_MAX];
	int fd;      // -1: not open
	int lock_fd; // its lock is ours as long as it is open
};

// Make path if it is not there, check that it is ours alone, lock it, clear what a killed daemon
// left. 0, or a positive errno with one sentence in message (EALREADY: another daemon serves it).
int daemon_directory_open(struct daemon_directory *directory, const char *path, char *message,
			  size_t message_size);

// Remove control and board, let the lock go.
void daemon_directory_close(struct daemon_directory *directory);

#endif
