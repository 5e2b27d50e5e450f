// SPDX-License-Identifier: MIT
//
// Layer 3 as a whole: made, given addresses and routes.
//
// Not here: finding paths (ip_path.c), packets in (ip_receive.c), packets out (ip_send.c).

#include "ip_layer.h"

#include <errno.h>

#include "../wire/wire_address.h"

#define LINK_LOCAL_PREFIX_BITS 64u

struct ip_layer *ip_new(struct memory *memory, struct link_layer *link, struct packet_pool *packets,
			struct random *random, uint64_t *drops)
{
	struct ip_layer *ip = memory_acquire(memory, sizeof(*ip));

	if (!ip)
		return NULL;
	if (!path_mtu_init(&ip->path_mtus, memory, random)) {
		memory_release(memory, ip, sizeof(*ip));
		return NULL;
	}
	ip->memory = memory;
	ip->link = link;
	ip->packets = packets;
	ip->drops = drops;
	ip->flow_key.word[0] = random_u64(random);
	ip->flow_key.word[1] = random_u64(random);
	ip->generation = 1;
	return ip;
}

void ip_free(struct ip_layer *ip)
{
	struct memory *memory = ip->memory;

	path_mtu_clear(&ip->path_mtus);
	memory_release(memory, ip, sizeof(*ip));
}

int ip_add_interface(struct ip_layer *ip, int interface_index, const struct berth_mac *mac)
{
	struct berth_address link_local = address_link_local_of_mac(mac);

	return ip_add_address(ip, interface_index, &link_local, LINK_LOCAL_PREFIX_BITS);
}

static bool is_prefix_length(uint8_t family, uint8_t prefix_bits)
{
	return (family == BERTH_FAMILY_IPV4 || family == BERTH_FAMILY_IPV6) &&
	       prefix_bits <= 8 * address_bytes(family);
}

// DECIDES: may this be an address of ours (RFC 1122 3.2.1.3, RFC 4291 2.4)
static bool may_be_ours(const struct berth_address *address)
{
	return !berth_address_is_any(address) && !address_is_multicast(address) &&
	       !address_is_broadcast(address) && !address_is_loopback(address) &&
	       !address_is_mapped(address);
}

static bool is_whole_address(uint8_t family, uint8_t prefix_bits)
{
	return prefix_bits == 8 * address_bytes(family);
}

// The link-local prefix has no route: its addresses name their interface themselves.
static int add_prefix_route(struct ip_layer *ip, int interface_index,
			    const struct berth_address *address, uint8_t prefix_bits)
{
	int error;

	if (is_whole_address(address->family, prefix_bits) || address_needs_scope(address))
		return 0;
	error = route_table_add(&ip->routes, interface_index, address, prefix_bits, NULL);
	return error == -EEXIST ? 0 : error; // a second address in one subnet
}

int ip_add_address(struct ip_layer *ip, int interface_index, const struct berth_address *address,
		   uint8_t prefix_bits)
{
	struct berth_address own = *address;
	int error;

	if (!link_interface(ip->link, interface_index))
		return -ENODEV;
	if (!is_prefix_length(own.family, prefix_bits) || !may_be_ours(&own))
		return -EINVAL;
	own.scope = address_needs_scope(&own) ? (uint8_t)(interface_index + 1) : 0;
	if (ip_addresses_find(&ip->addresses, &own))
		return -EEXIST;
	if (ip->addresses.count == IP_ADDRESSES_MAX || ip->routes.count == ROUTES_MAX)
		return -ENOSPC;
	error = link_add_address(ip->link, interface_index, &own);
	if (!error)
		error = ip_addresses_add(&ip->addresses, interface_index, &own, prefix_bits);
	if (!error)
		error = add_prefix_route(ip, interface_index, &own, prefix_bits);
	ip->generation++;
	return error;
}

// DECIDES: may this be a gateway there (RFC 1122 3.3.1.1)
static int check_gateway(const struct ip_layer *ip, int interface_index,
			 const struct berth_address *destination,
			 const struct berth_address *gateway)
{
	if (gateway->family != destination->family || !may_be_ours(gateway))
		return -EINVAL;
	if (ip_addresses_find(&ip->addresses, gateway))
		return -EINVAL; // ourselves
	if (address_needs_scope(gateway))
		return gateway->scope == 0 || gateway->scope == interface_index + 1 ? 0
										    : -ENETUNREACH;
	return route_table_is_on_link(&ip->routes, interface_index, gateway) ? 0 : -ENETUNREACH;
}

int ip_add_route(struct ip_layer *ip, int interface_index, const struct berth_address *destination,
		 uint8_t prefix_bits, const struct berth_address *gateway)
{
	struct berth_address hop;
	int error;

	if (!link_interface(ip->link, interface_index))
		return -ENODEV;
	if (!is_prefix_length(destination->family, prefix_bits))
		return -EINVAL;
	if (prefix_bits > 0 &&
	    (address_is_multicast(destination) || address_is_loopback(destination) ||
	     address_is_mapped(destination) || address_needs_scope(destination)))
		return -EINVAL;
	if (gateway) {
		error = check_gateway(ip, interface_index, destination, gateway);
		if (error)
			return error;
		hop = *gateway;
		hop.scope = address_needs_scope(&hop) ? (uint8_t)(interface_index + 1) : 0;
		gateway = &hop;
	}
	error = route_table_add(&ip->routes, interface_index, destination, prefix_bits, gateway);
	if (!error)
		ip->generation++;
	return error;
}

bool ip_address_is_ours(const struct ip_layer *ip, const struct berth_address *address)
{
	return address_is_loopback(address) || ip_addresses_find(&ip->addresses, address);
}

void ip_path_mtu_learn(struct ip_layer *ip, const struct berth_address *target, uint16_t mtu,
		       uint64_t now)
{
	if (ip_address_is_ours(ip, target))
		return;
	if (path_mtu_learn(&ip->path_mtus, target, mtu, now))
		ip->generation++;
}

void ip_forget_old_path_mtus(struct ip_layer *ip, uint64_t now)
{
	if (path_mtu_expires_at(&ip->path_mtus) > now)
		return;
	path_mtu_expire(&ip->path_mtus, now);
	ip->generation++;
}

uint64_t ip_icmp_in(const struct ip_layer *ip)
{
	return ip->icmp_in;
}

uint64_t ip_icmp_out(const struct ip_layer *ip)
{
	return ip->icmp_out;
}
