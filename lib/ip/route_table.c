// SPDX-License-Identifier: MIT
//
// Routes, longest prefix first (RFC 1122 3.3.1, RFC 4861 5.2).
//
// A host has few routes; they are kept sorted so that the first match is the right one. Paths are
// looked up once per connection, not per packet.

#include "route_table.h"

#include <errno.h>
#include <string.h>

#include "../wire/wire_address.h"

static struct berth_address prefix_of(const struct berth_address *address, uint8_t prefix_bits)
{
	struct berth_address prefix = *address;

	prefix.scope = 0;
	for (unsigned bit = prefix_bits; bit < 8 * address_bytes(address->family); bit++)
		prefix.byte[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	return prefix;
}

static bool is_same_route(const struct route *left, const struct route *right)
{
	return left->prefix_bits == right->prefix_bits &&
	       left->interface_index == right->interface_index &&
	       berth_address_equal(&left->destination, &right->destination) &&
	       berth_address_equal(&left->gateway, &right->gateway);
}

int route_table_add(struct route_table *table, int interface_index,
		    const struct berth_address *destination, uint8_t prefix_bits,
		    const struct berth_address *gateway)
{
	struct route route = {
		.destination = prefix_of(destination, prefix_bits),
		.prefix_bits = prefix_bits,
		.interface_index = (uint8_t)interface_index,
	};
	uint32_t place = 0;

	if (gateway)
		route.gateway = *gateway;
	for (uint32_t index = 0; index < table->count; index++) {
		if (is_same_route(&table->routes[index], &route))
			return -EEXIST;
	}
	if (table->count == ROUTES_MAX)
		return -ENOSPC;
	while (place < table->count && table->routes[place].prefix_bits >= prefix_bits)
		place++;
	memmove(&table->routes[place + 1], &table->routes[place],
		(table->count - place) * sizeof(table->routes[0]));
	table->routes[place] = route;
	table->count++;
	return 0;
}

const struct route *route_table_lookup(const struct route_table *table,
				       const struct berth_address *target)
{
	for (uint32_t index = 0; index < table->count; index++) {
		const struct route *route = &table->routes[index];

		if (address_in_prefix(target, &route->destination, route->prefix_bits))
			return route;
	}
	return NULL;
}

bool route_table_is_on_link(const struct route_table *table, int interface_index,
			    const struct berth_address *target)
{
	for (uint32_t index = 0; index < table->count; index++) {
		const struct route *route = &table->routes[index];

		if (route_is_on_link(route) && route->interface_index == interface_index &&
		    address_in_prefix(target, &route->destination, route->prefix_bits))
			return true;
	}
	return false;
}
