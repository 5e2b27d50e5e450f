// SPDX-License-Identifier: MIT
//
// What stands on the board, and when it is written there.
#ifndef BERTH_DAEMON_ROWS_H
#define BERTH_DAEMON_ROWS_H

#include <berth/control.h>

#include "daemon_list.h"

struct daemon;
struct daemon_host;
struct daemon_slot;
struct daemon_unowned;

struct daemon_rows {
	struct daemon_list dirty; // slots whose counters moved
	uint64_t flush_at;        // BERTH_NEVER: none
	uint64_t sweep_at;
	struct daemon_unowned **unowned; // hash table of connections without a program
	uint32_t unowned_count;
	uint32_t sweep;   // number of the last one
	uint64_t unshown; // connections without a row, in the last sweep
};

int daemon_rows_init(struct daemon_rows *rows);
void daemon_rows_clear(struct daemon_rows *rows);

// State, addresses or error changed: write it now.
void daemon_rows_write(struct daemon *daemon, struct daemon_slot *slot);
// Something was counted: write it soon.
void daemon_rows_note(struct daemon *daemon, struct daemon_slot *slot);

// When there is something to do, and doing it.
uint64_t daemon_rows_deadline(const struct daemon *daemon);
void daemon_rows_advance(struct daemon *daemon);
// Everything, now.
void daemon_rows_refresh(struct daemon *daemon);
// The host is going: its unowned rows too.
void daemon_rows_forget_host(struct daemon *daemon, const struct daemon_host *host);

#endif
