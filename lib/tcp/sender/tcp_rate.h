// SPDX-License-Identifier: MIT
//
// How fast is data delivered? One sample for each ACK: bytes delivered between the sending of the
// newest delivered segment and now (draft-ietf-ccwg-bbr, delivery rate).
#ifndef BERTH_TCP_RATE_H
#define BERTH_TCP_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_ack_report;

struct tcp_rate {
	uint64_t delivered_bytes;     // of the whole connection
	uint64_t delivered_at;        // when that last grew
	uint64_t first_sent_at;       // of the segment whose delivery ended the last sample
	uint64_t limited_until_bytes; // application-limited until this much is delivered; 0: not
	uint32_t sample_bytes;        // the latest believable sample
	uint32_t sample_ticks;        // of 1,024 ns
	bool sample_is_limited;
};

void tcp_rate_init(struct tcp_rate *rate);
// Nothing was in flight and something goes out: the clock of the samples starts now.
void tcp_rate_on_restart(struct tcp_rate *rate, uint64_t now);
void tcp_rate_note_limited(struct tcp_rate *rate, uint32_t in_flight_bytes);
// Step 3 of tcp_ack_process. min_rtt_ns: a sample shorter than it is not believed.
void tcp_rate_on_ack(struct tcp_rate *rate, const struct tcp_ack_report *report,
		     uint64_t min_rtt_ns, uint64_t now);
uint64_t tcp_rate_bytes_per_second(const struct tcp_rate *rate); // 0: unknown

#endif
