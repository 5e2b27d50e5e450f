// SPDX-License-Identifier: MIT
//
// Any bytes as a neighbour discovery message: what is read goes out and comes back the same.
#include "../../lib/base/assertion.h"
#include "../../lib/wire/wire_ethernet.h"
#include "../../lib/wire/wire_ndp.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ndp_message message, again;
	uint8_t bytes[NDP_MESSAGE_BYTES];

	if (!ndp_parse(data, size, &message))
		return 0;
	ASSERT(ndp_parse(bytes, ndp_emit(&message, bytes), &again));
	ASSERT(again.is_advertisement == message.is_advertisement);
	ASSERT(again.router == message.router);
	ASSERT(again.solicited == message.solicited);
	ASSERT(again.override == message.override);
	ASSERT(again.has_mac == message.has_mac);
	ASSERT(mac_equal(&again.mac, &message.mac));
	ASSERT(berth_address_equal(&again.target, &message.target));
	return 0;
}
