// SPDX-License-Identifier: MIT
//
// IPv4 headers (RFC 791).
#ifndef BERTH_WIRE_IPV4_H
#define BERTH_WIRE_IPV4_H

#include <berth/address.h>
#include <berth/drop.h>

#define IPV4_HEADER_BYTES 20u
#define IP_PROTOCOL_ICMP 1u
#define IP_PROTOCOL_TCP 6u
#define IP_PROTOCOL_UDP 17u
#define IP_PROTOCOL_ICMPV6 58u

struct ipv4_header {
	struct berth_address source, target;
	uint16_t total_bytes;
	uint16_t header_bytes; // options included; they are skipped
	uint16_t identification;
	uint16_t fragment_offset; // bytes
	uint8_t tos, ttl, protocol;
	bool dont_fragment, more_fragments;
};

// headers_length: contiguous bytes at data; packet_length: all there is of the packet, which may
// exceed total_bytes (Ethernet padding). Checks version, lengths and the header's checksum.
// Returns BERTH_DROP_NONE, IP_TRUNCATED, IP_VERSION, IP_HEADER_LENGTH or IP_CHECKSUM.
enum berth_drop ipv4_parse(const uint8_t *data, size_t headers_length, size_t packet_length,
			   struct ipv4_header *ret_header);
// For the quoted start of a packet inside an ICMP error: no checksum, no total length check.
bool ipv4_parse_quoted(const uint8_t *data, size_t length, struct ipv4_header *ret_header);
// Writes IPV4_HEADER_BYTES with its checksum; header_bytes is ignored, no options are written.
void ipv4_emit(const struct ipv4_header *header, uint8_t *to);

#endif
