// SPDX-License-Identifier: MIT
//
// When has slow start gone far enough? HyStart++ (RFC 9406): when round trips get longer.
#ifndef BERTH_TCP_HYSTART_H
#define BERTH_TCP_HYSTART_H

#include "../tcp_seq.h"

struct tcp_hystart {
	uint64_t last_round_min_rtt_ns, round_min_rtt_ns; // NEVER: unknown
	uint64_t baseline_min_rtt_ns; // of conservative slow start; NEVER: not in it
	tcp_seq round_end;
	uint32_t growth_left_bytes; // not yet granted in conservative slow start
	uint16_t samples;           // in this round
	uint8_t conservative_rounds;
	bool has_round;
};

void tcp_hystart_init(struct tcp_hystart *hystart);
// One ACK in slow start. Returns the bytes by which slow start may count it; *ret_is_over: leave
// slow start now.
uint32_t tcp_hystart_on_ack(struct tcp_hystart *hystart, tcp_seq ack, tcp_seq nxt,
			    uint32_t acked_bytes, uint64_t rtt_ns, bool *ret_is_over);

#endif
