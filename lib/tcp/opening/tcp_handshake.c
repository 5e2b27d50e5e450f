// SPDX-License-Identifier: MIT
//
// How does a connection open?
//
// Three ways lead to ESTABLISHED: our SYN is answered (SYN-SENT), two SYNs cross (SYN-SENT, then
// SYN-RECEIVED: RFC 9293 3.5, figure 8), or an embryo is acknowledged (tcp_embryo.c finds that
// out). At their ends all three do the same: both halves learn what the peer's SYN said.
//
// Text and FIN that come with a SYN,ACK are processed at once; what comes with a bare SYN is not
// acknowledged and so comes again.
#include "tcp_handshake.h"

#include <errno.h>

#include "../../base/assertion.h"
#include "../closing/tcp_close.h"
#include "../receiver/tcp_receiver.h"
#include "../sender/tcp_sender.h"
#include "../tcp_changes.h"
#include "../tcp_input.h"
#include "../tcp_layer.h"
#include "../tcp_open.h"
#include "../tcp_options.h"
#include "../tcp_output.h"

// ISS < SEG.ACK =< SND.NXT
static bool ack_is_acceptable(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	return tcp_seq_after(segment->ack, conn->snd.iss) &&
	       tcp_seq_at_or_before(segment->ack, conn->snd.nxt);
}

// The SYN is taken: what follows begins one number later.
static void strip_syn(struct tcp_segment *segment)
{
	segment->is_syn = false;
	segment->seq = tcp_seq_add(segment->seq, 1);
}

static void learn_syn(struct tcp_layer *tcp, struct tcp_conn *conn,
		      const struct tcp_segment *segment, uint64_t now)
{
	tcp_negotiate_answer(&conn->agreed, &segment->options, &conn->settings, &conn->path, now);
	tcp_receiver_init(tcp, conn, segment->seq);
}

static enum berth_drop on_syn_ack(struct tcp_layer *tcp, struct tcp_conn *conn,
				  struct tcp_segment *segment, uint64_t now)
{
	learn_syn(tcp, conn, segment, now);
	tcp_state_change(conn, TCP_EVENT_SYN_ACK_ARRIVED);
	tcp_sender_established(tcp, conn, segment, tcp_sender_syn_rtt_ns(conn, now),
			       tcp_sender_syn_was_resent(conn), now);
	tcp_ack_owe_now(tcp, conn);
	tcp_change(tcp, conn, TCP_CHANGED_WRITABLE);
	strip_syn(segment);
	return tcp_input_text(tcp, conn, segment, now);
}

// Simultaneous open: both have sent a SYN, ours goes out again with an ACK.
static void on_syn(struct tcp_layer *tcp, struct tcp_conn *conn, const struct tcp_segment *segment,
		   uint64_t now)
{
	learn_syn(tcp, conn, segment, now);
	tcp_state_change(conn, TCP_EVENT_SYN_ARRIVED);
	if (tcp_sender_syn_is_sent(conn))
		tcp_sent_mark_lost(&conn->sent, 0);
	tcp_output_request(tcp, conn);
}

enum berth_drop tcp_handshake_receive(struct tcp_layer *tcp, struct tcp_conn *conn,
				      struct tcp_segment *segment, uint64_t now)
{
	ASSERT(conn->state == TCP_STATE_SYN_SENT);
	if (segment->has_ack && !ack_is_acceptable(conn, segment)) { // first
		tcp_reset_answer(tcp, segment, now);
		return BERTH_DROP_TCP_ACK_INVALID;
	}
	if (segment->is_rst) { // second
		if (!segment->has_ack)
			return BERTH_DROP_TCP_RST_INVALID;
		tcp->counters.tcp_resets_in++;
		tcp_conn_fail(tcp, conn, ECONNREFUSED, now);
		return BERTH_DROP_NONE;
	}
	if (!segment->is_syn) // fifth
		return BERTH_DROP_TCP_FLAGS_INVALID;
	if (segment->has_ack) // fourth
		return on_syn_ack(tcp, conn, segment, now);
	on_syn(tcp, conn, segment, now);
	return BERTH_DROP_NONE;
}

void tcp_handshake_finish(struct tcp_layer *tcp, struct tcp_conn *conn,
			  const struct tcp_segment *segment, uint64_t now)
{
	// Our SYN went out twice by design, so no round trip is known, but none was lost either.
	tcp_state_change(conn, TCP_EVENT_SYN_IS_ACKED);
	tcp_sender_established(tcp, conn, segment, 0, false, now);
	if (conn->fin_queued) // the program could not wait
		tcp_state_change(conn, TCP_EVENT_PROGRAM_CLOSED);
	tcp_change(tcp, conn, TCP_CHANGED_WRITABLE);
	tcp_output_request(tcp, conn);
}

// What a connection inherits from its listener: settings, and a share of the port.
static void inherit(struct tcp_conn *conn, struct tcp_listener *listener)
{
	tcp_settings_inherit(&conn->settings, &listener->settings);
	conn->claim = listener->hold->claim;
	conn->claim.port = 0; // this copy is not in the port space
	conn->claim.is_listening = false;
	conn->hold = listener->hold;
	conn->hold->users++;
}

struct tcp_conn *tcp_handshake_grow(struct tcp_layer *tcp, struct tcp_embryo *embryo,
				    const struct ip_path *path, const struct tcp_segment *segment,
				    uint64_t now)
{
	struct tcp_listener *listener = embryo->listener;
	struct tcp_conn *conn = tcp_conn_new(tcp, listener->family, TCP_NO_OWNER);
	uint64_t rtt_ns = embryo->was_resent ? 0 : now - embryo->first_sent_at;

	if (!conn)
		return NULL;
	inherit(conn, listener);
	conn->inbound = true;
	conn->path = *path;
	tcp_negotiate_inherit(&conn->agreed, &embryo->agreed);
	tcp_negotiate_clamp_mss(&conn->agreed, tcp_mss_of_path(path)); // it may be narrower by now
	conn->entry.local = embryo->entry.local;
	conn->entry.remote = embryo->entry.remote;
	tcp_receiver_init(tcp, conn, embryo->irs);
	tcp_sender_from_embryo(tcp, conn, embryo->iss);
	tcp_timestamp_remember(&conn->agreed, segment, conn->rcv.nxt, now);
	tcp_state_change(conn, TCP_EVENT_HANDSHAKE_DONE);
	tcp_sender_established(tcp, conn, segment, rtt_ns, embryo->was_resent, now);

	tcp_table_replace(&tcp->table, &embryo->entry, &conn->entry);
	tcp_embryo_free(tcp, embryo);
	tcp->counters.tcp_opened_passive++;
	tcp->counters.tcp_connections++;
	tcp_listener_enqueue(tcp, listener, conn);
	return conn;
}
