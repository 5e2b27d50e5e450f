// SPDX-License-Identifier: MIT
//
// Reno: one segment more each round trip, half when something is lost (RFC 5681 3).
#include "../../base/numbers.h"
#include "../../base/text.h"
#include "../sender/tcp_ack_report.h"
#include "tcp_congestion.h"

static void reno_init(struct tcp_congestion *congestion)
{
	congestion->reno.acked_bytes = 0;
}

// RFC 5681 3.1: an MSS for each cwnd of acknowledged bytes (appropriate byte counting, RFC 3465
// 2.1).
static void avoid_congestion(struct tcp_congestion *congestion, uint32_t acked_bytes)
{
	struct tcp_reno *reno = &congestion->reno;

	reno->acked_bytes += acked_bytes;
	if (reno->acked_bytes < congestion->cwnd_bytes)
		return;
	reno->acked_bytes -= congestion->cwnd_bytes;
	reno->acked_bytes = min_u32(reno->acked_bytes, congestion->cwnd_bytes);
	tcp_congestion_set_cwnd(congestion, congestion->cwnd_bytes + congestion->mss_bytes);
}

static void reno_on_ack(struct tcp_congestion *congestion, const struct tcp_ack_report *report,
			const struct tcp_rtt *rtt, uint64_t now)
{
	uint32_t left = report->delivered_bytes;

	(void)rtt;
	(void)now;
	if (tcp_congestion_in_slow_start(congestion))
		left = tcp_congestion_slow_start(congestion, left);
	if (left > 0)
		avoid_congestion(congestion, left);
}

// RFC 5681 3.1 (4).
static void halve(struct tcp_congestion *congestion, uint32_t flight_bytes, uint64_t now)
{
	// What limited transmit sent on top of cwnd does not count.
	uint32_t used_bytes = min_u32(flight_bytes, congestion->cwnd_bytes);

	(void)now;
	congestion->ssthresh_bytes = max_u32(used_bytes / 2, 2 * congestion->mss_bytes);
	congestion->reno.acked_bytes = 0;
}

static void reno_on_undo(struct tcp_congestion *congestion)
{
	congestion->reno.acked_bytes = 0;
}

static void reno_on_idle(struct tcp_congestion *congestion, uint64_t idle_ns)
{
	(void)congestion;
	(void)idle_ns;
}

static void reno_dump(const struct tcp_congestion *congestion, struct text *text)
{
	text_append(text, "acked ");
	text_append_u64(text, congestion->reno.acked_bytes);
}

const struct tcp_congestion_ops tcp_congestion_reno = {
	.name = "reno",
	.init = reno_init,
	.on_ack = reno_on_ack,
	.on_loss_episode = halve,
	.on_rto = halve,
	.on_undo = reno_on_undo,
	.on_idle = reno_on_idle,
	.dump = reno_dump,
};
