// SPDX-License-Identifier: MIT
//
// ARP: who has this IPv4 address? (RFC 826, with the care of RFC 5227.)
//
// Every ARP packet whose sender we know updates what we know of it, also a gratuitous one; a new
// entry is made only for somebody who asks for us. What a reply is worth depends on whether we
// asked.

#include "../wire/wire_address.h"
#include "link_layer.h"

static void send_arp(struct link_layer *link, struct interface *interface,
		     const struct berth_mac *frame_target, const struct arp_packet *arp)
{
	struct packet *packet = packet_acquire(link->packets, ARP_BYTES);

	if (!packet) {
		link_drop(link, BERTH_DROP_PACKET_MEMORY);
		return;
	}
	arp_emit(arp, packet_append(packet, ARP_BYTES));
	link_send_packet(link, interface, frame_target, ETHERNET_TYPE_ARP, packet);
}

void arp_send_request(struct link_layer *link, struct interface *interface,
		      const struct neighbor *neighbor, const struct berth_mac *frame_target)
{
	struct arp_packet request = {
		.operation = ARP_REQUEST,
		.sender_mac = interface->config.mac,
		.sender_address = neighbor->asker,
		.target_address = neighbor->address,
	};

	send_arp(link, interface, frame_target, &request);
}

static void answer_request(struct link_layer *link, struct interface *interface,
			   const struct arp_packet *request)
{
	struct arp_packet reply = {
		.operation = ARP_REPLY,
		.sender_mac = interface->config.mac,
		.sender_address = request->target_address,
		.target_mac = request->sender_mac,
		.target_address = request->sender_address,
	};

	send_arp(link, interface, &request->sender_mac, &reply);
}

static void hear_reply(struct link_layer *link, struct interface *interface,
		       const struct arp_packet *arp, bool is_to_us, uint64_t now)
{
	struct neighbor *neighbor =
		neighbor_cache_lookup(&interface->neighbors, &arp->sender_address);
	bool we_asked;

	if (!neighbor)
		return; // nobody asked: no entry
	we_asked = neighbor->state == NEIGHBOR_INCOMPLETE || neighbor->state == NEIGHBOR_PROBE;
	link_heard_answer(link, interface, neighbor, &arp->sender_mac, we_asked && is_to_us, true,
			  now);
}

// DECIDES: which ARP packets are nonsense (RFC 826, RFC 5227 2.4)
static enum berth_drop decide_arp_drop(const struct interface *interface,
				       const struct arp_packet *arp)
{
	if (mac_is_group(&arp->sender_mac) || address_is_multicast(&arp->sender_address) ||
	    address_is_broadcast(&arp->sender_address) || address_is_loopback(&arp->sender_address))
		return BERTH_DROP_ARP_MALFORMED;
	if (interface_has_address(interface, &arp->sender_address) &&
	    !mac_equal(&arp->sender_mac, &interface->config.mac))
		return BERTH_DROP_ARP_CONFLICT;
	return BERTH_DROP_NONE;
}

void arp_receive(struct link_layer *link, struct interface *interface, const struct slices *packet,
		 uint64_t now)
{
	struct arp_packet arp;
	enum berth_drop reason;
	bool is_to_us;

	if (packet->count == 0 || !arp_parse(packet->part[0].data, packet->part[0].length, &arp)) {
		link_drop(link, BERTH_DROP_ARP_MALFORMED);
		return;
	}
	reason = decide_arp_drop(interface, &arp);
	if (reason != BERTH_DROP_NONE) {
		link_drop(link, reason);
		return;
	}
	is_to_us = interface_has_address(interface, &arp.target_address);
	if (arp.operation == ARP_REPLY) {
		hear_reply(link, interface, &arp, is_to_us, now);
		return;
	}
	// A sender without an address only probes whether the target is free (RFC 5227 2.1.1).
	if (!berth_address_is_any(&arp.sender_address))
		link_heard_question(link, interface, &arp.sender_address, &arp.sender_mac,
				    is_to_us);
	if (is_to_us)
		answer_request(link, interface, &arp);
}
