// SPDX-License-Identifier: MIT
//
// An IPv6 packet came up: RFC 8200. Fragments are not put together.
//
// Not here: walking the extension headers (wire_ipv6_extension.c).

#include "../wire/wire_address.h"
#include "ip_layer.h"

static void fill_ipv6_packet(const struct ip_layer *ip, const struct ip_arrival *arrival,
			     const struct ipv6_header *header, struct ip_packet *packet)
{
	packet->source = header->source;
	packet->target = header->target;
	ip_addresses_set_scope(&ip->addresses, arrival->interface_index, &packet->source);
	ip_addresses_set_scope(&ip->addresses, arrival->interface_index, &packet->target);
	packet->ttl = header->hop_limit;
	packet->tos = header->traffic_class;
	ip_fill_bytes(arrival, IPV6_HEADER_BYTES + header->payload_bytes, packet);
}

// RFC 8200 4.2, RFC 4443 3.4: the pointer says what we did not understand.
static void answer_parameter_problem(struct ip_layer *ip, const struct ip_packet *packet,
				     const struct ipv6_upper *upper, uint64_t now)
{
	if (upper->unknown_at == 0 || upper->unknown_is_silent)
		return;
	icmp_send_error(ip, packet, ICMPV6_PARAMETER_PROBLEM, upper->problem_code,
			upper->unknown_at, now);
}

static enum berth_drop check_ipv6_addresses(const struct ip_layer *ip,
					    const struct ip_arrival *arrival,
					    const struct ipv6_header *header,
					    struct ip_packet *packet)
{
	enum berth_drop reason;

	fill_ipv6_packet(ip, arrival, header, packet);
	reason = ip_decide_source_drop(ip, &packet->source, arrival->interface_index);
	if (reason != BERTH_DROP_NONE)
		return reason;
	return ip_decide_target_drop(ip, arrival, &packet->target, &packet->target_is_group);
}

enum berth_drop ipv6_receive(struct ip_layer *ip, const struct ip_arrival *arrival, uint64_t now,
			     struct ip_packet *ret_packet, uint8_t *ret_protocol)
{
	const struct berth_slice *first = &arrival->packet->part[0];
	struct ipv6_header header;
	struct ipv6_upper upper;
	enum berth_drop reason;

	reason = ipv6_parse(first->data, first->length, arrival->packet->length, &header);
	if (reason != BERTH_DROP_NONE)
		return reason;
	reason = check_ipv6_addresses(ip, arrival, &header, ret_packet);
	if (reason != BERTH_DROP_NONE)
		return reason;
	reason = ipv6_find_upper(first->data, first->length, &header, &upper);
	if (reason == BERTH_DROP_NONE && upper.protocol == IPV6_NEXT_HEADER_NONE)
		return BERTH_DROP_IP_PROTOCOL_UNKNOWN; // RFC 8200 4.7: nothing to complain about
	if (reason == BERTH_DROP_NONE && upper.unknown_at != 0)
		reason = BERTH_DROP_IP_PROTOCOL_UNKNOWN;
	if (reason != BERTH_DROP_NONE) {
		answer_parameter_problem(ip, ret_packet, &upper, now);
		return reason;
	}
	if (berth_address_is_any(&header.source) && upper.protocol != IP_PROTOCOL_ICMPV6)
		return BERTH_DROP_IP_SOURCE_INVALID; // RFC 4291 2.5.2
	slices_trim_front(&ret_packet->payload, upper.offset);
	*ret_protocol = upper.protocol;
	return BERTH_DROP_NONE;
}
