// SPDX-License-Identifier: MIT
//
// Any bytes as a UDP header: what is read goes out and comes back the same.
#include <string.h>

#include "../../lib/base/assertion.h"
#include "../../lib/wire/wire_udp.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct udp_header header;
	uint8_t bytes[UDP_HEADER_BYTES];

	if (!udp_parse(data, size, size, &header))
		return 0;
	ASSERT(header.length >= UDP_HEADER_BYTES);
	ASSERT(header.length <= size);
	udp_emit(&header, bytes);
	ASSERT(memcmp(bytes, data, sizeof(bytes)) == 0);
	return 0;
}
