// SPDX-License-Identifier: MIT
//
// How does a connection end?
//
// In order: each side's FIN is acknowledged; who closed first leaves a remnant in TIME-WAIT. Or at
// once: by a RST of the peer's or ours, or by giving up.
//
// Two things let go of a connection, in any order: the network (no timer, not in the table, no
// bytes to send: state CLOSED) and the program (no owner, no listener's queue). When both have, it
// is freed. A connection without a program that is still ending is an orphan.
//
// Not here: the remnant (tcp_time_wait.c), which RSTs are believed (tcp_reset.c).
#include "tcp_close.h"

#include <errno.h>

#include "../../base/assertion.h"
#include "../receiver/tcp_receiver.h"
#include "../sender/tcp_sender.h"
#include "../tcp_changes.h"
#include "../tcp_layer.h"
#include "../tcp_open.h"
#include "../tcp_output.h"

bool tcp_conn_is_orphan(const struct tcp_conn *conn)
{
	return conn->owner == TCP_NO_OWNER && !conn->listener;
}

// The network's half of letting go. The state is CLOSED already.
static void leave_network(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	ASSERT(conn->state == TCP_STATE_CLOSED);
	tcp_timers_clear(tcp, conn);
	list_remove_if_on(&conn->output_node);
	tcp_table_remove(&tcp->table, &conn->entry);
	tcp_sender_release(tcp, conn);
	if (!conn->is_bound || tcp_conn_is_orphan(conn))
		tcp_conn_release_port(tcp, conn);
	tcp->counters.tcp_connections--;
}

void tcp_conn_free(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	if (conn->state != TCP_STATE_CLOSED) {
		tcp_state_change(conn, TCP_EVENT_ENDED);
		leave_network(tcp, conn);
	}
	if (conn->listener)
		tcp_listener_forget(conn);
	tcp_change_forget(conn);
	tcp_receiver_release(tcp, conn);
	tcp_conn_release_port(tcp, conn);
	list_remove(&conn->all_node);
	object_pool_release(&tcp->conns, conn);
}

void tcp_conn_fail(struct tcp_layer *tcp, struct tcp_conn *conn, int error, uint64_t now)
{
	(void)now;
	if (error == ETIMEDOUT && conn->soft_error)
		error = conn->soft_error;
	if (tcp_state_is_opening(conn->state))
		tcp->counters.tcp_failed++;
	tcp_state_change(conn, TCP_EVENT_ENDED);
	leave_network(tcp, conn);
	if (tcp_conn_is_orphan(conn)) {
		tcp_conn_free(tcp, conn);
		return;
	}
	conn->error = error;
	tcp_change(tcp, conn,
		   TCP_CHANGED_READABLE | TCP_CHANGED_WRITABLE | TCP_CHANGED_ERROR |
			   TCP_CHANGED_RESET);
}

void tcp_close_with_reset(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	tcp_reset_send(tcp, conn, now);
	tcp_conn_fail(tcp, conn, ECONNRESET, now);
}

// Both FINs are acknowledged.
static void end_in_order(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	leave_network(tcp, conn);
	if (tcp_conn_is_orphan(conn))
		tcp_conn_free(tcp, conn);
	else
		tcp_change(tcp, conn,
			   TCP_CHANGED_READABLE | TCP_CHANGED_FINISHED | TCP_CHANGED_CLOSED);
}

static void end_in_time_wait(struct tcp_layer *tcp, struct tcp_conn *conn, enum tcp_event event,
			     uint64_t now)
{
	tcp_time_wait_enter(tcp, conn, now);
	tcp_state_change(conn, event);
	end_in_order(tcp, conn);
}

// An orphan has nobody to read what the peer may still send: it waits for the FIN so long, no
// longer.
static void limit_fin_wait_2(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	uint64_t wait_ns = TCP_FIN_WAIT_2_NS;

	if (conn->settings.linger2_seconds)
		wait_ns = conn->settings.linger2_seconds * NS_PER_S;
	tcp_timers_arm(tcp, conn, TCP_TIMER_FIN_WAIT_2, time_after(now, wait_ns));
}

// false: conn is gone.
static bool orphan_in_fin_wait_2(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	if (conn->settings.fin_wait_2_is_refused) {
		tcp_close_with_reset(tcp, conn, now);
		return false;
	}
	limit_fin_wait_2(tcp, conn, now);
	return true;
}

void tcp_close_on_fin_wait_2(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	(void)now;
	ASSERT(conn->state == TCP_STATE_FIN_WAIT_2);
	ASSERT(tcp_conn_is_orphan(conn));
	tcp_conn_free(tcp, conn);
}

bool tcp_close_on_fin_acked(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	switch (conn->state) {
	case TCP_STATE_FIN_WAIT_1:
		tcp_state_change(conn, TCP_EVENT_FIN_IS_ACKED);
		return !tcp_conn_is_orphan(conn) || orphan_in_fin_wait_2(tcp, conn, now);
	case TCP_STATE_CLOSING:
		end_in_time_wait(tcp, conn, TCP_EVENT_FIN_IS_ACKED, now);
		return false;
	case TCP_STATE_LAST_ACK:
		tcp_state_change(conn, TCP_EVENT_FIN_IS_ACKED);
		end_in_order(tcp, conn);
		return false;
	default: // FIN-WAIT-2: it was acknowledged before
		return true;
	}
}

bool tcp_close_on_fin(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	if (conn->state == TCP_STATE_FIN_WAIT_2) {
		end_in_time_wait(tcp, conn, TCP_EVENT_FIN_ARRIVED, now);
		return false;
	}
	tcp_state_change(conn, TCP_EVENT_FIN_ARRIVED);
	tcp_change(tcp, conn, TCP_CHANGED_READABLE | TCP_CHANGED_FINISHED);
	return true;
}

// Nothing more will be sent: FIN goes out after the bytes.
static void finish_sending(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	conn->fin_queued = true;
	if (conn->state != TCP_STATE_SYN_RECEIVED) // then it waits for ESTABLISHED
		tcp_state_change(conn, TCP_EVENT_PROGRAM_CLOSED);
	tcp_output_request(tcp, conn);
}

int tcp_shutdown(struct tcp_layer *tcp, struct tcp_conn *conn, bool reading, bool writing,
		 uint64_t now)
{
	if (conn->state == TCP_STATE_CLOSED)
		return -ENOTCONN;
	if (conn->state == TCP_STATE_SYN_SENT) { // there is nothing yet to end in order
		tcp_conn_fail(tcp, conn, ECONNRESET, now);
		return 0;
	}
	if (writing && !conn->fin_queued)
		finish_sending(tcp, conn);
	if (reading && !conn->read_shut) {
		conn->read_shut = true;
		tcp_receiver_discard(tcp, conn);
		tcp_change(tcp, conn, TCP_CHANGED_READABLE);
	}
	return 0;
}

enum close_choice {
	CLOSE_AT_ONCE, // nobody need be told
	CLOSE_RESET,
	CLOSE_IN_ORDER,
};

static bool all_was_sent(const struct tcp_conn *conn)
{
	return (conn->state == TCP_STATE_CLOSING || conn->state == TCP_STATE_LAST_ACK) &&
	       tcp_sender_fin_is_sent(conn);
}

// DECIDES: how a connection ends whose program closes it (RFC 9293 3.10.4, RFC 2525 2.17,
// SO_LINGER)
static enum close_choice decide_close(const struct tcp_conn *conn)
{
	if (conn->state == TCP_STATE_CLOSED || conn->state == TCP_STATE_SYN_SENT)
		return CLOSE_AT_ONCE;
	if (tcp_receiver_unread_bytes(conn) > 0)
		return CLOSE_RESET;
	if (conn->settings.linger && conn->settings.linger_seconds == 0)
		return all_was_sent(conn) ? CLOSE_AT_ONCE : CLOSE_RESET;
	return CLOSE_IN_ORDER;
}

static void close_in_order(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	conn->read_shut = true;
	tcp_receiver_discard(tcp, conn);
	if (!conn->fin_queued)
		finish_sending(tcp, conn);
	else if (conn->state == TCP_STATE_FIN_WAIT_2)
		orphan_in_fin_wait_2(tcp, conn, now);
}

void tcp_close(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	enum close_choice choice = decide_close(conn);

	tcp_change_forget(conn);
	conn->owner = TCP_NO_OWNER;
	switch (choice) {
	case CLOSE_AT_ONCE:
		tcp_conn_free(tcp, conn);
		break;
	case CLOSE_RESET:
		tcp_reset_send(tcp, conn, now);
		tcp_conn_free(tcp, conn);
		break;
	case CLOSE_IN_ORDER:
		close_in_order(tcp, conn, now);
		break;
	}
}

void tcp_abort(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	tcp_change_forget(conn);
	conn->owner = TCP_NO_OWNER;
	// RFC 9293 3.10.5
	if (conn->state != TCP_STATE_CLOSED && conn->state != TCP_STATE_SYN_SENT &&
	    !all_was_sent(conn))
		tcp_reset_send(tcp, conn, now);
	tcp_conn_free(tcp, conn);
}
