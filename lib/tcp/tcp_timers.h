// SPDX-License-Identifier: MIT
//
// Which deadline comes next, and who handles it? A connection has a row of deadlines and one node
// in the wheel; the node is re-armed lazily: a deadline that moved later costs nothing until the
// old one fires.
#ifndef BERTH_TCP_TIMERS_H
#define BERTH_TCP_TIMERS_H

#include "../base/timer_wheel.h"

struct tcp_conn;
struct tcp_layer;

enum tcp_timer {
	TCP_TIMER_RETRANSMIT,  // RFC 6298; also SYN
	TCP_TIMER_LOSS_PROBE,  // RFC 8985 7
	TCP_TIMER_REORDERING,  // RFC 8985 6.3
	TCP_TIMER_PERSIST,     // RFC 9293 3.8.6.1
	TCP_TIMER_DELAYED_ACK, // RFC 9293 3.8.6.3
	TCP_TIMER_KEEPALIVE,   // RFC 9293 3.8.4
	TCP_TIMER_FIN_WAIT_2,
	TCP_TIMER_SEND_LATER, // sender SWS override (RFC 9293 3.8.6.2.1), CORK's 200 ms
	TCP_TIMER_COUNT,
};

struct tcp_timers {
	struct timer_node wheel_node;
	uint64_t deadline_at[TCP_TIMER_COUNT]; // NEVER: not running
};

void tcp_timers_init(struct tcp_timers *timers);
void tcp_timers_arm(struct tcp_layer *tcp, struct tcp_conn *conn, enum tcp_timer timer,
		    uint64_t at);
void tcp_timers_disarm(struct tcp_layer *tcp, struct tcp_conn *conn, enum tcp_timer timer);
void tcp_timers_clear(struct tcp_layer *tcp, struct tcp_conn *conn); // none runs, off the wheel
static inline uint64_t tcp_timers_at(const struct tcp_timers *timers, enum tcp_timer timer)
{
	return timers->deadline_at[timer];
}

// The wheel gave this connection's node: run each deadline that has come, in enum order, re-arm.
// The connection may be gone when it returns.
void tcp_timers_fire(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);

#endif
