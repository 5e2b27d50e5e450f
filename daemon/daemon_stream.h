// SPDX-License-Identifier: MIT
//
// TCP: between a program's pair and its connection.
#ifndef BERTH_DAEMON_STREAM_H
#define BERTH_DAEMON_STREAM_H

#include <berth/control.h>

struct daemon;
struct daemon_pair;
struct daemon_slot;

struct daemon_stream {
	uint32_t waiter, waiter_generation; // client that waits in CONNECT; 0: none
	bool tail_taken; // the program ended and all it wrote is in the connection
	bool fin_sent;   // and we said so to the peer
	bool drained;    // nothing received is left to give to the program now
	bool reset;      // the connection is gone: RST or time-out
	bool closed;     // both directions are done and acknowledged
	int reset_error; // positive errno
	uint64_t taken_bytes, given_bytes; // from and to the program
	uint64_t read_bytes;               // of those given, surely read by the program
};

// Begin to connect. EINPROGRESS, or another positive errno.
int daemon_stream_connect(struct daemon *daemon, struct daemon_slot *slot,
			  const struct berth_endpoint *remote, uint32_t program_pid);
// connect() to no family: not connecting any more, as new. 0, or EOPNOTSUPP once it is connected.
int daemon_stream_dissolve(struct daemon *daemon, struct daemon_slot *slot);
// Who waits for the outcome of its CONNECT is told it. Legal when nobody does.
void daemon_stream_tell_waiter(struct daemon *daemon, struct daemon_slot *slot, int error);
// The pair and the berth socket are connected already (accepted).
void daemon_stream_start(struct daemon_slot *slot);

void daemon_stream_on_event(struct daemon *daemon, struct daemon_slot *slot,
			    const struct berth_event *event);
// Bytes given that the program has not read: not more than these.
uint32_t daemon_stream_unread_most(struct daemon_stream *stream, const struct daemon_pair *pair);
void daemon_stream_run(struct daemon *daemon, struct daemon_slot *slot);

#endif
