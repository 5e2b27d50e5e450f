// SPDX-License-Identifier: MIT
//
// One interface: our socket on a cable, with its MAC, our addresses there, its neighbours.
#ifndef BERTH_LINK_INTERFACE_H
#define BERTH_LINK_INTERFACE_H

#include <berth/host.h>

#include "neighbor_cache.h"

#define INTERFACE_ADDRESSES_MAX 64u
#define INTERFACE_NAME_MAX 16u
#define INTERFACE_MTU_MIN 1280u // RFC 8200 5
#define INTERFACE_MTU_DEFAULT 1500u

struct interface {
	struct berth_interface_config config; // its name points at name below
	char name[INTERFACE_NAME_MAX];
	struct berth_address addresses[INTERFACE_ADDRESSES_MAX]; // ours, without scope
	uint32_t address_count;
	struct neighbor_cache neighbors;
};

// -EINVAL for a group MAC or an impossible MTU. Touches config and addresses only.
int interface_init(struct interface *interface, const struct berth_interface_config *config);
// -ENOSPC, -EEXIST
int interface_add_address(struct interface *interface, const struct berth_address *address);
// Is this address ours here? Its scope does not matter.
bool interface_has_address(const struct interface *interface, const struct berth_address *address);
// Our first address of a family, or NULL.
const struct berth_address *interface_first_address(const struct interface *interface,
						    uint8_t family);
// Are frames to this MAC for us?
bool interface_accepts(const struct interface *interface, const struct berth_mac *target);

// Within one interface a scope says nothing.
struct berth_address address_without_scope(const struct berth_address *address);

#endif
