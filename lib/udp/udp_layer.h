// SPDX-License-Identifier: MIT
//
// The inside of UDP: the layer and its endpoints. Each group of fields is written by the one file
// named beside it.
#ifndef BERTH_UDP_UDP_LAYER_H
#define BERTH_UDP_UDP_LAYER_H

#include "udp.h"
#include "udp_table.h"

struct udp_endpoint {
	// Who, where, with whom: udp_endpoint.c
	struct port_claim claim;             // its address is the bound one, also while connected
	struct berth_endpoint local, remote; // never mapped: an IPv6 socket may hold IPv4 here
	uint32_t owner;
	uint8_t family;
	bool is_connected;
	bool is_port_bound;       // by bind: the port survives dissolving
	bool reports_soft_errors; // IP_RECVERR: "not now" errors too, unconnected ones too
	bool allows_broadcast;    // SO_BROADCAST
	int error;                // pending, positive errno
	int ttl, tos;             // -1: the path's
	uint32_t changed_what;    // UDP_CHANGED_* not yet told
	struct list_node changed_node;

	// What waits for the program: udp_receive.c
	struct list received;     // packets, oldest first
	uint32_t received_bytes;  // payload of them
	uint64_t received_memory; // buffers of them
	uint32_t received_memory_max;

	// How to get out: udp_send.c
	struct ip_path path; // to the connected or last target
	bool has_path;
	struct list_node blocked_node; // was refused for want of room

	// Where it is found: udp_table.c
	struct udp_table_entry entry;
};

struct udp_layer {
	struct memory *memory;
	struct ip_layer *ip;
	struct packet_pool *packets; // on their way to the cable: shared with the layers below
	struct port_space *ports;
	uint64_t *drops;
	struct object_pool endpoints;
	struct packet_pool received_packets; // waiting for programs: bounded by each endpoint
	struct buffer_pool *buffers;
	struct udp_table table;
	struct list changed;   // endpoints with news
	struct list blocked;   // endpoints that wait for room
	uint32_t packets_high; // no more datagrams when so many packets wait
	uint32_t packets_low;  // blocked endpoints may try again
	uint32_t receive_bytes_max;
	uint64_t datagrams_in, datagrams_out;
};

static inline void udp_drop(struct udp_layer *udp, enum berth_drop reason)
{
	udp->drops[reason]++;
}

// udp_endpoint.c: give an unbound endpoint a port of its own. 0 or -EAGAIN.
int udp_bind_any(struct udp_layer *udp, struct udp_endpoint *endpoint,
		 const struct berth_address *address);
// udp_endpoint.c: news for the owner.
void udp_mark_changed(struct udp_layer *udp, struct udp_endpoint *endpoint, uint32_t what);

// udp_receive.c
void udp_received_init(struct udp_endpoint *endpoint, uint32_t memory_max);
void udp_received_release(struct udp_layer *udp, struct udp_endpoint *endpoint);

// udp_send.c
int udp_check_target(const struct udp_endpoint *endpoint, const struct berth_address *target);
// source: any or a group: the best one. 0, -ENETUNREACH, -EHOSTUNREACH, -EINVAL,
// -EACCES.
int udp_find_path(struct udp_layer *udp, struct udp_endpoint *endpoint,
		  const struct berth_address *target, const struct berth_address *source);
void udp_forget_path(struct udp_endpoint *endpoint);
void udp_leave_blocked(struct udp_endpoint *endpoint);
void udp_wake_blocked(struct udp_layer *udp);

#endif
