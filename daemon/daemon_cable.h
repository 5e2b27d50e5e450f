// SPDX-License-Identifier: MIT
//
// Cables: what a host is plugged into. "sim:lan" joins hosts in memory, "tap:tap0" the kernel.
#ifndef BERTH_DAEMON_CABLE_H
#define BERTH_DAEMON_CABLE_H

#include <berth/control.h>
#include <berth/sim.h>

struct daemon;
struct daemon_host;
struct daemon_cable; // a simulated one, shared by name
struct device;

// One end of a cable, in one host.
struct daemon_plug {
	struct daemon_cable *cable; // NULL: a device
	int port;                   // of the cable
	struct device *device;      // NULL: simulated
	bool device_is_ready;       // it has frames
	bool device_is_gone;
	char name[32]; // "sim:lan", "tap:tap0", without faults
};

struct daemon_cables {
	struct daemon_cable *by_number[BERTH_BOARD_HOSTS_MAX];
};

// Plug host in as link says. 0, or a positive errno with a sentence in message.
int daemon_cable_plug(struct daemon *daemon, struct daemon_host *host, const char *link,
		      char *message, size_t message_size);
void daemon_cable_unplug(struct daemon *daemon, struct daemon_plug *plug);
// Another host on the same cable, after `host` (NULL: the first). NULL: no more.
struct daemon_host *daemon_cable_neighbor(struct daemon *daemon, const struct daemon_plug *plug,
					  const struct daemon_host *host);

// Of the device; -1 for a simulated cable.
int daemon_cable_fd(const struct daemon_plug *plug);
// What this cable leaves to be decided by the host: MTU of its own or 0, offloads.
uint16_t daemon_cable_mtu(const struct daemon_plug *plug);
uint32_t daemon_cable_offloads(const struct daemon_plug *plug);

// New faults for what this host sends. 0 or a positive errno with message.
int daemon_cable_set_faults(struct daemon_plug *plug, const char *text, char *message,
			    size_t message_size);

// Frames that have arrived: how many; valid until the next call.
size_t daemon_cable_receive(struct daemon_plug *plug, struct berth_frame *frames, size_t max,
			    uint64_t now);
void daemon_cable_transmit(struct daemon_plug *plug, const struct berth_frame *frames, size_t count,
			   uint64_t now);

// When does the next frame come out of any simulated cable?
uint64_t daemon_cables_deadline(const struct daemon *daemon);

#endif
