// SPDX-License-Identifier: MIT
//
// How much will the peer take? SND.* of RFC 9293 3.3.1.
#ifndef BERTH_TCP_SEND_WINDOW_H
#define BERTH_TCP_SEND_WINDOW_H

#include "../tcp_seq.h"

struct tcp_segment;

struct tcp_send_space {
	tcp_seq una, nxt, iss;
	tcp_seq wl1, wl2;    // SEG.SEQ and SEG.ACK of the last window update
	uint32_t window;     // SND.WND, scaled
	uint32_t window_max; // the largest ever offered: the peer's buffer, as far as we know
	uint64_t sent_at;    // when bytes last left, first or again; 0: never
	tcp_seq small_end;   // end of the last segment sent that was not full (Minshall)
	bool small_is_out;
};

void tcp_send_window_init(struct tcp_send_space *snd, tcp_seq iss, bool syn_is_sent);
// The handshake's last word: seg is the peer's SYN,ACK or ACK. A SYN's window is not scaled.
void tcp_send_window_established(struct tcp_send_space *snd, const struct tcp_segment *seg,
				 uint8_t scale);
void tcp_send_window_advance(struct tcp_send_space *snd, uint32_t space); // sent: SND.NXT
void tcp_send_window_note_sent(struct tcp_send_space *snd, uint64_t now);
void tcp_send_window_acked(struct tcp_send_space *snd, tcp_seq ack); // SND.UNA
void tcp_send_window_note_small(struct tcp_send_space *snd, tcp_seq end);
// Step 7 of tcp_ack_process; RFC 9293 3.10.7.4 fifth. true: the window changed.
bool tcp_send_window_update(struct tcp_send_space *snd, const struct tcp_segment *seg,
			    uint8_t scale);

// Sequence space from SND.NXT on that the peer takes.
static inline uint32_t tcp_send_window_room(const struct tcp_send_space *snd)
{
	int32_t room = tcp_seq_distance(snd->nxt, tcp_seq_add(snd->una, snd->window));

	return room > 0 ? (uint32_t)room : 0;
}

#endif
