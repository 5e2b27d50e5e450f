// SPDX-License-Identifier: MIT
//
// Time: uint64_t nanoseconds of an injected monotonic clock. Instants end in _at, durations in _ns.
#ifndef BERTH_BASE_TIME_UNITS_H
#define BERTH_BASE_TIME_UNITS_H

#include <stdint.h>

#define NEVER UINT64_MAX
#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

static inline uint64_t earliest(uint64_t left, uint64_t right)
{
	return left < right ? left : right;
}

// now + duration, where NEVER stays NEVER.
static inline uint64_t time_after(uint64_t now, uint64_t duration_ns)
{
	return duration_ns >= NEVER - now ? NEVER : now + duration_ns;
}

#endif
