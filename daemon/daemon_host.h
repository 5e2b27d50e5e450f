// SPDX-License-Identifier: MIT
//
// Hosts: each one computer with MAC, addresses and a port space of its own.
#ifndef BERTH_DAEMON_HOST_H
#define BERTH_DAEMON_HOST_H

#include <berth/control.h>

#include "daemon_cable.h"
#include "daemon_list.h"

struct daemon;
struct daemon_capture;

struct daemon_host {
	struct berth_host *berth;
	uint16_t index;      // on the board
	uint32_t generation; // of the index
	char name[BERTH_HOST_NAME_MAX];
	struct berth_mac mac;
	uint8_t address_count;
	struct berth_address address[4];
	uint8_t prefix_bits[4];
	struct daemon_plug plug;
	struct daemon_list slots;    // sockets of programs
	struct daemon_list captures; // who watches
};

struct daemon_hosts {
	struct daemon_host *by_index[BERTH_BOARD_HOSTS_MAX];
	uint32_t used_max; // no index at or above was ever used
	uint32_t generations;
};

// malloc and free.
struct berth_allocator daemon_host_allocator(void);

// Make a host and plug it in. 0, or a positive errno with one line in message.
int daemon_host_up(struct daemon *daemon, const struct berth_host_request *request, char *message,
		   size_t message_size);
// End it: its programs see their connections reset, their peers get RST.
void daemon_host_down(struct daemon *daemon, struct daemon_host *host);

// By name; "": the only one there is. NULL: message says why.
struct daemon_host *daemon_host_find(struct daemon *daemon, const char *name, char *message,
				     size_t message_size);
struct daemon_host *daemon_host_lookup(struct daemon *daemon, uint32_t index, uint32_t generation);

// Its device has frames, or has gone.
void daemon_host_on_device(struct daemon *daemon, struct daemon_host *host);
// Put what it has to send on the cable, and nothing else.
void daemon_host_flush(struct daemon *daemon, struct daemon_host *host);
// Frames in, time, events, frames out. true: there is more to do.
bool daemon_host_drive(struct daemon *daemon, struct daemon_host *host);
// When it must be driven next.
uint64_t daemon_hosts_deadline(const struct daemon *daemon);

#endif
