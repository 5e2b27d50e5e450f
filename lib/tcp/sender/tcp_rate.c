// SPDX-License-Identifier: MIT
//
// Delivery rate: how many bytes were delivered between the sending of a segment and its ACK, over
// the longer of the time it took to send them and the time it took to hear of them.
//
// A sample taken while the program had nothing to send says too little: it only counts when it is
// faster than what is known.
#include "tcp_rate.h"

#include <string.h>

#include "../../base/numbers.h"
#include "../../base/time_units.h"
#include "tcp_ack_report.h"

#define TICK_SHIFT 10

void tcp_rate_init(struct tcp_rate *rate)
{
	memset(rate, 0, sizeof(*rate));
}

void tcp_rate_on_restart(struct tcp_rate *rate, uint64_t now)
{
	rate->first_sent_at = rate->delivered_at = now;
}

void tcp_rate_note_limited(struct tcp_rate *rate, uint32_t in_flight_bytes)
{
	rate->limited_until_bytes = max_u64(rate->delivered_bytes + in_flight_bytes, 1);
}

static bool is_faster(const struct tcp_rate *rate, uint64_t bytes, uint64_t ticks)
{
	return bytes * rate->sample_ticks >= rate->sample_bytes * ticks;
}

void tcp_rate_on_ack(struct tcp_rate *rate, const struct tcp_ack_report *report,
		     uint64_t min_rtt_ns, uint64_t now)
{
	uint64_t interval_ns, bytes, ticks;

	if (report->delivered_bytes == 0)
		return;
	rate->delivered_bytes += report->delivered_bytes;
	rate->delivered_at = now;
	if (rate->delivered_bytes > rate->limited_until_bytes)
		rate->limited_until_bytes = 0;
	if (report->newest_sent_at == 0)
		return;
	interval_ns = max_u64(report->newest_sent_at - report->newest_first_sent_at,
			      now - report->newest_delivered_at);
	rate->first_sent_at = report->newest_sent_at;
	if (min_rtt_ns != NEVER && interval_ns < min_rtt_ns)
		return;
	bytes = min_u64(rate->delivered_bytes - report->newest_delivered_bytes, UINT32_MAX);
	ticks = min_u64(max_u64(interval_ns >> TICK_SHIFT, 1), UINT32_MAX);
	if (report->newest_was_application_limited && rate->sample_ticks != 0 &&
	    !is_faster(rate, bytes, ticks))
		return;
	rate->sample_bytes = (uint32_t)bytes;
	rate->sample_ticks = (uint32_t)ticks;
	rate->sample_is_limited = report->newest_was_application_limited;
}

uint64_t tcp_rate_bytes_per_second(const struct tcp_rate *rate)
{
	if (rate->sample_ticks == 0)
		return 0;
	return rate->sample_bytes * NS_PER_S / ((uint64_t)rate->sample_ticks << TICK_SHIFT);
}
