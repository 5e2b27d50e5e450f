// SPDX-License-Identifier: MIT
//
// The status board as a program sees it: mapped read-only once per process.
#ifndef BERTH_RUN_RUN_BOARD_H
#define BERTH_RUN_RUN_BOARD_H

#include <berth/control.h>

// The board of this run of the daemon, or NULL: that daemon is gone or never was.
const struct berth_board_header *run_board_of(uint64_t instance);

// Whatever daemon runs now; NULL: none.
const struct berth_board_header *run_board_now(void);

// The row of a socket. false: the daemon is gone, or the row has another socket by now.
bool run_board_row(const struct berth_identity *identity, struct berth_board_row *ret_row);

#endif
