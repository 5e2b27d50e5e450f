// SPDX-License-Identifier: MIT
//
// Small arithmetic everybody needs.
#ifndef BERTH_BASE_NUMBERS_H
#define BERTH_BASE_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

// The struct whose member `member` is at `pointer`.
#define CONTAINER_OF(pointer, type, member) \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline uint32_t min_u32(uint32_t left, uint32_t right)
{
	return left < right ? left : right;
}

static inline uint32_t max_u32(uint32_t left, uint32_t right)
{
	return left > right ? left : right;
}

static inline uint64_t min_u64(uint64_t left, uint64_t right)
{
	return left < right ? left : right;
}

static inline uint64_t max_u64(uint64_t left, uint64_t right)
{
	return left > right ? left : right;
}

// The smallest power of two not below value. value must not exceed 2^31.
static inline uint32_t power_of_two_above(uint32_t value)
{
	return value <= 1 ? 1 : UINT32_C(1) << (32 - __builtin_clz(value - 1));
}

#endif
