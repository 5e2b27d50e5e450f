// SPDX-License-Identifier: MIT
//
// Which window do we offer, and is an update due? RFC 9293 3.8.6.2.2, RFC 7323 2; automatic growth.
#ifndef BERTH_TCP_RECEIVE_WINDOW_H
#define BERTH_TCP_RECEIVE_WINDOW_H

#include "../tcp_seq.h"

struct tcp_receive_space {
	tcp_seq nxt, irs;
	tcp_seq edge;              // right edge offered: never moves left
	uint32_t buffer_bytes;     // the buffer may hold so many now
	uint32_t buffer_max_bytes; // and grow so far
	uint32_t clamp_bytes;      // TCP_WINDOW_CLAMP; UINT32_MAX: none
	uint8_t scale;
	// Growth: how much does the program read in one round trip?
	uint64_t measure_began_at; // 0: not measuring
	uint64_t rtt_ns;           // as the receiver sees it; 0: unknown
	uint64_t rtt_began_at;
	tcp_seq rtt_until;
	uint32_t consumed_bytes;      // since measure_began_at
	uint32_t consumed_last_bytes; // in the measure before
};

void tcp_receive_window_init(struct tcp_receive_space *rcv, tcp_seq irs, uint32_t buffer_bytes,
			     uint32_t buffer_max_bytes, uint32_t clamp_bytes, uint8_t scale);
void tcp_receive_window_limit(struct tcp_receive_space *rcv, uint32_t buffer_bytes,
			      uint32_t buffer_max_bytes, uint32_t clamp_bytes);
// RCV.NXT moves over `space` sequence numbers.
void tcp_receive_window_advance(struct tcp_receive_space *rcv, uint32_t space);
static inline uint32_t tcp_receive_window_offered(const struct tcp_receive_space *rcv)
{
	int32_t offered = tcp_seq_distance(rcv->nxt, rcv->edge);

	return offered > 0 ? (uint32_t)offered : 0;
}

// DECIDES which window to offer. Pure; the result is a multiple of 1 << scale.
uint32_t tcp_receive_window_decide(const struct tcp_receive_space *rcv, uint32_t unread_bytes,
				   uint32_t mss_bytes);
// It went out in a segment.
void tcp_receive_window_offer(struct tcp_receive_space *rcv, uint32_t window_bytes);
// DECIDES whether an update is worth a segment of its own.
bool tcp_receive_window_update_is_due(const struct tcp_receive_space *rcv, uint32_t unread_bytes,
				      uint32_t mss_bytes);

// One window of data arrived, or a timestamp came back: how long is a round trip?
void tcp_receive_window_on_data(struct tcp_receive_space *rcv, uint64_t timestamp_rtt_ns,
				uint64_t now);
// The program read. rtt_ns: what the sending half knows, 0 unknown.
void tcp_receive_window_on_consumed(struct tcp_receive_space *rcv, uint32_t bytes, uint64_t rtt_ns,
				    uint32_t mss_bytes, uint64_t now);

#endif
