// SPDX-License-Identifier: MIT
//
// How do sequence numbers compare? Modulo 2^32 (RFC 9293 3.4), and never with < by accident.
#ifndef BERTH_TCP_SEQ_H
#define BERTH_TCP_SEQ_H

#include <stdbool.h>

#include "../wire/wire_tcp.h"

static inline tcp_seq tcp_seq_of(uint32_t raw)
{
	tcp_seq seq = {raw};

	return seq;
}

static inline tcp_seq tcp_seq_add(tcp_seq seq, uint32_t bytes)
{
	return tcp_seq_of(seq.raw + bytes);
}

// How far is `to` ahead of `from`? Negative: behind.
static inline int32_t tcp_seq_distance(tcp_seq from, tcp_seq to)
{
	return (int32_t)(to.raw - from.raw);
}

static inline bool tcp_seq_equal(tcp_seq left, tcp_seq right)
{
	return left.raw == right.raw;
}

static inline bool tcp_seq_before(tcp_seq left, tcp_seq right)
{
	return tcp_seq_distance(right, left) < 0;
}

static inline bool tcp_seq_after(tcp_seq left, tcp_seq right)
{
	return tcp_seq_distance(right, left) > 0;
}

static inline bool tcp_seq_at_or_before(tcp_seq left, tcp_seq right)
{
	return !tcp_seq_after(left, right);
}

static inline bool tcp_seq_at_or_after(tcp_seq left, tcp_seq right)
{
	return !tcp_seq_before(left, right);
}

static inline tcp_seq tcp_seq_later(tcp_seq left, tcp_seq right)
{
	return tcp_seq_after(left, right) ? left : right;
}

// begin <= seq < begin + length
static inline bool tcp_seq_in_window(tcp_seq seq, tcp_seq begin, uint32_t length)
{
	return seq.raw - begin.raw < length;
}

#endif
