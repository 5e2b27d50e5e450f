// SPDX-License-Identifier: MIT
//
// What kind of address is this? (RFC 1122 3.2.1.3, RFC 4291 2.4.) And the classification of mapped
// ones.
#ifndef BERTH_WIRE_ADDRESS_H
#define BERTH_WIRE_ADDRESS_H

#include <berth/address.h>

bool address_is_loopback(const struct berth_address *address);          // 127/8, ::1
bool address_is_multicast(const struct berth_address *address);         // 224/4, ff00::/8
bool address_is_broadcast(const struct berth_address *address);         // 255.255.255.255
bool address_is_link_local(const struct berth_address *address);        // 169.254/16, fe80::/10
bool address_is_mapped(const struct berth_address *address);            // ::ffff:0:0/96
struct berth_address address_unmap(const struct berth_address *mapped); // to IPv4; others unchanged
struct berth_address address_map(const struct berth_address *ipv4);     // to ::ffff:a.b.c.d
bool address_in_prefix(const struct berth_address *address, const struct berth_address *prefix,
		       uint8_t prefix_bits); // families must agree, scope is ignored
struct berth_address address_of_bytes(uint8_t family, const uint8_t *bytes);   // 4 or 16 of them
struct berth_address address_solicited_node(const struct berth_address *ipv6); // RFC 4291 2.7.1
struct berth_address address_link_local_of_mac(const struct berth_mac *mac);   // fe80:: + EUI-64
struct berth_address address_any(uint8_t family);
static inline size_t address_bytes(uint8_t family)
{
	return family == BERTH_FAMILY_IPV4 ? 4 : 16;
}

#endif
