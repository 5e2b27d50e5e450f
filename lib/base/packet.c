// SPDX-License-Identifier: MIT
//
// Where do a packet's bytes live?
//
// Small packets are one object: head and buffer together. Large ones are a head and a buffer of the
// buffer pool, which is never as small as PACKET_SMALL_BYTES: the capacity tells the two apart.
#include "packet.h"

#include "assertion.h"
#include "numbers.h"

#define SMALL_PACKETS_PER_CHUNK 64u
#define PACKET_HEADS_PER_CHUNK 64u

struct small_packet {
	struct packet packet;
	uint8_t bytes[PACKET_SMALL_BYTES];
};

static_assert(PACKET_SMALL_BYTES < BUFFER_BYTES_MIN, "the capacity must tell small from large");

void packet_pool_init(struct packet_pool *pool, struct memory *memory, struct buffer_pool *buffers,
		      uint32_t used_max)
{
	pool->memory = memory;
	pool->buffers = buffers;
	pool->used = 0;
	pool->used_max = used_max;
	object_pool_init(&pool->small, memory, sizeof(struct small_packet), SMALL_PACKETS_PER_CHUNK,
			 0);
	object_pool_init(&pool->heads, memory, sizeof(struct packet), PACKET_HEADS_PER_CHUNK, 0);
}

void packet_pool_clear(struct packet_pool *pool)
{
	ASSERT(pool->used == 0);
	object_pool_clear(&pool->small);
	object_pool_clear(&pool->heads);
}

static struct packet *acquire_small(struct packet_pool *pool)
{
	struct small_packet *small = object_pool_acquire_unzeroed(&pool->small);

	if (!small)
		return NULL;
	small->packet.bytes = small->bytes;
	small->packet.capacity = PACKET_SMALL_BYTES;
	return &small->packet;
}

static struct packet *acquire_large(struct packet_pool *pool, uint32_t capacity)
{
	struct packet *packet = object_pool_acquire_unzeroed(&pool->heads);

	if (!packet)
		return NULL;
	packet->capacity = power_of_two_above(capacity);
	packet->bytes = buffer_pool_acquire(pool->buffers, packet->capacity);
	if (!packet->bytes) {
		object_pool_release(&pool->heads, packet);
		return NULL;
	}
	return packet;
}

struct packet *packet_acquire(struct packet_pool *pool, uint32_t room)
{
	const uint32_t capacity = max_u32(PACKET_HEADROOM + room, PACKET_SMALL_BYTES);
	struct packet *packet;

	ASSERT(room <= PACKET_BYTES_MAX - PACKET_HEADROOM);
	if (pool->used_max != 0 && pool->used >= pool->used_max)
		return NULL;
	if (capacity == PACKET_SMALL_BYTES)
		packet = acquire_small(pool);
	else
		packet = acquire_large(pool, max_u32(capacity, BUFFER_BYTES_MIN));
	if (!packet)
		return NULL;
	packet->node.previous = packet->node.next = NULL;
	packet->begin = packet->end = PACKET_HEADROOM;
	pool->used++;
	return packet;
}

void packet_release(struct packet_pool *pool, struct packet *packet)
{
	ASSERT(!list_contains_node(&packet->node));
	ASSERT(pool->used > 0);
	pool->used--;
	if (packet->capacity == PACKET_SMALL_BYTES) {
		object_pool_release(&pool->small,
				    CONTAINER_OF(packet, struct small_packet, packet));
		return;
	}
	buffer_pool_release(pool->buffers, packet->bytes, packet->capacity);
	object_pool_release(&pool->heads, packet);
}

uint8_t *packet_append(struct packet *packet, uint32_t length)
{
	uint8_t *at = packet->bytes + packet->end;

	ASSERT(length <= packet->capacity - packet->end);
	packet->end += length;
	return at;
}

uint8_t *packet_prepend(struct packet *packet, uint32_t length)
{
	ASSERT(length <= packet->begin);
	packet->begin -= length;
	return packet->bytes + packet->begin;
}
