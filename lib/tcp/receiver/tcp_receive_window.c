// SPDX-License-Identifier: MIT
//
// Which window do we offer? What the buffer has room for, but the right edge never moves left (RFC
// 9293 3.8.6.2.1), and never by little (silly windows, 3.8.6.2.2).
//
// The buffer grows by itself: what the program reads in one round trip, twice, and more while that
// grows, is what a peer in slow start can fill. So a fast reader gets a large window and a slow one
// does not.
//
// Not here: where the bytes lie (tcp_reassembly.c), when an ACK leaves (tcp_ack_policy.c).
#include "tcp_receive_window.h"

#include <string.h>

#include "../../base/numbers.h"
#include "../tcp_limits.h"

#define UNSCALED_WINDOW_MAX 65535u
#define GROWTH_SLACK_SEGMENTS 16u // bytes under way while the measure is taken
#define RTT_GAIN 8u

void tcp_receive_window_init(struct tcp_receive_space *rcv, tcp_seq irs, uint32_t buffer_bytes,
			     uint32_t buffer_max_bytes, uint32_t clamp_bytes, uint8_t scale)
{
	memset(rcv, 0, sizeof(*rcv));
	rcv->irs = irs;
	rcv->nxt = tcp_seq_add(irs, 1);
	rcv->scale = scale;
	tcp_receive_window_limit(rcv, buffer_bytes, buffer_max_bytes, clamp_bytes);
	rcv->edge = tcp_seq_add(rcv->nxt,
				min_u32(min_u32(buffer_bytes, clamp_bytes), UNSCALED_WINDOW_MAX));
	rcv->rtt_until = rcv->edge;
}

void tcp_receive_window_limit(struct tcp_receive_space *rcv, uint32_t buffer_bytes,
			      uint32_t buffer_max_bytes, uint32_t clamp_bytes)
{
	rcv->buffer_bytes = buffer_bytes;
	rcv->buffer_max_bytes = max_u32(buffer_max_bytes, buffer_bytes);
	rcv->clamp_bytes = clamp_bytes;
}

void tcp_receive_window_advance(struct tcp_receive_space *rcv, uint32_t space)
{
	rcv->nxt = tcp_seq_add(rcv->nxt, space);
	if (tcp_seq_after(rcv->nxt, rcv->edge)) // a FIN right behind a full window
		rcv->edge = rcv->nxt;
}

// DECIDES: which window to offer (RFC 9293 3.8.6.2.2, RFC 7323 2.4)
uint32_t tcp_receive_window_decide(const struct tcp_receive_space *rcv, uint32_t unread_bytes,
				   uint32_t mss_bytes)
{
	uint32_t step = 1u << rcv->scale;
	uint32_t most = UNSCALED_WINDOW_MAX << rcv->scale;
	uint32_t offered = tcp_receive_window_offered(rcv);
	uint32_t free = rcv->buffer_bytes > unread_bytes ? rcv->buffer_bytes - unread_bytes : 0;
	uint32_t worthwhile = min_u32(mss_bytes, rcv->buffer_bytes / 2);

	free = min_u32(min_u32(free, rcv->clamp_bytes), most) & ~(step - 1);
	if (free > offered && free - offered >= worthwhile)
		return free;
	// Rounded up: rounding down would take back what was promised.
	return min_u32((offered + step - 1) & ~(step - 1), most);
}

void tcp_receive_window_offer(struct tcp_receive_space *rcv, uint32_t window_bytes)
{
	rcv->edge = tcp_seq_later(rcv->edge, tcp_seq_add(rcv->nxt, window_bytes));
}

// DECIDES: is an ACK due only to open the window? (RFC 9293 3.8.6.2.2) While the peer has more than
// half a buffer left, the next ACK of its data will do.
bool tcp_receive_window_update_is_due(const struct tcp_receive_space *rcv, uint32_t unread_bytes,
				      uint32_t mss_bytes)
{
	uint32_t offered = tcp_receive_window_offered(rcv);
	uint32_t window = tcp_receive_window_decide(rcv, unread_bytes, mss_bytes);

	if (offered > rcv->buffer_bytes / 2 || window <= offered)
		return false;
	return window - offered >= min_u32(2 * mss_bytes, rcv->buffer_bytes / 2);
}

static void note_rtt(struct tcp_receive_space *rcv, uint64_t sample_ns)
{
	if (rcv->rtt_ns == 0 || sample_ns < rcv->rtt_ns)
		rcv->rtt_ns = sample_ns;
	else
		rcv->rtt_ns += (sample_ns - rcv->rtt_ns) / RTT_GAIN;
}

// Without timestamps, a whole window of data takes at least one round trip to arrive.
static void time_one_window(struct tcp_receive_space *rcv, uint64_t now)
{
	if (rcv->rtt_began_at != 0 && tcp_seq_before(rcv->nxt, rcv->rtt_until))
		return;
	if (rcv->rtt_began_at != 0 && now > rcv->rtt_began_at)
		note_rtt(rcv, now - rcv->rtt_began_at);
	rcv->rtt_began_at = now;
	rcv->rtt_until = rcv->edge;
}

void tcp_receive_window_on_data(struct tcp_receive_space *rcv, uint64_t timestamp_rtt_ns,
				uint64_t now)
{
	if (timestamp_rtt_ns != 0)
		note_rtt(rcv, timestamp_rtt_ns);
	else
		time_one_window(rcv, now);
}

void tcp_receive_window_on_consumed(struct tcp_receive_space *rcv, uint32_t bytes, uint64_t rtt_ns,
				    uint32_t mss_bytes, uint64_t now)
{
	uint64_t wanted;

	if (rcv->buffer_bytes >= rcv->buffer_max_bytes)
		return;
	if (rcv->rtt_ns != 0 && (rtt_ns == 0 || rcv->rtt_ns < rtt_ns))
		rtt_ns = rcv->rtt_ns;
	if (rcv->measure_began_at == 0)
		rcv->measure_began_at = now;
	rcv->consumed_bytes += bytes;
	if (rtt_ns == 0 || now - rcv->measure_began_at < rtt_ns)
		return;
	wanted = 2ull * rcv->consumed_bytes + GROWTH_SLACK_SEGMENTS * mss_bytes;
	if (rcv->consumed_bytes > rcv->consumed_last_bytes)
		wanted += 2ull * (rcv->consumed_bytes - rcv->consumed_last_bytes);
	if (wanted > rcv->buffer_bytes)
		rcv->buffer_bytes = (uint32_t)min_u64(wanted, rcv->buffer_max_bytes);
	rcv->consumed_last_bytes = rcv->consumed_bytes;
	rcv->consumed_bytes = 0;
	rcv->measure_began_at = now;
}
