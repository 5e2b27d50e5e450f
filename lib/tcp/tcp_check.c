// SPDX-License-Identifier: MIT
//
// What is always true of a connection? ASSERTs for tests to call after every step: what is in no
// table, list or timer must not be, what the state promises must hold, and sequence numbers stand
// in their order.
#include "../base/assertion.h"
#include "receiver/tcp_receiver.h"
#include "sender/tcp_sender.h"
#include "tcp_layer.h"

static bool has_timer(const struct tcp_conn *conn)
{
	for (int timer = 0; timer < TCP_TIMER_COUNT; timer++)
		if (tcp_timers_at(&conn->timers, (enum tcp_timer)timer) != NEVER)
			return true;
	return false;
}

static void check_closed(const struct tcp_conn *conn)
{
	ASSERT(!conn->entry.is_entered);
	ASSERT(!has_timer(conn));
	ASSERT(!list_contains_node(&conn->output_node));
	ASSERT(conn->owner != TCP_NO_OWNER || conn->listener);
}

static void check_sending(const struct tcp_conn *conn)
{
	uint32_t out_bytes = conn->snd.nxt.raw - conn->snd.una.raw;

	ASSERT(tcp_seq_at_or_before(conn->snd.iss, conn->snd.una) ||
	       tcp_state_is_synchronized(conn->state));
	ASSERT(tcp_seq_at_or_before(conn->snd.una, conn->snd.nxt));
	ASSERT(conn->sent.sacked_bytes <= out_bytes);
	ASSERT(conn->sent.lost_bytes <= out_bytes);
	ASSERT((conn->sent.count == 0) == (out_bytes == 0));
	tcp_sent_check(&conn->sent, conn->snd.una, conn->snd.nxt);
	if (tcp_state_is_synchronized(conn->state))
		ASSERT(conn->congestion.cwnd_bytes >= conn->mss.payload_bytes);
	// Something in flight is never forgotten.
	if (out_bytes > 0)
		ASSERT(has_timer(conn) || list_contains_node(&conn->output_node));
}

static void check_state(const struct tcp_conn *conn)
{
	switch (conn->state) {
	case TCP_STATE_FIN_WAIT_1:
	case TCP_STATE_CLOSING:
	case TCP_STATE_LAST_ACK:
		ASSERT(conn->fin_queued);
		ASSERT(!tcp_sender_fin_is_acked(conn));
		break;
	case TCP_STATE_FIN_WAIT_2:
		ASSERT(tcp_sender_fin_is_acked(conn));
		break;
	case TCP_STATE_SYN_RECEIVED: // a close may wait for ESTABLISHED
		break;
	default:
		ASSERT(!conn->fin_queued);
		break;
	}
	if (tcp_state_is_synchronized(conn->state))
		ASSERT(tcp_receiver_is_finished(conn) == !tcp_state_may_receive_data(conn->state));
}

void tcp_check(const struct tcp_layer *tcp, const struct tcp_conn *conn)
{
	(void)tcp;
	ASSERT(list_contains_node(&conn->all_node));
	ASSERT((conn->changed != 0) == list_contains_node(&conn->changed_node));
	ASSERT(conn->listener == NULL || conn->owner == TCP_NO_OWNER);
	ASSERT(conn->hold == NULL || conn->claim.port == 0);
	if (conn->state == TCP_STATE_CLOSED) {
		check_closed(conn);
		return;
	}
	ASSERT(conn->entry.is_entered);
	ASSERT(conn->entry.local.port != 0);
	check_sending(conn);
	check_state(conn);
}
