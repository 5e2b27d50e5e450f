// SPDX-License-Identifier: MIT
//
// A set of byte ranges [begin, end) on a 64-bit line, sorted, never touching. Bounded: at most
// RANGE_SET_MAX ranges; adding one more is refused. The first few live inside the struct.
#ifndef BERTH_BASE_RANGE_SET_H
#define BERTH_BASE_RANGE_SET_H

#include "memory.h"

#define RANGE_SET_INLINE 2
#define RANGE_SET_MAX 256

struct range {
	uint64_t begin, end;
};

struct range_set {
	struct range *ranges; // NULL: the inline ones
	uint16_t count;
	uint16_t capacity;
	struct range inline_ranges[RANGE_SET_INLINE];
};

void range_set_init(struct range_set *set);
void range_set_release(struct range_set *set, struct memory *memory);
// Unite with [begin, end). false: no room or no memory; the set is as before.
bool range_set_add(struct range_set *set, struct memory *memory, uint64_t begin, uint64_t end);
// Take [0, end) away.
void range_set_remove_below(struct range_set *set, uint64_t end);
// How many ranges, and the i-th from below.
static inline unsigned range_set_count(const struct range_set *set)
{
	return set->count;
}
const struct range *range_set_at(const struct range_set *set, unsigned index);
// The range that holds position, or NULL.
const struct range *range_set_find(const struct range_set *set, uint64_t position);

#endif
