// SPDX-License-Identifier: MIT
//
// CUBIC (RFC 9438): cwnd follows a cubic curve of the time since the last reduction, flat around
// the window at which loss struck, and never slower than Reno would be.
//
//     W_cubic(t) = C (t - K)^3 + W_max,   K = cbrt((W_max - cwnd_epoch) / C)          4.2
//
// with C = 0.4 segments/s^3 and beta = 0.7. Everything is integer arithmetic in bytes and
// milliseconds, so that a seed replays exactly on every machine.
//
// A departure from 4.6: reductions start from cwnd rather than from the flight, because cwnd does
// not grow here unless it is used (tcp_congestion_may_grow).
#include "../../base/numbers.h"
#include "../../base/text.h"
#include "../../base/time_units.h"
#include "../sender/tcp_ack_report.h"
#include "../sender/tcp_rtt.h"
#include "tcp_congestion.h"

#define BETA_TENTHS 7u     // 4.6
#define ALPHA_NUMERATOR 9u // 4.3: 3 (1 - beta) / (1 + beta) = 9/17
#define ALPHA_DENOMINATOR 17u
#define FAST_CONVERGENCE_TWENTIETHS 17u // 4.7: (1 + beta) / 2
#define FRACTION_BITS 10
// C = 2/5 segments per s^3: 2 mss / (5 * 10^9) bytes per ms^3.
#define CUBE_NUMERATOR 2u
#define CUBE_DENOMINATOR UINT64_C(5000000000)
#define DISTANCE_MS_MAX 40000u // its cube times 2 * 65,535 stays below 2^63

static void cubic_init(struct tcp_congestion *congestion)
{
	struct tcp_cubic *cubic = &congestion->cubic;

	*cubic = (struct tcp_cubic){.epoch_at = NEVER};
	cubic->before.epoch_at = NEVER;
	tcp_hystart_init(&cubic->hystart);
}

static uint32_t cube_root(uint64_t value)
{
	uint32_t root = 0;
	int bit;

	for (bit = 21; bit >= 0; bit--) {
		uint64_t guess = root | (1u << bit);

		if (guess < 2642246 && guess * guess * guess <= value)
			root = (uint32_t)guess;
	}
	return root;
}

// C d^3 in bytes.
static uint64_t cube_bytes(uint32_t mss_bytes, uint64_t distance_ms)
{
	uint64_t distance = min_u64(distance_ms, DISTANCE_MS_MAX);

	return CUBE_NUMERATOR * mss_bytes * (distance * distance * distance) / CUBE_DENOMINATOR;
}

// RFC 9438 4.2, figure 1.
static uint64_t w_cubic_bytes(const struct tcp_congestion *congestion, uint64_t elapsed_ns)
{
	const struct tcp_cubic *cubic = &congestion->cubic;
	uint64_t elapsed_ms = elapsed_ns / NS_PER_MS, gap;

	if (elapsed_ms >= cubic->k_ms)
		return cubic->w_max_bytes +
		       cube_bytes(congestion->mss_bytes, elapsed_ms - cubic->k_ms);
	gap = cube_bytes(congestion->mss_bytes, cubic->k_ms - elapsed_ms);
	return gap < cubic->w_max_bytes ? cubic->w_max_bytes - gap : 0;
}

static void begin_epoch(struct tcp_congestion *congestion, uint64_t now)
{
	struct tcp_cubic *cubic = &congestion->cubic;
	uint64_t distance_bytes;

	cubic->epoch_at = now;
	cubic->w_est_q10 = (uint64_t)congestion->cwnd_bytes << FRACTION_BITS;
	cubic->growth_q10 = 0;
	if (congestion->cwnd_bytes >= cubic->w_max_bytes) {
		cubic->w_max_bytes = congestion->cwnd_bytes;
		cubic->k_ms = 0;
		return;
	}
	distance_bytes = cubic->w_max_bytes - congestion->cwnd_bytes;
	cubic->k_ms = cube_root(distance_bytes * (CUBE_DENOMINATOR / CUBE_NUMERATOR) /
				congestion->mss_bytes);
}

// RFC 9438 4.3, figure 4: what Reno with the same average would have by now.
static void grow_w_est(struct tcp_congestion *congestion, uint32_t acked_bytes)
{
	struct tcp_cubic *cubic = &congestion->cubic;
	uint64_t growth = (uint64_t)acked_bytes * congestion->mss_bytes;

	if (cubic->w_est_q10 >> FRACTION_BITS < cubic->cwnd_prior_bytes)
		growth = growth * ALPHA_NUMERATOR / ALPHA_DENOMINATOR;
	cubic->w_est_q10 += (growth << FRACTION_BITS) / congestion->cwnd_bytes;
}

// RFC 9438 4.4, 4.5: a part of the way to where the curve will be in one round trip.
static uint32_t grow_along_curve(struct tcp_congestion *congestion, uint64_t ahead_ns,
				 uint32_t acked_bytes)
{
	struct tcp_cubic *cubic = &congestion->cubic;
	uint64_t cwnd = congestion->cwnd_bytes;
	uint64_t target = min_u64(w_cubic_bytes(congestion, ahead_ns), cwnd + cwnd / 2);
	uint64_t growth;

	if (target <= cwnd)
		return congestion->cwnd_bytes;
	growth = ((target - cwnd) * min_u64(acked_bytes, cwnd)) << FRACTION_BITS;
	cubic->growth_q10 += (uint32_t)(growth / cwnd);
	cwnd += cubic->growth_q10 >> FRACTION_BITS;
	cubic->growth_q10 &= (1u << FRACTION_BITS) - 1;
	return (uint32_t)cwnd;
}

static void avoid_congestion(struct tcp_congestion *congestion, uint32_t acked_bytes,
			     uint64_t srtt_ns, uint64_t now)
{
	struct tcp_cubic *cubic = &congestion->cubic;
	uint64_t elapsed_ns;
	uint32_t cwnd_bytes, w_est_bytes;

	if (cubic->epoch_at == NEVER)
		begin_epoch(congestion, now);
	elapsed_ns = now > cubic->epoch_at ? now - cubic->epoch_at : 0;
	grow_w_est(congestion, acked_bytes);
	w_est_bytes = (uint32_t)min_u64(cubic->w_est_q10 >> FRACTION_BITS, UINT32_MAX);
	if (w_cubic_bytes(congestion, elapsed_ns) < w_est_bytes) // the Reno-friendly region
		cwnd_bytes = max_u32(congestion->cwnd_bytes, w_est_bytes);
	else
		cwnd_bytes = grow_along_curve(congestion, elapsed_ns + srtt_ns, acked_bytes);
	tcp_congestion_set_cwnd(congestion, cwnd_bytes);
}

static void cubic_on_ack(struct tcp_congestion *congestion, const struct tcp_ack_report *report,
			 const struct tcp_rtt *rtt, uint64_t now)
{
	uint32_t left = report->delivered_bytes;
	bool is_over;

	if (tcp_congestion_in_slow_start(congestion)) {
		// Only the first slow start looks at delays: later ones know their ssthresh.
		if (congestion->ssthresh_bytes == UINT32_MAX) {
			left = tcp_hystart_on_ack(&congestion->cubic.hystart, report->ack,
						  report->nxt, left, report->rtt_ns, &is_over);
			if (is_over)
				congestion->ssthresh_bytes = congestion->cwnd_bytes;
		}
		if (tcp_congestion_in_slow_start(congestion))
			left = tcp_congestion_slow_start(congestion, left);
	}
	if (left > 0)
		avoid_congestion(congestion, left, rtt->srtt_ns, now);
}

static void remember(struct tcp_cubic *cubic)
{
	cubic->before.epoch_at = cubic->epoch_at;
	cubic->before.w_est_q10 = cubic->w_est_q10;
	cubic->before.w_max_bytes = cubic->w_max_bytes;
	cubic->before.cwnd_prior_bytes = cubic->cwnd_prior_bytes;
	cubic->before.k_ms = cubic->k_ms;
}

static void reduce_ssthresh(struct tcp_congestion *congestion)
{
	uint64_t cwnd = congestion->cwnd_bytes;

	congestion->ssthresh_bytes =
		max_u32((uint32_t)(cwnd * BETA_TENTHS / 10), 2 * congestion->mss_bytes);
	congestion->cubic.cwnd_prior_bytes = congestion->cwnd_bytes;
	congestion->cubic.epoch_at = NEVER;
}

static void cubic_on_loss_episode(struct tcp_congestion *congestion, uint32_t flight_bytes,
				  uint64_t now)
{
	struct tcp_cubic *cubic = &congestion->cubic;
	uint64_t cwnd = congestion->cwnd_bytes;

	(void)flight_bytes;
	(void)now;
	remember(cubic);
	if (cwnd < cubic->w_max_bytes) // 4.7: others have come, make room for them
		cubic->w_max_bytes = (uint32_t)(cwnd * FAST_CONVERGENCE_TWENTIETHS / 20);
	else
		cubic->w_max_bytes = congestion->cwnd_bytes;
	reduce_ssthresh(congestion);
}

static void cubic_on_rto(struct tcp_congestion *congestion, uint32_t flight_bytes, uint64_t now)
{
	(void)flight_bytes;
	(void)now;
	remember(&congestion->cubic);
	congestion->cubic.w_max_bytes = 0; // 4.8: the next epoch begins with K = 0
	reduce_ssthresh(congestion);
}

static void cubic_on_undo(struct tcp_congestion *congestion)
{
	struct tcp_cubic *cubic = &congestion->cubic;

	cubic->epoch_at = cubic->before.epoch_at;
	cubic->w_est_q10 = cubic->before.w_est_q10;
	cubic->w_max_bytes = cubic->before.w_max_bytes;
	cubic->cwnd_prior_bytes = cubic->before.cwnd_prior_bytes;
	cubic->k_ms = cubic->before.k_ms;
}

// RFC 9438 5.8: the curve stands still while nothing is sent.
static void cubic_on_idle(struct tcp_congestion *congestion, uint64_t idle_ns)
{
	if (congestion->cubic.epoch_at != NEVER)
		congestion->cubic.epoch_at += idle_ns;
}

static void cubic_dump(const struct tcp_congestion *congestion, struct text *text)
{
	const struct tcp_cubic *cubic = &congestion->cubic;

	text_append(text, "w_max ");
	text_append_u64(text, cubic->w_max_bytes);
	text_append(text, " k_ms ");
	text_append_u64(text, cubic->k_ms);
	text_append(text, " w_est ");
	text_append_u64(text, cubic->w_est_q10 >> FRACTION_BITS);
}

const struct tcp_congestion_ops tcp_congestion_cubic = {
	.name = "cubic",
	.init = cubic_init,
	.on_ack = cubic_on_ack,
	.on_loss_episode = cubic_on_loss_episode,
	.on_rto = cubic_on_rto,
	.on_undo = cubic_on_undo,
	.on_idle = cubic_on_idle,
	.dump = cubic_dump,
};
