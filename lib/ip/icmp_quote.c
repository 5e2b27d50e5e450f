// SPDX-License-Identifier: MIT
//
// Which packet of ours does an ICMP error quote? (RFC 792, RFC 4443 2.4 d, RFC 5927 4.1.)
//
// The quote is all we have: its source must be an address of ours and its protocol TCP or UDP, and
// the first eight bytes of the transport must be there. Whether such a connection exists, and
// whether the sequence number is one it is waiting on, is for the transport to judge.

#include <string.h>

#include "../base/bytes.h"
#include "ip_layer.h"

struct quote {
	struct berth_address source, target;
	uint8_t protocol;
	size_t offset; // of the transport header
	uint16_t packet_bytes;
};

static bool parse_quote(uint8_t family, const uint8_t *data, size_t length, struct quote *ret_quote)
{
	struct ipv4_header ipv4;
	struct ipv6_header ipv6;

	if (family == BERTH_FAMILY_IPV4) {
		if (!ipv4_parse_quoted(data, length, &ipv4) || ipv4.fragment_offset != 0)
			return false;
		*ret_quote = (struct quote){ipv4.source, ipv4.target, ipv4.protocol,
					    ipv4.header_bytes, ipv4.total_bytes};
		return true;
	}
	if (!ipv6_parse_quoted(data, length, &ipv6))
		return false;
	// We never send extension headers, so the transport follows at once.
	*ret_quote = (struct quote){ipv6.source, ipv6.target, ipv6.next_header, IPV6_HEADER_BYTES,
				    ipv6.payload_bytes};
	return true;
}

bool icmp_read_quote(const struct ip_layer *ip, uint8_t family, const uint8_t *quote, size_t length,
		     int interface_index, struct ip_error *ret_error, uint16_t *ret_packet_bytes)
{
	struct byte_reader reader;
	struct quote quoted;

	if (!parse_quote(family, quote, length, &quoted))
		return false;
	if (quoted.protocol != IP_PROTOCOL_TCP && quoted.protocol != IP_PROTOCOL_UDP)
		return false;
	ip_addresses_set_scope(&ip->addresses, interface_index, &quoted.source);
	ip_addresses_set_scope(&ip->addresses, interface_index, &quoted.target);
	if (!ip_address_is_ours(ip, &quoted.source))
		return false;
	memset(ret_error, 0, sizeof(*ret_error));
	reader = byte_reader_of(quote + quoted.offset, length - quoted.offset);
	ret_error->local.port = read_be16(&reader);
	ret_error->remote.port = read_be16(&reader);
	ret_error->tcp_sequence = read_be32(&reader);
	if (reader.short_read)
		return false;
	ret_error->protocol = quoted.protocol;
	ret_error->local.address = quoted.source;
	ret_error->remote.address = quoted.target;
	*ret_packet_bytes = quoted.packet_bytes;
	return true;
}
