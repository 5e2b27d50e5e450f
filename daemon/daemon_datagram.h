// SPDX-License-Identifier: MIT
//
// UDP: between a program's pair and its berth socket.
#ifndef BERTH_DAEMON_DATAGRAM_H
#define BERTH_DAEMON_DATAGRAM_H

#include <berth/control.h>

struct daemon;
struct daemon_slot;

struct daemon_datagram {
	bool framed;       // not connected: each message begins with struct berth_datagram_header
	bool named;        // has a local port, and the board says so
	bool is_shut_down; // the program ended both directions, and may still hold it
	bool notice;       // an empty message is owed: "look at your error"
	uint8_t *waiting;  // taken from the berth socket, not yet in the pair; NULL: none
	uint32_t waiting_bytes;
	uint64_t malformed, unsent; // messages of the program that did not become datagrams
};

void daemon_datagram_clear(struct daemon_datagram *datagram);

// Connect; family none dissolves. Datagrams in the pair are kept when program_fd, a copy of the
// program's end, is there (-1: none). 0 or a positive errno.
int daemon_datagram_connect(struct daemon *daemon, struct daemon_slot *slot,
			    const struct berth_endpoint *remote, int program_fd);

// 0 or a positive errno; as in Linux, it works even where it is refused (ENOTCONN).
int daemon_datagram_shut_down(struct daemon *daemon, struct daemon_slot *slot,
			      enum berth_shutdown how);

void daemon_datagram_on_event(struct daemon *daemon, struct daemon_slot *slot,
			      const struct berth_event *event);
void daemon_datagram_run(struct daemon *daemon, struct daemon_slot *slot);

#endif
