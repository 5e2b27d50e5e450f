// SPDX-License-Identifier: MIT
//
// SACK blocks (RFC 2018 4): the first is the range around the segment that came last, then those
// reported most recently, so that each is told several times; a duplicate is told in front of them,
// once (RFC 2883 4).
//
// Of each range only one position inside is remembered: ranges grow and merge, and the range set
// knows where they reach now.
#include "tcp_sack_blocks.h"

#include <string.h>

#include "../../base/numbers.h"

void tcp_sack_blocks_init(struct tcp_sack_recent *recent)
{
	memset(recent, 0, sizeof(*recent));
}

void tcp_sack_blocks_touch(struct tcp_sack_recent *recent, uint64_t position)
{
	uint8_t at;

	for (at = 0; at < recent->count; at++)
		if (recent->position[at] == position)
			break;
	if (at == recent->count && recent->count < TCP_SACK_RECENT)
		recent->count++;
	if (at == TCP_SACK_RECENT)
		at--;
	for (; at > 0; at--)
		recent->position[at] = recent->position[at - 1];
	recent->position[0] = position;
}

void tcp_sack_blocks_duplicate(struct tcp_sack_recent *recent, tcp_seq begin, tcp_seq end)
{
	recent->has_dsack = true;
	recent->dsack_begin = begin;
	recent->dsack_end = end;
}

void tcp_sack_blocks_reported(struct tcp_sack_recent *recent)
{
	recent->has_dsack = false;
}

unsigned tcp_sack_blocks_count(const struct tcp_sack_recent *recent, const struct range_set *early,
			       unsigned max)
{
	return min_u32(recent->has_dsack + range_set_count(early), max);
}

// In what order are the ranges told? Fills pointers, the most recent first, then from below.
static unsigned order_ranges(const struct tcp_sack_recent *recent, const struct range_set *early,
			     unsigned max, const struct range **ret_ranges)
{
	unsigned count = 0, i, j;

	for (i = 0; i < recent->count + range_set_count(early) && count < max; i++) {
		const struct range *range = i < recent->count
						    ? range_set_find(early, recent->position[i])
						    : range_set_at(early, i - recent->count);

		if (!range)
			continue; // it is in order by now
		for (j = 0; j < count && ret_ranges[j] != range; j++)
			;
		if (j == count)
			ret_ranges[count++] = range;
	}
	return count;
}

unsigned tcp_sack_blocks_build(const struct tcp_sack_recent *recent, const struct range_set *early,
			       tcp_seq next, uint64_t next_position, unsigned max,
			       struct tcp_sack_block *ret_blocks)
{
	const struct range *ranges[TCP_SACK_BLOCKS_MAX];
	unsigned count = 0, found, i;

	max = min_u32(max, TCP_SACK_BLOCKS_MAX);
	if (recent->has_dsack && max > 0) {
		ret_blocks[0].begin = recent->dsack_begin;
		ret_blocks[0].end = recent->dsack_end;
		count = 1;
	}
	found = order_ranges(recent, early, max - count, ranges);
	for (i = 0; i < found; i++, count++) {
		ret_blocks[count].begin =
			tcp_seq_add(next, (uint32_t)(ranges[i]->begin - next_position));
		ret_blocks[count].end =
			tcp_seq_add(next, (uint32_t)(ranges[i]->end - next_position));
	}
	return count;
}
