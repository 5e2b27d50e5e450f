// SPDX-License-Identifier: MIT
//
// What goes out next? One question, asked again until the answer is "nothing".
//
// The order: SYN; what is lost; probes that a timer asked for; new bytes and FIN; an ACK of its
// own. What limits each is consulted here and nowhere else:
//
//   the congestion window   lost and new bytes (not probes); PRR speaks through cwnd
//   the peer's window       new bytes and FIN (lost ones were in it once)
//   silly windows, Nagle,   a last segment that is not full: tcp_send_hold_decide
//   CORK, MSG_MORE
//
// Where the interface cuts superframes, one answer is as many whole segments as all these allow.
//
// Not here: how it becomes bytes (tcp_emit.c), which timer a NOTHING needs (tcp_output.c).
#include "tcp_send_decide.h"

#include "../../base/numbers.h"
#include "../tcp_layer.h"
#include "tcp_emit.h"
#include "tcp_sender.h"

// DECIDES: must a segment that is not full wait? (RFC 9293 3.8.6.2.1, RFC 896 as Minshall reads it:
// only another small segment in flight holds it back)
enum tcp_hold tcp_send_hold_decide(const struct tcp_hold_view *view)
{
	uint32_t can_bytes = min_u32(view->usable_bytes, view->unsent_bytes);

	if (can_bytes == 0 && view->unsent_bytes > 0)
		return TCP_HOLD_SILLY;
	if (can_bytes >= view->mss_bytes || view->override_hold)
		return TCP_HOLD_NO;
	if (can_bytes < view->unsent_bytes) // the window cuts it: worth it only if that is much
		return can_bytes >= view->window_max_bytes / 2 ? TCP_HOLD_NO : TCP_HOLD_SILLY;
	if (view->fin)
		return TCP_HOLD_NO; // it will not get any fuller
	if (view->cork || view->more)
		return TCP_HOLD_CORK;
	if (view->nodelay || view->nothing_in_flight || !view->small_in_flight)
		return TCP_HOLD_NO;
	return TCP_HOLD_NAGLE;
}

static bool may_send_superframes(const struct tcp_conn *conn)
{
	uint32_t offload = conn->path.target.family == BERTH_FAMILY_IPV4
				   ? BERTH_OFFLOAD_SEGMENT_TCP4
				   : BERTH_OFFLOAD_SEGMENT_TCP6;

	return (conn->path.offloads & offload) != 0;
}

// The largest number of bytes one frame carries: whole segments.
static uint32_t frame_bytes_max(const struct tcp_conn *conn, uint32_t mss_bytes)
{
	if (!may_send_superframes(conn))
		return mss_bytes;
	return max_u32(TCP_SUPERFRAME_BYTES_MAX / mss_bytes, 1) * mss_bytes;
}

static struct tcp_send_decision choose(enum tcp_send_choice choice)
{
	struct tcp_send_decision decision = {.choice = choice};

	return decision;
}

static bool decide_syn(const struct tcp_conn *conn, struct tcp_send_decision *decision)
{
	bool is_unsent = tcp_seq_equal(conn->snd.nxt, conn->snd.iss);
	bool owes_ack = conn->state == TCP_STATE_SYN_RECEIVED && conn->ack.owed_now;

	if (!is_unsent && conn->sent.lost_bytes == 0 && !owes_ack)
		return false;
	*decision = choose(TCP_SEND_SYN);
	return true;
}

// DECIDES: may this lost record go out again now? (RFC 6675 5 (C), RFC 9937 6)
static bool decide_lost(struct tcp_conn *conn, uint32_t cwnd_room, uint32_t in_flight_bytes,
			uint32_t mss_bytes, struct tcp_send_decision *decision)
{
	const struct tcp_sent_record *record;
	uint32_t length, room, index;

	if (conn->recovery.frto == TCP_FRTO_WAIT_SECOND || !tcp_sent_next_lost(&conn->sent, &index))
		return false;
	record = tcp_sent_at(&conn->sent, index);
	length = tcp_sent_length(record) - record->has_fin;
	if (cwnd_room < min_u32(length, mss_bytes) && in_flight_bytes > 0)
		return false;
	// The window has moved left over it: the peer takes it only when it is the first.
	if (index != 0 && tcp_seq_after(record->end, tcp_seq_add(conn->snd.una, conn->snd.window)))
		return false;
	room = max_u32(cwnd_room / mss_bytes * mss_bytes, mss_bytes);
	*decision = choose(TCP_SEND_LOST);
	decision->index = index;
	decision->length = min_u32(length, min_u32(room, frame_bytes_max(conn, mss_bytes)));
	decision->fin = record->has_fin && decision->length == length;
	return true;
}

// RFC 8985 7.3: new data if there is any, else the last segment again; cwnd has no say.
static bool decide_loss_probe(struct tcp_conn *conn, uint32_t mss_bytes,
			      struct tcp_send_decision *decision)
{
	uint32_t unsent = tcp_send_buffer_unsent(conn);
	uint32_t room = tcp_send_window_room(&conn->snd);
	const struct tcp_sent_record *last;
	uint32_t length;

	if (!conn->loss.probe_owed || conn->sent.count == 0)
		return false;
	if (unsent > 0 && room > 0) {
		*decision = choose(TCP_SEND_NEW);
		decision->length = min_u32(min_u32(unsent, room), mss_bytes);
		decision->is_loss_probe = true;
		return true;
	}
	last = tcp_sent_at(&conn->sent, conn->sent.count - 1);
	length = tcp_sent_length(last) - last->has_fin;
	*decision = choose(TCP_SEND_LOSS_PROBE);
	if (length > mss_bytes) // the last segment of it
		length -= (length - 1) / mss_bytes * mss_bytes;
	decision->length = length;
	decision->fin = last->has_fin;
	return true;
}

static enum tcp_hold hold_of(const struct tcp_conn *conn, uint32_t usable, uint32_t unsent,
			     uint32_t mss_bytes)
{
	struct tcp_hold_view view = {
		.usable_bytes = usable,
		.unsent_bytes = unsent,
		.mss_bytes = mss_bytes,
		.window_max_bytes = conn->snd.window_max,
		.nothing_in_flight = conn->sent.count == 0,
		.small_in_flight = conn->snd.small_is_out,
		.nodelay = conn->settings.nodelay,
		.cork = conn->settings.cork,
		.more = conn->unsent.more,
		.fin = conn->fin_queued,
		.override_hold = conn->unsent.override_hold,
	};

	return tcp_send_hold_decide(&view);
}

// FIN alone, when everything before it is out.
static bool decide_fin(const struct tcp_conn *conn, struct tcp_send_decision *decision)
{
	if (!conn->fin_queued || tcp_sender_fin_is_sent(conn))
		return false;
	if (tcp_send_window_room(&conn->snd) == 0) {
		decision->window_limited = true;
		return false;
	}
	*decision = choose(TCP_SEND_NEW);
	decision->fin = true;
	return true;
}

// How much of `can` goes into one frame: whole segments, and a rest that may leave now.
static uint32_t frame_length(const struct tcp_conn *conn, uint32_t can, uint32_t unsent,
			     uint32_t mss_bytes)
{
	uint32_t most = frame_bytes_max(conn, mss_bytes);
	uint32_t whole = min_u32(can, most) / mss_bytes * mss_bytes;
	uint32_t rest = unsent - min_u32(whole, unsent);

	if (whole == 0)
		return can;
	if (rest == 0 || rest >= mss_bytes || whole + rest > most || whole + rest > can)
		return whole;
	return hold_of(conn, rest, rest, mss_bytes) == TCP_HOLD_NO ? whole + rest : whole;
}

// DECIDES: may new bytes leave, and how many? Into *decision goes what holds them back otherwise.
static bool decide_new(const struct tcp_conn *conn, uint32_t cwnd_room, uint32_t mss_bytes,
		       struct tcp_send_decision *decision)
{
	uint32_t unsent = tcp_send_buffer_unsent(conn);
	uint32_t window_room = tcp_send_window_room(&conn->snd);
	uint32_t length;
	enum tcp_hold hold;

	if (unsent == 0)
		return decide_fin(conn, decision);
	if (window_room == 0) {
		decision->window_limited = true;
		return false;
	}
	if (cwnd_room < min_u32(min_u32(unsent, window_room), mss_bytes)) {
		decision->cwnd_limited = true;
		return false;
	}
	hold = hold_of(conn, min_u32(window_room, cwnd_room), unsent, mss_bytes);
	if (hold != TCP_HOLD_NO) {
		decision->hold = hold;
		return false;
	}
	length = frame_length(conn, min_u32(min_u32(window_room, cwnd_room), unsent), unsent,
			      mss_bytes);
	*decision = choose(TCP_SEND_NEW);
	decision->length = length;
	decision->fin = conn->fin_queued && length == unsent && window_room > length;
	return true;
}

// Most often asked right after everything has gone.
static bool wants_nothing(const struct tcp_conn *conn)
{
	return conn->sent.lost_bytes == 0 && !conn->ack.owed_now && !conn->loss.probe_owed &&
	       !conn->persist.probe_owed && !conn->keepalive.probe_owed && !conn->fin_queued &&
	       tcp_seq_at_or_after(conn->snd.nxt, tcp_send_buffer_end(&conn->unsent));
}

struct tcp_send_decision tcp_send_decide(struct tcp_conn *conn)
{
	struct tcp_send_decision decision = choose(TCP_SEND_NOTHING);
	uint32_t in_flight, cwnd_room, mss_bytes;

	if (wants_nothing(conn) && !tcp_state_is_opening(conn->state))
		return decision;
	if (tcp_state_is_opening(conn->state)) {
		decide_syn(conn, &decision);
		return decision;
	}
	if (!tcp_state_is_synchronized(conn->state))
		return decision;
	in_flight = tcp_sent_in_flight(&conn->sent, conn->snd.una, conn->snd.nxt);
	cwnd_room = conn->congestion.cwnd_bytes - min_u32(conn->congestion.cwnd_bytes, in_flight);
	mss_bytes = tcp_mss_payload(conn, tcp_emit_sack_bytes(conn));
	if (conn->sent.lost_bytes > 0 &&
	    decide_lost(conn, cwnd_room, in_flight, mss_bytes, &decision))
		return decision;
	if (decide_loss_probe(conn, mss_bytes, &decision))
		return decision;
	if (conn->persist.probe_owed)
		return choose(TCP_SEND_WINDOW_PROBE);
	if (conn->keepalive.probe_owed)
		return choose(TCP_SEND_KEEPALIVE);
	if (conn->sent.lost_bytes > 0 && conn->recovery.frto != TCP_FRTO_WAIT_SECOND)
		decision.cwnd_limited = true; // what is lost goes first
	else if (decide_new(conn, cwnd_room, mss_bytes, &decision))
		return decision;
	if (conn->ack.owed_now)
		decision.choice = TCP_SEND_ACK;
	return decision;
}
