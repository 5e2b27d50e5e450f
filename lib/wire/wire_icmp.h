// SPDX-License-Identifier: MIT
//
// ICMP (RFC 792) and ICMPv6 (RFC 4443): their common first eight bytes.
#ifndef BERTH_WIRE_ICMP_H
#define BERTH_WIRE_ICMP_H

#include <berth/address.h>

#define ICMP_HEADER_BYTES 8u

#define ICMPV4_ECHO_REPLY 0u
#define ICMPV4_UNREACHABLE 3u
#define ICMPV4_ECHO_REQUEST 8u
#define ICMPV4_TIME_EXCEEDED 11u
#define ICMPV4_PARAMETER_PROBLEM 12u
#define ICMPV4_UNREACHABLE_NET 0u
#define ICMPV4_UNREACHABLE_HOST 1u
#define ICMPV4_UNREACHABLE_PROTOCOL 2u
#define ICMPV4_UNREACHABLE_PORT 3u
#define ICMPV4_UNREACHABLE_NEEDS_FRAGMENTATION 4u

#define ICMPV6_UNREACHABLE 1u
#define ICMPV6_PACKET_TOO_BIG 2u
#define ICMPV6_TIME_EXCEEDED 3u
#define ICMPV6_PARAMETER_PROBLEM 4u
#define ICMPV6_ECHO_REQUEST 128u
#define ICMPV6_ECHO_REPLY 129u
#define ICMPV6_ROUTER_SOLICITATION 133u
#define ICMPV6_ROUTER_ADVERTISEMENT 134u
#define ICMPV6_NEIGHBOR_SOLICITATION 135u
#define ICMPV6_NEIGHBOR_ADVERTISEMENT 136u
#define ICMPV6_UNREACHABLE_NO_ROUTE 0u
#define ICMPV6_UNREACHABLE_ADMINISTRATIVELY 1u
#define ICMPV6_UNREACHABLE_ADDRESS 3u
#define ICMPV6_UNREACHABLE_PORT 4u

struct icmp_header {
	uint8_t type, code;
	uint16_t checksum; // as in memory order
	uint32_t rest;     // echo: identifier << 16 | sequence. too big: MTU (v4: low 16 bits)
};

bool icmp_parse(const uint8_t *data, size_t length, struct icmp_header *ret_header);
void icmp_emit(const struct icmp_header *header, uint8_t *to); // writes 8 bytes; checksum 0

#endif
