// SPDX-License-Identifier: MIT
//
// What does the pseudo header add to a transport checksum?
//
// One form does for both families: IPv4's 16-bit length is the lower half of IPv6's 32-bit one, and
// the zeros around them add nothing.
#include "wire_checksum.h"

#include "../base/assertion.h"
#include "../base/bytes.h"
#include "../base/checksum.h"
#include "wire_address.h"

uint64_t pseudo_header_sum(const struct berth_address *source, const struct berth_address *target,
			   uint8_t protocol, uint32_t length)
{
	const size_t bytes = address_bytes(source->family);
	uint8_t tail[8] = {0};
	uint64_t sum = 0;

	ASSERT(source->family == target->family);
	store_be32(tail, length);
	tail[7] = protocol;
	sum = checksum_add(sum, source->byte, bytes);
	sum = checksum_add(sum, target->byte, bytes);
	return checksum_add(sum, tail, sizeof(tail));
}
