// SPDX-License-Identifier: MIT
//
// Ethernet II frames (IEEE 802.3, RFC 894).
#ifndef BERTH_WIRE_ETHERNET_H
#define BERTH_WIRE_ETHERNET_H

#include <berth/address.h>

#define ETHERNET_HEADER_BYTES 14u
#define ETHERNET_TYPE_IPV4 0x0800u
#define ETHERNET_TYPE_ARP 0x0806u
#define ETHERNET_TYPE_IPV6 0x86ddu

struct ethernet_header {
	struct berth_mac target, source;
	uint16_t type;
};

bool ethernet_parse(const uint8_t *data, size_t length, struct ethernet_header *ret_header);
// Writes ETHERNET_HEADER_BYTES.
void ethernet_emit(const struct ethernet_header *header, uint8_t *to);

extern const struct berth_mac ethernet_broadcast;
bool mac_equal(const struct berth_mac *left, const struct berth_mac *right);
bool mac_is_group(const struct berth_mac *mac); // multicast or broadcast
// 33:33 and the last four bytes of the address (RFC 2464 7).
struct berth_mac mac_of_ipv6_group(const struct berth_address *group);

#endif
