// SPDX-License-Identifier: MIT
//
// IPv4 headers: from which computer to which, how long, what inside (RFC 791 3.1)?
#include "wire_ipv4.h"

#include <string.h>

#include "../base/assertion.h"
#include "../base/bytes.h"
#include "../base/checksum.h"
#include "wire_address.h"

#define VERSION 4u
#define FLAG_DONT_FRAGMENT 0x4000u
#define FLAG_MORE_FRAGMENTS 0x2000u
#define FRAGMENT_OFFSET_MASK 0x1fffu
#define FRAGMENT_UNIT_BYTES 8u
#define CHECKSUM_OFFSET 10u

// IPV4_HEADER_BYTES are there.
static struct ipv4_header read_fields(const uint8_t *data)
{
	const uint16_t fragment = load_be16(data + 6);
	struct ipv4_header header;

	header.header_bytes = (uint16_t)((data[0] & 0x0f) * 4);
	header.tos = data[1];
	header.total_bytes = load_be16(data + 2);
	header.identification = load_be16(data + 4);
	header.dont_fragment = (fragment & FLAG_DONT_FRAGMENT) != 0;
	header.more_fragments = (fragment & FLAG_MORE_FRAGMENTS) != 0;
	header.fragment_offset =
		(uint16_t)((fragment & FRAGMENT_OFFSET_MASK) * FRAGMENT_UNIT_BYTES);
	header.ttl = data[8];
	header.protocol = data[9];
	header.source = address_of_bytes(BERTH_FAMILY_IPV4, data + 12);
	header.target = address_of_bytes(BERTH_FAMILY_IPV4, data + 16);
	return header;
}

static bool version_is_4(const uint8_t *data)
{
	return data[0] >> 4 == VERSION;
}

enum berth_drop ipv4_parse(const uint8_t *data, size_t headers_length, size_t packet_length,
			   struct ipv4_header *ret_header)
{
	struct ipv4_header header;

	if (headers_length < IPV4_HEADER_BYTES || packet_length < IPV4_HEADER_BYTES)
		return BERTH_DROP_IP_TRUNCATED;
	if (!version_is_4(data))
		return BERTH_DROP_IP_VERSION;
	header = read_fields(data);
	if (header.header_bytes < IPV4_HEADER_BYTES || header.header_bytes > header.total_bytes)
		return BERTH_DROP_IP_HEADER_LENGTH;
	if (header.total_bytes > packet_length || header.header_bytes > headers_length)
		return BERTH_DROP_IP_TRUNCATED;
	if (checksum_finish(checksum_add(0, data, header.header_bytes)) != 0)
		return BERTH_DROP_IP_CHECKSUM;
	*ret_header = header;
	return BERTH_DROP_NONE;
}

bool ipv4_parse_quoted(const uint8_t *data, size_t length, struct ipv4_header *ret_header)
{
	struct ipv4_header header;

	if (length < IPV4_HEADER_BYTES || !version_is_4(data))
		return false;
	header = read_fields(data);
	if (header.header_bytes < IPV4_HEADER_BYTES || header.header_bytes > length)
		return false;
	*ret_header = header;
	return true;
}

static uint16_t fragment_field(const struct ipv4_header *header)
{
	unsigned field = header->fragment_offset / FRAGMENT_UNIT_BYTES;

	ASSERT(header->fragment_offset % FRAGMENT_UNIT_BYTES == 0);
	if (header->dont_fragment)
		field |= FLAG_DONT_FRAGMENT;
	if (header->more_fragments)
		field |= FLAG_MORE_FRAGMENTS;
	return (uint16_t)field;
}

void ipv4_emit(const struct ipv4_header *header, uint8_t *to)
{
	uint16_t checksum;

	ASSERT(header->source.family == BERTH_FAMILY_IPV4);
	ASSERT(header->target.family == BERTH_FAMILY_IPV4);
	to[0] = VERSION << 4 | IPV4_HEADER_BYTES / 4;
	to[1] = header->tos;
	store_be16(to + 2, header->total_bytes);
	store_be16(to + 4, header->identification);
	store_be16(to + 6, fragment_field(header));
	to[8] = header->ttl;
	to[9] = header->protocol;
	store_be16(to + CHECKSUM_OFFSET, 0);
	memcpy(to + 12, header->source.byte, 4);
	memcpy(to + 16, header->target.byte, 4);
	checksum = checksum_finish(checksum_add(0, to, IPV4_HEADER_BYTES));
	memcpy(to + CHECKSUM_OFFSET, &checksum, sizeof(checksum));
}
