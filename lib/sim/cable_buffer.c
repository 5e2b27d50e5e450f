// SPDX-License-Identifier: MIT
//
// Where does a frame lie while it is under way? The struct and the bytes share one pooled buffer,
// so a frame costs one acquisition, and the one used last is still in the cache.
#include "cable_buffer.h"

#include <string.h>

#include "../base/assertion.h"
#include "../base/numbers.h"

struct cable_buffer *cable_buffer_acquire(struct buffer_pool *pool, uint32_t length)
{
	uint32_t needed = length + (uint32_t)sizeof(struct cable_buffer);
	uint32_t capacity = max_u32(power_of_two_above(needed), BUFFER_BYTES_MIN);
	struct cable_buffer *buffer;

	ASSERT(length <= BERTH_FRAME_BYTES_MAX);
	buffer = (struct cable_buffer *)(void *)buffer_pool_acquire(pool, capacity);
	if (!buffer)
		return NULL;
	memset(buffer, 0, sizeof(*buffer));
	buffer->references = 1;
	buffer->capacity = capacity;
	buffer->frame.slice_count = 1;
	buffer->frame.slice[0].data = cable_buffer_bytes(buffer);
	buffer->frame.slice[0].length = length;
	buffer->frame.length = length;
	return buffer;
}

void cable_buffer_retain(struct cable_buffer *buffer)
{
	ASSERT(buffer->references > 0);
	buffer->references++;
}

void cable_buffer_release(struct buffer_pool *pool, struct cable_buffer *buffer)
{
	ASSERT(buffer->references > 0);
	if (--buffer->references == 0)
		buffer_pool_release(pool, (uint8_t *)buffer, buffer->capacity);
}

void cable_buffer_take_facts(struct cable_buffer *buffer, const struct berth_frame *frame)
{
	buffer->frame.checksum = frame->checksum;
	buffer->frame.segmentation = frame->segmentation;
	buffer->frame.segment_bytes = frame->segment_bytes;
	buffer->frame.header_bytes = frame->header_bytes;
	buffer->frame.checksum_start = frame->checksum_start;
	buffer->frame.checksum_offset = frame->checksum_offset;
}

void cable_buffer_flip_bit(struct cable_buffer *buffer, uint32_t bit)
{
	ASSERT(bit / 8 < buffer->frame.length);
	cable_buffer_bytes(buffer)[bit / 8] ^= (uint8_t)(1u << bit % 8);
	buffer->frame.checksum = BERTH_CHECKSUM_UNKNOWN;
}
