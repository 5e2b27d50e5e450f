// SPDX-License-Identifier: MIT
//
// The addresses of this host, and what others are to it.
#ifndef BERTH_IP_IP_ADDRESSES_H
#define BERTH_IP_IP_ADDRESSES_H

#include <berth/address.h>

#define IP_ADDRESSES_MAX 128u

struct ip_own_address {
	struct berth_address address;
	uint8_t prefix_bits;
	uint8_t interface_index;
};

struct ip_addresses {
	struct ip_own_address entries[IP_ADDRESSES_MAX]; // in the order they were added
	uint32_t count;
};

// -EEXIST, -ENOSPC
int ip_addresses_add(struct ip_addresses *addresses, int interface_index,
		     const struct berth_address *address, uint8_t prefix_bits);
// The entry with this address; scope 0 matches any. NULL: not ours.
const struct ip_own_address *ip_addresses_find(const struct ip_addresses *addresses,
					       const struct berth_address *address);
// Does this address mean everybody in one of our subnets there? interface_index -1: anywhere.
bool ip_addresses_is_subnet_broadcast(const struct ip_addresses *addresses, int interface_index,
				      const struct berth_address *address);
// Do we belong to this multicast group there?
bool ip_addresses_in_group(const struct ip_addresses *addresses, int interface_index,
			   const struct berth_address *group);
// An IPv6 link-local address read from a packet means one only together with its interface.
void ip_addresses_set_scope(const struct ip_addresses *addresses, int interface_index,
			    struct berth_address *address);

static inline bool address_needs_scope(const struct berth_address *address)
{
	return address->family == BERTH_FAMILY_IPV6 && address->byte[0] == 0xfe &&
	       (address->byte[1] & 0xc0) == 0x80;
}

#endif
