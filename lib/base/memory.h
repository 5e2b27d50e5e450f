// SPDX-License-Identifier: MIT
//
// Memory: everything the library holds comes through one of these, from the embedder's allocator.
//
// Three shapes: single blocks (tables), objects of one size (object_pool), byte buffers in powers
// of two (buffer_pool), which are reused last-in first-out because the hot one is in the cache.
#ifndef BERTH_BASE_MEMORY_H
#define BERTH_BASE_MEMORY_H

#include <berth/host.h>

#include "list.h"

struct memory {
	struct berth_allocator allocator;
	uint64_t bytes_held;
};

void memory_init(struct memory *memory, const struct berth_allocator *allocator);
// Zeroed. NULL when the allocator has none.
void *memory_acquire(struct memory *memory, size_t size);
// Not zeroed: for who writes before reading anyway.
void *memory_acquire_unzeroed(struct memory *memory, size_t size);
// NULL is legal. size as asked for.
void memory_release(struct memory *memory, void *block, size_t size);

// Objects of one size, taken from chunks that stay until the pool is cleared.
struct object_pool {
	struct memory *memory;
	struct object_chunk *chunks;
	void *free_objects; // linked through their first bytes
	uint32_t object_bytes;
	uint32_t objects_per_chunk;
	uint32_t used, used_max;
};

// used_max 0: no limit.
void object_pool_init(struct object_pool *pool, struct memory *memory, size_t object_bytes,
		      uint32_t objects_per_chunk, uint32_t used_max);
void object_pool_clear(struct object_pool *pool); // releases the chunks; every object must be back
void *object_pool_acquire(struct object_pool *pool); // zeroed; NULL: limit or no memory
void *object_pool_acquire_unzeroed(struct object_pool *pool);
void object_pool_release(struct object_pool *pool, void *object);

// Byte buffers of 2^k bytes, 1 KiB .. 16 MiB.
#define BUFFER_BYTES_MIN 1024u
#define BUFFER_BYTES_MAX (16u << 20)
#define BUFFER_CLASSES 15

struct buffer_pool {
	struct memory *memory;
	void *free_buffers[BUFFER_CLASSES];
	uint64_t bytes_free, bytes_free_max; // what may lie idle for reuse
};

void buffer_pool_init(struct buffer_pool *pool, struct memory *memory, uint64_t bytes_free_max);
void buffer_pool_clear(struct buffer_pool *pool);
// size must be one of the powers. Contents are whatever was there before. NULL: no memory.
uint8_t *buffer_pool_acquire(struct buffer_pool *pool, uint32_t size);
void buffer_pool_release(struct buffer_pool *pool, uint8_t *memory, uint32_t size);

#endif
