// SPDX-License-Identifier: MIT
//
// What does a program call an address, and what is it below? (RFC 3493 3.7, ipv6(7))
//
// An IPv6 socket writes IPv4 addresses as ::ffff:a.b.c.d. Below this file they are plain IPv4;
// above it an IPv6 socket sees nothing but IPv6.
#include <errno.h>
#include <string.h>

#include "../wire/wire_address.h"
#include "socket_handles.h"

// "Any" as a destination means this computer (ip(7)).
static struct berth_address loopback_of(uint8_t family)
{
	struct berth_address address = {0};

	if (family == BERTH_FAMILY_IPV4)
		return berth_ipv4(127, 0, 0, 1);
	address.family = BERTH_FAMILY_IPV6;
	address.byte[15] = 1;
	return address;
}

int socket_remote_below(const struct socket *socket, const struct berth_endpoint *remote,
			struct berth_endpoint *ret_below)
{
	struct berth_endpoint below = *remote;
	uint8_t family = remote->address.family;

	// A UDP socket of IPv6 takes IPv4 addresses as they are, too; TCP does not.
	if (family != socket->family &&
	    !(family == BERTH_FAMILY_IPV4 && socket->protocol == BERTH_PROTOCOL_UDP))
		return -EAFNOSUPPORT;
	if (address_is_mapped(&remote->address))
		below.address = address_unmap(&remote->address);
	if (below.address.family != socket->family && socket->settings.v6only)
		return -ENETUNREACH;
	if (berth_address_is_any(&below.address))
		below.address = loopback_of(below.address.family);
	*ret_below = below;
	return 0;
}

int socket_local_below(const struct socket *socket, const struct berth_endpoint *local,
		       struct berth_endpoint *ret_below)
{
	struct berth_endpoint below = *local;

	if (local->address.family == BERTH_FAMILY_NONE)
		below.address = address_any(socket->family);
	else if (local->address.family != socket->family)
		return -EAFNOSUPPORT;
	if (address_is_mapped(&below.address)) {
		if (socket->settings.v6only)
			return -EINVAL;
		below.address = address_unmap(&below.address);
	}
	*ret_below = below;
	return 0;
}

struct berth_endpoint socket_endpoint_above(const struct socket *socket,
					    const struct berth_endpoint *below)
{
	struct berth_endpoint above = *below;

	if (below->address.family == BERTH_FAMILY_NONE)
		above.address = address_any(socket->family);
	else if (socket->family == BERTH_FAMILY_IPV6 && below->address.family == BERTH_FAMILY_IPV4)
		above.address = address_map(&below->address);
	return above;
}
