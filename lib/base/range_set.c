// SPDX-License-Identifier: MIT
//
// Which bytes are in the set?
//
// A sorted array. Invariant: begin < end in every range, and between two of them at least one
// position is missing, so uniting finds all it touches side by side.
#include "range_set.h"

#include <string.h>

#include "assertion.h"
#include "numbers.h"

void range_set_init(struct range_set *set)
{
	set->ranges = NULL;
	set->count = 0;
	set->capacity = RANGE_SET_INLINE;
}

void range_set_release(struct range_set *set, struct memory *memory)
{
	memory_release(memory, set->ranges, set->capacity * sizeof(struct range));
	range_set_init(set);
}

static struct range *ranges_of(struct range_set *set)
{
	return set->ranges ? set->ranges : set->inline_ranges;
}

const struct range *range_set_at(const struct range_set *set, unsigned index)
{
	ASSERT(index < set->count);
	return set->ranges ? &set->ranges[index] : &set->inline_ranges[index];
}

// How many ranges end before position? They stand first.
static unsigned count_ending_before(const struct range_set *set, uint64_t position)
{
	unsigned low = 0, high = set->count;

	while (low < high) {
		const unsigned middle = (low + high) / 2;

		if (range_set_at(set, middle)->end < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

// How many ranges begin at or before position?
static unsigned count_beginning_by(const struct range_set *set, uint64_t position)
{
	unsigned low = 0, high = set->count;

	while (low < high) {
		const unsigned middle = (low + high) / 2;

		if (range_set_at(set, middle)->begin <= position)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool make_room_for_one(struct range_set *set, struct memory *memory)
{
	struct range *grown;
	unsigned capacity;

	if (set->count < set->capacity)
		return true;
	if (set->count == RANGE_SET_MAX)
		return false;
	capacity = min_u32(set->capacity * 4u, RANGE_SET_MAX);
	grown = memory_acquire_unzeroed(memory, capacity * sizeof(struct range));
	if (!grown)
		return false;
	memcpy(grown, ranges_of(set), set->count * sizeof(struct range));
	memory_release(memory, set->ranges, set->capacity * sizeof(struct range));
	set->ranges = grown;
	set->capacity = (uint16_t)capacity;
	return true;
}

static bool insert_range(struct range_set *set, struct memory *memory, unsigned index,
			 uint64_t begin, uint64_t end)
{
	struct range *at;

	if (!make_room_for_one(set, memory))
		return false;
	at = ranges_of(set) + index;
	memmove(at + 1, at, (set->count - index) * sizeof(struct range));
	at->begin = begin;
	at->end = end;
	set->count++;
	return true;
}

static void remove_ranges(struct range_set *set, unsigned index, unsigned how_many)
{
	struct range *at = ranges_of(set) + index;

	memmove(at, at + how_many, (set->count - index - how_many) * sizeof(struct range));
	set->count = (uint16_t)(set->count - how_many);
}

bool range_set_add(struct range_set *set, struct memory *memory, uint64_t begin, uint64_t end)
{
	struct range *united;
	unsigned first, after;

	ASSERT(begin <= end);
	if (begin == end)
		return true;
	first = count_ending_before(set, begin);
	after = count_beginning_by(set, end);
	if (first == after)
		return insert_range(set, memory, first, begin, end);
	united = ranges_of(set) + first;
	united->begin = min_u64(united->begin, begin);
	united->end = max_u64(range_set_at(set, after - 1)->end, end);
	remove_ranges(set, first + 1, after - first - 1);
	return true;
}

void range_set_remove_below(struct range_set *set, uint64_t end)
{
	unsigned below = count_ending_before(set, end);
	struct range *first;

	if (below < set->count && range_set_at(set, below)->end == end)
		below++;
	remove_ranges(set, 0, below);
	first = ranges_of(set);
	if (set->count > 0 && first->begin < end)
		first->begin = end;
}

const struct range *range_set_find(const struct range_set *set, uint64_t position)
{
	const unsigned by = count_beginning_by(set, position);
	const struct range *candidate;

	if (by == 0)
		return NULL;
	candidate = range_set_at(set, by - 1);
	return position < candidate->end ? candidate : NULL;
}
