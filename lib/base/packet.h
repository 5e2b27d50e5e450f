// SPDX-License-Identifier: MIT
//
// A packet somebody owns: bytes in one buffer, with room in front for headers of the layers below.
// For what is small or must wait: ARP, ICMP, datagrams, handshake segments, whatever a neighbour's
// MAC is awaited for. The TCP data path does not use it: it sends slices of the send ring.
#ifndef BERTH_BASE_PACKET_H
#define BERTH_BASE_PACKET_H

#include <berth/frame.h>

#include "memory.h"

#define PACKET_HEADROOM 80u     // Ethernet 14, IPv6 40, and some to spare
#define PACKET_SMALL_BYTES 512u // buffer of the small kind, headroom included
#define PACKET_BYTES_MAX (65535u + PACKET_HEADROOM)

struct packet {
	struct list_node node;
	uint8_t *bytes;    // the buffer
	uint32_t capacity; // of the buffer
	uint32_t begin;    // first byte of what is built so far
	uint32_t end;
};

struct packet_pool {
	struct memory *memory;
	struct object_pool small; // struct packet and PACKET_SMALL_BYTES in one object
	struct object_pool heads; // struct packet alone, for the large kind
	struct buffer_pool *buffers;
	uint32_t used, used_max;
};

void packet_pool_init(struct packet_pool *pool, struct memory *memory, struct buffer_pool *buffers,
		      uint32_t used_max);
void packet_pool_clear(struct packet_pool *pool);
// An empty packet with PACKET_HEADROOM in front and room for `room` bytes. NULL: limit or memory.
struct packet *packet_acquire(struct packet_pool *pool, uint32_t room);
void packet_release(struct packet_pool *pool, struct packet *packet);

static inline uint32_t packet_length(const struct packet *packet)
{
	return packet->end - packet->begin;
}

static inline uint8_t *packet_data(const struct packet *packet)
{
	return packet->bytes + packet->begin;
}

uint8_t *packet_append(struct packet *packet, uint32_t length);  // room must be there
uint8_t *packet_prepend(struct packet *packet, uint32_t length); // headroom must be there

#endif
