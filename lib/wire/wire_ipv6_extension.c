// SPDX-License-Identifier: MIT
//
// Behind which IPv6 extension headers does the transport begin (RFC 8200 4)?
//
// A chain: each header names the next and says how long it is. We pass hop-by-hop options (first
// place only, 4.1), destination options, routing headers that have no segment left (4.4) and
// fragment headers around a whole packet (RFC 6946). Options we do not know are passed unless their
// two upper bits forbid it (4.2). Bounded by IPV6_EXTENSIONS_MAX headers.
#include "wire_ipv6.h"

#include "../base/numbers.h"
#include "wire_address.h"
#include "wire_ipv4.h"

#define NEXT_HEADER_HOP_BY_HOP 0u
#define NEXT_HEADER_ROUTING 43u
#define NEXT_HEADER_FRAGMENT 44u
#define NEXT_HEADER_DESTINATION 60u
#define NEXT_HEADER_FIELD_OFFSET 6u // in the IPv6 header

#define EXTENSION_UNIT_BYTES 8u
#define ROUTING_TYPE_OFFSET 2u
#define ROUTING_SEGMENTS_OFFSET 3u
#define FRAGMENT_OFFSET_OR_MORE 0xfff9u // without the two reserved bits

#define OPTION_PAD1 0u
#define OPTION_PADN 1u
#define OPTION_HEADER_BYTES 2u
#define OPTION_ACTION(type) ((type) >> 6)
#define ACTION_SKIP 0u
#define ACTION_DISCARD_SILENTLY 1u
#define ACTION_DISCARD_UNLESS_GROUP 3u // an error, but not about what went to a group

struct extension_walk {
	const uint8_t *data;
	uint32_t limit;    // bytes of data that are there and belong to the packet
	uint32_t named_at; // offset of the value that named the header at `offset`
	struct ipv6_upper upper;
	bool target_is_group;
};

static enum berth_drop report_problem(struct extension_walk *walk, uint32_t offset, uint8_t code)
{
	walk->upper.unknown_at = offset;
	walk->upper.problem_code = code;
	return BERTH_DROP_IP_EXTENSION_MALFORMED;
}

// DECIDES: what an unknown IPv6 option does to the packet (RFC 8200 4.2)
static enum berth_drop check_option(struct extension_walk *walk, uint32_t offset)
{
	const uint8_t type = walk->data[offset];
	const unsigned action = OPTION_ACTION(type);

	if (type == OPTION_PADN || action == ACTION_SKIP)
		return BERTH_DROP_NONE;
	walk->upper.unknown_is_silent =
		action == ACTION_DISCARD_SILENTLY ||
		(action == ACTION_DISCARD_UNLESS_GROUP && walk->target_is_group);
	walk->upper.unknown_is_option = !walk->upper.unknown_is_silent;
	return report_problem(walk, offset, IPV6_PROBLEM_OPTION);
}

// Every option of the header that begins at walk->upper.offset and has length bytes.
static enum berth_drop check_options(struct extension_walk *walk, uint32_t length)
{
	const uint32_t end = walk->upper.offset + length;
	uint32_t at = walk->upper.offset + OPTION_HEADER_BYTES;

	while (at < end) {
		enum berth_drop drop;
		uint32_t option_bytes;

		if (walk->data[at] == OPTION_PAD1) {
			at++;
			continue;
		}
		if (end - at < OPTION_HEADER_BYTES)
			return BERTH_DROP_IP_EXTENSION_MALFORMED;
		option_bytes = OPTION_HEADER_BYTES + walk->data[at + 1];
		if (option_bytes > end - at)
			return BERTH_DROP_IP_EXTENSION_MALFORMED;
		drop = check_option(walk, at);
		if (drop != BERTH_DROP_NONE)
			return drop;
		at += option_bytes;
	}
	return BERTH_DROP_NONE;
}

static enum berth_drop check_routing(struct extension_walk *walk)
{
	const uint32_t offset = walk->upper.offset;

	if (walk->data[offset + ROUTING_SEGMENTS_OFFSET] == 0)
		return BERTH_DROP_NONE;
	return report_problem(walk, offset + ROUTING_TYPE_OFFSET, IPV6_PROBLEM_FIELD); // 4.4
}

static enum berth_drop check_fragment(struct extension_walk *walk)
{
	const uint8_t *at = walk->data + walk->upper.offset;

	if (((at[2] << 8 | at[3]) & FRAGMENT_OFFSET_OR_MORE) == 0)
		return BERTH_DROP_NONE; // the whole packet (RFC 6946)
	walk->upper.is_fragment = true;
	return BERTH_DROP_IP_FRAGMENT;
}

// Check the extension header at walk->upper.offset and step behind it.
static enum berth_drop pass_extension(struct extension_walk *walk)
{
	const uint32_t left = walk->limit - walk->upper.offset;
	uint32_t length = EXTENSION_UNIT_BYTES;
	enum berth_drop drop;

	if (left < length)
		return BERTH_DROP_IP_EXTENSION_MALFORMED;
	if (walk->upper.protocol != NEXT_HEADER_FRAGMENT)
		length += walk->data[walk->upper.offset + 1] * EXTENSION_UNIT_BYTES;
	if (left < length)
		return BERTH_DROP_IP_EXTENSION_MALFORMED;
	if (walk->upper.protocol == NEXT_HEADER_FRAGMENT)
		drop = check_fragment(walk);
	else if (walk->upper.protocol == NEXT_HEADER_ROUTING)
		drop = check_routing(walk);
	else
		drop = check_options(walk, length);
	if (drop != BERTH_DROP_NONE)
		return drop;
	walk->named_at = walk->upper.offset;
	walk->upper.protocol = walk->data[walk->upper.offset];
	walk->upper.offset += length;
	return BERTH_DROP_NONE;
}

// Is what stands at the walk's offset an extension header in a place where it may stand?
static bool is_extension(const struct extension_walk *walk)
{
	switch (walk->upper.protocol) {
	case NEXT_HEADER_HOP_BY_HOP:
		return walk->named_at == NEXT_HEADER_FIELD_OFFSET; // 4.1: elsewhere it is unknown
	case NEXT_HEADER_ROUTING:
	case NEXT_HEADER_FRAGMENT:
	case NEXT_HEADER_DESTINATION:
		return true;
	default:
		return false;
	}
}

static void report_unless_known(struct extension_walk *walk)
{
	switch (walk->upper.protocol) {
	case IP_PROTOCOL_TCP:
	case IP_PROTOCOL_UDP:
	case IP_PROTOCOL_ICMPV6:
	case IPV6_NEXT_HEADER_NONE:
		return;
	default:
		walk->upper.unknown_at = walk->named_at;
		walk->upper.problem_code = IPV6_PROBLEM_NEXT_HEADER;
	}
}

static enum berth_drop walk_extensions(struct extension_walk *walk)
{
	unsigned passed;

	for (passed = 0; is_extension(walk); passed++) {
		enum berth_drop drop;

		if (passed == IPV6_EXTENSIONS_MAX)
			return BERTH_DROP_IP_EXTENSION_MALFORMED;
		drop = pass_extension(walk);
		if (drop != BERTH_DROP_NONE)
			return drop;
	}
	report_unless_known(walk);
	return BERTH_DROP_NONE;
}

enum berth_drop ipv6_find_upper(const uint8_t *data, size_t headers_length,
				const struct ipv6_header *header, struct ipv6_upper *ret_upper)
{
	const size_t packet_bytes = IPV6_HEADER_BYTES + (size_t)header->payload_bytes;
	struct extension_walk walk = {
		.data = data,
		.limit = (uint32_t)min_u64(headers_length, packet_bytes),
		.named_at = NEXT_HEADER_FIELD_OFFSET,
		.upper = {.protocol = header->next_header, .offset = IPV6_HEADER_BYTES},
		.target_is_group = address_is_multicast(&header->target),
	};
	const enum berth_drop drop = headers_length < IPV6_HEADER_BYTES
					     ? BERTH_DROP_IP_EXTENSION_MALFORMED
					     : walk_extensions(&walk);

	*ret_upper = walk.upper;
	return drop;
}
