// SPDX-License-Identifier: MIT
//
// Asking the daemon: one request, one answer, one short connection (control.h).
#ifndef BERTH_RUN_RUN_REQUEST_H
#define BERTH_RUN_RUN_REQUEST_H

#include "run_identity.h"

#include <sys/time.h>

struct run_request {
	// Set before: run_request_init fills what may stay as it is.
	struct berth_request ask;
	const void *data;        // ask.data_bytes of it
	int pass_fd;             // -1: none
	bool may_be_interrupted; // a signal handler without SA_RESTART ends the wait: -EINTR
	struct timeval patience; // for the answer; zero: no limit. Then -EAGAIN
	bool close_on_exec;      // for the descriptor in the answer
	void *room;              // for the answer's data
	size_t room_bytes;

	// Set after.
	struct berth_answer answer;
	int fd; // in the answer; -1: none
};

void run_request_init(struct run_request *request, enum berth_verb verb,
		      const struct berth_identity *socket);

// 0, or a negative errno: the daemon's word (answer.error), or -ENETDOWN: there is no daemon.
int run_request_do(struct run_request *request);

// The socket's SO_ERROR, cleared by asking. A negative errno when the daemon cannot be asked.
int run_request_take_error(const struct berth_identity *socket);

#endif
