// SPDX-License-Identifier: MIT
//
// What goes out next? Nagle, silly windows, CORK, cwnd, the peer's window, PRR: all consulted here
// and only here.
#ifndef BERTH_TCP_SEND_DECIDE_H
#define BERTH_TCP_SEND_DECIDE_H

#include "../tcp_conn.h"

enum tcp_send_choice {
	TCP_SEND_NOTHING,
	TCP_SEND_SYN,        // SYN or SYN,ACK
	TCP_SEND_LOST,       // again: the record `index`
	TCP_SEND_NEW,        // bytes from SND.NXT on, with FIN when they are the last
	TCP_SEND_LOSS_PROBE, // again: the end of the record `index` (RFC 8985 7.3)
	TCP_SEND_WINDOW_PROBE,
	TCP_SEND_KEEPALIVE,
	TCP_SEND_ACK,
};

enum tcp_hold {
	TCP_HOLD_NO,    // nothing is held
	TCP_HOLD_SILLY, // the window is too small for it (RFC 9293 3.8.6.2.1)
	TCP_HOLD_NAGLE, // a small segment is unacknowledged (RFC 896, Minshall's variant)
	TCP_HOLD_CORK,  // the program says more follows
};

struct tcp_send_decision {
	enum tcp_send_choice choice;
	uint32_t index;  // of the scoreboard record
	uint32_t length; // payload bytes
	bool fin;
	bool is_loss_probe; // NEW as tail loss probe
	// With NOTHING or ACK: what holds bytes back.
	bool cwnd_limited;
	bool window_limited; // the peer takes none
	enum tcp_hold hold;
};

struct tcp_send_decision tcp_send_decide(struct tcp_conn *conn);

// What the rules about small segments look at.
struct tcp_hold_view {
	uint32_t usable_bytes; // what window and cwnd would let out now
	uint32_t unsent_bytes; // what there is
	uint32_t mss_bytes;
	uint32_t window_max_bytes;
	bool nothing_in_flight;
	bool small_in_flight;
	bool nodelay, cork, more, fin, override_hold;
};

enum tcp_hold tcp_send_hold_decide(const struct tcp_hold_view *view);

#endif
