// SPDX-License-Identifier: MIT
//
// Addresses: the three things it takes to talk. A MAC names a machine on a cable, an IP address
// names a computer, a port names a program on it.
#ifndef BERTH_ADDRESS_H
#define BERTH_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Layer 2: which machine on this cable?
struct berth_mac {
	uint8_t byte[6];
};

// Address families carry their own small numbers, not the AF_* of one system.
enum berth_family {
	BERTH_FAMILY_NONE = 0, // "any": the all-zero address of no particular family
	BERTH_FAMILY_IPV4 = 4,
	BERTH_FAMILY_IPV6 = 6,
};

// Layer 3: which computer? IPv4 uses byte[0..3], the rest stays zero, so two equal addresses are
// equal bytes. Network order, as on the wire.
struct berth_address {
	uint8_t family; // enum berth_family
	uint8_t scope;  // IPv6 link-local only: the interface number + 1, else 0
	uint8_t reserved[2];
	uint8_t byte[16];
};

// Layer 3 and 4: which program on which computer? The port is in host order.
struct berth_endpoint {
	struct berth_address address;
	uint16_t port;
	uint16_t reserved;
};

// Room for the longest text of each, terminating zero included.
#define BERTH_MAC_TEXT_MAX 18
#define BERTH_ADDRESS_TEXT_MAX 52
#define BERTH_ENDPOINT_TEXT_MAX 62

// Build an IPv4 address from its four numbers.
static inline struct berth_address berth_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	struct berth_address address = {BERTH_FAMILY_IPV4, 0, {0, 0}, {0}};

	address.byte[0] = a;
	address.byte[1] = b;
	address.byte[2] = c;
	address.byte[3] = d;
	return address;
}

// Are these the same address? Family, bytes and scope count.
bool berth_address_equal(const struct berth_address *left, const struct berth_address *right);

// Is this the "any" address: family none, 0.0.0.0 or ::?
bool berth_address_is_any(const struct berth_address *address);

// Parse "10.0.0.1" or "fd00::1" (RFC 4291 2.2; no brackets, no scope, no prefix).
// Returns false and leaves *ret_address alone when the text is anything else.
bool berth_address_parse(const char *text, struct berth_address *ret_address);

// Parse "10.0.0.1/24" or "fd00::1/64". Without a prefix it is 32 or 128.
bool berth_prefix_parse(const char *text, struct berth_address *ret_address,
			uint8_t *ret_prefix_bits);

// Parse "02:00:00:00:00:01".
bool berth_mac_parse(const char *text, struct berth_mac *ret_mac);

// Print into text (always terminated, cut when size is too small; IPv6 as RFC 5952 asks, a scope
// that is not 0 as "%3" behind it, no family as "*").
// Each returns text, so that it can stand in an argument list.
const char *berth_mac_print(const struct berth_mac *mac, char *text, size_t size);
const char *berth_address_print(const struct berth_address *address, char *text, size_t size);
// "10.0.0.1:80", "[fd00::1]:80"; "*" in place of any address (of every family) and of port 0.
const char *berth_endpoint_print(const struct berth_endpoint *endpoint, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
