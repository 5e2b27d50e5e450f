// SPDX-License-Identifier: MIT
//
// ARP for IPv4 over Ethernet (RFC 826).
#ifndef BERTH_WIRE_ARP_H
#define BERTH_WIRE_ARP_H

#include <berth/address.h>

#define ARP_BYTES 28u
#define ARP_REQUEST 1u
#define ARP_REPLY 2u

struct arp_packet {
	uint16_t operation;
	struct berth_mac sender_mac, target_mac;
	struct berth_address sender_address, target_address; // IPv4
};

bool arp_parse(const uint8_t *data, size_t length, struct arp_packet *ret_packet);
void arp_emit(const struct arp_packet *packet, uint8_t *to); // writes ARP_BYTES

#endif
