// SPDX-License-Identifier: MIT
//
// Layer 2 from the inside: what all of this folder shares.
#ifndef BERTH_LINK_LINK_LAYER_H
#define BERTH_LINK_LINK_LAYER_H

#include "../wire/wire_arp.h"
#include "../wire/wire_ethernet.h"
#include "../wire/wire_ndp.h"
#include "interface.h"
#include "link.h"
#include "link_queue.h"

#define LINK_NEIGHBORS_DEFAULT 1024u
#define LINK_NEIGHBORS_LIMIT (1u << 20)
#define LINK_QUEUED_PACKETS_DEFAULT 4096u

// The burst being collected. Written by link_send.c only.
struct link_burst {
	struct berth_frame *frames; // NULL: there is none
	uint32_t count, max;
	struct list
		handed_out; // struct queued_packet whose bytes frames of the last burst point at
	uint8_t (*headers)[LINK_HEADER_ROOM]; // BERTH_BURST_MAX of them
};

struct link_layer {
	struct memory *memory;
	struct packet_pool *packets;
	struct random *random;
	uint64_t *drops;
	struct timer_wheel wheel;
	struct object_pool queued_packets;
	struct link_burst burst;
	struct link_queue output;      // complete frames for the cable
	struct link_queue loopback;    // IP packets to ourselves
	struct link_queue unreachable; // IP packets given up
	uint32_t waiting, waiting_max; // packets that wait for a MAC, all neighbours together
	uint32_t neighbors_max;
	uint32_t interface_count;
	struct interface interfaces[LINK_INTERFACES_MAX];
};

static inline enum berth_drop link_drop(struct link_layer *link, enum berth_drop reason)
{
	link->drops[reason]++;
	return reason;
}

static inline struct interface *link_interface_at(struct link_layer *link, int index)
{
	return index >= 0 && (uint32_t)index < link->interface_count ? &link->interfaces[index]
								     : NULL;
}

static inline int interface_index_of(const struct link_layer *link,
				     const struct interface *interface)
{
	return (int)(interface - link->interfaces);
}

// link_send.c
// Put a packet that holds everything behind the Ethernet header on the cable. Takes packet.
void link_send_packet(struct link_layer *link, struct interface *interface,
		      const struct berth_mac *target, uint16_t ethernet_type,
		      struct packet *packet);
// Same for a queued one whose neighbour's MAC is known now. Takes queued.
void link_send_waiting(struct link_layer *link, struct interface *interface,
		       const struct berth_mac *target, struct queued_packet *queued);
void queued_packet_release(struct link_layer *link, struct queued_packet *queued);

// link_neighbors.c
// The neighbour's entry, made when there is none; NULL: no room.
struct neighbor *link_find_neighbor(struct interface *interface, struct link_path *path);
// The neighbour that tells its MAC in a question to us: made or updated, and what waited leaves.
void link_heard_question(struct link_layer *link, struct interface *interface,
			 const struct berth_address *sender, const struct berth_mac *mac,
			 bool may_insert);
void link_heard_answer(struct link_layer *link, struct interface *interface,
		       struct neighbor *neighbor, const struct berth_mac *mac, bool solicited,
		       bool override, uint64_t now);
// packet, an IP packet of ours, is about to go to neighbor: should it be asked for?
enum neighbor_action link_use_neighbor(struct interface *interface, struct neighbor *neighbor,
				       const uint8_t *packet, size_t length, uint64_t now);
// A packet waits for its next hop's MAC, which is asked for. Takes queued.
enum berth_drop link_wait_for_mac(struct link_layer *link, struct interface *interface,
				  struct neighbor *neighbor, struct queued_packet *queued,
				  uint64_t now);
// Do what the state machine wants done.
void link_act(struct link_layer *link, struct interface *interface, struct neighbor *neighbor,
	      enum neighbor_action action);

// neighbor_arp.c
void arp_receive(struct link_layer *link, struct interface *interface, const struct slices *packet,
		 uint64_t now);
void arp_send_request(struct link_layer *link, struct interface *interface,
		      const struct neighbor *neighbor, const struct berth_mac *frame_target);

// neighbor_ndp.c
void ndp_send_solicitation(struct link_layer *link, struct interface *interface,
			   const struct neighbor *neighbor, const struct berth_mac *frame_target);

#endif
