// SPDX-License-Identifier: MIT
//
// Telling a sender that something is wrong with its packet: when may we, and with which words?
//
// Errors breed storms: never about errors, never about what went to a group, never to a source that
// is not one computer (RFC 1122 3.2.2, RFC 4443 2.4 e), and not too many (2.4 f). Fragments never
// come so far. As much of the packet is quoted as fits the least MTU of the family.

#include <string.h>

#include "../base/numbers.h"
#include "../wire/wire_address.h"
#include "ip_layer.h"

#define QUOTE_BYTES_MAX_IPV4 (576u - IPV4_HEADER_BYTES - ICMP_HEADER_BYTES)  // RFC 1812 4.3.2.3
#define QUOTE_BYTES_MAX_IPV6 (1280u - IPV6_HEADER_BYTES - ICMP_HEADER_BYTES) // RFC 4443 2.4 c
#define ERROR_TOS_IPV4 0xc0u      // RFC 1812 4.3.2.5: precedence internetwork control
#define ICMPV6_INFORMATIONAL 128u // types from here on are no errors (RFC 4443 2.1)

#define NEXT_HEADER_HOP_BY_HOP 0u
#define NEXT_HEADER_ROUTING 43u
#define NEXT_HEADER_DESTINATION 60u

// Is there an ICMPv6 error in this packet, behind extension headers that may be unsound? What
// cannot be seen counts as one.
static bool may_carry_icmpv6_error(const struct ip_packet *packet)
{
	struct ipv6_header header;
	uint32_t offset = IPV6_HEADER_BYTES;
	uint8_t protocol;

	if (!ipv6_parse_quoted(packet->raw, packet->raw_bytes, &header))
		return true;
	protocol = header.next_header;
	for (unsigned passed = 0; passed <= IPV6_EXTENSIONS_MAX; passed++) {
		if (offset + 2 > packet->raw_bytes)
			return true;
		if (protocol == IP_PROTOCOL_ICMPV6)
			return packet->raw[offset] < ICMPV6_INFORMATIONAL;
		if (protocol != NEXT_HEADER_HOP_BY_HOP && protocol != NEXT_HEADER_ROUTING &&
		    protocol != NEXT_HEADER_DESTINATION)
			return false;
		protocol = packet->raw[offset];
		offset += (packet->raw[offset + 1] + 1u) * 8;
	}
	return true;
}

// DECIDES: may an ICMP error about this packet be sent (RFC 1122 3.2.2, RFC 4443 2.4 e)
static bool may_answer_with_error(const struct ip_packet *packet, uint8_t type, uint8_t code)
{
	bool is_ipv6 = packet->source.family == BERTH_FAMILY_IPV6;
	bool is_option_problem =
		is_ipv6 && type == ICMPV6_PARAMETER_PROBLEM && code == IPV6_PROBLEM_OPTION;

	if (berth_address_is_any(&packet->source) || address_is_multicast(&packet->source) ||
	    address_is_broadcast(&packet->source))
		return false;
	if (address_is_loopback(&packet->source) && packet->interface_index != LINK_LOOPBACK)
		return false;
	if (packet->target_is_group && !is_option_problem) // RFC 4443 2.4 e.3
		return false;
	return !is_ipv6 || !may_carry_icmpv6_error(packet);
}

static struct packet *build_error(struct ip_layer *ip, const struct ip_packet *packet,
				  const struct icmp_header *header)
{
	bool is_ipv4 = packet->source.family == BERTH_FAMILY_IPV4;
	uint32_t quote_bytes =
		min_u32(packet->raw_bytes, is_ipv4 ? QUOTE_BYTES_MAX_IPV4 : QUOTE_BYTES_MAX_IPV6);
	struct packet *message = packet_acquire(ip->packets, ICMP_HEADER_BYTES + quote_bytes);

	if (!message) {
		ip_drop(ip, BERTH_DROP_PACKET_MEMORY);
		return NULL;
	}
	icmp_emit(header, packet_append(message, ICMP_HEADER_BYTES));
	memcpy(packet_append(message, quote_bytes), packet->raw, quote_bytes);
	return message;
}

void icmp_send_error(struct ip_layer *ip, const struct ip_packet *packet, uint8_t type,
		     uint8_t code, uint32_t rest, uint64_t now)
{
	struct icmp_header header = {.type = type, .code = code, .rest = rest};
	struct berth_address source = packet->target;
	struct packet *message;
	struct ip_path path;

	if (!may_answer_with_error(packet, type, code))
		return;
	// To ourselves there is no storm, and programs wait for the answer.
	if (packet->interface_index != LINK_LOOPBACK &&
	    !icmp_rate_limit_take(&ip->icmp_limit, now)) {
		ip_drop(ip, BERTH_DROP_ICMP_RATE_LIMITED);
		return;
	}
	if (packet->target_is_group)
		memset(&source, 0, sizeof(source));
	if (ip_find_path(ip, &packet->source, &source, &path) < 0) {
		ip_drop(ip, BERTH_DROP_IP_NO_ROUTE);
		return;
	}
	message = build_error(ip, packet, &header);
	if (!message)
		return;
	if (packet->source.family == BERTH_FAMILY_IPV4)
		path.tos = ERROR_TOS_IPV4;
	icmp_send(ip, &path, message, now);
}

void ip_send_port_unreachable(struct ip_layer *ip, const struct ip_packet *packet, uint64_t now)
{
	if (packet->source.family == BERTH_FAMILY_IPV4)
		icmp_send_error(ip, packet, ICMPV4_UNREACHABLE, ICMPV4_UNREACHABLE_PORT, 0, now);
	else
		icmp_send_error(ip, packet, ICMPV6_UNREACHABLE, ICMPV6_UNREACHABLE_PORT, 0, now);
}
