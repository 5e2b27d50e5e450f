// SPDX-License-Identifier: MIT
//
// Any bytes as an Ethernet header: what is read goes out and comes back the same.
#include <string.h>

#include "../../lib/base/assertion.h"
#include "../../lib/wire/wire_ethernet.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ethernet_header header, again;
	uint8_t bytes[ETHERNET_HEADER_BYTES];

	if (!ethernet_parse(data, size, &header))
		return 0;
	ethernet_emit(&header, bytes);
	ASSERT(memcmp(bytes, data, sizeof(bytes)) == 0);
	ASSERT(ethernet_parse(bytes, sizeof(bytes), &again));
	ASSERT(mac_equal(&again.source, &header.source));
	ASSERT(mac_equal(&again.target, &header.target));
	ASSERT(again.type == header.type);
	return 0;
}
