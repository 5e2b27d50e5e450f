// SPDX-License-Identifier: MIT
//
// Routes: through which interface, and by whom, does a destination go?
#ifndef BERTH_IP_ROUTE_TABLE_H
#define BERTH_IP_ROUTE_TABLE_H

#include <berth/address.h>

#define ROUTES_MAX 256u

struct route {
	struct berth_address destination; // bits behind the prefix are zero
	struct berth_address gateway;     // family none: the destination is on the cable itself
	uint8_t prefix_bits;
	uint8_t interface_index;
};

struct route_table {
	struct route routes[ROUTES_MAX]; // longest prefix first, then in the order they were added
	uint32_t count;
};

static inline bool route_is_on_link(const struct route *route)
{
	return route->gateway.family == BERTH_FAMILY_NONE;
}

// gateway NULL: on-link. -EEXIST, -ENOSPC
int route_table_add(struct route_table *table, int interface_index,
		    const struct berth_address *destination, uint8_t prefix_bits,
		    const struct berth_address *gateway);
// The route with the longest prefix that holds target, or NULL.
const struct route *route_table_lookup(const struct route_table *table,
				       const struct berth_address *target);
// Is target reached directly through this interface?
bool route_table_is_on_link(const struct route_table *table, int interface_index,
			    const struct berth_address *target);

#endif
