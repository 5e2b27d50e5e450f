// SPDX-License-Identifier: MIT
//
// How do packets to a target leave: through which interface, to whom first, from which address?
//
// The next-hop question of RFC 1122 3.3.1 and RFC 4861 5.2, asked once per connection; whoever
// keeps the answer compares generations. Our own addresses lead to the loopback, whichever
// interface has them.

#include <errno.h>
#include <string.h>

#include "../wire/wire_address.h"
#include "ip_layer.h"
#include "source_address.h"

#define LOOPBACK_OFFLOADS                                                                   \
	(BERTH_OFFLOAD_CHECKSUM | BERTH_OFFLOAD_SEGMENT_TCP4 | BERTH_OFFLOAD_SEGMENT_TCP6 | \
	 BERTH_OFFLOAD_SEGMENT_UDP)

static const struct berth_address limited_broadcast = {
	.family = BERTH_FAMILY_IPV4,
	.byte = {255, 255, 255, 255},
};
static const struct berth_address loopback_ipv4 = {.family = BERTH_FAMILY_IPV4,
						   .byte = {127, 0, 0, 1}};
static const struct berth_address loopback_ipv6 = {.family = BERTH_FAMILY_IPV6, .byte = {[15] = 1}};

static int find_path_to_ourselves(const struct berth_address *target,
				  const struct berth_address *source, struct ip_path *path)
{
	path->link.interface_index = LINK_LOOPBACK;
	path->link.next_hop = *target;
	path->offloads = LOOPBACK_OFFLOADS;
	path->mtu = IP_LOOPBACK_MTU;
	if (!berth_address_is_any(source))
		path->source = *source;
	else if (!address_is_loopback(target))
		path->source = *target;
	else
		path->source = target->family == BERTH_FAMILY_IPV4 ? loopback_ipv4 : loopback_ipv6;
	return 0;
}

// An address of one link names its interface by its scope; with one interface there is no doubt.
static int interface_of_scope(const struct ip_layer *ip, const struct berth_address *target,
			      const struct berth_address *source)
{
	uint8_t scope = target->scope ? target->scope : source->scope;

	if (scope == 0)
		return link_interface_count(ip->link) == 1 ? 0 : -EINVAL;
	return link_interface(ip->link, scope - 1) ? scope - 1 : -EINVAL;
}

// Groups have no route of their own: the source's interface, else the one of the route that would
// be taken, else the first that speaks the family (RFC 1122 3.3.1.1 leaves it to us).
static int interface_of_group(const struct ip_layer *ip, const struct berth_address *target,
			      const struct berth_address *source)
{
	const struct ip_own_address *own = ip_addresses_find(&ip->addresses, source);
	const struct route *route = route_table_lookup(&ip->routes, target);

	if (target->scope)
		return interface_of_scope(ip, target, source);
	if (own)
		return own->interface_index;
	if (route)
		return route->interface_index;
	for (uint32_t index = 0; index < ip->addresses.count; index++) {
		if (ip->addresses.entries[index].address.family == target->family)
			return ip->addresses.entries[index].interface_index;
	}
	return -ENETUNREACH;
}

// The interface, and *ret_next_hop, or a negative error.
static int find_next_hop(const struct ip_layer *ip, const struct berth_address *target,
			 const struct berth_address *source, struct berth_address *ret_next_hop)
{
	const struct route *route;

	*ret_next_hop = *target;
	if (address_is_multicast(target) || address_is_broadcast(target))
		return interface_of_group(ip, target, source);
	if (address_needs_scope(target))
		return interface_of_scope(ip, target, source);
	route = route_table_lookup(&ip->routes, target);
	if (!route)
		return -ENETUNREACH;
	if (!route_is_on_link(route))
		*ret_next_hop = route->gateway;
	else if (ip_addresses_is_subnet_broadcast(&ip->addresses, route->interface_index, target))
		*ret_next_hop = limited_broadcast;
	return route->interface_index;
}

static int find_path_to_others(const struct ip_layer *ip, const struct berth_address *source,
			       struct ip_path *path)
{
	const struct berth_interface_config *interface;
	const struct berth_address *chosen;
	int index = find_next_hop(ip, &path->target, source, &path->link.next_hop);

	if (index < 0)
		return index;
	if (address_needs_scope(&path->target)) {
		path->target.scope = (uint8_t)(index + 1);
		path->link.next_hop.scope = path->target.scope;
	}
	if (address_is_loopback(source))
		return -EINVAL; // RFC 1122 3.2.1.3 g: never outside the host
	chosen = source;
	if (berth_address_is_any(source))
		chosen = source_address_choose(&ip->addresses, index, &path->target,
					       &path->link.next_hop);
	if (!chosen)
		return -ENETUNREACH;
	interface = link_interface(ip->link, index);
	path->source = *chosen;
	path->link.interface_index = index;
	path->offloads = interface->offloads;
	path->mtu = path_mtu_apply(&ip->path_mtus, &path->target, interface->mtu);
	if (address_is_multicast(&path->target))
		path->ttl = IP_TTL_MULTICAST;
	return 0;
}

static uint32_t flow_hash_of(const struct ip_layer *ip, const struct ip_path *path)
{
	uint8_t pair[2 * sizeof(path->source.byte)];

	memcpy(pair, path->source.byte, sizeof(path->source.byte));
	memcpy(pair + sizeof(path->source.byte), path->target.byte, sizeof(path->target.byte));
	return (uint32_t)siphash(&ip->flow_key, pair, sizeof(pair));
}

int ip_find_path(struct ip_layer *ip, const struct berth_address *target,
		 const struct berth_address *source, struct ip_path *ret_path)
{
	struct ip_path path = {.target = *target, .ttl = IP_TTL_DEFAULT};
	int error;

	if (berth_address_is_any(target))
		return -EINVAL;
	if (!berth_address_is_any(source) &&
	    (source->family != target->family || !ip_address_is_ours(ip, source)))
		return -EINVAL;
	if (ip_address_is_ours(ip, target))
		error = find_path_to_ourselves(target, source, &path);
	else
		error = find_path_to_others(ip, source, &path);
	if (error)
		return error;
	path.generation = ip->generation;
	path.flow_hash = flow_hash_of(ip, &path);
	*ret_path = path;
	return 0;
}

bool ip_path_is_current(const struct ip_layer *ip, const struct ip_path *path)
{
	return path->generation == ip->generation;
}
