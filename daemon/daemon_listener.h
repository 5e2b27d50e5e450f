// SPDX-License-Identifier: MIT
//
// Listeners: established connections are handed to the program as descriptors.
#ifndef BERTH_DAEMON_LISTENER_H
#define BERTH_DAEMON_LISTENER_H

#include <berth/control.h>

#include "daemon_list.h"

struct daemon;
struct daemon_slot;

struct daemon_listener {
	struct daemon_list in_flight; // slots sent and not yet taken, oldest first
	uint32_t in_flight_count;
	int backlog;
	struct daemon_slot *unsent; // accepted, but its descriptor could not be sent yet
	int unsent_fd;              // its program's end
	bool ended;                 // shut down: accepts nothing any more
};

// What a connection knows of its way to the program.
struct daemon_flight {
	struct daemon_node node;      // on the listener's in_flight
	struct daemon_slot *listener; // NULL: taken, or the listener is gone
	bool orphan;                  // its listener ended while it was in flight
};

void daemon_listener_init(struct daemon_listener *listener);
// Nobody will accept any more; also takes an in-flight connection off its listener.
void daemon_listener_clear(struct daemon *daemon, struct daemon_slot *slot);

// 0 or a positive errno.
int daemon_listener_start(struct daemon *daemon, struct daemon_slot *slot, int backlog);
// shutdown() of a listener: what waits is reset, accept ends.
void daemon_listener_stop(struct daemon *daemon, struct daemon_slot *slot);
// See what was taken, hand over what is there.
void daemon_listener_run(struct daemon *daemon, struct daemon_slot *slot);

// What one unread message costs in the kernel's count; measured once, at the start. 0 or errno.
int daemon_listener_measure(uint32_t *ret_message_bytes);

#endif
