// SPDX-License-Identifier: MIT
//
// The peer's window, and how far we are: RFC 9293 3.4, 3.10.7.4.
#include "tcp_send_window.h"

#include <string.h>

#include "../../base/numbers.h"
#include "../tcp_segment.h"

void tcp_send_window_init(struct tcp_send_space *snd, tcp_seq iss, bool syn_is_sent)
{
	memset(snd, 0, sizeof(*snd));
	snd->iss = iss;
	snd->una = snd->nxt = syn_is_sent ? tcp_seq_add(iss, 1) : iss;
	snd->small_end = snd->una;
}

static void take_window(struct tcp_send_space *snd, const struct tcp_segment *seg, uint32_t window)
{
	snd->window = window;
	snd->window_max = max_u32(snd->window_max, window);
	snd->wl1 = seg->seq;
	snd->wl2 = seg->ack;
}

void tcp_send_window_established(struct tcp_send_space *snd, const struct tcp_segment *seg,
				 uint8_t scale)
{
	// RFC 7323 2.2: the window of a SYN is never scaled.
	take_window(snd, seg, seg->is_syn ? seg->window : seg->window << scale);
}

void tcp_send_window_advance(struct tcp_send_space *snd, uint32_t space)
{
	snd->nxt = tcp_seq_add(snd->nxt, space);
}

void tcp_send_window_note_sent(struct tcp_send_space *snd, uint64_t now)
{
	snd->sent_at = now;
}

void tcp_send_window_acked(struct tcp_send_space *snd, tcp_seq ack)
{
	snd->una = ack;
	if (snd->small_is_out && tcp_seq_at_or_after(ack, snd->small_end))
		snd->small_is_out = false;
}

void tcp_send_window_note_small(struct tcp_send_space *snd, tcp_seq end)
{
	snd->small_end = end;
	snd->small_is_out = true;
}

// DECIDES: is the window in this segment news? (RFC 9293 3.10.7.4, fifth, ESTABLISHED)
static bool window_is_news(const struct tcp_send_space *snd, const struct tcp_segment *seg)
{
	if (tcp_seq_after(seg->seq, snd->wl1))
		return true;
	return tcp_seq_equal(seg->seq, snd->wl1) && tcp_seq_at_or_after(seg->ack, snd->wl2);
}

bool tcp_send_window_update(struct tcp_send_space *snd, const struct tcp_segment *seg,
			    uint8_t scale)
{
	uint32_t before = snd->window;

	// A segment from before SND.UNA says nothing new.
	if (tcp_seq_before(seg->ack, snd->una) || !window_is_news(snd, seg))
		return false;
	take_window(snd, seg, seg->window << scale);
	return snd->window != before;
}
