// SPDX-License-Identifier: MIT
//
// An acceptable ACK arrived: who must hear about it, in which order? This is the table of contents
// of the sending half. Nothing is transmitted here.
#include "tcp_ack.h"

#include "../../base/numbers.h"
#include "../tcp_changes.h"
#include "../tcp_layer.h"
#include "../tcp_output.h"
#include "tcp_rto.h"
#include "tcp_sender.h"

// DECIDES: is this a duplicate ACK? (RFC 5681 2)
static bool ack_is_duplicate(const struct tcp_conn *conn, const struct tcp_segment *seg)
{
	return conn->sent.count > 0 && seg->length == 0 && !seg->is_syn && !seg->is_fin &&
	       tcp_seq_equal(seg->ack, conn->snd.una) &&
	       seg->window << conn->agreed.send_scale == conn->snd.window;
}

static struct tcp_loss_view view_of(const struct tcp_conn *conn)
{
	struct tcp_loss_view view = {
		.una = conn->snd.una,
		.nxt = conn->snd.nxt,
		.mss_bytes = conn->mss.payload_bytes,
		.has_sack = conn->agreed.has_sack,
		.in_recovery = !tcp_recovery_is_open(&conn->recovery),
		.until = conn->recovery.until,
	};

	return view;
}

static void read_timestamp(const struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t now,
			   struct tcp_ack_report *report)
{
	uint32_t ticks;

	if (!conn->agreed.has_timestamps || !seg->options.has_timestamps ||
	    seg->options.timestamp_echo == 0)
		return;
	report->has_timestamp_echo = true;
	report->timestamp_echo = seg->options.timestamp_echo;
	ticks = tcp_timestamp_now(&conn->agreed, now) - seg->options.timestamp_echo;
	if (ticks < TCP_RTO_MAX_NS / TCP_TIMESTAMP_TICK_NS)
		report->timestamp_rtt_ns = max_u32(ticks, 1) * TCP_TIMESTAMP_TICK_NS;
}

// RFC 6298 3 and 4: from the segment's own time, or from the timestamp where Karn forbids that. An
// echo older than the last transmission of what it acknowledges measures only how long we waited to
// send it again.
static void measure_round_trip(const struct tcp_conn *conn, uint64_t now,
			       struct tcp_ack_report *report)
{
	if (report->has_timestamp_echo && report->newest_was_retransmitted &&
	    tcp_seq_at_or_before(report->newest_end, report->ack))
		report->newest_timestamp_is_later =
			(int32_t)(tcp_timestamp_now(&conn->agreed, report->newest_sent_at) -
				  report->timestamp_echo) > 0;
	if (report->oldest_sent_at != 0)
		report->rtt_ns = max_u64(now - report->oldest_sent_at, 1);
	else if (report->acked_bytes > 0 && !report->newest_timestamp_is_later)
		report->rtt_ns = report->timestamp_rtt_ns;
}

static uint32_t samples_in_flight(const struct tcp_conn *conn, const struct tcp_ack_report *report)
{
	uint32_t every_second = 2u * conn->mss.payload_bytes; // the peer delays its ACKs

	return (report->in_flight_before_bytes + every_second - 1) / every_second;
}

// Not for duplicates: what limited transmit sends must not move cwnd (RFC 5681 3.2 step 1).
static void grow_window(struct tcp_conn *conn, const struct tcp_ack_report *report, uint64_t now)
{
	uint8_t phase = conn->recovery.phase;

	if (report->acked_bytes == 0 || report->delivered_bytes == 0)
		return;
	if (phase == TCP_RECOVERY_FAST) // PRR has the word
		return;
	if (phase == TCP_RECOVERY_OPEN && !tcp_congestion_may_grow(&conn->congestion))
		return;
	conn->congestion.ops->on_ack(&conn->congestion, report, &conn->rtt, now);
}

static void update_peer_window(struct tcp_layer *tcp, struct tcp_conn *conn,
			       const struct tcp_segment *seg, uint64_t now)
{
	if (!tcp_send_window_update(&conn->snd, seg, conn->agreed.send_scale))
		return;
	if (conn->snd.window == 0)
		tcp_recovery_note_progress(&conn->recovery); // it lives, it is only busy
	tcp_persist_refresh(tcp, conn, now);
}

static bool has_something_to_send(const struct tcp_conn *conn)
{
	return conn->sent.lost_bytes > 0 || tcp_send_buffer_unsent(conn) > 0 ||
	       (conn->fin_queued && !tcp_sender_fin_is_sent(conn));
}

static void note_heard(struct tcp_conn *conn, uint64_t now)
{
	tcp_keepalive_heard(&conn->keepalive, now);
	tcp_persist_on_ack(conn);
	conn->count.last_ack_received_at = now;
}

// Nothing of ours is under way, no late DSACK either: only the window can be news.
static bool nothing_to_acknowledge(const struct tcp_conn *conn, const struct tcp_segment *seg)
{
	return conn->sent.count == 0 && seg->options.sack_count == 0 &&
	       tcp_seq_equal(seg->ack, conn->snd.una);
}

void tcp_ack_process(struct tcp_layer *tcp, struct tcp_conn *conn, const struct tcp_segment *seg,
		     uint64_t now)
{
	struct tcp_ack_report report;
	struct tcp_loss_view view;

	note_heard(conn, now);
	if (nothing_to_acknowledge(conn, seg)) {
		update_peer_window(tcp, conn, seg, now);
		if (has_something_to_send(conn))
			tcp_output_request(tcp, conn);
		return;
	}
	report = (struct tcp_ack_report){.is_duplicate = ack_is_duplicate(conn, seg)};
	tcp_sent_apply_ack(&conn->sent, tcp->buffers, conn->snd.una, conn->snd.nxt, seg,
			   conn->mss.payload_bytes, conn->agreed.has_sack, &report); // 1
	tcp_send_window_acked(&conn->snd, report.ack);
	read_timestamp(conn, seg, now, &report);
	measure_round_trip(conn, now, &report);
	tcp_rtt_on_ack(&conn->rtt, &report, samples_in_flight(conn, &report), now); // 2
	tcp_rate_on_ack(&conn->rate, &report, tcp_rtt_min_ns(&conn->rtt), now);     // 3
	view = view_of(conn);
	tcp_loss_detect(&conn->loss, &conn->sent, tcp->buffers, &conn->rtt, &view, now,
			&report); // 4
	if (tcp_loss_probe_on_ack(&conn->loss, &report))
		tcp_recovery_on_probe_repair(tcp, conn, now);
	tcp_recovery_after_ack(tcp, conn, &report, now);                  // 5
	grow_window(conn, &report, now);                                  // 6
	update_peer_window(tcp, conn, seg, now);                          // 7
	tcp_send_buffer_drop(&conn->unsent, tcp->buffers, conn->snd.una); // 8
	tcp_send_buffer_wake(tcp, conn);
	tcp_rto_after_ack(tcp, conn, &report, now); // 9
	conn->count.bytes_acked += report.acked_bytes;
	conn->count.dsack_duplicates += report.has_dsack;
	if (has_something_to_send(conn))
		tcp_output_request(tcp, conn);
}

void tcp_ack_on_reordering_timer(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	struct tcp_loss_view view = view_of(conn);

	if (tcp_loss_on_reordering_timer(&conn->loss, &conn->sent, &conn->rtt, &view, now) > 0) {
		tcp_recovery_on_loss(tcp, conn, now);
		tcp_output_request(tcp, conn);
	}
	if (conn->loss.next_at != NEVER)
		tcp_timers_arm(tcp, conn, TCP_TIMER_REORDERING, conn->loss.next_at);
}
