// SPDX-License-Identifier: MIT
//
// IPv6 headers: from which computer to which, how long, what inside (RFC 8200 3)?
//
// Not here: the extension headers between this one and the transport (wire_ipv6_extension.c).
#include "wire_ipv6.h"

#include <string.h>

#include "../base/assertion.h"
#include "../base/bytes.h"
#include "wire_address.h"

#define VERSION 6u
#define FLOW_LABEL_MASK 0xfffffu

// IPV6_HEADER_BYTES are there.
static struct ipv6_header read_fields(const uint8_t *data)
{
	const uint32_t first_word = load_be32(data);
	struct ipv6_header header;

	header.traffic_class = (uint8_t)(first_word >> 20);
	header.flow_label = first_word & FLOW_LABEL_MASK;
	header.payload_bytes = load_be16(data + 4);
	header.next_header = data[6];
	header.hop_limit = data[7];
	header.source = address_of_bytes(BERTH_FAMILY_IPV6, data + 8);
	header.target = address_of_bytes(BERTH_FAMILY_IPV6, data + 24);
	return header;
}

static bool version_is_6(const uint8_t *data)
{
	return data[0] >> 4 == VERSION;
}

enum berth_drop ipv6_parse(const uint8_t *data, size_t headers_length, size_t packet_length,
			   struct ipv6_header *ret_header)
{
	struct ipv6_header header;

	if (headers_length < IPV6_HEADER_BYTES || packet_length < IPV6_HEADER_BYTES)
		return BERTH_DROP_IP_TRUNCATED;
	if (!version_is_6(data))
		return BERTH_DROP_IP_VERSION;
	header = read_fields(data);
	if (header.payload_bytes > packet_length - IPV6_HEADER_BYTES)
		return BERTH_DROP_IP_TRUNCATED;
	*ret_header = header;
	return BERTH_DROP_NONE;
}

bool ipv6_parse_quoted(const uint8_t *data, size_t length, struct ipv6_header *ret_header)
{
	if (length < IPV6_HEADER_BYTES || !version_is_6(data))
		return false;
	*ret_header = read_fields(data);
	return true;
}

void ipv6_emit(const struct ipv6_header *header, uint8_t *to)
{
	ASSERT(header->source.family == BERTH_FAMILY_IPV6);
	ASSERT(header->target.family == BERTH_FAMILY_IPV6);
	ASSERT(header->flow_label <= FLOW_LABEL_MASK);
	store_be32(to, VERSION << 28 | (uint32_t)header->traffic_class << 20 | header->flow_label);
	store_be16(to + 4, header->payload_bytes);
	to[6] = header->next_header;
	to[7] = header->hop_limit;
	memcpy(to + 8, header->source.byte, 16);
	memcpy(to + 24, header->target.byte, 16);
}
