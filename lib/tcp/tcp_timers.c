// SPDX-License-Identifier: MIT
//
// Which deadline comes next, and who handles it?
//
// The wheel node stands at the earliest deadline or before it: a deadline that moves later or
// vanishes leaves it where it is, and when it fires for nothing it is armed again for what is next.
// That makes the two moves of each ACK free.
#include "tcp_timers.h"

#include "../base/time_units.h"
#include "closing/tcp_close.h"
#include "receiver/tcp_ack_policy.h"
#include "sender/tcp_ack.h"
#include "sender/tcp_rto.h"
#include "tcp_layer.h"
#include "tcp_output.h"

void tcp_timers_init(struct tcp_timers *timers)
{
	unsigned timer;

	timers->wheel_node = (struct timer_node){0};
	for (timer = 0; timer < TCP_TIMER_COUNT; timer++)
		timers->deadline_at[timer] = NEVER;
}

void tcp_timers_arm(struct tcp_layer *tcp, struct tcp_conn *conn, enum tcp_timer timer, uint64_t at)
{
	struct tcp_timers *timers = &conn->timers;

	timers->deadline_at[timer] = at;
	if (at == NEVER)
		return;
	if (!timer_is_armed(&timers->wheel_node) || at < timers->wheel_node.deadline_at)
		timer_wheel_arm(&tcp->wheel, &timers->wheel_node, at);
}

void tcp_timers_disarm(struct tcp_layer *tcp, struct tcp_conn *conn, enum tcp_timer timer)
{
	(void)tcp;
	conn->timers.deadline_at[timer] = NEVER;
}

void tcp_timers_clear(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	unsigned timer;

	for (timer = 0; timer < TCP_TIMER_COUNT; timer++)
		conn->timers.deadline_at[timer] = NEVER;
	timer_wheel_disarm(&tcp->wheel, &conn->timers.wheel_node);
}

// false: the connection has failed or is gone.
static bool handle(struct tcp_layer *tcp, struct tcp_conn *conn, enum tcp_timer timer, uint64_t now)
{
	switch (timer) {
	case TCP_TIMER_RETRANSMIT:
		return tcp_rto_on_timer(tcp, conn, now);
	case TCP_TIMER_LOSS_PROBE:
		tcp_loss_probe_on_timer(tcp, conn, now);
		return true;
	case TCP_TIMER_REORDERING:
		tcp_ack_on_reordering_timer(tcp, conn, now);
		return true;
	case TCP_TIMER_PERSIST:
		return tcp_persist_on_timer(tcp, conn, now);
	case TCP_TIMER_DELAYED_ACK:
		tcp_ack_on_timer(tcp, conn, now);
		return true;
	case TCP_TIMER_KEEPALIVE:
		return tcp_keepalive_on_timer(tcp, conn, now);
	case TCP_TIMER_FIN_WAIT_2:
		tcp_close_on_fin_wait_2(tcp, conn, now);
		return false;
	case TCP_TIMER_SEND_LATER:
		tcp_send_buffer_set_override(&conn->unsent, true);
		tcp_output_request(tcp, conn);
		return true;
	case TCP_TIMER_COUNT:
		break;
	}
	return true;
}

void tcp_timers_fire(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	struct tcp_timers *timers = &conn->timers;
	uint64_t next_at = NEVER;
	unsigned timer;

	for (timer = 0; timer < TCP_TIMER_COUNT; timer++) {
		if (timers->deadline_at[timer] > now)
			continue;
		timers->deadline_at[timer] = NEVER;
		if (!handle(tcp, conn, (enum tcp_timer)timer, now))
			return;
	}
	for (timer = 0; timer < TCP_TIMER_COUNT; timer++)
		next_at = earliest(next_at, timers->deadline_at[timer]);
	if (next_at == NEVER)
		timer_wheel_disarm(&tcp->wheel, &timers->wheel_node);
	else
		timer_wheel_arm(&tcp->wheel, &timers->wheel_node, next_at);
}
