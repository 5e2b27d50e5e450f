// SPDX-License-Identifier: MIT
//
// ARP: who has this IPv4 address? The one kind we know: Ethernet, IPv4, request or reply.
#include "wire_arp.h"

#include <string.h>

#include "../base/assertion.h"
#include "../base/bytes.h"
#include "wire_address.h"
#include "wire_ethernet.h"

#define ARP_HARDWARE_ETHERNET 1u
#define MAC_BYTES 6u
#define IPV4_BYTES 4u

static bool kind_is_known(struct byte_reader *reader)
{
	const uint16_t hardware = read_be16(reader);
	const uint16_t protocol = read_be16(reader);
	const uint8_t hardware_bytes = read_u8(reader);
	const uint8_t protocol_bytes = read_u8(reader);

	return hardware == ARP_HARDWARE_ETHERNET && protocol == ETHERNET_TYPE_IPV4 &&
	       hardware_bytes == MAC_BYTES && protocol_bytes == IPV4_BYTES;
}

bool arp_parse(const uint8_t *data, size_t length, struct arp_packet *ret_packet)
{
	struct byte_reader reader = byte_reader_of(data, length);
	uint16_t operation;

	if (length < ARP_BYTES || !kind_is_known(&reader))
		return false;
	operation = read_be16(&reader);
	if (operation != ARP_REQUEST && operation != ARP_REPLY)
		return false;
	ret_packet->operation = operation;
	memcpy(&ret_packet->sender_mac, read_bytes(&reader, MAC_BYTES), MAC_BYTES);
	ret_packet->sender_address =
		address_of_bytes(BERTH_FAMILY_IPV4, read_bytes(&reader, IPV4_BYTES));
	memcpy(&ret_packet->target_mac, read_bytes(&reader, MAC_BYTES), MAC_BYTES);
	ret_packet->target_address =
		address_of_bytes(BERTH_FAMILY_IPV4, read_bytes(&reader, IPV4_BYTES));
	return true;
}

void arp_emit(const struct arp_packet *packet, uint8_t *to)
{
	ASSERT(packet->sender_address.family == BERTH_FAMILY_IPV4);
	ASSERT(packet->target_address.family == BERTH_FAMILY_IPV4);
	store_be16(to, ARP_HARDWARE_ETHERNET);
	store_be16(to + 2, ETHERNET_TYPE_IPV4);
	to[4] = MAC_BYTES;
	to[5] = IPV4_BYTES;
	store_be16(to + 6, packet->operation);
	memcpy(to + 8, &packet->sender_mac, MAC_BYTES);
	memcpy(to + 14, packet->sender_address.byte, IPV4_BYTES);
	memcpy(to + 18, &packet->target_mac, MAC_BYTES);
	memcpy(to + 24, packet->target_address.byte, IPV4_BYTES);
}
