// SPDX-License-Identifier: MIT
//
// UDP headers (RFC 768).
#ifndef BERTH_WIRE_UDP_H
#define BERTH_WIRE_UDP_H

#include <berth/address.h>

#define UDP_HEADER_BYTES 8u
#define UDP_CHECKSUM_OFFSET 6u

struct udp_header {
	uint16_t source_port, target_port;
	uint16_t length;   // header included
	uint16_t checksum; // as in memory order, 0: none
};

// false when truncated or length is impossible for datagram_length (bytes after the IP header).
bool udp_parse(const uint8_t *data, size_t headers_length, size_t datagram_length,
	       struct udp_header *ret_header);
void udp_emit(const struct udp_header *header, uint8_t *to);

#endif
