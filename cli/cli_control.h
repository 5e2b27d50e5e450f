// SPDX-License-Identifier: MIT
//
// Asking berthd: one connection, one request, one answer.
#ifndef BERTH_CLI_CONTROL_H
#define BERTH_CLI_CONTROL_H

#include "cli.h"

// Connect to DIR/control. A descriptor, or -1 with errno set.
int control_connect(void);

// Send request with its data and wait at most timeout_ms (-1: for ever) for the answer; the
// answer's data go to data, at most data_max bytes of them. 0, or -errno when there is no daemon or
// it does not answer. What the daemon said is in *ret_answer.
int control_ask(const struct berth_request *request, const void *request_data,
		struct berth_answer *ret_answer, void *data, size_t data_max, int timeout_ms);
// The same on a connection that stays open.
int control_ask_on(int fd, const struct berth_request *request, const void *request_data,
		   struct berth_answer *ret_answer, void *data, size_t data_max, int timeout_ms);

struct berth_request control_request(enum berth_verb verb, const char *host_name);

// Ask, and turn refusals into one line on standard error and an exit code.
int control_do(const char *command, const struct berth_request *request, const void *request_data,
	       struct berth_answer *ret_answer, void *data, size_t data_max);
// "berth NAME: no berthd …" and CLI_NO_DAEMON.
int control_no_daemon(const char *command);

// Map the board read-only. NULL: there is none (errno set).
const struct berth_board_header *control_map_board(void);
// Is the daemon that writes it alive?
bool control_board_is_live(const struct berth_board_header *board);

#endif
