// SPDX-License-Identifier: MIT
//
// An IPv4 packet came up: RFC 1122 3.2.1. Options are skipped; fragments are not put together.

#include "../wire/wire_address.h"
#include "ip_layer.h"

// DECIDES: what protocols this host speaks over IPv4
static bool is_known_protocol(uint8_t protocol)
{
	return protocol == IP_PROTOCOL_TCP || protocol == IP_PROTOCOL_UDP ||
	       protocol == IP_PROTOCOL_ICMP;
}

// RFC 1122 3.2.1.3 a: who has no address yet can only speak to everybody.
static bool is_nobody_speaking_to_one(const struct ipv4_header *header, bool target_is_group)
{
	return berth_address_is_any(&header->source) && !target_is_group;
}

static void fill_ipv4_packet(const struct ip_arrival *arrival, const struct ipv4_header *header,
			     struct ip_packet *packet)
{
	packet->source = header->source;
	packet->target = header->target;
	packet->ttl = header->ttl;
	packet->tos = header->tos;
	ip_fill_bytes(arrival, header->total_bytes, packet);
	slices_trim_front(&packet->payload, header->header_bytes);
}

enum berth_drop ipv4_receive(struct ip_layer *ip, const struct ip_arrival *arrival, uint64_t now,
			     struct ip_packet *ret_packet, uint8_t *ret_protocol)
{
	const struct berth_slice *first = &arrival->packet->part[0];
	struct ipv4_header header;
	enum berth_drop reason;

	reason = ipv4_parse(first->data, first->length, arrival->packet->length, &header);
	if (reason != BERTH_DROP_NONE)
		return reason;
	reason = ip_decide_source_drop(ip, &header.source, arrival->interface_index);
	if (reason != BERTH_DROP_NONE)
		return reason;
	reason = ip_decide_target_drop(ip, arrival, &header.target, &ret_packet->target_is_group);
	if (reason != BERTH_DROP_NONE)
		return reason;
	if (is_nobody_speaking_to_one(&header, ret_packet->target_is_group))
		return BERTH_DROP_IP_SOURCE_INVALID;
	if (header.more_fragments || header.fragment_offset != 0)
		return BERTH_DROP_IP_FRAGMENT;
	fill_ipv4_packet(arrival, &header, ret_packet);
	if (!is_known_protocol(header.protocol)) { // RFC 1122 3.2.2.1
		icmp_send_error(ip, ret_packet, ICMPV4_UNREACHABLE, ICMPV4_UNREACHABLE_PROTOCOL, 0,
				now);
		return BERTH_DROP_IP_PROTOCOL_UNKNOWN;
	}
	*ret_protocol = header.protocol;
	return BERTH_DROP_NONE;
}
