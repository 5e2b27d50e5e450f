// SPDX-License-Identifier: MIT
//
// The allocator of fuzz targets: the system's, so that a sanitizer sees every block.
#ifndef BERTH_TEST_FUZZ_FUZZ_MEMORY_H
#define BERTH_TEST_FUZZ_FUZZ_MEMORY_H

#include <berth/host.h>
#include <stdlib.h>

static inline void *fuzz_acquire(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static inline void fuzz_release(void *context, void *memory, size_t size)
{
	(void)context;
	(void)size;
	free(memory);
}

static inline struct berth_allocator fuzz_allocator(void)
{
	struct berth_allocator allocator = {fuzz_acquire, fuzz_release, NULL};

	return allocator;
}

#endif
