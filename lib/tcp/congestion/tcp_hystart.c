// SPDX-License-Identifier: MIT
//
// HyStart++ (RFC 9406 4.2). Rounds are counted in sequence space. When the shortest round trip of
// this round exceeds that of the last by more than a threshold, slow start becomes conservative: a
// quarter as fast. After five such rounds it is over; if round trips get short again meanwhile, it
// was jitter.
#include "tcp_hystart.h"

#include <string.h>

#include "../../base/numbers.h"
#include "../../base/time_units.h"

#define MIN_RTT_THRESHOLD_NS (4 * NS_PER_MS) // RFC 9406 4.3, this and all that follow
#define MAX_RTT_THRESHOLD_NS (16 * NS_PER_MS)
#define MIN_RTT_DIVISOR 8u
#define ROUND_SAMPLES 8u
#define CONSERVATIVE_GROWTH_DIVISOR 4u
#define CONSERVATIVE_ROUNDS 5u

void tcp_hystart_init(struct tcp_hystart *hystart)
{
	memset(hystart, 0, sizeof(*hystart));
	hystart->last_round_min_rtt_ns = hystart->round_min_rtt_ns = NEVER;
	hystart->baseline_min_rtt_ns = NEVER;
}

static bool is_conservative(const struct tcp_hystart *hystart)
{
	return hystart->baseline_min_rtt_ns != NEVER;
}

static void begin_round(struct tcp_hystart *hystart, tcp_seq nxt)
{
	hystart->has_round = true;
	hystart->round_end = nxt;
	hystart->last_round_min_rtt_ns = hystart->round_min_rtt_ns;
	hystart->round_min_rtt_ns = NEVER;
	hystart->samples = 0;
}

// DECIDES: have round trips got longer than in the last round? (RFC 9406 4.2)
static bool delay_grew(const struct tcp_hystart *hystart)
{
	uint64_t threshold_ns;

	if (hystart->samples < ROUND_SAMPLES || hystart->round_min_rtt_ns == NEVER ||
	    hystart->last_round_min_rtt_ns == NEVER)
		return false;
	threshold_ns = max_u64(
		MIN_RTT_THRESHOLD_NS,
		min_u64(hystart->last_round_min_rtt_ns / MIN_RTT_DIVISOR, MAX_RTT_THRESHOLD_NS));
	return hystart->round_min_rtt_ns >= hystart->last_round_min_rtt_ns + threshold_ns;
}

static void watch_delay(struct tcp_hystart *hystart)
{
	if (!is_conservative(hystart)) {
		if (delay_grew(hystart)) {
			hystart->baseline_min_rtt_ns = hystart->round_min_rtt_ns;
			hystart->conservative_rounds = 0;
		}
	} else if (hystart->samples >= ROUND_SAMPLES &&
		   hystart->round_min_rtt_ns < hystart->baseline_min_rtt_ns) {
		hystart->baseline_min_rtt_ns = NEVER; // it was jitter
	}
}

uint32_t tcp_hystart_on_ack(struct tcp_hystart *hystart, tcp_seq ack, tcp_seq nxt,
			    uint32_t acked_bytes, uint64_t rtt_ns, bool *ret_is_over)
{
	uint32_t counted;

	*ret_is_over = false;
	if (!hystart->has_round)
		begin_round(hystart, nxt);
	if (rtt_ns != 0) {
		hystart->round_min_rtt_ns = min_u64(hystart->round_min_rtt_ns, rtt_ns);
		if (hystart->samples < UINT16_MAX)
			hystart->samples++;
		watch_delay(hystart);
	}
	if (tcp_seq_at_or_after(ack, hystart->round_end)) {
		if (is_conservative(hystart) &&
		    ++hystart->conservative_rounds >= CONSERVATIVE_ROUNDS)
			*ret_is_over = true;
		begin_round(hystart, nxt);
	}
	if (!is_conservative(hystart))
		return acked_bytes;
	counted = acked_bytes + hystart->growth_left_bytes;
	hystart->growth_left_bytes = counted % CONSERVATIVE_GROWTH_DIVISOR;
	return counted / CONSERVATIVE_GROWTH_DIVISOR;
}
