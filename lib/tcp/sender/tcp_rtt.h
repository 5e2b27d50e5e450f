// SPDX-License-Identifier: MIT
//
// How long is a round trip, and how long do we wait for an answer? RFC 6298, RFC 7323 4.
#ifndef BERTH_TCP_RTT_H
#define BERTH_TCP_RTT_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_ack_report;

struct tcp_rtt {
	uint64_t srtt_ns; // 0: no sample yet
	uint64_t rttvar_ns;
	uint64_t rto_ns; // without backoff
	uint64_t latest_ns;
	// Minimum of a sliding window: of this half and the one before it. NEVER: none.
	uint64_t min_ns, min_previous_ns, min_began_at;
	uint8_t backoff; // doublings (RFC 6298 5.5)
};

void tcp_rtt_init(struct tcp_rtt *rtt);
// expected_samples: how many come in one round trip (RFC 7323 appendix G).
void tcp_rtt_on_sample(struct tcp_rtt *rtt, uint64_t sample_ns, uint32_t expected_samples,
		       uint64_t now);
// Step 2 of tcp_ack_process.
void tcp_rtt_on_ack(struct tcp_rtt *rtt, const struct tcp_ack_report *report,
		    uint32_t expected_samples, uint64_t now);
void tcp_rtt_back_off(struct tcp_rtt *rtt);
void tcp_rtt_end_back_off(struct tcp_rtt *rtt);
// The SYN was sent more than once: the first data gets 3 s (RFC 6298 5.7).
void tcp_rtt_distrust_handshake(struct tcp_rtt *rtt);
uint64_t tcp_rtt_rto_ns(const struct tcp_rtt *rtt); // with backoff
uint64_t tcp_rtt_min_ns(const struct tcp_rtt *rtt); // NEVER: none

#endif
