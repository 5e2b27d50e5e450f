// SPDX-License-Identifier: MIT
//
// The status board: one row a socket, in memory that berthd writes and anybody with access maps
// read-only. getsockname, SO_ERROR and the connection table read it without asking the daemon.
//
// The file is DIR/board (DIR: see control.h). Its size never changes; pages nobody wrote take no
// memory. Everything is host order; the layout is fixed per BERTH_BOARD_VERSION.
//
// Reading a row: take `sequence` (odd: being written, look again), copy the row, compare.
// berth_board_read below does it.
#ifndef BERTH_BOARD_H
#define BERTH_BOARD_H

#include "inspect.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BERTH_BOARD_MAGIC 0x64726f6268747262ull // "brthbord"
#define BERTH_BOARD_VERSION 1u
#define BERTH_BOARD_HOSTS_MAX 256u
#define BERTH_BOARD_ROWS_MAX 131072u
#define BERTH_HOST_NAME_MAX 32 // with the terminating zero

struct berth_board_host {
	char name[BERTH_HOST_NAME_MAX]; // empty: free
	struct berth_mac mac;
	uint8_t address_count;
	uint8_t reserved;
	struct berth_address address[4];
	uint8_t prefix_bits[4];
	char link[32]; // "sim:lan", "tap:tap0"
};

enum berth_board_row_kind {
	BERTH_ROW_FREE = 0,
	BERTH_ROW_SOCKET,  // some program holds it
	BERTH_ROW_UNOWNED, // half-open, TIME-WAIT, or ending after its program let go
	BERTH_ROW_GONE,    // closed; kept for its last error until the slot is needed again
};

struct berth_board_row {
	uint32_t sequence;   // odd while being written
	uint32_t generation; // of the slot
	uint8_t kind;        // enum berth_board_row_kind
	uint8_t framed;      // UDP: datagrams travel with struct berth_datagram_header
	uint8_t listening;
	uint8_t in_flight; // an accepted connection its program has not taken yet
	uint16_t host;     // index into hosts
	uint16_t reserved;
	uint64_t inode;       // of the program's descriptor, as /proc/PID/fd shows it
	uint32_t creator_pid; // who opened it, once; holders are found by the inode
	uint32_t creator_uid;
	uint64_t opened_at_ns;             // CLOCK_MONOTONIC
	uint64_t written_at_ns;            // CLOCK_MONOTONIC
	uint64_t listener_inode;           // in_flight: whose listener it came in on
	int32_t domain;                    // 2 or 10 (AF_INET, AF_INET6)
	int32_t type;                      // 1 or 2
	struct berth_connection_info info; // deadlines in CLOCK_MONOTONIC ns
	struct berth_tcp_info tcp;
};

struct berth_board_header {
	uint64_t magic;
	uint32_t version;
	uint32_t row_bytes; // sizeof(struct berth_board_row)
	uint64_t instance;  // of this run of the daemon: random, never 0
	uint32_t daemon_pid;
	uint32_t rows_max;
	uint32_t rows_used; // no row at or above this number was ever used
	uint32_t reserved;
	uint64_t started_at_ns; // CLOCK_MONOTONIC
	struct berth_board_host hosts[BERTH_BOARD_HOSTS_MAX];
};

#define BERTH_BOARD_ROWS_OFFSET 65536u // of row 0 in the file
#define BERTH_BOARD_BYTES \
	(BERTH_BOARD_ROWS_OFFSET + (size_t)BERTH_BOARD_ROWS_MAX * sizeof(struct berth_board_row))

static inline const struct berth_board_row *
berth_board_row_at(const struct berth_board_header *board, uint32_t index)
{
	return (const struct berth_board_row *)(const void *)((const uint8_t *)board +
							      BERTH_BOARD_ROWS_OFFSET) +
	       index;
}

// Copy row `index` out. false: it could not be had whole in a thousand tries (a writer died in it).
static inline bool berth_board_read(const struct berth_board_header *board, uint32_t index,
				    struct berth_board_row *ret_row)
{
	const struct berth_board_row *row = berth_board_row_at(board, index);
	int tries;

	for (tries = 0; tries < 1000; tries++) {
		uint32_t before = __atomic_load_n(&row->sequence, __ATOMIC_ACQUIRE);

		if (before & 1)
			continue;
		*ret_row = *row;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&row->sequence, __ATOMIC_RELAXED) == before)
			return true;
	}
	return false;
}

#ifdef __cplusplus
}
#endif

#endif
