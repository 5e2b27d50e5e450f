// SPDX-License-Identifier: MIT
//
// Which SACK blocks do we report? RFC 2018 4, RFC 2883.
#ifndef BERTH_TCP_SACK_BLOCKS_H
#define BERTH_TCP_SACK_BLOCKS_H

#include "../../base/range_set.h"
#include "../tcp_seq.h"

#define TCP_SACK_RECENT 4

struct tcp_sack_recent {
	uint64_t position[TCP_SACK_RECENT]; // some byte of each range, most recently touched first
	uint8_t count;
	bool has_dsack; // owed once
	tcp_seq dsack_begin, dsack_end;
};

void tcp_sack_blocks_init(struct tcp_sack_recent *recent);
// A segment at position arrived out of order.
void tcp_sack_blocks_touch(struct tcp_sack_recent *recent, uint64_t position);
// Bytes that were here already arrived again (RFC 2883 4).
void tcp_sack_blocks_duplicate(struct tcp_sack_recent *recent, tcp_seq begin, tcp_seq end);
void tcp_sack_blocks_reported(struct tcp_sack_recent *recent); // a DSACK is told once
// How many blocks would there be?
unsigned tcp_sack_blocks_count(const struct tcp_sack_recent *recent, const struct range_set *early,
			       unsigned max);
// Fill at most max blocks. next is RCV.NXT, at next_position on the line of `early`.
unsigned tcp_sack_blocks_build(const struct tcp_sack_recent *recent, const struct range_set *early,
			       tcp_seq next, uint64_t next_position, unsigned max,
			       struct tcp_sack_block *ret_blocks);

#endif
