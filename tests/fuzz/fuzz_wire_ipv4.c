// SPDX-License-Identifier: MIT
//
// Any bytes as an IPv4 packet, whole or quoted: lengths are inside, and what is read comes back.
#include "../../lib/base/assertion.h"
#include "../../lib/wire/wire_ipv4.h"
#include "fuzz.h"

static void check_same(const struct ipv4_header *left, const struct ipv4_header *right)
{
	ASSERT(berth_address_equal(&left->source, &right->source));
	ASSERT(berth_address_equal(&left->target, &right->target));
	ASSERT(left->total_bytes == right->total_bytes);
	ASSERT(left->identification == right->identification);
	ASSERT(left->fragment_offset == right->fragment_offset);
	ASSERT(left->tos == right->tos);
	ASSERT(left->ttl == right->ttl);
	ASSERT(left->protocol == right->protocol);
	ASSERT(left->dont_fragment == right->dont_fragment);
	ASSERT(left->more_fragments == right->more_fragments);
}

// Most inputs have no right checksum: the quoted header, which needs none, goes round instead.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipv4_header header, again;
	uint8_t bytes[IPV4_HEADER_BYTES];

	if (ipv4_parse(data, size, size, &header) == BERTH_DROP_NONE) {
		ASSERT(header.total_bytes <= size);
		ASSERT(header.header_bytes <= header.total_bytes);
		ASSERT(ipv4_parse_quoted(data, size, &again));
		check_same(&again, &header);
	}
	if (!ipv4_parse_quoted(data, size, &header))
		return 0;
	ASSERT(header.header_bytes >= IPV4_HEADER_BYTES);
	ASSERT(header.header_bytes <= size);
	ipv4_emit(&header, bytes);
	ASSERT(ipv4_parse_quoted(bytes, sizeof(bytes), &again));
	check_same(&again, &header);
	if (header.total_bytes >= IPV4_HEADER_BYTES)
		ASSERT(ipv4_parse(bytes, sizeof(bytes), UINT16_MAX, &again) == BERTH_DROP_NONE);
	return 0;
}
