// SPDX-License-Identifier: MIT
//
// One connection on one screen, in the RFC's words. Sequence numbers are shown relative to each
// side's initial one, times relative to now.
#include "../base/assertion.h"
#include "../base/numbers.h"
#include "../base/text.h"
#include "receiver/tcp_receiver.h"
#include "sender/tcp_sender.h"
#include "tcp_layer.h"

#define LABEL_COLUMN 12u // where values begin

static void begin_line(struct text *text, const char *label)
{
	size_t line_began = text->length;

	text_append(text, label);
	text_pad_to(text, line_began + LABEL_COLUMN);
}

static void append_number(struct text *text, const char *name, uint64_t number)
{
	text_append(text, name);
	text_append_char(text, ' ');
	text_append_u64(text, number);
	text_append(text, "  ");
}

static void append_seq(struct text *text, const char *name, tcp_seq seq, tcp_seq first)
{
	append_number(text, name, seq.raw - first.raw);
}

static void append_duration(struct text *text, const char *name, uint64_t duration_ns)
{
	text_append(text, name);
	text_append_char(text, ' ');
	if (duration_ns == NEVER)
		text_append(text, "none");
	else
		text_append_seconds(text, duration_ns, 6);
	text_append(text, "  ");
}

static void append_endpoint(struct text *text, const struct berth_endpoint *endpoint)
{
	char words[BERTH_ENDPOINT_TEXT_MAX];

	text_append(text, berth_endpoint_print(endpoint, words, sizeof(words)));
}

static void append_flag(struct text *text, bool is_set, const char *words)
{
	if (!is_set)
		return;
	text_append(text, words);
	text_append_char(text, ' ');
}

static void dump_identity(const struct tcp_conn *conn, struct text *text)
{
	append_endpoint(text, &conn->entry.local);
	text_append(text, conn->inbound ? " <- " : " -> ");
	append_endpoint(text, &conn->entry.remote);
	text_append(text, "  ");
	text_append(text, tcp_state_name(conn->state));
	text_append_char(text, '\n');
	begin_line(text, "agreed");
	append_number(text, "mss", conn->mss.payload_bytes);
	append_number(text, "send-scale", conn->agreed.send_scale);
	append_number(text, "receive-scale", conn->agreed.receive_scale);
	append_flag(text, conn->agreed.has_sack, "SACK");
	append_flag(text, conn->agreed.has_timestamps, "timestamps");
	append_flag(text, conn->agreed.has_scaling, "scaling");
	append_number(text, "path-mtu", conn->path.mtu);
	text_append_char(text, '\n');
}

static void dump_sending(const struct tcp_conn *conn, struct text *text)
{
	tcp_seq iss = conn->snd.iss;

	begin_line(text, "SND");
	append_seq(text, "UNA", conn->snd.una, iss);
	append_seq(text, "NXT", conn->snd.nxt, iss);
	append_number(text, "WND", conn->snd.window);
	append_number(text, "unacked", tcp_sender_unacked_bytes(conn));
	append_number(text, "unsent", tcp_send_buffer_unsent(conn));
	append_flag(text, conn->fin_queued, "FIN-queued");
	text_append_char(text, '\n');
	begin_line(text, "scoreboard");
	append_number(text, "records", conn->sent.count);
	append_number(text, "sacked", conn->sent.sacked_bytes);
	append_number(text, "lost", conn->sent.lost_bytes);
	append_number(text, "in-flight",
		      tcp_sent_in_flight(&conn->sent, conn->snd.una, conn->snd.nxt));
	append_number(text, "retransmitted", conn->count.retransmitted);
	text_append_char(text, '\n');
	begin_line(text, "round trip");
	append_duration(text, "srtt", conn->rtt.srtt_ns);
	append_duration(text, "rttvar", conn->rtt.rttvar_ns);
	append_duration(text, "min", tcp_rtt_min_ns(&conn->rtt));
	append_duration(text, "rto", tcp_rtt_rto_ns(&conn->rtt));
	append_number(text, "backoff", conn->rtt.backoff);
	text_append_char(text, '\n');
}

static void dump_congestion(const struct tcp_conn *conn, struct text *text)
{
	static const char *const phases[] = {
		[TCP_RECOVERY_OPEN] = "open",
		[TCP_RECOVERY_FAST] = "fast-recovery",
		[TCP_RECOVERY_RTO] = "rto-recovery",
	};

	begin_line(text, "congestion");
	append_number(text, "cwnd", conn->congestion.cwnd_bytes);
	if (conn->congestion.ssthresh_bytes == UINT32_MAX)
		text_append(text, "ssthresh none  ");
	else
		append_number(text, "ssthresh", conn->congestion.ssthresh_bytes);
	text_append(text, phases[conn->recovery.phase]);
	text_append(text, "  ");
	if (conn->congestion.ops) {
		text_append(text, conn->congestion.ops->name);
		text_append_char(text, ' ');
		conn->congestion.ops->dump(&conn->congestion, text);
	}
	text_append_char(text, '\n');
}

static void dump_receiving(const struct tcp_conn *conn, struct text *text)
{
	begin_line(text, "RCV");
	append_seq(text, "NXT", conn->rcv.nxt, conn->rcv.irs);
	append_number(text, "WND", tcp_receiver_window(conn));
	append_number(text, "unread", tcp_receiver_unread_bytes(conn));
	append_number(text, "holes", range_set_count(&conn->received.early));
	append_number(text, "buffer", conn->rcv.buffer_bytes);
	append_flag(text, conn->received.is_finished, "FIN-received");
	append_flag(text, conn->ack.owed_now, "ACK-owed-now");
	append_flag(text, conn->ack.owed_later, "ACK-owed-later");
	append_flag(text, conn->read_shut, "read-shut");
	text_append_char(text, '\n');
}

static void dump_timers(const struct tcp_conn *conn, struct text *text, uint64_t now)
{
	static const char *const names[] = {
		[TCP_TIMER_RETRANSMIT] = "retransmit",   [TCP_TIMER_LOSS_PROBE] = "loss-probe",
		[TCP_TIMER_REORDERING] = "reordering",   [TCP_TIMER_PERSIST] = "persist",
		[TCP_TIMER_DELAYED_ACK] = "delayed-ack", [TCP_TIMER_KEEPALIVE] = "keepalive",
		[TCP_TIMER_FIN_WAIT_2] = "fin-wait-2",   [TCP_TIMER_SEND_LATER] = "send-later",
	};

	static_assert(ARRAY_LENGTH(names) == TCP_TIMER_COUNT, "name every timer");
	begin_line(text, "timers");
	for (int timer = 0; timer < TCP_TIMER_COUNT; timer++) {
		uint64_t at = tcp_timers_at(&conn->timers, (enum tcp_timer)timer);

		if (at != NEVER)
			append_duration(text, names[timer], at > now ? at - now : 0);
	}
	text_append_char(text, '\n');
}

static void dump_counts(const struct tcp_conn *conn, struct text *text)
{
	begin_line(text, "count");
	append_number(text, "bytes-sent", conn->count.bytes_sent);
	append_number(text, "acked", conn->count.bytes_acked);
	append_number(text, "received", conn->count.bytes_received);
	append_number(text, "segments-out", conn->count.segments_out);
	append_number(text, "in", conn->count.segments_in);
	append_number(text, "error", (uint64_t)conn->error);
	append_number(text, "soft-error", (uint64_t)conn->soft_error);
	text_append_char(text, '\n');
}

void tcp_dump(const struct tcp_layer *tcp, const struct tcp_conn *conn, struct text *text,
	      uint64_t now)
{
	(void)tcp;
	dump_identity(conn, text);
	if (!conn->was_established && conn->state == TCP_STATE_CLOSED)
		return; // nothing else has begun
	dump_sending(conn, text);
	dump_congestion(conn, text);
	dump_receiving(conn, text);
	dump_timers(conn, text, now);
	dump_counts(conn, text);
}
