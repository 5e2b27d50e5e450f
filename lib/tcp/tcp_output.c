// SPDX-License-Identifier: MIT
//
// Which connections may have something to send? They stand in a list; each in its turn is asked
// what goes out next (sender/tcp_send_decide.c), a few segments at a time, until it has nothing or
// the burst is full.
//
// What remains held back needs somebody to ask again: an ACK will, or a timer is started here.
#include "tcp_output.h"

#include "../base/numbers.h"
#include "sender/tcp_emit.h"
#include "sender/tcp_rto.h"
#include "tcp_layer.h"
#include "tcp_path.h"

#define HOLD_NS (200 * NS_PER_MS)  // RFC 9293 3.8.6.2.1: override timeout 0.1 to 1 s; CORK as Linux
#define RETRY_NS (200 * NS_PER_MS) // no path or no memory: ask again

enum turn_end {
	TURN_DONE, // nothing more for now
	TURN_OVER, // the next one's turn
	TURN_FULL, // the burst is full
};

void tcp_output_request(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	if (!list_contains_node(&conn->output_node))
		list_append(&tcp->output, &conn->output_node);
}

bool tcp_has_output(const struct tcp_layer *tcp)
{
	return !list_is_empty(&tcp->output);
}

static void hold_until(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t at)
{
	if (tcp_timers_at(&conn->timers, TCP_TIMER_SEND_LATER) == NEVER)
		tcp_timers_arm(tcp, conn, TCP_TIMER_SEND_LATER, at);
}

// Bytes are held back: who will ask again?
static void hold(struct tcp_layer *tcp, struct tcp_conn *conn,
		 const struct tcp_send_decision *decision, uint64_t now)
{
	bool needs_timer = decision->hold == TCP_HOLD_CORK ||
			   (decision->hold == TCP_HOLD_SILLY && conn->sent.count == 0);

	if (needs_timer)
		hold_until(tcp, conn, now + HOLD_NS);
	else
		tcp_timers_disarm(tcp, conn, TCP_TIMER_SEND_LATER);
	tcp_persist_refresh(tcp, conn, now);
}

static void settle(struct tcp_layer *tcp, struct tcp_conn *conn,
		   const struct tcp_send_decision *decision, bool has_sent, uint64_t now)
{
	uint32_t in_flight = tcp_sent_in_flight(&conn->sent, conn->snd.una, conn->snd.nxt);

	tcp_congestion_note_flight(&conn->congestion, in_flight, conn->snd.una, conn->snd.nxt,
				   decision->cwnd_limited);
	if (has_sent) {
		tcp_rto_on_sent(tcp, conn, now);
		tcp_send_buffer_wake(tcp,
				     conn); // TCP_NOTSENT_LOWAT, or the flight grew
	}
	if (!decision->cwnd_limited && in_flight < conn->congestion.cwnd_bytes &&
	    tcp_send_buffer_unsent(conn) == 0)
		tcp_rate_note_limited(&conn->rate, in_flight);
}

// RFC 5681 4.1: what was learnt of the path before a pause may be wrong now.
static void restart_after_idle(struct tcp_conn *conn, uint64_t now)
{
	uint64_t rto_ns = tcp_rtt_rto_ns(&conn->rtt);

	if (conn->sent.count > 0 || conn->snd.sent_at == 0 || now - conn->snd.sent_at < rto_ns ||
	    tcp_send_buffer_unsent(conn) == 0)
		return;
	tcp_congestion_after_idle(&conn->congestion, now - conn->snd.sent_at, rto_ns);
}

// Is there still a way, and is it as wide as before?
static bool prepare(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	uint32_t generation = conn->path.generation;

	if (!tcp_path_refresh(tcp, conn))
		return false;
	if (conn->path.generation != generation)
		tcp_mss_reduce(tcp, conn, now);
	if (!tcp_state_is_opening(conn->state))
		restart_after_idle(conn, now);
	return true;
}

static enum turn_end take_turn(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	struct tcp_send_decision decision = {.choice = TCP_SEND_NOTHING};
	enum turn_end end = TURN_OVER;
	bool has_sent = false;
	uint32_t left;

	if (!prepare(tcp, conn, now)) {
		hold_until(tcp, conn, now + RETRY_NS);
		return TURN_DONE;
	}
	for (left = TCP_TRANSMIT_QUANTUM; left > 0; left--) {
		enum tcp_emit_result result;

		decision = tcp_send_decide(conn);
		if (decision.choice == TCP_SEND_NOTHING) {
			end = TURN_DONE;
			break;
		}
		result = tcp_emit(tcp, conn, &decision, now);
		if (result != TCP_EMIT_SENT) {
			end = result == TCP_EMIT_NO_ROOM ? TURN_FULL : TURN_DONE;
			if (result == TCP_EMIT_NO_MEMORY)
				hold_until(tcp, conn, now + RETRY_NS);
			break;
		}
		has_sent = true;
	}
	if (decision.choice == TCP_SEND_NOTHING)
		hold(tcp, conn, &decision, now);
	settle(tcp, conn, &decision, has_sent, now);
	return end;
}

bool tcp_transmit(struct tcp_layer *tcp, uint64_t now)
{
	struct list_node *node;

	while ((node = list_first(&tcp->output)) != NULL) {
		struct tcp_conn *conn = CONTAINER_OF(node, struct tcp_conn, output_node);
		enum turn_end end = take_turn(tcp, conn, now);

		if (end == TURN_FULL)
			return true;
		list_remove(node);
		if (end == TURN_OVER)
			list_append(&tcp->output, node);
	}
	return false;
}
