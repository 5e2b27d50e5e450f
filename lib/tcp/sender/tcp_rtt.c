// SPDX-License-Identifier: MIT
//
// Round trip time and retransmission timeout: RFC 6298 2, with RFC 7323 appendix G for many samples
// in one round trip.
//
// A departure, as everywhere: not the RTO as a whole but its variance term has a floor of
// TCP_RTO_MIN_NS, so that a steady path of any length has slack for one delayed ACK.
#include "tcp_rtt.h"

#include <string.h>

#include "../../base/numbers.h"
#include "../tcp_limits.h"
#include "tcp_ack_report.h"

#define SRTT_GAIN 8u   // RFC 6298 2.3: alpha = 1/8
#define RTTVAR_GAIN 4u // beta = 1/4
#define BACKOFF_MAX 16u

void tcp_rtt_init(struct tcp_rtt *rtt)
{
	memset(rtt, 0, sizeof(*rtt));
	rtt->rto_ns = TCP_RTO_INITIAL_NS; // 2.1
	rtt->min_ns = rtt->min_previous_ns = NEVER;
}

// value moved by 1/gain of its distance to target.
static uint64_t move_towards(uint64_t value, uint64_t target, uint64_t gain)
{
	return target >= value ? value + (target - value) / gain : value - (value - target) / gain;
}

static void update_min(struct tcp_rtt *rtt, uint64_t sample_ns, uint64_t now)
{
	if (now - rtt->min_began_at > TCP_RACK_MIN_RTT_WINDOW_NS / 2) {
		rtt->min_previous_ns = rtt->min_ns;
		rtt->min_ns = sample_ns;
		rtt->min_began_at = now;
	} else {
		rtt->min_ns = min_u64(rtt->min_ns, sample_ns);
	}
}

void tcp_rtt_on_sample(struct tcp_rtt *rtt, uint64_t sample_ns, uint32_t expected_samples,
		       uint64_t now)
{
	uint64_t samples = max_u32(expected_samples, 1), distance;

	if (rtt->srtt_ns == 0) { // 2.2
		rtt->srtt_ns = max_u64(sample_ns, 1);
		rtt->rttvar_ns = sample_ns / 2;
		rtt->min_ns = min_u64(rtt->min_ns, rtt->srtt_ns);
		rtt->min_began_at = now;
	} else { // 2.3: the variance first
		distance = rtt->srtt_ns > sample_ns ? rtt->srtt_ns - sample_ns
						    : sample_ns - rtt->srtt_ns;
		rtt->rttvar_ns = move_towards(rtt->rttvar_ns, distance, RTTVAR_GAIN * samples);
		rtt->srtt_ns = move_towards(rtt->srtt_ns, sample_ns, SRTT_GAIN * samples);
		rtt->srtt_ns = max_u64(rtt->srtt_ns, 1); // 0 would say: no sample
	}
	rtt->rto_ns =
		min_u64(rtt->srtt_ns + max_u64(TCP_RTO_MIN_NS, 4 * rtt->rttvar_ns), TCP_RTO_MAX_NS);
	tcp_rtt_end_back_off(rtt); // a round trip was seen: the doubling has done its work
}

void tcp_rtt_on_ack(struct tcp_rtt *rtt, const struct tcp_ack_report *report,
		    uint32_t expected_samples, uint64_t now)
{
	if (report->newest_sent_at != 0 && !report->newest_was_retransmitted) {
		rtt->latest_ns = max_u64(now - report->newest_sent_at, 1);
		update_min(rtt, rtt->latest_ns, now);
	}
	if (report->rtt_ns != 0)
		tcp_rtt_on_sample(rtt, report->rtt_ns, expected_samples, now);
}

void tcp_rtt_back_off(struct tcp_rtt *rtt)
{
	if (rtt->backoff < BACKOFF_MAX)
		rtt->backoff++;
}

void tcp_rtt_end_back_off(struct tcp_rtt *rtt)
{
	rtt->backoff = 0;
}

void tcp_rtt_distrust_handshake(struct tcp_rtt *rtt)
{
	rtt->backoff = 0;
	if (rtt->srtt_ns == 0)
		rtt->rto_ns = max_u64(rtt->rto_ns, 3 * NS_PER_S);
}

uint64_t tcp_rtt_rto_ns(const struct tcp_rtt *rtt)
{
	return min_u64(rtt->rto_ns << rtt->backoff, TCP_RTO_MAX_NS);
}

uint64_t tcp_rtt_min_ns(const struct tcp_rtt *rtt)
{
	return min_u64(rtt->min_ns, rtt->min_previous_ns);
}
