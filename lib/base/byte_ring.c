// SPDX-License-Identifier: MIT
//
// Where in the ring is the byte at this offset?
#include "byte_ring.h"

#include <string.h>

#include "assertion.h"
#include "numbers.h"

void byte_ring_init(struct byte_ring *ring)
{
	ring->bytes = NULL;
	ring->capacity = 0;
	ring->head = 0;
	ring->used = 0;
}

void byte_ring_release(struct byte_ring *ring, struct buffer_pool *pool)
{
	if (ring->bytes)
		buffer_pool_release(pool, ring->bytes, ring->capacity);
	byte_ring_init(ring);
}

bool byte_ring_reserve(struct byte_ring *ring, struct buffer_pool *pool, uint32_t needed,
		       uint32_t keep)
{
	uint32_t capacity;
	uint8_t *bytes;

	ASSERT(needed <= BUFFER_BYTES_MAX);
	ASSERT(keep <= ring->capacity);
	if (needed <= ring->capacity)
		return true;
	capacity = power_of_two_above(max_u32(needed, BUFFER_BYTES_MIN));
	bytes = buffer_pool_acquire(pool, capacity);
	if (!bytes)
		return false;
	byte_ring_copy_out(ring, 0, bytes, keep);
	if (ring->bytes)
		buffer_pool_release(pool, ring->bytes, ring->capacity);
	ring->bytes = bytes;
	ring->capacity = capacity;
	ring->head = 0;
	return true;
}

// Position in the buffer, and how many of length bytes lie there before it wraps.
static uint32_t ring_position(const struct byte_ring *ring, uint32_t offset, uint32_t length,
			      uint32_t *ret_until_wrap)
{
	const uint32_t position = (ring->head + offset) & (ring->capacity - 1);

	ASSERT(offset <= ring->capacity);
	ASSERT(length <= ring->capacity - offset);
	*ret_until_wrap = min_u32(length, ring->capacity - position);
	return position;
}

void byte_ring_write_at(struct byte_ring *ring, uint32_t offset, const void *data, uint32_t length)
{
	uint32_t position, first;

	if (length == 0)
		return;
	position = ring_position(ring, offset, length, &first);
	memcpy(ring->bytes + position, data, first);
	memcpy(ring->bytes, (const uint8_t *)data + first, length - first);
}

unsigned byte_ring_slices(const struct byte_ring *ring, uint32_t offset, uint32_t length,
			  struct berth_slice slices[2])
{
	uint32_t position, first;

	if (length == 0)
		return 0;
	position = ring_position(ring, offset, length, &first);
	slices[0].data = ring->bytes + position;
	slices[0].length = first;
	if (first == length)
		return 1;
	slices[1].data = ring->bytes;
	slices[1].length = length - first;
	return 2;
}

void byte_ring_copy_out(const struct byte_ring *ring, uint32_t offset, void *to, uint32_t length)
{
	uint32_t position, first;

	if (length == 0)
		return;
	position = ring_position(ring, offset, length, &first);
	memcpy(to, ring->bytes + position, first);
	memcpy((uint8_t *)to + first, ring->bytes, length - first);
}

void byte_ring_grow_used(struct byte_ring *ring, uint32_t length)
{
	ASSERT(length <= ring->capacity - ring->used);
	ring->used += length;
}

void byte_ring_consume(struct byte_ring *ring, uint32_t length)
{
	ASSERT(length <= ring->used);
	ring->used -= length;
	if (length > 0)
		ring->head = (ring->head + length) & (ring->capacity - 1);
}
