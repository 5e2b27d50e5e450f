// SPDX-License-Identifier: MIT
//
// Neighbour discovery messages (RFC 4861 4.3, 4.4), from the ICMPv6 header on.
#ifndef BERTH_WIRE_NDP_H
#define BERTH_WIRE_NDP_H

#include <berth/address.h>

#define NDP_MESSAGE_BYTES 32u // ICMPv6 header, target, one link-layer address option

struct ndp_message {
	bool is_advertisement; // else a solicitation
	bool router, solicited, override;
	bool has_mac; // source option in a solicitation, target option in an advertisement
	struct berth_mac mac;
	struct berth_address target;
};

// data begins at the ICMPv6 header. Checks option lengths (RFC 4861 7.1); hop limit and checksum
// are the caller's.
bool ndp_parse(const uint8_t *data, size_t length, struct ndp_message *ret_message);
// Writes 24 or, with a MAC, NDP_MESSAGE_BYTES; checksum 0. Returns how many.
size_t ndp_emit(const struct ndp_message *message, uint8_t *to);

#endif
