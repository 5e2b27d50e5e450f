// SPDX-License-Identifier: MIT
//
// What every algorithm of congestion control shares: the window itself, slow start (RFC 5681 3.1),
// and whether the window was used at all.
//
// Not here: the algorithms, and what happens during recovery (sender/tcp_recovery.c).
#include "tcp_congestion.h"

#include <string.h>

#include "../../base/numbers.h"
#include "../tcp_limits.h"

#define CWND_BYTES_MAX (1u << 30) // RFC 7323 2.3: no window is larger

static const struct tcp_congestion_ops *const algorithms[] = {
	&tcp_congestion_cubic,
	&tcp_congestion_reno,
};

const struct tcp_congestion_ops *tcp_congestion_find(const char *name, size_t length)
{
	unsigned i;

	for (i = 0; i < ARRAY_LENGTH(algorithms); i++)
		if (strlen(algorithms[i]->name) == length &&
		    memcmp(algorithms[i]->name, name, length) == 0)
			return algorithms[i];
	return NULL;
}

// RFC 6928 2, in bytes: min(10 MSS, max(2 MSS, 14600)).
uint32_t tcp_congestion_initial_window(uint32_t mss_bytes)
{
	uint32_t ten = TCP_INITIAL_WINDOW_SEGMENTS * mss_bytes;

	return min_u32(ten, max_u32(2 * mss_bytes, TCP_INITIAL_WINDOW_SEGMENTS * 1460));
}

void tcp_congestion_init(struct tcp_congestion *congestion, const struct tcp_congestion_ops *ops,
			 uint32_t mss_bytes)
{
	memset(congestion, 0, sizeof(*congestion));
	congestion->ops = ops;
	congestion->mss_bytes = max_u32(mss_bytes, 1);
	congestion->cwnd_bytes = tcp_congestion_initial_window(congestion->mss_bytes);
	congestion->ssthresh_bytes = UINT32_MAX;
	ops->init(congestion);
}

void tcp_congestion_switch(struct tcp_congestion *congestion, const struct tcp_congestion_ops *ops)
{
	if (congestion->ops == ops)
		return;
	congestion->ops = ops;
	ops->init(congestion);
}

void tcp_congestion_set_mss(struct tcp_congestion *congestion, uint32_t mss_bytes)
{
	congestion->mss_bytes = max_u32(mss_bytes, 1);
	congestion->cwnd_bytes = max_u32(congestion->cwnd_bytes, congestion->mss_bytes);
}

void tcp_congestion_set_cwnd(struct tcp_congestion *congestion, uint32_t cwnd_bytes)
{
	congestion->cwnd_bytes =
		min_u32(max_u32(cwnd_bytes, congestion->mss_bytes), CWND_BYTES_MAX);
}

void tcp_congestion_restore(struct tcp_congestion *congestion, uint32_t cwnd_bytes,
			    uint32_t ssthresh_bytes)
{
	tcp_congestion_set_cwnd(congestion, cwnd_bytes);
	congestion->ssthresh_bytes = ssthresh_bytes;
}

void tcp_congestion_after_idle(struct tcp_congestion *congestion, uint64_t idle_ns, uint64_t rto_ns)
{
	uint32_t restart_bytes = tcp_congestion_initial_window(congestion->mss_bytes);
	uint32_t cwnd_bytes = congestion->cwnd_bytes;
	uint64_t left_ns = idle_ns;

	if (congestion->ssthresh_bytes != UINT32_MAX)
		congestion->ssthresh_bytes =
			max_u32(congestion->ssthresh_bytes, cwnd_bytes / 4 * 3);
	for (; left_ns >= rto_ns && cwnd_bytes > restart_bytes; left_ns -= rto_ns)
		cwnd_bytes = max_u32(cwnd_bytes / 2, restart_bytes);
	tcp_congestion_set_cwnd(congestion, cwnd_bytes);
	congestion->ops->on_idle(congestion, idle_ns);
}

void tcp_congestion_note_flight(struct tcp_congestion *congestion, uint32_t in_flight_bytes,
				tcp_seq una, tcp_seq nxt, bool is_limited)
{
	if (tcp_seq_at_or_after(una, congestion->window_end) ||
	    in_flight_bytes > congestion->in_flight_max_bytes ||
	    (is_limited && !congestion->is_limited)) {
		congestion->in_flight_max_bytes = in_flight_bytes;
		congestion->window_end = nxt;
		congestion->is_limited = is_limited;
	}
}

// DECIDES: was the window used, so that it may grow? (RFC 7661 3; in slow start up to twice what
// was used)
bool tcp_congestion_may_grow(const struct tcp_congestion *congestion)
{
	if (congestion->is_limited)
		return true;
	return tcp_congestion_in_slow_start(congestion) &&
	       congestion->cwnd_bytes / 2 < congestion->in_flight_max_bytes;
}

// RFC 5681 3.1 with RFC 3465 in full: what arrived may be sent again, twice over. No limit L,
// because superframes and batched ACKs cover many segments.
uint32_t tcp_congestion_slow_start(struct tcp_congestion *congestion, uint32_t acked_bytes)
{
	uint32_t room = congestion->ssthresh_bytes - congestion->cwnd_bytes;
	uint32_t growth = min_u32(acked_bytes, room);

	tcp_congestion_set_cwnd(congestion, congestion->cwnd_bytes + growth);
	return acked_bytes - growth;
}
