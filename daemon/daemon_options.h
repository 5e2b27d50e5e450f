// SPDX-License-Identifier: MIT
//
// The command line: a directory, and hosts to bring up at once.
#ifndef BERTH_DAEMON_OPTIONS_H
#define BERTH_DAEMON_OPTIONS_H

#include <berth/control.h>

#define DAEMON_EXIT_FAILURE 1 // something went wrong; a line on stderr says what
#define DAEMON_EXIT_USAGE 2   // the command line
#define DAEMON_EXIT_RUNNING 3 // another daemon serves the directory

struct daemon_options {
	const char *directory; // NULL: the usual one
	bool detach;
	uint32_t host_count;
	struct berth_host_request host[BERTH_BOARD_HOSTS_MAX];
};

// Returns -1 to go on, or the exit code: help and version were printed, or what is wrong.
int daemon_options_parse(int argc, char **argv, struct daemon_options *ret_options);

#endif
