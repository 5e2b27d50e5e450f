// SPDX-License-Identifier: MIT
//
// ICMPv6 came in (RFC 4443): echo requests are answered, neighbour discovery goes down to link,
// errors become struct ip_error. Router advertisements are not followed: addresses and routes are
// the embedder's.

#include <errno.h>

#include "../base/checksum.h"
#include "../base/numbers.h"
#include "../wire/wire_address.h"
#include "../wire/wire_checksum.h"
#include "../wire/wire_ndp.h"
#include "ip_layer.h"

#define NDP_HOP_LIMIT 255u
#define ICMPV6_INFORMATIONAL 128u // types from here on are no errors (RFC 4443 2.1)

struct icmpv6_meaning {
	int error;
	bool is_hard;
};

// RFC 4443 3.1 and Linux's numbers; by code.
static const struct icmpv6_meaning icmpv6_meanings[] = {
	{ENETUNREACH, false},  // 0 no route
	{EACCES, true},        // 1 prohibited
	{EHOSTUNREACH, false}, // 2 beyond the scope of the source
	{EHOSTUNREACH, false}, // 3 address
	{ECONNREFUSED, true},  // 4 port
	{EACCES, true},        // 5 source failed policy
	{EACCES, true},        // 6 route rejects
};

// DECIDES: what an ICMPv6 error means to a program (RFC 4443 3)
//
// Types nobody knows are passed up, too (RFC 4443 2.4 a).
static void decide_icmpv6_meaning(const struct icmp_header *header, struct ip_error *error)
{
	error->error = EPROTO;
	switch (header->type) {
	case ICMPV6_UNREACHABLE:
		if (header->code < ARRAY_LENGTH(icmpv6_meanings)) {
			error->error = icmpv6_meanings[header->code].error;
			error->is_hard = icmpv6_meanings[header->code].is_hard;
		}
		return;
	case ICMPV6_PACKET_TOO_BIG:
		error->error = EMSGSIZE;
		error->mtu = path_mtu_at_least(BERTH_FAMILY_IPV6,
					       (uint16_t)min_u32(header->rest, UINT16_MAX));
		return;
	case ICMPV6_TIME_EXCEEDED:
		error->error = EHOSTUNREACH;
		return;
	case ICMPV6_PARAMETER_PROBLEM:
		error->is_hard = true;
		return;
	default:
		return;
	}
}

static enum ip_result receive_icmpv6_error(struct ip_layer *ip, const struct ip_packet *packet,
					   const struct icmp_header *header,
					   struct ip_error *ret_error)
{
	const struct berth_slice *message = &packet->payload.part[0];
	const uint8_t *quote = (const uint8_t *)message->data + ICMP_HEADER_BYTES;
	struct ip_error error;
	uint16_t packet_bytes;

	if (!icmp_read_quote(ip, BERTH_FAMILY_IPV6, quote, message->length - ICMP_HEADER_BYTES,
			     packet->interface_index, &error, &packet_bytes)) {
		ip_drop(ip, BERTH_DROP_ICMP_ERROR_UNRELATED);
		return IP_CONSUMED;
	}
	decide_icmpv6_meaning(header, &error);
	*ret_error = error;
	return IP_ERROR;
}

// DECIDES: is this neighbour discovery message believable (RFC 4861 7.1.1, 7.1.2)
static bool is_sound_ndp(const struct ip_packet *packet, const struct ndp_message *message)
{
	struct berth_address group;

	if (packet->ttl != NDP_HOP_LIMIT) // it came from this very cable
		return false;
	if (message->is_advertisement)
		return !(message->solicited && packet->target_is_group) &&
		       !berth_address_is_any(&packet->source);
	if (!berth_address_is_any(&packet->source))
		return true;
	group = address_solicited_node(&message->target);
	return berth_address_equal(&packet->target, &group) && !message->has_mac;
}

static void receive_ndp(struct ip_layer *ip, const struct ip_packet *packet, uint64_t now)
{
	const struct berth_slice *first = &packet->payload.part[0];
	struct ndp_message message;

	if (!ndp_parse(first->data, first->length, &message) || !is_sound_ndp(packet, &message)) {
		ip_drop(ip, BERTH_DROP_NDP_MALFORMED);
		return;
	}
	link_on_ndp(ip->link, packet->interface_index, &packet->source, &message, now);
}

static bool is_ndp(uint8_t type)
{
	return type == ICMPV6_NEIGHBOR_SOLICITATION || type == ICMPV6_NEIGHBOR_ADVERTISEMENT;
}

// DECIDES: which ICMPv6 messages are not looked at (RFC 4443 2.3, RFC 4291 2.5.2)
static enum berth_drop decide_icmpv6_drop(const struct ip_packet *packet,
					  struct icmp_header *ret_header)
{
	const struct berth_slice *first = &packet->payload.part[0];

	if (packet->payload.count == 0 || !icmp_parse(first->data, first->length, ret_header))
		return BERTH_DROP_ICMP_MALFORMED;
	if (!ip_checksum_is_right(packet, IP_PROTOCOL_ICMPV6))
		return BERTH_DROP_ICMP_CHECKSUM;
	if (berth_address_is_any(&packet->source) && !is_ndp(ret_header->type))
		return BERTH_DROP_IP_SOURCE_INVALID;
	return BERTH_DROP_NONE;
}

enum ip_result icmpv6_receive(struct ip_layer *ip, const struct ip_packet *packet, uint64_t now,
			      struct ip_error *ret_error)
{
	struct icmp_header header;
	enum berth_drop reason;

	ip->icmp_in++;
	reason = decide_icmpv6_drop(packet, &header);
	if (reason != BERTH_DROP_NONE) {
		ip_drop(ip, reason);
		return IP_CONSUMED;
	}
	if (header.type < ICMPV6_INFORMATIONAL)
		return receive_icmpv6_error(ip, packet, &header, ret_error);
	if (is_ndp(header.type))
		receive_ndp(ip, packet, now);
	else if (header.type == ICMPV6_ECHO_REQUEST)
		icmp_send_echo_reply(ip, packet, ICMPV6_ECHO_REPLY, now);
	else
		ip_drop(ip, BERTH_DROP_ICMP_TYPE_UNKNOWN);
	return IP_CONSUMED;
}
