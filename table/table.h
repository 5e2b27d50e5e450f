// SPDX-License-Identifier: MIT
//
// Front door of table/: the active connection table. Rows from the status board, each with its
// owners found by the descriptor's inode, its service and its port's class; then filtered, sorted,
// printed.
#ifndef BERTH_TABLE_TABLE_H
#define BERTH_TABLE_TABLE_H

#include <berth/board.h>
#include <berth/port.h>
#include <stdio.h>

#include "table_owners.h"
#include "table_services.h"

enum table_owner_reason {
	TABLE_OWNER_KNOWN,
	TABLE_OWNER_TIME_WAIT, // nobody's any more
	TABLE_OWNER_ORPHAN,    // its program let go; it is still ending
	TABLE_OWNER_HALF_OPEN, // nobody's yet
	TABLE_OWNER_QUEUED,    // accepted by its listener's program soon: owners are the listener's
	TABLE_OWNER_PERMISSION, // somebody's, but /proc will not say whose
	TABLE_OWNER_RACED,      // gone between two looks
};

enum table_direction {
	TABLE_DIRECTION_NONE,
	TABLE_DIRECTION_IN,
	TABLE_DIRECTION_OUT,
};

struct table_row {
	struct berth_board_row board;
	char host[BERTH_HOST_NAME_MAX];
	enum table_owner_reason owner_reason;
	const struct owner *owners; // owner_count of them, in the owners' own memory
	unsigned owner_count;
	enum table_direction direction;
	const char *service;              // of the end that serves; NULL: none
	enum berth_port_class port_class; // of the local port
	char next_hop_letter;             // 'a'.., 0: none
};

struct table_filter {
	bool tcp, udp;   // neither: both
	bool ipv4, ipv6; // neither: both
	bool listening_only;
	bool connected_only;
	const char *host; // NULL: every host
	int port;         // either end; -1: any
};

struct table {
	struct table_row *rows;
	size_t count;
	uint64_t now_ns; // CLOCK_MONOTONIC when it was read
	unsigned hidden_owners;
	unsigned unreadable_processes;
	struct owners owners;
	struct services services;
};

// Read everything from board. -ENOMEM; else 0. Clear with table_clear in every case.
int table_read(struct table *table, const struct berth_board_header *board,
	       const struct table_filter *filter);
void table_clear(struct table *table);

struct table_layout {
	unsigned columns; // of the terminal; 0: no limit
	bool wide;        // -W
	bool no_header;   // -H
	bool no_service;  // numbers only, as -n of old asks: the service column goes
};

void table_print(const struct table *table, const struct table_layout *layout, FILE *out);
// Count of sockets, next hops and what is hidden: for the foot of a terminal.
void table_print_footer(const struct table *table, FILE *out);

// "0.0.0.0:80", "[fd00::1]:80", "*:*". Returns text.
#define TABLE_ENDPOINT_MAX 64
const char *table_endpoint(const struct berth_endpoint *endpoint, char *text, size_t size);
// A name off the board, in `room` bytes, at most TABLE_NAME_MAX - 1 of them: control bytes made
// visible. Returns text.
#define TABLE_NAME_MAX 64
const char *table_name(const char *name, size_t room, char *text, size_t size);
const char *table_state_name(const struct table_row *row);    // "LISTENING", …, "-" for UDP
const char *table_protocol_name(const struct table_row *row); // "TCPu", "TCP6u", "UDPu", "UDP6u"
// "python3 +2", "[time_wait]", … with control bytes made visible. Returns text.
const char *table_program(const struct table_row *row, char *text, size_t size);
const char *table_pid(const struct table_row *row, char *text, size_t size);
// "ka:97m", "rt2:0.3s", "tw:43s", "-". Returns text.
const char *table_timer(const struct table_row *row, uint64_t now_ns, char *text, size_t size);

#endif
