// SPDX-License-Identifier: MIT
//
// One interface: what is its name on the cable, and which frames does it listen to?

#include "interface.h"

#include <errno.h>
#include <string.h>

#include "../base/numbers.h"
#include "../wire/wire_address.h"
#include "../wire/wire_ethernet.h"

// RFC 1112 6.4 maps 224.0.0.1 here; RFC 2464 7 maps ff02::1 and ff01::1 there.
static const struct berth_mac all_hosts_mac = {{0x01, 0x00, 0x5e, 0x00, 0x00, 0x01}};
static const struct berth_mac all_nodes_mac = {{0x33, 0x33, 0x00, 0x00, 0x00, 0x01}};

int interface_init(struct interface *interface, const struct berth_interface_config *config)
{
	uint16_t mtu = config->mtu ? config->mtu : INTERFACE_MTU_DEFAULT;

	if (mac_is_group(&config->mac) || mtu < INTERFACE_MTU_MIN)
		return -EINVAL;
	memset(interface, 0, sizeof(*interface));
	interface->config = *config;
	interface->config.mtu = mtu;
	if (config->name)
		memcpy(interface->name, config->name,
		       min_u32((uint32_t)strlen(config->name), INTERFACE_NAME_MAX - 1));
	interface->config.name = interface->name;
	return 0;
}

struct berth_address address_without_scope(const struct berth_address *address)
{
	struct berth_address bare = *address;

	bare.scope = 0;
	return bare;
}

int interface_add_address(struct interface *interface, const struct berth_address *address)
{
	if (interface_has_address(interface, address))
		return -EEXIST;
	if (interface->address_count == INTERFACE_ADDRESSES_MAX)
		return -ENOSPC;
	interface->addresses[interface->address_count++] = address_without_scope(address);
	return 0;
}

bool interface_has_address(const struct interface *interface, const struct berth_address *address)
{
	struct berth_address bare = address_without_scope(address);

	for (uint32_t index = 0; index < interface->address_count; index++) {
		if (berth_address_equal(&interface->addresses[index], &bare))
			return true;
	}
	return false;
}

const struct berth_address *interface_first_address(const struct interface *interface,
						    uint8_t family)
{
	for (uint32_t index = 0; index < interface->address_count; index++) {
		if (interface->addresses[index].family == family)
			return &interface->addresses[index];
	}
	return NULL;
}

// We belong to the solicited-node group of each of our addresses (RFC 4291 2.8).
static bool is_solicited_node_mac(const struct interface *interface, const struct berth_mac *target)
{
	for (uint32_t index = 0; index < interface->address_count; index++) {
		struct berth_address group;
		struct berth_mac mac;

		if (interface->addresses[index].family != BERTH_FAMILY_IPV6)
			continue;
		group = address_solicited_node(&interface->addresses[index]);
		mac = mac_of_ipv6_group(&group);
		if (mac_equal(&mac, target))
			return true;
	}
	return false;
}

// DECIDES: which frames are for us (RFC 894, RFC 1112 6.4, RFC 2464 7)
bool interface_accepts(const struct interface *interface, const struct berth_mac *target)
{
	if (mac_equal(target, &interface->config.mac))
		return true;
	if (!mac_is_group(target))
		return false;
	return mac_equal(target, &ethernet_broadcast) || mac_equal(target, &all_nodes_mac) ||
	       mac_equal(target, &all_hosts_mac) || is_solicited_node_mac(interface, target);
}
