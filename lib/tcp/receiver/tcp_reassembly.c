// SPDX-License-Identifier: MIT
//
// Arriving bytes are written at their place in one ring, whether in order or not. Positions count
// from the first byte of the stream, so that they never wrap: the ring's first unread byte stands
// at next_position - used, and what is early is a set of ranges behind next_position.
//
// The ring has memory only while bytes are in it. When they come again, it begins with the size it
// had to have last time, so that a busy reader does not see it grow step by step each time. A
// refusal leaves everything as it was: the peer sends again.
#include "tcp_reassembly.h"

#include <string.h>

#include "../../base/numbers.h"

void tcp_reassembly_init(struct tcp_receive_buffer *buffer)
{
	memset(buffer, 0, sizeof(*buffer));
	byte_ring_init(&buffer->ring);
	range_set_init(&buffer->early);
	tcp_sack_blocks_init(&buffer->recent);
}

void tcp_reassembly_release(struct tcp_receive_buffer *buffer, struct buffer_pool *buffers,
			    struct memory *memory)
{
	byte_ring_release(&buffer->ring, buffers);
	range_set_release(&buffer->early, memory);
	range_set_init(&buffer->early);
	tcp_sack_blocks_init(&buffer->recent);
}

static bool reserve(struct tcp_receive_buffer *buffer, struct buffer_pool *buffers, uint32_t needed,
		    uint32_t keep)
{
	struct byte_ring *ring = &buffer->ring;
	uint32_t expected = max_u32(needed, buffer->ring_peak_bytes);

	if (needed <= ring->capacity)
		return true;
	if (needed > BUFFER_BYTES_MAX)
		return false;
	if (ring->capacity == 0) // a new beginning: remember anew
		buffer->ring_peak_bytes = 0;
	else
		expected = needed;
	if (!byte_ring_reserve(ring, buffers, expected, keep) &&
	    !byte_ring_reserve(ring, buffers, needed, keep))
		return false;
	return true;
}

static void write_payload(struct tcp_receive_buffer *buffer, uint32_t at,
			  const struct slices *payload)
{
	uint32_t i;

	for (i = 0; i < payload->count; i++) {
		byte_ring_write_at(&buffer->ring, at, payload->part[i].data,
				   payload->part[i].length);
		at += payload->part[i].length;
	}
}

// Bytes of the ring that must survive its growth.
static uint32_t bytes_to_keep(const struct tcp_receive_buffer *buffer)
{
	unsigned count = range_set_count(&buffer->early);
	uint64_t head = buffer->next_position - buffer->ring.used;

	if (count == 0)
		return buffer->ring.used;
	return (uint32_t)(range_set_at(&buffer->early, count - 1)->end - head);
}

// In-order bytes reach to `end` now, and with them what was early and touches.
static uint32_t advance_to(struct tcp_receive_buffer *buffer, uint64_t end)
{
	uint32_t advanced;

	if (range_set_count(&buffer->early) > 0) {
		const struct range *first = range_set_at(&buffer->early, 0);

		if (first->begin <= end)
			end = max_u64(end, first->end);
		range_set_remove_below(&buffer->early, end);
	}
	advanced = (uint32_t)(end - buffer->next_position);
	buffer->next_position = end;
	return advanced;
}

static bool is_all_here(const struct tcp_receive_buffer *buffer, uint64_t begin, uint64_t end)
{
	const struct range *range = range_set_find(&buffer->early, begin);

	return range && range->end >= end;
}

enum tcp_stored tcp_reassembly_store(struct tcp_receive_buffer *buffer, struct buffer_pool *buffers,
				     struct memory *memory, uint32_t offset,
				     const struct slices *payload, uint32_t *ret_advanced)
{
	uint64_t begin = buffer->next_position + offset;
	uint64_t end = begin + payload->length;
	uint32_t at = buffer->ring.used + offset;
	uint32_t keep = bytes_to_keep(buffer);
	uint32_t needed = max_u32(at + payload->length, keep);

	*ret_advanced = 0;
	if (buffer->discards) {
		if (offset != 0)
			return TCP_STORED_NO_MEMORY; // it will be sent again, in order
		*ret_advanced = advance_to(buffer, end);
		return TCP_STORED_IN_ORDER;
	}
	if (offset != 0 && is_all_here(buffer, begin, end))
		return TCP_STORED_NOTHING;
	if (!reserve(buffer, buffers, needed, keep))
		return TCP_STORED_NO_MEMORY;
	buffer->ring_peak_bytes = max_u32(buffer->ring_peak_bytes, needed);
	if (offset != 0) {
		if (!range_set_add(&buffer->early, memory, begin, end))
			return TCP_STORED_TOO_MANY_HOLES;
		write_payload(buffer, at, payload);
		tcp_sack_blocks_touch(&buffer->recent, begin);
		return TCP_STORED_EARLY;
	}
	write_payload(buffer, at, payload);
	*ret_advanced = advance_to(buffer, end);
	byte_ring_grow_used(&buffer->ring, *ret_advanced);
	return TCP_STORED_IN_ORDER;
}

void tcp_reassembly_set_fin(struct tcp_receive_buffer *buffer, tcp_seq fin)
{
	buffer->fin = fin;
	buffer->fin_is_known = true;
}

void tcp_reassembly_finish(struct tcp_receive_buffer *buffer)
{
	buffer->is_finished = true;
}

void tcp_reassembly_discard(struct tcp_receive_buffer *buffer, struct buffer_pool *buffers,
			    struct memory *memory)
{
	buffer->discards = true;
	tcp_reassembly_release(buffer, buffers, memory);
}

void tcp_reassembly_duplicate(struct tcp_receive_buffer *buffer, tcp_seq begin, tcp_seq end)
{
	tcp_sack_blocks_duplicate(&buffer->recent, begin, end);
}

void tcp_reassembly_consume(struct tcp_receive_buffer *buffer, struct buffer_pool *buffers,
			    uint32_t length)
{
	byte_ring_consume(&buffer->ring, length);
	if (buffer->ring.used == 0 && range_set_count(&buffer->early) == 0)
		byte_ring_release(&buffer->ring, buffers);
}
