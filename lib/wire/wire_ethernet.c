// SPDX-License-Identifier: MIT
//
// Ethernet II: who sends to whom, and what is inside?
#include "wire_ethernet.h"

#include <string.h>

#include "../base/assertion.h"
#include "../base/bytes.h"

#define MAC_BYTES sizeof(struct berth_mac)

static_assert(MAC_BYTES == 6, "a MAC is copied as it lies on the wire");

const struct berth_mac ethernet_broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

bool ethernet_parse(const uint8_t *data, size_t length, struct ethernet_header *ret_header)
{
	if (length < ETHERNET_HEADER_BYTES)
		return false;
	memcpy(&ret_header->target, data, MAC_BYTES);
	memcpy(&ret_header->source, data + 6, MAC_BYTES);
	ret_header->type = load_be16(data + 12);
	return true;
}

void ethernet_emit(const struct ethernet_header *header, uint8_t *to)
{
	memcpy(to, &header->target, MAC_BYTES);
	memcpy(to + 6, &header->source, MAC_BYTES);
	store_be16(to + 12, header->type);
}

bool mac_equal(const struct berth_mac *left, const struct berth_mac *right)
{
	return memcmp(left, right, MAC_BYTES) == 0;
}

bool mac_is_group(const struct berth_mac *mac)
{
	return (mac->byte[0] & 0x01) != 0;
}

struct berth_mac mac_of_ipv6_group(const struct berth_address *group)
{
	struct berth_mac mac = {{0x33, 0x33, 0, 0, 0, 0}};

	ASSERT(group->family == BERTH_FAMILY_IPV6);
	memcpy(mac.byte + 2, group->byte + 12, 4);
	return mac;
}
