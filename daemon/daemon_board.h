// SPDX-License-Identifier: MIT
//
// The status board's writer: rows, their generations, and which of them may be used again.
#ifndef BERTH_DAEMON_BOARD_H
#define BERTH_DAEMON_BOARD_H

#include <berth/board.h>

struct daemon_row_state; // what we know of a row ourselves

struct daemon_board {
	struct berth_board_header *header; // shared, written only
	struct daemon_row_state *states;
	uint32_t *gone; // ring of row numbers, the longest gone first
	uint32_t gone_first, gone_count, gone_kept;
	uint32_t rows_max, rows_used;
	uint64_t instance;
};

// Make `name` in the directory behind directory_fd, appearing there whole. rows_max: at most
// BERTH_BOARD_ROWS_MAX. gone_kept: so many GONE rows stay before the oldest is used again. 0 or
// a positive errno.
int daemon_board_open(struct daemon_board *board, int directory_fd, const char *name,
		      uint64_t instance, uint32_t rows_max, uint32_t gone_kept, uint64_t now);
void daemon_board_close(struct daemon_board *board);

// A row for somebody new, with a generation of its own. 0: all are taken (row 0 is never given).
uint32_t daemon_board_acquire(struct daemon_board *board, uint32_t creator_pid,
			      uint32_t *ret_generation);
// Write it. sequence and generation are the board's, whatever row says.
void daemon_board_write(struct daemon_board *board, uint32_t number,
			const struct berth_board_row *row, uint64_t now);
// It is over: the row stays, GONE, with this error, until it is needed again.
void daemon_board_release(struct daemon_board *board, uint32_t number, int error, uint64_t now);

// Is this row GONE and still the one of that generation?
bool daemon_board_is_gone(const struct daemon_board *board, uint32_t number, uint32_t generation);
// The last error of a GONE row (positive errno or 0), cleared by the taking.
int daemon_board_take_error(struct daemon_board *board, uint32_t number, uint32_t generation,
			    uint64_t now);
// Who opened the row of that generation, if it was not given to somebody else since; else 0.
uint32_t daemon_board_creator(const struct daemon_board *board, uint32_t number,
			      uint32_t generation);

// host NULL: the place is free.
void daemon_board_write_host(struct daemon_board *board, uint32_t index,
			     const struct berth_board_host *host);

#endif
