// SPDX-License-Identifier: MIT
//
// Neighbour discovery: who has this IPv6 address? (RFC 4861 7.2.)
//
// Solicitations and advertisements are whole IPv6 packets, but it is a MAC they are about: ip/
// checks them as packets (hop limit, checksum, form) and hands the message down to link_on_ndp.
//
// Not here: router discovery and address configuration, which berth does not do, and duplicate
// address detection, which is the business of whoever gives a host its address.

#include <string.h>

#include "../base/checksum.h"
#include "../wire/wire_address.h"
#include "../wire/wire_checksum.h"
#include "../wire/wire_ipv4.h"
#include "../wire/wire_ipv6.h"
#include "link_layer.h"

#define NDP_HOP_LIMIT 255u
#define ICMPV6_CHECKSUM_OFFSET 2u

static const struct berth_address all_nodes = {
	.family = BERTH_FAMILY_IPV6,
	.byte = {0xff, 0x02, [15] = 0x01},
};

// The IPv6 packet that carries message. NULL: no memory (counted).
static struct packet *build_ndp(struct link_layer *link, const struct ndp_message *message,
				const struct berth_address *source,
				const struct berth_address *target)
{
	struct packet *packet = packet_acquire(link->packets, NDP_MESSAGE_BYTES);
	struct ipv6_header header = {
		.source = *source,
		.target = *target,
		.next_header = IP_PROTOCOL_ICMPV6,
		.hop_limit = NDP_HOP_LIMIT,
	};
	uint8_t *body;
	uint64_t sum;
	uint16_t checksum;

	if (!packet) {
		link_drop(link, BERTH_DROP_PACKET_MEMORY);
		return NULL;
	}
	body = packet_append(packet, NDP_MESSAGE_BYTES);
	packet->end = packet->begin + (uint32_t)ndp_emit(message, body);
	header.payload_bytes = (uint16_t)packet_length(packet);
	sum = pseudo_header_sum(source, target, IP_PROTOCOL_ICMPV6, packet_length(packet));
	checksum = checksum_finish(checksum_add(sum, body, packet_length(packet)));
	memcpy(body + ICMPV6_CHECKSUM_OFFSET, &checksum, sizeof(checksum));
	ipv6_emit(&header, packet_prepend(packet, IPV6_HEADER_BYTES));
	return packet;
}

void ndp_send_solicitation(struct link_layer *link, struct interface *interface,
			   const struct neighbor *neighbor, const struct berth_mac *frame_target)
{
	struct ndp_message solicitation = {
		.has_mac = true, // RFC 4861 4.3: required, except by who has no address
		.mac = interface->config.mac,
		.target = neighbor->address,
	};
	struct berth_address source = address_without_scope(&neighbor->asker);
	struct berth_address group = address_solicited_node(&neighbor->address);
	struct berth_mac group_mac = mac_of_ipv6_group(&group);
	struct packet *packet;

	if (berth_address_is_any(&source))
		solicitation.has_mac = false;
	packet =
		build_ndp(link, &solicitation, &source, frame_target ? &neighbor->address : &group);
	if (packet)
		link_send_packet(link, interface, frame_target ? frame_target : &group_mac,
				 ETHERNET_TYPE_IPV6, packet);
}

// RFC 4861 7.2.4: to who asked; to everybody when it has no address yet.
static void answer_solicitation(struct link_layer *link, struct interface *interface,
				const struct berth_address *asker,
				const struct ndp_message *question, uint64_t now)
{
	bool is_probe = berth_address_is_any(asker); // duplicate address detection
	struct ndp_message advertisement = {
		.is_advertisement = true,
		.solicited = !is_probe,
		.override = true,
		.has_mac = true,
		.mac = interface->config.mac,
		.target = question->target,
	};
	struct link_path path = {.interface_index = interface_index_of(link, interface)};
	struct packet *packet;
	struct outgoing out = {0};

	path.next_hop = is_probe ? all_nodes : *asker;
	packet = build_ndp(link, &advertisement, &question->target, &path.next_hop);
	if (!packet)
		return;
	if (question->has_mac) {
		link_send_packet(link, interface, &question->mac, ETHERNET_TYPE_IPV6, packet);
		return;
	}
	out.header = packet_data(packet);
	out.header_bytes = packet_length(packet);
	out.owner = packet;
	link_send(link, &path, ETHERNET_TYPE_IPV6, &out, now);
}

static void hear_solicitation(struct link_layer *link, struct interface *interface,
			      const struct berth_address *source, const struct ndp_message *message,
			      uint64_t now)
{
	if (!interface_has_address(interface, &message->target))
		return; // another machine of the same solicited-node group
	if (message->has_mac && !berth_address_is_any(source))
		link_heard_question(link, interface, source, &message->mac, true);
	answer_solicitation(link, interface, source, message, now);
}

static void hear_advertisement(struct link_layer *link, struct interface *interface,
			       const struct ndp_message *message, uint64_t now)
{
	struct berth_address target = address_without_scope(&message->target);
	struct neighbor *neighbor = neighbor_cache_lookup(&interface->neighbors, &target);

	if (!neighbor)
		return; // RFC 4861 7.2.5: nobody asked, no entry
	link_heard_answer(link, interface, neighbor, message->has_mac ? &message->mac : NULL,
			  message->solicited, message->override, now);
}

void link_on_ndp(struct link_layer *link, int interface_index, const struct berth_address *source,
		 const struct ndp_message *message, uint64_t now)
{
	struct interface *interface = link_interface_at(link, interface_index);
	struct berth_address bare = address_without_scope(source);

	if (!interface)
		return; // there are no neighbours on the loopback
	if (message->has_mac && mac_is_group(&message->mac)) {
		link_drop(link, BERTH_DROP_NDP_MALFORMED);
		return;
	}
	if (message->is_advertisement)
		hear_advertisement(link, interface, message, now);
	else
		hear_solicitation(link, interface, &bare, message, now);
}
