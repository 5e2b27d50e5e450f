// SPDX-License-Identifier: MIT
//
// What time is it? The only place of the daemon that asks the system.
#ifndef BERTH_DAEMON_CLOCK_H
#define BERTH_DAEMON_CLOCK_H

#include <stdint.h>

uint64_t daemon_clock_monotonic(void); // never runs backwards: hosts, cables, the board
uint64_t daemon_clock_wall(void);      // since 1970: captures

#endif
