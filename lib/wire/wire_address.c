// SPDX-License-Identifier: MIT
//
// What kind of address is this? By its leading bits.
#include "wire_address.h"

#include <string.h>

#include "../base/assertion.h"

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
static const uint8_t solicited_node_prefix[13] = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

static bool is_ipv4(const struct berth_address *address)
{
	return address->family == BERTH_FAMILY_IPV4;
}

static bool is_ipv6(const struct berth_address *address)
{
	return address->family == BERTH_FAMILY_IPV6;
}

bool address_is_loopback(const struct berth_address *address)
{
	static const uint8_t loopback[16] = {[15] = 1};

	if (is_ipv4(address))
		return address->byte[0] == 127;
	return is_ipv6(address) && memcmp(address->byte, loopback, sizeof(loopback)) == 0;
}

bool address_is_multicast(const struct berth_address *address)
{
	if (is_ipv4(address))
		return (address->byte[0] & 0xf0) == 0xe0;
	return is_ipv6(address) && address->byte[0] == 0xff;
}

bool address_is_broadcast(const struct berth_address *address)
{
	static const uint8_t broadcast[4] = {255, 255, 255, 255};

	return is_ipv4(address) && memcmp(address->byte, broadcast, sizeof(broadcast)) == 0;
}

bool address_is_link_local(const struct berth_address *address)
{
	if (is_ipv4(address))
		return address->byte[0] == 169 && address->byte[1] == 254;
	return is_ipv6(address) && address->byte[0] == 0xfe && (address->byte[1] & 0xc0) == 0x80;
}

bool address_is_mapped(const struct berth_address *address)
{
	return is_ipv6(address) && memcmp(address->byte, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

struct berth_address address_unmap(const struct berth_address *mapped)
{
	if (!address_is_mapped(mapped))
		return *mapped;
	return address_of_bytes(BERTH_FAMILY_IPV4, mapped->byte + sizeof(mapped_prefix));
}

struct berth_address address_map(const struct berth_address *ipv4)
{
	struct berth_address mapped = address_any(BERTH_FAMILY_IPV6);

	ASSERT(is_ipv4(ipv4));
	memcpy(mapped.byte, mapped_prefix, sizeof(mapped_prefix));
	memcpy(mapped.byte + sizeof(mapped_prefix), ipv4->byte, 4);
	return mapped;
}

bool address_in_prefix(const struct berth_address *address, const struct berth_address *prefix,
		       uint8_t prefix_bits)
{
	const size_t whole_bytes = prefix_bits / 8;
	const uint8_t last_mask = (uint8_t)(0xff00u >> (prefix_bits % 8));

	ASSERT(prefix_bits <= 8 * address_bytes(prefix->family));
	if (address->family != prefix->family)
		return false;
	if (memcmp(address->byte, prefix->byte, whole_bytes) != 0)
		return false;
	if (last_mask == 0)
		return true;
	return ((address->byte[whole_bytes] ^ prefix->byte[whole_bytes]) & last_mask) == 0;
}

struct berth_address address_of_bytes(uint8_t family, const uint8_t *bytes)
{
	struct berth_address address = address_any(family);

	memcpy(address.byte, bytes, address_bytes(family));
	return address;
}

struct berth_address address_solicited_node(const struct berth_address *ipv6)
{
	struct berth_address group = address_any(BERTH_FAMILY_IPV6);

	ASSERT(is_ipv6(ipv6));
	memcpy(group.byte, solicited_node_prefix, sizeof(solicited_node_prefix));
	memcpy(group.byte + sizeof(solicited_node_prefix),
	       ipv6->byte + sizeof(solicited_node_prefix), 3);
	return group;
}

// EUI-64 with the universal/local bit turned (RFC 4291 appendix A).
struct berth_address address_link_local_of_mac(const struct berth_mac *mac)
{
	struct berth_address address = address_any(BERTH_FAMILY_IPV6);

	address.byte[0] = 0xfe;
	address.byte[1] = 0x80;
	memcpy(address.byte + 8, mac->byte, 3);
	address.byte[8] ^= 0x02;
	address.byte[11] = 0xff;
	address.byte[12] = 0xfe;
	memcpy(address.byte + 13, mac->byte + 3, 3);
	return address;
}

struct berth_address address_any(uint8_t family)
{
	struct berth_address address;

	memset(&address, 0, sizeof(address));
	address.family = family;
	return address;
}
