// SPDX-License-Identifier: MIT
//
// The retransmission timer: when does it run, and what happens when it fires? RFC 6298 5.
//
// It runs while anything is in flight: either itself, or in its place the loss probe's
// (tcp_loss_probe.c), which hands over to it. Each firing doubles it, until enough is enough.
//
// Not here: which segments count as lost then (tcp_loss.c), and what becomes of cwnd
// (tcp_recovery.c).
#include "tcp_rto.h"

#include <errno.h>

#include "../../base/numbers.h"
#include "../closing/tcp_close.h"
#include "../tcp_layer.h"
#include "../tcp_output.h"
#include "tcp_ack_report.h"

// RFC 5482: never later than the program's patience.
static uint64_t cut_to_user_timeout(const struct tcp_conn *conn, uint64_t deadline_at)
{
	uint64_t patience_ns = conn->settings.user_timeout_ms * NS_PER_MS;
	uint64_t since_at = conn->recovery.stalled_since_at;

	if (patience_ns == 0 || since_at == 0)
		return deadline_at;
	return min_u64(deadline_at, time_after(since_at, patience_ns));
}

void tcp_rto_restart(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	uint64_t deadline_at = now + tcp_rtt_rto_ns(&conn->rtt);

	tcp_timers_arm(tcp, conn, TCP_TIMER_RETRANSMIT, cut_to_user_timeout(conn, deadline_at));
}

static void arm_probe_or_rto(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	uint64_t probe_at = tcp_loss_probe_decide(conn, now);

	if (probe_at != NEVER) {
		tcp_timers_arm(tcp, conn, TCP_TIMER_LOSS_PROBE, probe_at);
		tcp_timers_disarm(tcp, conn, TCP_TIMER_RETRANSMIT);
		return;
	}
	tcp_timers_disarm(tcp, conn, TCP_TIMER_LOSS_PROBE);
	tcp_rto_restart(tcp, conn, now);
}

void tcp_rto_on_sent(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	if (conn->sent.count == 0)
		return;
	if (tcp_timers_at(&conn->timers, TCP_TIMER_RETRANSMIT) == NEVER)
		arm_probe_or_rto(tcp, conn, now); // 5.1, and again for each flight (RFC 8985 7.2)
}

// The loss probe gives way before its time: the retransmission timer goes on as if it had always
// run.
static void resume_rto(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	uint64_t since_at = tcp_sent_at(&conn->sent, 0)->sent_at;
	uint64_t deadline_at = max_u64(since_at + tcp_rtt_rto_ns(&conn->rtt), now);

	tcp_timers_disarm(tcp, conn, TCP_TIMER_LOSS_PROBE);
	tcp_timers_arm(tcp, conn, TCP_TIMER_RETRANSMIT, cut_to_user_timeout(conn, deadline_at));
}

void tcp_rto_after_ack(struct tcp_layer *tcp, struct tcp_conn *conn,
		       const struct tcp_ack_report *report, uint64_t now)
{
	if (conn->sent.count == 0) { // 5.2
		tcp_timers_disarm(tcp, conn, TCP_TIMER_RETRANSMIT);
		tcp_timers_disarm(tcp, conn, TCP_TIMER_LOSS_PROBE);
	} else if (report->acked_bytes > 0) { // 5.3
		arm_probe_or_rto(tcp, conn, now);
	} else if (tcp_timers_at(&conn->timers, TCP_TIMER_RETRANSMIT) == NEVER &&
		   tcp_loss_probe_decide(conn, now) == NEVER) {
		resume_rto(tcp, conn, now);
	}
	if (conn->loss.next_at == NEVER || conn->sent.count == 0)
		tcp_timers_disarm(tcp, conn, TCP_TIMER_REORDERING);
	else
		tcp_timers_arm(tcp, conn, TCP_TIMER_REORDERING, conn->loss.next_at);
}

// DECIDES: has the peer been silent for too long? (RFC 9293 3.8.3 R2, RFC 5482)
static bool has_waited_enough(const struct tcp_conn *conn, uint64_t now)
{
	const struct tcp_recovery *recovery = &conn->recovery;
	uint64_t patience_ns = conn->settings.user_timeout_ms * NS_PER_MS;
	uint32_t retries = TCP_DATA_RETRIES;

	if (tcp_state_is_opening(conn->state))
		retries = conn->settings.syn_retries ? conn->settings.syn_retries : TCP_SYN_RETRIES;
	else if (tcp_conn_is_orphan(conn))
		retries = TCP_ORPHAN_RETRIES;
	if (patience_ns != 0)
		return recovery->stalled_since_at != 0 &&
		       now - recovery->stalled_since_at >= patience_ns;
	return recovery->rto_count >= retries;
}

static struct tcp_loss_view view_of(const struct tcp_conn *conn)
{
	struct tcp_loss_view view = {
		.una = conn->snd.una,
		.nxt = conn->snd.nxt,
		.mss_bytes = conn->mss.payload_bytes,
		.has_sack = conn->agreed.has_sack && !tcp_state_is_opening(conn->state),
		.in_recovery = !tcp_recovery_is_open(&conn->recovery),
		.until = conn->recovery.until,
	};

	return view;
}

// 5.4 to 5.6.
bool tcp_rto_on_timer(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	struct tcp_loss_view view = view_of(conn);
	struct tcp_sent *sent = &conn->sent;

	if (sent->count == 0)
		return true;
	if (has_waited_enough(conn, now)) {
		tcp_conn_fail(tcp, conn, ETIMEDOUT, now);
		return false;
	}
	if (tcp_sent_at(sent, 0)->fate == TCP_SENT_SACKED) // the peer has thrown it away
		tcp_sent_forget_sacks(sent, conn->snd.una);
	tcp_recovery_note_stall(&conn->recovery, tcp_sent_at(sent, 0)->sent_at);
	tcp_loss_on_rto(&conn->loss, sent, &conn->rtt, &view, now);
	tcp_sent_note_rto(sent, conn->snd.nxt);
	if (!tcp_state_is_opening(conn->state))
		tcp_recovery_on_rto(tcp, conn, now);
	tcp_rtt_back_off(&conn->rtt);
	tcp_timers_disarm(tcp, conn, TCP_TIMER_LOSS_PROBE);
	tcp_timers_disarm(tcp, conn, TCP_TIMER_REORDERING);
	tcp_rto_restart(tcp, conn, now);
	tcp_output_request(tcp, conn);
	return true;
}
