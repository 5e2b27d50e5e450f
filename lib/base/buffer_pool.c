// SPDX-License-Identifier: MIT
//
// Byte buffers of 2^k bytes: which one is at hand?
//
// One stack of idle buffers a size, linked through their first bytes. What would make more than
// bytes_free_max lie idle goes straight back to memory.
#include "assertion.h"
#include "memory.h"

struct free_buffer {
	struct free_buffer *next;
};

// Which of the stacks holds buffers of this size?
static unsigned class_of_size(uint32_t size)
{
	ASSERT(size >= BUFFER_BYTES_MIN);
	ASSERT(size <= BUFFER_BYTES_MAX);
	ASSERT((size & (size - 1)) == 0);
	return (unsigned)__builtin_ctz(size / BUFFER_BYTES_MIN);
}

void buffer_pool_init(struct buffer_pool *pool, struct memory *memory, uint64_t bytes_free_max)
{
	unsigned index;

	pool->memory = memory;
	for (index = 0; index < BUFFER_CLASSES; index++)
		pool->free_buffers[index] = NULL;
	pool->bytes_free = 0;
	pool->bytes_free_max = bytes_free_max;
}

void buffer_pool_clear(struct buffer_pool *pool)
{
	unsigned index;

	for (index = 0; index < BUFFER_CLASSES; index++) {
		while (pool->free_buffers[index]) {
			struct free_buffer *buffer = pool->free_buffers[index];

			pool->free_buffers[index] = buffer->next;
			memory_release(pool->memory, buffer, (size_t)BUFFER_BYTES_MIN << index);
		}
	}
	pool->bytes_free = 0;
}

uint8_t *buffer_pool_acquire(struct buffer_pool *pool, uint32_t size)
{
	const unsigned index = class_of_size(size);
	struct free_buffer *buffer = pool->free_buffers[index];

	if (!buffer)
		return memory_acquire_unzeroed(pool->memory, size);
	pool->free_buffers[index] = buffer->next;
	pool->bytes_free -= size;
	return (uint8_t *)buffer;
}

void buffer_pool_release(struct buffer_pool *pool, uint8_t *memory, uint32_t size)
{
	const unsigned index = class_of_size(size);
	struct free_buffer *buffer = (struct free_buffer *)(void *)memory;

	ASSERT(memory);
	if (pool->bytes_free + size > pool->bytes_free_max) {
		memory_release(pool->memory, memory, size);
		return;
	}
	buffer->next = pool->free_buffers[index];
	pool->free_buffers[index] = buffer;
	pool->bytes_free += size;
}
