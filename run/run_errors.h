// SPDX-License-Identifier: MIT
//
// The right errno for a call the kernel refused.
#ifndef BERTH_RUN_RUN_ERRORS_H
#define BERTH_RUN_RUN_ERRORS_H

#include "run_identity.h"

#include <sys/types.h>

// Set errno and return -1; for `return run_fail(...)`. Takes a positive or negative errno.
int run_fail(int error);

// The pending error of a berth socket (positive), cleared everywhere; 0: none. A negative errno:
// the daemon is gone. is_announced: UDP's empty message about it is still queued, and goes too.
int run_errors_take(struct run_socket *socket, bool is_announced);

// The kernel refused to receive from (send to) a stream and set errno. What would TCP say? Returns
// what the wrapper returns, errno set. flags as given by the program: MSG_NOSIGNAL matters.
ssize_t run_errors_receive_failed(int fd);
ssize_t run_errors_send_failed(int fd, int flags);

// The signal a write gets with EPIPE.
void run_errors_raise_sigpipe(void);

#endif
