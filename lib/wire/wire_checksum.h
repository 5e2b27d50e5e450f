// SPDX-License-Identifier: MIT
//
// The pseudo header that TCP, UDP and ICMPv6 sum with their own bytes (RFC 9293 3.1, RFC 8200 8.1).
#ifndef BERTH_WIRE_CHECKSUM_H
#define BERTH_WIRE_CHECKSUM_H

#include <berth/address.h>

// An unfolded sum for checksum_add (base/checksum.h) to go on with.
uint64_t pseudo_header_sum(const struct berth_address *source, const struct berth_address *target,
			   uint8_t protocol, uint32_t length);

#endif
