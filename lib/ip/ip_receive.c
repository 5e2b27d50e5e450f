// SPDX-License-Identifier: MIT
//
// A packet came up: is it for us, is it well, and whose is it?
//
// Read ip_receive for the order; the families' own checks are in ipv4_receive.c and
// ipv6_receive.c. This host accepts packets to any of its addresses on any interface (the weak
// host model, RFC 1122 3.3.4.2).

#include <errno.h>

#include "../base/checksum.h"
#include "../base/numbers.h"
#include "../wire/wire_address.h"
#include "../wire/wire_checksum.h"
#include "../wire/wire_ethernet.h"
#include "ip_layer.h"

// DECIDES: which sources no packet may have (RFC 1122 3.2.1.3, RFC 4291 2.5.3, 2.7)
enum berth_drop ip_decide_source_drop(const struct ip_layer *ip, const struct berth_address *source,
				      int interface_index)
{
	if (address_is_multicast(source) || address_is_broadcast(source) ||
	    address_is_mapped(source))
		return BERTH_DROP_IP_SOURCE_INVALID;
	if (interface_index == LINK_LOOPBACK)
		return BERTH_DROP_NONE;
	if (ip_address_is_ours(ip, source)) // the loopback included
		return BERTH_DROP_IP_SOURCE_INVALID;
	if (ip_addresses_is_subnet_broadcast(&ip->addresses, interface_index, source))
		return BERTH_DROP_IP_SOURCE_INVALID;
	return BERTH_DROP_NONE;
}

// RFC 1122 3.3.6: what came as a broadcast of the cable must be for everybody in IP, too.
static bool came_to_group_of_cable(const struct ip_arrival *arrival)
{
	struct ethernet_header header;

	if (arrival->interface_index == LINK_LOOPBACK)
		return false;
	return ethernet_parse(arrival->frame->slice[0].data, arrival->frame->slice[0].length,
			      &header) &&
	       mac_is_group(&header.target);
}

// DECIDES: is the packet for us (RFC 1122 3.2.1.3, 3.3.4.2, RFC 4291 2.8)
enum berth_drop ip_decide_target_drop(const struct ip_layer *ip, const struct ip_arrival *arrival,
				      const struct berth_address *target, bool *ret_is_group)
{
	bool is_from_outside = arrival->interface_index != LINK_LOOPBACK;

	*ret_is_group = false;
	if (address_is_loopback(target) && is_from_outside)
		return BERTH_DROP_IP_DESTINATION_NOT_OURS;
	if (ip_address_is_ours(ip, target)) {
		return came_to_group_of_cable(arrival) ? BERTH_DROP_IP_DESTINATION_NOT_OURS
						       : BERTH_DROP_NONE;
	}
	*ret_is_group = true;
	if (address_is_broadcast(target) ||
	    ip_addresses_is_subnet_broadcast(&ip->addresses, arrival->interface_index, target))
		return BERTH_DROP_NONE;
	if (address_is_multicast(target) &&
	    ip_addresses_in_group(&ip->addresses, arrival->interface_index, target))
		return BERTH_DROP_NONE;
	return BERTH_DROP_IP_DESTINATION_NOT_OURS;
}

// Field by field, as in link_receive.c: for each packet.
void ip_fill_bytes(const struct ip_arrival *arrival, uint32_t packet_bytes,
		   struct ip_packet *ret_packet)
{
	const struct slices *packet = arrival->packet;

	for (uint32_t index = 0; index < packet->count; index++) {
		ret_packet->payload.part[index].data = packet->part[index].data;
		ret_packet->payload.part[index].length = packet->part[index].length;
	}
	ret_packet->payload.count = packet->count;
	ret_packet->payload.length = packet->length;
	slices_trim_to(&ret_packet->payload, packet_bytes);
	ret_packet->raw = packet->part[0].data;
	ret_packet->raw_bytes = min_u32(packet->part[0].length, packet_bytes);
}

static void add_frame_facts(const struct ip_arrival *arrival, struct ip_packet *packet)
{
	const struct berth_frame *frame = arrival->frame;

	packet->interface_index = arrival->interface_index;
	packet->checksum_is_valid = frame->checksum != BERTH_CHECKSUM_UNKNOWN;
	packet->segmentation = frame->segmentation;
	packet->segment_bytes = frame->segment_bytes;
}

enum ip_result ip_receive(struct ip_layer *ip, enum link_result kind, const struct slices *packet,
			  const struct berth_frame *frame, int interface_index, uint64_t now,
			  struct ip_packet *ret_packet, struct ip_error *ret_error)
{
	struct ip_arrival arrival = {frame, packet, interface_index};
	enum berth_drop reason;
	uint8_t protocol = 0;

	ip_forget_old_path_mtus(ip, now);
	if (packet->count == 0) {
		ip_drop(ip, BERTH_DROP_IP_TRUNCATED);
		return IP_CONSUMED;
	}
	add_frame_facts(&arrival, ret_packet);
	if (kind == LINK_IPV4)
		reason = ipv4_receive(ip, &arrival, now, ret_packet, &protocol);
	else
		reason = ipv6_receive(ip, &arrival, now, ret_packet, &protocol);
	if (reason != BERTH_DROP_NONE) {
		ip_drop(ip, reason);
		return IP_CONSUMED;
	}
	switch (protocol) {
	case IP_PROTOCOL_TCP:
		return IP_TCP;
	case IP_PROTOCOL_UDP:
		return IP_UDP;
	case IP_PROTOCOL_ICMP:
		return icmpv4_receive(ip, ret_packet, now, ret_error);
	default: // the families let nothing else through
		return icmpv6_receive(ip, ret_packet, now, ret_error);
	}
}

bool ip_checksum_is_right(const struct ip_packet *packet, uint8_t protocol)
{
	uint64_t sum;

	if (packet->checksum_is_valid)
		return true;
	sum = pseudo_header_sum(&packet->source, &packet->target, protocol, packet->payload.length);
	return checksum_finish(slices_checksum(sum, &packet->payload)) == 0;
}

bool ip_next_unreachable(struct ip_layer *ip, uint64_t now, struct ip_error *ret_error)
{
	struct packet *packet;
	struct link_path path;

	ip_forget_old_path_mtus(ip, now);
	while ((packet = link_take_unreachable(ip->link, &path))) {
		uint16_t packet_bytes;
		bool is_known = icmp_read_quote(ip, path.next_hop.family, packet_data(packet),
						packet_length(packet), path.interface_index,
						ret_error, &packet_bytes);

		packet_release(ip->packets, packet);
		if (is_known) {
			ret_error->error = EHOSTUNREACH;
			return true;
		}
	}
	return false;
}
