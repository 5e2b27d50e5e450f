// SPDX-License-Identifier: MIT
//
// How much memory does this host hold? Single blocks from the embedder's allocator, counted.
#include "memory.h"

#include <string.h>

#include "assertion.h"

void memory_init(struct memory *memory, const struct berth_allocator *allocator)
{
	ASSERT(allocator->acquire);
	ASSERT(allocator->release);
	memory->allocator = *allocator;
	memory->bytes_held = 0;
}

void *memory_acquire_unzeroed(struct memory *memory, size_t size)
{
	void *block;

	ASSERT(size > 0);
	block = memory->allocator.acquire(memory->allocator.context, size);
	if (block)
		memory->bytes_held += size;
	return block;
}

void *memory_acquire(struct memory *memory, size_t size)
{
	void *block = memory_acquire_unzeroed(memory, size);

	if (block)
		memset(block, 0, size);
	return block;
}

void memory_release(struct memory *memory, void *block, size_t size)
{
	if (!block)
		return;
	ASSERT(size <= memory->bytes_held);
	memory->bytes_held -= size;
	memory->allocator.release(memory->allocator.context, block, size);
}
