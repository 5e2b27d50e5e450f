// SPDX-License-Identifier: MIT
//
// Datagrams a program has not read yet, when connect changes what its messages look like.
#ifndef BERTH_DAEMON_REFRAME_H
#define BERTH_DAEMON_REFRAME_H

struct daemon;
struct daemon_slot;

struct reframed; // datagrams taken back, oldest first

// Take back everything that waits in the program's end (a copy of which is program_fd) of a socket
// about to change its framing. NULL: nothing was there.
struct reframed *daemon_reframe_take(struct daemon *daemon, struct daemon_slot *slot,
				     int program_fd);
// Give it back in the form the socket has now, and forget it. NULL is legal.
void daemon_reframe_give(struct daemon_slot *slot, struct reframed *taken);

#endif
