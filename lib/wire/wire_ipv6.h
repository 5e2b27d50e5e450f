// SPDX-License-Identifier: MIT
//
// IPv6 headers (RFC 8200), and walking the extension headers to the transport.
#ifndef BERTH_WIRE_IPV6_H
#define BERTH_WIRE_IPV6_H

#include <berth/address.h>
#include <berth/drop.h>

#define IPV6_HEADER_BYTES 40u
#define IPV6_EXTENSIONS_MAX 8u // in one packet

struct ipv6_header {
	struct berth_address source, target;
	uint32_t flow_label;
	uint16_t payload_bytes; // extension headers included
	uint8_t traffic_class, next_header, hop_limit;
};

enum berth_drop ipv6_parse(const uint8_t *data, size_t headers_length, size_t packet_length,
			   struct ipv6_header *ret_header);
bool ipv6_parse_quoted(const uint8_t *data, size_t length, struct ipv6_header *ret_header);
void ipv6_emit(const struct ipv6_header *header, uint8_t *to); // writes IPV6_HEADER_BYTES

// Where does the upper layer begin?
struct ipv6_upper {
	uint8_t protocol;
	uint32_t offset;        // of the upper layer, from the IPv6 header's first byte
	bool is_fragment;       // a fragment header with more than a whole packet in it
	uint32_t unknown_at;    // offset of a next-header value or option nobody knows; 0: none
	bool unknown_is_option; // it is an option that asks for discarding with an error
	bool unknown_is_silent; // discard without an ICMP error
	uint8_t problem_code;   // with unknown_at: of the Parameter Problem (RFC 4443 3.4)
};

#define IPV6_PROBLEM_FIELD 0u       // erroneous header field
#define IPV6_PROBLEM_NEXT_HEADER 1u // unrecognised next header
#define IPV6_PROBLEM_OPTION 2u      // unrecognised option
#define IPV6_NEXT_HEADER_NONE 59u

// Skips hop-by-hop, destination, routing (segments left 0) and atomic fragment headers.
// Returns BERTH_DROP_NONE, IP_EXTENSION_MALFORMED or IP_FRAGMENT. protocol 59 (none) is reported as
// it is. NONE with unknown_at: the protocol is none of TCP, UDP, ICMPv6, and unknown_at is what
// named it. IP_EXTENSION_MALFORMED with unknown_at: a well-formed option or routing header we may
// not pass. ret_upper is filled in every case.
enum berth_drop ipv6_find_upper(const uint8_t *data, size_t headers_length,
				const struct ipv6_header *header, struct ipv6_upper *ret_upper);

#endif
