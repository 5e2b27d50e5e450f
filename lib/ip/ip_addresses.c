// SPDX-License-Identifier: MIT
//
// Which addresses are ours, and which groups do they make us members of?
//
// A host has few addresses: a list in the order they were given is enough, and order matters (the
// first one of an interface is its main one). Not here: the loopback, which needs no entry.

#include "ip_addresses.h"

#include <errno.h>
#include <string.h>

#include "../wire/wire_address.h"

static const struct berth_address all_hosts = {.family = BERTH_FAMILY_IPV4, .byte = {224, 0, 0, 1}};
static const struct berth_address all_nodes_of_link = {
	.family = BERTH_FAMILY_IPV6,
	.byte = {0xff, 0x02, [15] = 0x01},
};
static const struct berth_address all_nodes_of_interface = {
	.family = BERTH_FAMILY_IPV6,
	.byte = {0xff, 0x01, [15] = 0x01},
};

static bool has_same_bytes(const struct berth_address *left, const struct berth_address *right)
{
	if (left->family != right->family)
		return false;
	if (left->family == BERTH_FAMILY_IPV4) // for each packet: as few bytes as will do
		return memcmp(left->byte, right->byte, 4) == 0;
	return memcmp(left->byte, right->byte, sizeof(left->byte)) == 0;
}

const struct ip_own_address *ip_addresses_find(const struct ip_addresses *addresses,
					       const struct berth_address *address)
{
	for (uint32_t index = 0; index < addresses->count; index++) {
		const struct ip_own_address *own = &addresses->entries[index];

		if (has_same_bytes(&own->address, address) &&
		    (address->scope == 0 || address->scope == own->address.scope))
			return own;
	}
	return NULL;
}

int ip_addresses_add(struct ip_addresses *addresses, int interface_index,
		     const struct berth_address *address, uint8_t prefix_bits)
{
	struct ip_own_address *own = &addresses->entries[addresses->count];

	if (ip_addresses_find(addresses, address))
		return -EEXIST;
	if (addresses->count == IP_ADDRESSES_MAX)
		return -ENOSPC;
	own->address = *address;
	own->prefix_bits = prefix_bits;
	own->interface_index = (uint8_t)interface_index;
	addresses->count++;
	return 0;
}

// RFC 922 7: host part all ones. Prefixes of 31 and 32 bits have no broadcast (RFC 3021).
static bool is_broadcast_of(const struct ip_own_address *own, const struct berth_address *address)
{
	if (own->address.family != BERTH_FAMILY_IPV4 || own->prefix_bits > 30)
		return false;
	for (unsigned bit = own->prefix_bits; bit < 32; bit++) {
		if (!(address->byte[bit / 8] & (0x80u >> bit % 8)))
			return false;
	}
	return address_in_prefix(address, &own->address, own->prefix_bits);
}

bool ip_addresses_is_subnet_broadcast(const struct ip_addresses *addresses, int interface_index,
				      const struct berth_address *address)
{
	if (address->family != BERTH_FAMILY_IPV4 || !(address->byte[3] & 1))
		return false;
	for (uint32_t index = 0; index < addresses->count; index++) {
		const struct ip_own_address *own = &addresses->entries[index];

		if ((interface_index < 0 || own->interface_index == interface_index) &&
		    is_broadcast_of(own, address))
			return true;
	}
	return false;
}

// DECIDES: which multicast groups we belong to (RFC 1112 7.2, RFC 4291 2.8)
bool ip_addresses_in_group(const struct ip_addresses *addresses, int interface_index,
			   const struct berth_address *group)
{
	if (has_same_bytes(group, &all_hosts) || has_same_bytes(group, &all_nodes_of_link) ||
	    has_same_bytes(group, &all_nodes_of_interface))
		return true;
	if (group->family != BERTH_FAMILY_IPV6)
		return false;
	for (uint32_t index = 0; index < addresses->count; index++) {
		const struct ip_own_address *own = &addresses->entries[index];
		struct berth_address solicited;

		if (own->address.family != BERTH_FAMILY_IPV6 ||
		    own->interface_index != interface_index)
			continue;
		solicited = address_solicited_node(&own->address);
		if (has_same_bytes(group, &solicited))
			return true;
	}
	return false;
}

void ip_addresses_set_scope(const struct ip_addresses *addresses, int interface_index,
			    struct berth_address *address)
{
	const struct ip_own_address *own;

	if (!address_needs_scope(address))
		return;
	if (interface_index >= 0) {
		address->scope = (uint8_t)(interface_index + 1);
		return;
	}
	own = ip_addresses_find(addresses, address); // over the loopback: it is one of ours
	if (own)
		address->scope = own->address.scope;
}
