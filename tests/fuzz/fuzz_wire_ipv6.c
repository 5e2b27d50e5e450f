// SPDX-License-Identifier: MIT
//
// Any bytes as an IPv6 packet: the header comes back, and the way to the transport stays inside.
#include <string.h>

#include "../../lib/base/assertion.h"
#include "../../lib/wire/wire_ipv6.h"
#include "fuzz.h"

static void check_upper(const uint8_t *data, size_t size, const struct ipv6_header *header)
{
	const size_t packet_bytes = IPV6_HEADER_BYTES + (size_t)header->payload_bytes;
	struct ipv6_upper upper;
	const enum berth_drop drop = ipv6_find_upper(data, size, header, &upper);

	ASSERT(upper.offset >= IPV6_HEADER_BYTES);
	ASSERT(upper.offset <= size);
	ASSERT(upper.offset <= packet_bytes);
	ASSERT(upper.unknown_at < packet_bytes);
	ASSERT(upper.is_fragment == (drop == BERTH_DROP_IP_FRAGMENT));
	if (drop == BERTH_DROP_NONE) {
		ASSERT(!upper.unknown_is_option);
		ASSERT(!upper.unknown_is_silent);
	}
	if (upper.unknown_at != 0 && drop == BERTH_DROP_NONE)
		ASSERT(data[upper.unknown_at] == upper.protocol);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipv6_header header;
	uint8_t bytes[IPV6_HEADER_BYTES];

	if (!ipv6_parse_quoted(data, size, &header))
		return 0;
	ipv6_emit(&header, bytes);
	ASSERT(memcmp(bytes, data, sizeof(bytes)) == 0);
	check_upper(data, size, &header);
	if (ipv6_parse(data, size, size, &header) == BERTH_DROP_NONE)
		ASSERT((size_t)header.payload_bytes + IPV6_HEADER_BYTES <= size);
	return 0;
}
