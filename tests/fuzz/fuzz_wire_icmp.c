// SPDX-License-Identifier: MIT
//
// Any bytes as an ICMP header: what is read goes out and comes back the same.
#include <string.h>

#include "../../lib/base/assertion.h"
#include "../../lib/wire/wire_icmp.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct icmp_header header;
	uint8_t bytes[ICMP_HEADER_BYTES];

	if (!icmp_parse(data, size, &header))
		return 0;
	icmp_emit(&header, bytes);
	memcpy(bytes + 2, &header.checksum, sizeof(header.checksum));
	ASSERT(memcmp(bytes, data, sizeof(bytes)) == 0);
	return 0;
}
