// SPDX-License-Identifier: MIT
//
// An elastic ring of bytes. It owns no memory while it is empty; it grows in powers of two up to a
// limit, out of a buffer pool, and gives everything back with release.
//
// Bytes are addressed by their offset from the oldest one held (the head). Writing at an offset
// beyond the tail leaves a hole whose bytes are whatever was there: who writes out of order keeps
// a range set beside the ring.
#ifndef BERTH_BASE_BYTE_RING_H
#define BERTH_BASE_BYTE_RING_H

#include <berth/frame.h>

#include "memory.h"

struct byte_ring {
	uint8_t *bytes;    // NULL: no memory held
	uint32_t capacity; // power of two, or 0
	uint32_t head;     // position of the oldest byte, 0..capacity-1
	uint32_t used;     // bytes in order from the head
};

void byte_ring_init(struct byte_ring *ring);
// Empty and without memory again.
void byte_ring_release(struct byte_ring *ring, struct buffer_pool *pool);

// Make room for `needed` bytes from the head on; bytes 0..keep-1 from the head survive (keep may
// exceed used: out-of-order bytes). false: no memory, nothing changed. needed must not exceed
// BUFFER_BYTES_MAX.
bool byte_ring_reserve(struct byte_ring *ring, struct buffer_pool *pool, uint32_t needed,
		       uint32_t keep);

// Copy into offset (from the head) without touching used. Room must be there.
void byte_ring_write_at(struct byte_ring *ring, uint32_t offset, const void *data, uint32_t length);
// Bytes offset..offset+length-1 as one or two slices; returns how many slices.
unsigned byte_ring_slices(const struct byte_ring *ring, uint32_t offset, uint32_t length,
			  struct berth_slice slices[2]);
void byte_ring_copy_out(const struct byte_ring *ring, uint32_t offset, void *to, uint32_t length);
void byte_ring_grow_used(struct byte_ring *ring, uint32_t length); // they are in order now
void byte_ring_consume(struct byte_ring *ring, uint32_t length);   // drop from the head

#endif
