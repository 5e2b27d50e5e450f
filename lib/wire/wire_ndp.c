// SPDX-License-Identifier: MIT
//
// Neighbour discovery: who has this IPv6 address, and what is its MAC (RFC 4861 4.3, 4.4)?
//
// Rules checked here are those of RFC 4861 7.1.1 and 7.1.2 that a message shows by itself: code,
// length, target, options. Not here: hop limit, checksum, the addresses it came from and went to.
#include "wire_ndp.h"

#include <string.h>

#include "../base/assertion.h"
#include "../base/bytes.h"
#include "wire_address.h"
#include "wire_icmp.h"

#define BYTES_WITHOUT_OPTIONS 24u
#define FLAG_ROUTER 0x80000000u
#define FLAG_SOLICITED 0x40000000u
#define FLAG_OVERRIDE 0x20000000u
#define OPTION_UNIT_BYTES 8u
#define OPTION_SOURCE_MAC 1u
#define OPTION_TARGET_MAC 2u
#define MAC_BYTES 6u

static_assert(BYTES_WITHOUT_OPTIONS + OPTION_UNIT_BYTES == NDP_MESSAGE_BYTES,
	      "a MAC option fills one unit");

static uint8_t mac_option_type(const struct ndp_message *message)
{
	return message->is_advertisement ? OPTION_TARGET_MAC : OPTION_SOURCE_MAC;
}

// All options must be well formed (RFC 4861 4.6); the first MAC of the right kind counts.
static bool read_options(const uint8_t *at, size_t left, struct ndp_message *message)
{
	while (left > 0) {
		size_t option_bytes;

		if (left < 2 || at[1] == 0)
			return false;
		option_bytes = at[1] * OPTION_UNIT_BYTES;
		if (option_bytes > left)
			return false;
		if (at[0] == mac_option_type(message) && !message->has_mac) {
			if (option_bytes != OPTION_UNIT_BYTES)
				return false; // Ethernet's are six bytes (RFC 2464 6)
			memcpy(&message->mac, at + 2, MAC_BYTES);
			message->has_mac = true;
		}
		at += option_bytes;
		left -= option_bytes;
	}
	return true;
}

bool ndp_parse(const uint8_t *data, size_t length, struct ndp_message *ret_message)
{
	struct ndp_message message;
	struct icmp_header icmp;

	memset(&message, 0, sizeof(message));
	if (length < BYTES_WITHOUT_OPTIONS || !icmp_parse(data, length, &icmp))
		return false;
	if (icmp.type != ICMPV6_NEIGHBOR_SOLICITATION && icmp.type != ICMPV6_NEIGHBOR_ADVERTISEMENT)
		return false;
	if (icmp.code != 0)
		return false;
	message.is_advertisement = icmp.type == ICMPV6_NEIGHBOR_ADVERTISEMENT;
	if (message.is_advertisement) {
		message.router = (icmp.rest & FLAG_ROUTER) != 0;
		message.solicited = (icmp.rest & FLAG_SOLICITED) != 0;
		message.override = (icmp.rest & FLAG_OVERRIDE) != 0;
	}
	message.target = address_of_bytes(BERTH_FAMILY_IPV6, data + ICMP_HEADER_BYTES);
	if (address_is_multicast(&message.target))
		return false;
	if (!read_options(data + BYTES_WITHOUT_OPTIONS, length - BYTES_WITHOUT_OPTIONS, &message))
		return false;
	*ret_message = message;
	return true;
}

static uint32_t flags_word(const struct ndp_message *message)
{
	if (!message->is_advertisement)
		return 0;
	return (message->router ? FLAG_ROUTER : 0) | (message->solicited ? FLAG_SOLICITED : 0) |
	       (message->override ? FLAG_OVERRIDE : 0);
}

size_t ndp_emit(const struct ndp_message *message, uint8_t *to)
{
	const struct icmp_header icmp = {
		.type = message->is_advertisement ? ICMPV6_NEIGHBOR_ADVERTISEMENT
						  : ICMPV6_NEIGHBOR_SOLICITATION,
		.rest = flags_word(message),
	};

	ASSERT(message->target.family == BERTH_FAMILY_IPV6);
	icmp_emit(&icmp, to);
	memcpy(to + ICMP_HEADER_BYTES, message->target.byte, 16);
	if (!message->has_mac)
		return BYTES_WITHOUT_OPTIONS;
	to[BYTES_WITHOUT_OPTIONS] = mac_option_type(message);
	to[BYTES_WITHOUT_OPTIONS + 1] = 1; // in units
	memcpy(to + BYTES_WITHOUT_OPTIONS + 2, &message->mac, MAC_BYTES);
	return NDP_MESSAGE_BYTES;
}
