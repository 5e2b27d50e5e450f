// SPDX-License-Identifier: MIT
//
// The daemon: what all its files share. Each part is written by the file of its name only.
//
//     daemon_loop      one turn: epoll, hosts, board
//     daemon_control   connections of clients: requests in, answers out
//     daemon_program   the requests of programs;   daemon_people   those of people
//     daemon_slot      one socket of a program:    daemon_pair, daemon_stream, daemon_datagram,
//                                                  daemon_listener
//     daemon_host      hosts;                      daemon_cable    what they are plugged into
//     daemon_board     rows in shared memory;      daemon_rows     what stands in them
#ifndef BERTH_DAEMON_DAEMON_H
#define BERTH_DAEMON_DAEMON_H

#include "daemon_board.h"
#include "daemon_cable.h"
#include "daemon_capture.h"
#include "daemon_clock.h"
#include "daemon_control.h"
#include "daemon_directory.h"
#include "daemon_host.h"
#include "daemon_limits.h"
#include "daemon_loop.h"
#include "daemon_random.h"
#include "daemon_rows.h"
#include "daemon_slot.h"

struct daemon {
	struct daemon_directory directory;
	struct daemon_loop loop;
	struct daemon_board board;
	struct daemon_rows rows;
	struct daemon_slots slots;
	struct daemon_hosts hosts;
	struct daemon_cables cables;
	struct daemon_control control;
	// One message at a time passes through here: a datagram, or an answer's data.
	uint8_t scratch[sizeof(struct berth_datagram_header) + BERTH_REQUEST_DATA_MAX];
};

#endif
