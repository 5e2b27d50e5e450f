// SPDX-License-Identifier: MIT
//
// Objects of one size: where does the next one come from?
//
// Chunks of objects_per_chunk objects come from memory and stay until the pool is cleared. What is
// free is one stack of all chunks' objects, linked through their first bytes: the object released
// last is in the cache and is given out first.
#include <stddef.h>
#include <string.h>

#include "assertion.h"
#include "memory.h"

struct free_object {
	struct free_object *next;
};

struct object_chunk {
	struct object_chunk *next;
	max_align_t objects[]; // any object may begin here
};

static size_t chunk_bytes(const struct object_pool *pool)
{
	return sizeof(struct object_chunk) + (size_t)pool->object_bytes * pool->objects_per_chunk;
}

void object_pool_init(struct object_pool *pool, struct memory *memory, size_t object_bytes,
		      uint32_t objects_per_chunk, uint32_t used_max)
{
	const size_t alignment = _Alignof(max_align_t);
	const size_t rounded = (object_bytes + alignment - 1) / alignment * alignment;

	ASSERT(object_bytes > 0);
	ASSERT(rounded <= UINT32_MAX);
	ASSERT(objects_per_chunk > 0);
	pool->memory = memory;
	pool->chunks = NULL;
	pool->free_objects = NULL;
	pool->object_bytes = (uint32_t)rounded;
	pool->objects_per_chunk = objects_per_chunk;
	pool->used = 0;
	pool->used_max = used_max;
}

void object_pool_clear(struct object_pool *pool)
{
	ASSERT(pool->used == 0);
	while (pool->chunks) {
		struct object_chunk *chunk = pool->chunks;

		pool->chunks = chunk->next;
		memory_release(pool->memory, chunk, chunk_bytes(pool));
	}
	pool->free_objects = NULL;
}

static void push_free_object(struct object_pool *pool, void *memory)
{
	struct free_object *object = memory;

	object->next = pool->free_objects;
	pool->free_objects = object;
}

// From the last object to the first, so that they are given out in the order of their addresses.
static bool acquire_chunk(struct object_pool *pool)
{
	struct object_chunk *chunk = memory_acquire_unzeroed(pool->memory, chunk_bytes(pool));
	uint32_t index;

	if (!chunk)
		return false;
	chunk->next = pool->chunks;
	pool->chunks = chunk;
	for (index = pool->objects_per_chunk; index > 0; index--)
		push_free_object(pool, (uint8_t *)chunk->objects +
					       (size_t)(index - 1) * pool->object_bytes);
	return true;
}

void *object_pool_acquire_unzeroed(struct object_pool *pool)
{
	struct free_object *object;

	if (pool->used_max != 0 && pool->used >= pool->used_max)
		return NULL;
	if (!pool->free_objects && !acquire_chunk(pool))
		return NULL;
	object = pool->free_objects;
	pool->free_objects = object->next;
	pool->used++;
	return object;
}

void *object_pool_acquire(struct object_pool *pool)
{
	void *object = object_pool_acquire_unzeroed(pool);

	if (object)
		memset(object, 0, pool->object_bytes);
	return object;
}

void object_pool_release(struct object_pool *pool, void *object)
{
	ASSERT(object);
	ASSERT(pool->used > 0);
	pool->used--;
	push_free_object(pool, object);
}
