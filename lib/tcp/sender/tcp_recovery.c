// SPDX-License-Identifier: MIT
//
// Are we repairing, and when is it over?
//
// OPEN -> FAST when a loss is found; the window shrinks once, by PRR, until everything that was in
// flight then is acknowledged. Any -> RTO when the timer fires; then slow start, and F-RTO (RFC
// 5682 3.1) watches whether the timer was right: after the first ACK new data goes out instead of
// old. Either ends at `until`, or at once when the loss turns out false (tcp_recovery_undo.c).
//
// Between episodes `until` follows SND.UNA at a distance of one, so that comparing with it stays
// meaningful however many bytes go by.
//
// Not here: which segments are lost (tcp_loss.c), when the timer fires (tcp_rto.c).
#include "tcp_recovery.h"

#include <string.h>

#include "../../base/numbers.h"
#include "../tcp_layer.h"
#include "tcp_ack_report.h"

void tcp_recovery_init(struct tcp_recovery *recovery)
{
	memset(recovery, 0, sizeof(*recovery));
}

void tcp_recovery_begin_at(struct tcp_recovery *recovery, tcp_seq una)
{
	recovery->until = tcp_seq_of(una.raw - 1);
}

static uint32_t in_flight(const struct tcp_conn *conn)
{
	return tcp_sent_in_flight(&conn->sent, conn->snd.una, conn->snd.nxt);
}

// Until cwnd and ssthresh of now come back.
static void reduce(struct tcp_conn *conn, tcp_seq una, bool by_timer, uint64_t now)
{
	struct tcp_congestion *congestion = &conn->congestion;
	uint32_t flight_bytes = conn->snd.nxt.raw - una.raw;

	tcp_recovery_undo_begin(&conn->recovery, congestion->cwnd_bytes, congestion->ssthresh_bytes,
				conn->snd.una);
	if (by_timer)
		congestion->ops->on_rto(congestion, flight_bytes, now);
	else
		congestion->ops->on_loss_episode(congestion, flight_bytes, now);
}

static void begin_fast(struct tcp_layer *tcp, struct tcp_conn *conn, tcp_seq una,
		       uint32_t in_flight_bytes, uint64_t now)
{
	struct tcp_recovery *recovery = &conn->recovery;

	reduce(conn, una, false, now);
	recovery->phase = TCP_RECOVERY_FAST;
	recovery->until = conn->snd.nxt;
	recovery->prr_delivered_bytes = recovery->prr_out_bytes = 0;
	recovery->prr_flight_bytes = in_flight_bytes;
	recovery->episodes++;
	tcp_loss_probe_not_sent(&conn->loss);
	tcp->counters.tcp_fast_recoveries++;
}

static void set_prr_window(struct tcp_conn *conn, uint32_t delivered_bytes, bool ack_is_safe)
{
	uint32_t flight = in_flight(conn);
	uint32_t quota =
		tcp_recovery_prr_quota(&conn->recovery, conn->congestion.ssthresh_bytes, flight,
				       delivered_bytes, conn->mss.payload_bytes, ack_is_safe);

	tcp_congestion_set_cwnd(&conn->congestion, flight + quota);
}

static void end_episode(struct tcp_conn *conn)
{
	struct tcp_recovery *recovery = &conn->recovery;

	if (recovery->phase == TCP_RECOVERY_FAST) // RFC 9937 6: at the end
		tcp_congestion_set_cwnd(&conn->congestion, conn->congestion.ssthresh_bytes);
	recovery->phase = TCP_RECOVERY_OPEN;
	recovery->frto = TCP_FRTO_OFF;
	recovery->undo_until = conn->snd.nxt;
	tcp_loss_on_recovery_end(&conn->loss);
	if (!conn->agreed.has_sack)
		tcp_sent_forget_duplicates(&conn->sent);
}

// RFC 4015 3.2: as if nothing had been.
static void undo(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	struct tcp_recovery *recovery = &conn->recovery;
	struct tcp_congestion *congestion = &conn->congestion;

	tcp_sent_unmark_lost(&conn->sent);
	congestion->ops->on_undo(congestion);
	tcp_congestion_restore(congestion,
			       max_u32(congestion->cwnd_bytes, recovery->cwnd_before_bytes),
			       recovery->ssthresh_before_bytes);
	if (recovery->phase != TCP_RECOVERY_OPEN)
		tcp_loss_on_recovery_end(&conn->loss);
	recovery->phase = TCP_RECOVERY_OPEN;
	recovery->frto = TCP_FRTO_OFF;
	recovery->undo_is_possible = false;
	tcp_sent_forget_duplicates(&conn->sent);
	tcp_rtt_end_back_off(&conn->rtt);
	tcp->counters.tcp_spurious_recoveries++;
}

// DECIDES: the next step of F-RTO (RFC 5682 3.1)
static enum tcp_frto next_frto(const struct tcp_conn *conn, const struct tcp_ack_report *report)
{
	switch (conn->recovery.frto) {
	case TCP_FRTO_WAIT_FIRST: // step 2: stay until the first bytes are acknowledged
		if (report->acked_bytes == 0)
			return TCP_FRTO_WAIT_FIRST;
		if (tcp_send_buffer_unsent(conn) == 0 || tcp_send_window_room(&conn->snd) == 0)
			return TCP_FRTO_OFF; // nothing new to ask with
		return TCP_FRTO_WAIT_SECOND;
	case TCP_FRTO_WAIT_SECOND: // step 3a: the new data arrived and the old did not
		if (report->has_new_sack || report->is_duplicate || report->acked_bytes > 0)
			return TCP_FRTO_OFF;
		return TCP_FRTO_WAIT_SECOND;
	default:
		return TCP_FRTO_OFF;
	}
}

static void continue_episode(struct tcp_conn *conn, const struct tcp_ack_report *report)
{
	struct tcp_recovery *recovery = &conn->recovery;

	if (recovery->phase == TCP_RECOVERY_FAST) {
		recovery->prr_delivered_bytes += report->delivered_bytes;
		if (report->delivered_bytes > 0 || report->lost_bytes > 0)
			set_prr_window(conn, report->delivered_bytes,
				       report->acked_bytes > 0 && report->lost_bytes == 0);
	} else {
		recovery->frto = (uint8_t)next_frto(conn, report);
	}
}

// All is well, and the last episode slips away.
static void forget_episode(struct tcp_conn *conn, tcp_seq ack)
{
	struct tcp_recovery *recovery = &conn->recovery;

	if (tcp_seq_after(ack, recovery->undo_until))
		recovery->undo_is_possible = false;
	if (!recovery->undo_is_possible && tcp_seq_after(ack, recovery->until))
		tcp_recovery_begin_at(recovery, ack);
	tcp_sent_forget_duplicates(&conn->sent);
}

void tcp_recovery_after_ack(struct tcp_layer *tcp, struct tcp_conn *conn,
			    struct tcp_ack_report *report, uint64_t now)
{
	struct tcp_recovery *recovery = &conn->recovery;

	if (report->acked_bytes > 0)
		tcp_recovery_note_progress(recovery);
	tcp_recovery_undo_note_dsack(recovery, report, conn->mss.payload_bytes);
	if (tcp_recovery_undo_decide(recovery, report) != TCP_UNDO_NONE) {
		undo(tcp, conn);
		return;
	}
	if (!tcp_recovery_is_open(recovery) && tcp_seq_at_or_after(report->ack, recovery->until))
		end_episode(conn);
	if (tcp_recovery_is_open(recovery)) {
		if (conn->sent.lost_bytes > 0)
			begin_fast(tcp, conn, report->una_before, report->in_flight_before_bytes,
				   now);
		else if (report->acked_bytes > 0)
			forget_episode(conn, report->ack);
	}
	if (!tcp_recovery_is_open(recovery))
		continue_episode(conn, report);
}

void tcp_recovery_on_loss(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	if (tcp_recovery_is_open(&conn->recovery))
		begin_fast(tcp, conn, conn->snd.una, in_flight(conn) + conn->sent.lost_bytes, now);
	if (conn->recovery.phase == TCP_RECOVERY_FAST)
		set_prr_window(conn, 0, false);
}

void tcp_recovery_on_rto(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	struct tcp_recovery *recovery = &conn->recovery;
	bool is_new = recovery->phase == TCP_RECOVERY_OPEN ||
		      (recovery->phase == TCP_RECOVERY_RTO && recovery->rto_count == 1);

	if (is_new) // RFC 5681 3.1 (4): once for the same data
		reduce(conn, conn->snd.una, true, now);
	recovery->frto = recovery->phase == TCP_RECOVERY_OPEN && conn->agreed.has_sack
				 ? TCP_FRTO_WAIT_FIRST
				 : TCP_FRTO_OFF;
	recovery->phase = TCP_RECOVERY_RTO;
	recovery->until = conn->snd.nxt;
	recovery->rto_total++;
	// RFC 5681 3.1: the loss window, on top of what may still arrive.
	tcp_congestion_set_cwnd(&conn->congestion,
				in_flight(conn) +
					TCP_CWND_AFTER_RTO_SEGMENTS * conn->mss.payload_bytes);
	tcp->counters.tcp_rto_fired++;
}

void tcp_recovery_on_probe_repair(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	if (!tcp_recovery_is_open(&conn->recovery))
		return;
	reduce(conn, conn->snd.una, false, now);
	conn->recovery.undo_is_possible = false;
	tcp_congestion_set_cwnd(&conn->congestion, min_u32(conn->congestion.cwnd_bytes,
							   conn->congestion.ssthresh_bytes));
	conn->recovery.episodes++;
	tcp->counters.tcp_fast_recoveries++;
}

void tcp_recovery_on_smaller_path(struct tcp_conn *conn)
{
	struct tcp_recovery *recovery = &conn->recovery;

	if (!tcp_recovery_is_open(recovery))
		return;
	recovery->phase = TCP_RECOVERY_RTO;
	recovery->frto = TCP_FRTO_OFF;
	recovery->until = conn->snd.nxt;
	recovery->undo_is_possible = false;
}

void tcp_recovery_note_sent(struct tcp_recovery *recovery, uint32_t bytes, uint32_t segments,
			    bool again, uint32_t timestamp, uint64_t now)
{
	if (recovery->phase == TCP_RECOVERY_OPEN)
		return;
	recovery->prr_out_bytes += bytes;
	if (!again)
		return;
	if (!recovery->has_resent) {
		recovery->has_resent = true;
		recovery->first_resent_timestamp = timestamp;
		recovery->first_resent_at = now;
	}
	recovery->undo_resent_segments += segments;
}

void tcp_recovery_note_stall(struct tcp_recovery *recovery, uint64_t since_at)
{
	if (recovery->stalled_since_at == 0)
		recovery->stalled_since_at = since_at;
	if (recovery->rto_count < UINT8_MAX)
		recovery->rto_count++;
}

void tcp_recovery_note_progress(struct tcp_recovery *recovery)
{
	recovery->stalled_since_at = 0;
	recovery->rto_count = 0;
}
