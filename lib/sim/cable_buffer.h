// SPDX-License-Identifier: MIT
//
// Where does a frame lie while it is under way? In one buffer, however many ports it goes to: each
// arrival holds a reference, the last one gives the memory back.
#ifndef BERTH_SIM_CABLE_BUFFER_H
#define BERTH_SIM_CABLE_BUFFER_H

#include "../base/memory.h"

struct cable_buffer {
	struct berth_frame frame; // as it comes out: one slice, the bytes behind this struct
	uint32_t references;
	uint32_t capacity; // of the whole, a power of two
};

// One reference, held by the caller. length must not exceed BERTH_FRAME_BYTES_MAX. NULL: no memory.
struct cable_buffer *cable_buffer_acquire(struct buffer_pool *pool, uint32_t length);
void cable_buffer_retain(struct cable_buffer *buffer);
void cable_buffer_release(struct buffer_pool *pool, struct cable_buffer *buffer);

static inline uint8_t *cable_buffer_bytes(struct cable_buffer *buffer)
{
	return (uint8_t *)(buffer + 1);
}

// What a device may leave for later, taken over from the frame that was copied.
void cable_buffer_take_facts(struct cable_buffer *buffer, const struct berth_frame *frame);
// One bit turns over. Whoever receives it must sum for himself.
void cable_buffer_flip_bit(struct cable_buffer *buffer, uint32_t bit);

#endif
