// SPDX-License-Identifier: MIT
//
// ICMP for IPv4 came in (RFC 792, RFC 1122 3.2.2): echo requests are answered, errors become
// struct ip_error. Redirects are not followed: routes are the embedder's.

#include <errno.h>

#include "../base/checksum.h"
#include "../base/numbers.h"
#include "ip_layer.h"

struct icmpv4_meaning {
	int error;
	bool is_hard;
};

// RFC 1122 3.2.2.1, RFC 1812 5.2.7.1, and Linux's numbers for them; by code.
static const struct icmpv4_meaning icmpv4_meanings[] = {
	{ENETUNREACH, false},  // 0 network
	{EHOSTUNREACH, false}, // 1 host
	{ENOPROTOOPT, true},   // 2 protocol
	{ECONNREFUSED, true},  // 3 port
	{EMSGSIZE, false},     // 4 fragmentation needed
	{EOPNOTSUPP, false},   // 5 source route failed
	{ENETUNREACH, true},   // 6 network unknown
	{EHOSTDOWN, true},     // 7 host unknown
	{ENONET, true},        // 8 source isolated
	{ENETUNREACH, true},   // 9 network prohibited
	{EHOSTUNREACH, true},  // 10 host prohibited
	{ENETUNREACH, false},  // 11 network, for this TOS
	{EHOSTUNREACH, false}, // 12 host, for this TOS
	{EHOSTUNREACH, true},  // 13 communication prohibited
	{EHOSTUNREACH, true},  // 14 host precedence violation
	{EHOSTUNREACH, true},  // 15 precedence cut off
};

// DECIDES: what an ICMP error means to a program (RFC 1122 3.2.2, 4.2.3.9). false: nothing we know.
static bool decide_icmpv4_meaning(const struct icmp_header *header, struct ip_error *error)
{
	switch (header->type) {
	case ICMPV4_UNREACHABLE:
		if (header->code >= ARRAY_LENGTH(icmpv4_meanings))
			return false;
		error->error = icmpv4_meanings[header->code].error;
		error->is_hard = icmpv4_meanings[header->code].is_hard;
		return true;
	case ICMPV4_TIME_EXCEEDED:
		error->error = EHOSTUNREACH;
		return true;
	case ICMPV4_PARAMETER_PROBLEM:
		error->error = EPROTO;
		error->is_hard = true;
		return true;
	default:
		return false;
	}
}

// RFC 1191 4: the MTU stands in the low half; a router older than that leaves zero.
static uint16_t mtu_of(const struct icmp_header *header, uint16_t packet_bytes)
{
	uint16_t mtu = (uint16_t)header->rest;

	return path_mtu_at_least(BERTH_FAMILY_IPV4, mtu ? mtu : path_mtu_guess(packet_bytes));
}

static enum ip_result receive_icmpv4_error(struct ip_layer *ip, const struct ip_packet *packet,
					   const struct icmp_header *header,
					   struct ip_error *ret_error)
{
	const struct berth_slice *message = &packet->payload.part[0];
	const uint8_t *quote = (const uint8_t *)message->data + ICMP_HEADER_BYTES;
	struct ip_error error;
	uint16_t packet_bytes;

	if (!icmp_read_quote(ip, BERTH_FAMILY_IPV4, quote, message->length - ICMP_HEADER_BYTES,
			     packet->interface_index, &error, &packet_bytes)) {
		ip_drop(ip, BERTH_DROP_ICMP_ERROR_UNRELATED);
		return IP_CONSUMED;
	}
	if (!decide_icmpv4_meaning(header, &error)) {
		ip_drop(ip, BERTH_DROP_ICMP_TYPE_UNKNOWN);
		return IP_CONSUMED;
	}
	if (error.error == EMSGSIZE)
		error.mtu = mtu_of(header, packet_bytes);
	*ret_error = error;
	return IP_ERROR;
}

enum ip_result icmpv4_receive(struct ip_layer *ip, const struct ip_packet *packet, uint64_t now,
			      struct ip_error *ret_error)
{
	const struct berth_slice *first = &packet->payload.part[0];
	struct icmp_header header;

	ip->icmp_in++;
	if (packet->payload.count == 0 || !icmp_parse(first->data, first->length, &header)) {
		ip_drop(ip, BERTH_DROP_ICMP_MALFORMED);
		return IP_CONSUMED;
	}
	if (!packet->checksum_is_valid &&
	    checksum_finish(slices_checksum(0, &packet->payload)) != 0) {
		ip_drop(ip, BERTH_DROP_ICMP_CHECKSUM);
		return IP_CONSUMED;
	}
	switch (header.type) {
	case ICMPV4_ECHO_REQUEST:
		if (!packet->target_is_group) { // RFC 1122 3.2.2.6: groups may be left unanswered
			icmp_send_echo_reply(ip, packet, ICMPV4_ECHO_REPLY, now);
			return IP_CONSUMED;
		}
		break;
	case ICMPV4_UNREACHABLE:
	case ICMPV4_TIME_EXCEEDED:
	case ICMPV4_PARAMETER_PROBLEM:
		return receive_icmpv4_error(ip, packet, &header, ret_error);
	default:
		break;
	}
	ip_drop(ip, BERTH_DROP_ICMP_TYPE_UNKNOWN);
	return IP_CONSUMED;
}
