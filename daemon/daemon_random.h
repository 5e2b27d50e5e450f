// SPDX-License-Identifier: MIT
//
// Secrets from the system: seeds of hosts and cables, the number of this run.
#ifndef BERTH_DAEMON_RANDOM_H
#define BERTH_DAEMON_RANDOM_H

#include <stdint.h>

// Never 0. The system not having any is not survivable: the daemon ends with a line on stderr.
uint64_t daemon_random_u64(void);

#endif
