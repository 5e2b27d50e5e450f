// SPDX-License-Identifier: MIT
//
// Any bytes as an ARP packet: what is read goes out and comes back the same.
#include <string.h>

#include "../../lib/base/assertion.h"
#include "../../lib/wire/wire_arp.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arp_packet packet;
	uint8_t bytes[ARP_BYTES];

	if (!arp_parse(data, size, &packet))
		return 0;
	ASSERT(packet.operation == ARP_REQUEST || packet.operation == ARP_REPLY);
	arp_emit(&packet, bytes);
	ASSERT(memcmp(bytes, data, sizeof(bytes)) == 0);
	return 0;
}
