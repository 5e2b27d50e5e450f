// SPDX-License-Identifier: MIT
//
// A segment arrived: in which order is it checked?
//
// RFC 9293 3.10.7, step by step, with what came later in its place: PAWS before the sequence check
// (RFC 7323 5.3), challenge ACKs instead of belief (RFC 5961). Every segment that leads nowhere
// ends in one drop reason.
//
// Nothing is sent from here but what has no connection to send it: a connection remembers that it
// owes an ACK or may have something to send, and tcp_transmit asks it later.
//
// Not here: SYN-SENT (opening/tcp_handshake.c), SYN-RECEIVED of passive opens
// (opening/tcp_embryo.c), TIME-WAIT (closing/tcp_time_wait.c), what an ACK means
// (sender/tcp_ack.c).
#include "tcp_input.h"

#include <errno.h>
#include <string.h>

#include "../wire/wire_ipv4.h"
#include "closing/tcp_close.h"
#include "opening/tcp_handshake.h"
#include "receiver/tcp_receiver.h"
#include "sender/tcp_ack.h"
#include "sender/tcp_sender.h"
#include "tcp_layer.h"
#include "tcp_output.h"

static void fill_segment(const struct ip_packet *packet, const struct tcp_header *header,
			 struct tcp_segment *segment)
{
	segment->local = tcp_endpoint_of(&packet->target, header->target_port);
	segment->remote = tcp_endpoint_of(&packet->source, header->source_port);
	segment->seq = header->sequence;
	segment->ack = header->acknowledgment;
	segment->window = header->window;
	segment->has_ack = header->flags & TCP_FLAG_ACK;
	segment->is_syn = header->flags & TCP_FLAG_SYN;
	segment->is_fin = header->flags & TCP_FLAG_FIN;
	segment->is_rst = header->flags & TCP_FLAG_RST;
	segment->is_psh = header->flags & TCP_FLAG_PSH;
	segment->is_urg = header->flags & TCP_FLAG_URG;
	segment->urgent_pointer = header->urgent_pointer;
	segment->options = header->options;
	segment->payload = packet->payload;
	slices_trim_front(&segment->payload, header->header_bytes);
	segment->length = segment->payload.length;
	segment->segment_count = 1;
	if (packet->segmentation != BERTH_SEGMENTATION_NONE && packet->segment_bytes &&
	    segment->length > packet->segment_bytes)
		segment->segment_count = (uint16_t)((segment->length + packet->segment_bytes - 1) /
						    packet->segment_bytes);
	segment->packet = packet;
}

// Bytes become a segment, or a drop reason.
static enum berth_drop understand(const struct ip_packet *packet, struct tcp_segment *ret_segment)
{
	struct tcp_header header;

	if (packet->payload.count == 0 ||
	    !tcp_parse(packet->payload.part[0].data, packet->payload.part[0].length, &header))
		return BERTH_DROP_TCP_MALFORMED;
	if (!packet->checksum_is_valid && !ip_checksum_is_right(packet, IP_PROTOCOL_TCP))
		return BERTH_DROP_TCP_CHECKSUM;
	// No TCP sends these: a SYN begins, a FIN ends, a RST denies.
	if ((header.flags & TCP_FLAG_SYN) && (header.flags & (TCP_FLAG_FIN | TCP_FLAG_RST)))
		return BERTH_DROP_TCP_FLAGS_INVALID;
	fill_segment(packet, &header, ret_segment);
	return BERTH_DROP_NONE;
}

// The acceptability test of RFC 9293 3.10.7.4, first step. A bare ACK may also stand at the
// window's right edge: that is where a peer is that has filled it, and two such peers would never
// hear each other's ACKs.
static bool sequence_is_acceptable(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint32_t window = tcp_receiver_window(conn);
	uint32_t space = tcp_segment_space(segment);

	if (tcp_seq_in_window(segment->seq, conn->rcv.nxt, window))
		return true;
	if (space == 0)
		return (window == 0 || !segment->is_rst) &&
		       tcp_seq_equal(segment->seq, tcp_seq_add(conn->rcv.nxt, window));
	return tcp_seq_in_window(tcp_seq_add(segment->seq, space - 1), conn->rcv.nxt, window);
}

// Bytes for a closed window: they are refused, but their ACK counts (RFC 9293 3.10.7.4 first).
static bool text_meets_closed_window(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	return tcp_receiver_window(conn) == 0 && tcp_seq_equal(segment->seq, conn->rcv.nxt) &&
	       !segment->is_rst && !segment->is_syn;
}

static void refuse_text(struct tcp_segment *segment)
{
	segment->length = 0;
	segment->is_fin = false;
	slices_trim_to(&segment->payload, 0);
}

// Outside the window: say where we are. Bytes are always answered: their sender needs the ACK. Bare
// segments are not, or two ends that disagree would go on for ever (RFC 5961 7).
static void answer_unacceptable(struct tcp_layer *tcp, struct tcp_conn *conn,
				const struct tcp_segment *segment, uint64_t now)
{
	tcp_seq end = tcp_seq_add(segment->seq, segment->length);

	if (segment->is_rst)
		return;
	if (segment->is_syn || tcp_segment_space(segment) == 0) {
		tcp_reset_challenge(tcp, conn, now);
		return;
	}
	if (conn->agreed.has_sack && segment->length > 0 &&
	    tcp_seq_at_or_before(end, conn->rcv.nxt)) // RFC 2883 4
		tcp_sack_blocks_duplicate(&conn->received.recent, segment->seq, end);
	tcp_ack_owe_now(tcp, conn);
}

static enum berth_drop check_sequence(struct tcp_layer *tcp, struct tcp_conn *conn,
				      const struct tcp_segment *segment, uint64_t now)
{
	if (tcp_paws_rejects(&conn->agreed, segment, now)) {
		answer_unacceptable(tcp, conn, segment, now);
		return BERTH_DROP_TCP_PAWS;
	}
	if (!sequence_is_acceptable(conn, segment) && !text_meets_closed_window(conn, segment)) {
		answer_unacceptable(tcp, conn, segment, now);
		return segment->is_rst ? BERTH_DROP_TCP_RST_INVALID : BERTH_DROP_TCP_OUTSIDE_WINDOW;
	}
	return BERTH_DROP_NONE;
}

// SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT (RFC 5961 5.2)
static enum berth_drop check_ack(struct tcp_layer *tcp, struct tcp_conn *conn,
				 const struct tcp_segment *segment, uint64_t now)
{
	tcp_seq oldest = tcp_seq_add(conn->snd.una, 0u - conn->snd.window_max);

	if (tcp_seq_at_or_after(segment->ack, oldest) &&
	    tcp_seq_at_or_before(segment->ack, conn->snd.nxt))
		return BERTH_DROP_NONE;
	tcp_reset_challenge(tcp, conn, now);
	return BERTH_DROP_TCP_ACK_INVALID;
}

// SND.UNA < SEG.ACK =< SND.NXT, or a RST says what we think of it.
static enum berth_drop finish_open(struct tcp_layer *tcp, struct tcp_conn *conn,
				   const struct tcp_segment *segment, uint64_t now)
{
	if (!tcp_seq_after(segment->ack, conn->snd.una) ||
	    tcp_seq_after(segment->ack, conn->snd.nxt)) {
		tcp_reset_answer(tcp, segment, now);
		return BERTH_DROP_TCP_ACK_INVALID;
	}
	tcp_handshake_finish(tcp, conn, segment, now);
	return BERTH_DROP_NONE;
}

// The other end of a simultaneous open answers our SYN with its own again, and an ACK.
static bool is_crossed_syn_ack(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	return conn->state == TCP_STATE_SYN_RECEIVED && segment->is_syn && segment->has_ack &&
	       tcp_seq_equal(segment->seq, conn->rcv.irs);
}

static enum berth_drop on_crossed_syn_ack(struct tcp_layer *tcp, struct tcp_conn *conn,
					  struct tcp_segment *segment, uint64_t now)
{
	enum berth_drop drop = finish_open(tcp, conn, segment, now);

	if (drop != BERTH_DROP_NONE)
		return drop;
	segment->is_syn = false;
	segment->seq = tcp_seq_add(segment->seq, 1);
	return tcp_input_text(tcp, conn, segment, now);
}

// Last.ACK.sent of RFC 7323 4.3.
static tcp_seq last_ack_sent(const struct tcp_conn *conn)
{
	return tcp_seq_add(conn->rcv.nxt, 0u - conn->ack.unacked_bytes);
}

// RFC 9293 3.10.7.4, in its order.
enum berth_drop tcp_input_synchronized(struct tcp_layer *tcp, struct tcp_conn *conn,
				       struct tcp_segment *segment, uint64_t now)
{
	enum berth_drop drop, refused = BERTH_DROP_NONE;

	if (is_crossed_syn_ack(conn, segment))
		return on_crossed_syn_ack(tcp, conn, segment, now);
	drop = check_sequence(tcp, conn, segment, now); // first
	if (drop != BERTH_DROP_NONE)
		return drop;
	if (segment->is_rst) // second
		return tcp_reset_on_rst(tcp, conn, segment, now);
	if (segment->is_syn) { // fourth
		tcp_reset_challenge(tcp, conn, now);
		return BERTH_DROP_TCP_SYN_CHALLENGED;
	}
	if (!segment->has_ack) // fifth
		return BERTH_DROP_TCP_NO_ACK;
	drop = conn->state == TCP_STATE_SYN_RECEIVED ? finish_open(tcp, conn, segment, now)
						     : check_ack(tcp, conn, segment, now);
	if (drop != BERTH_DROP_NONE)
		return drop;
	tcp_timestamp_remember(&conn->agreed, segment, last_ack_sent(conn), now);
	if (tcp_segment_space(segment) > 0 && tcp_receiver_window(conn) == 0) {
		refuse_text(segment);
		tcp_ack_owe_now(tcp, conn);
		refused = BERTH_DROP_TCP_OUTSIDE_WINDOW;
	}
	tcp_ack_process(tcp, conn, segment, now);
	if (tcp_sender_fin_is_acked(conn) && !tcp_close_on_fin_acked(tcp, conn, now))
		return BERTH_DROP_NONE;
	drop = tcp_input_text(tcp, conn, segment, now); // sixth to eighth
	return refused != BERTH_DROP_NONE ? refused : drop;
}

// Is there somebody to read these bytes? A half-closed connection's program may have closed its
// reading side, an orphan has no program (RFC 9293 3.6.1: RST then; Linux draws the line likewise).
static bool nobody_reads(const struct tcp_conn *conn)
{
	if (tcp_conn_is_orphan(conn))
		return true;
	return conn->read_shut && conn->state != TCP_STATE_ESTABLISHED;
}

static bool brings_new_text(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	return segment->length > 0 &&
	       tcp_seq_after(tcp_seq_add(segment->seq, segment->length), conn->rcv.nxt);
}

enum berth_drop tcp_input_text(struct tcp_layer *tcp, struct tcp_conn *conn,
			       struct tcp_segment *segment, uint64_t now)
{
	enum berth_drop drop = BERTH_DROP_NONE;

	if (!tcp_state_may_receive_data(conn->state)) // the peer's FIN was the end of it
		return segment->length > 0 ? BERTH_DROP_TCP_OUTSIDE_WINDOW : BERTH_DROP_NONE;
	// Sixth: urgent data is data like any other (RFC 6093 6).
	if (brings_new_text(conn, segment) && nobody_reads(conn)) {
		tcp_close_with_reset(tcp, conn, now);
		return BERTH_DROP_TCP_DATA_AFTER_CLOSE;
	}
	if (segment->length > 0) // seventh
		drop = tcp_receive_text(tcp, conn, segment, now);
	if (tcp_receive_fin(tcp, conn, segment, now)) // eighth
		tcp_close_on_fin(tcp, conn, now);
	return drop;
}

static enum berth_drop deliver_to_listener(struct tcp_layer *tcp, const struct tcp_segment *segment,
					   uint64_t now)
{
	struct tcp_listener *listener = tcp_listener_lookup(tcp, &segment->local, &segment->remote);

	if (listener)
		return tcp_listener_receive(tcp, listener, segment, NULL, now);
	tcp_reset_answer(tcp, segment, now); // RFC 9293 3.10.7.1
	return BERTH_DROP_TCP_NO_PORT;
}

// A SYN may end a TIME-WAIT early, if there is somebody to take it.
static enum berth_drop deliver_to_remnant(struct tcp_layer *tcp, struct tcp_remnant *remnant,
					  const struct tcp_segment *segment, uint64_t now)
{
	struct tcp_listener *listener;
	tcp_seq at_least;

	if (tcp_time_wait_decide(remnant, segment) != TCP_TIME_WAIT_REOPEN)
		return tcp_time_wait_receive(tcp, remnant, segment, now);
	listener = tcp_listener_lookup(tcp, &segment->local, &segment->remote);
	if (!listener)
		return tcp_time_wait_receive(tcp, remnant, segment, now);
	if (tcp_listener_is_full(listener))
		return BERTH_DROP_TCP_BACKLOG_FULL;
	at_least = tcp_time_wait_next_iss(remnant);
	tcp_remnant_free(tcp, remnant);
	return tcp_listener_receive(tcp, listener, segment, &at_least, now);
}

static enum berth_drop deliver_to_conn(struct tcp_layer *tcp, struct tcp_conn *conn,
				       struct tcp_segment *segment, uint64_t now)
{
	conn->count.segments_in += segment->segment_count;
	if (conn->state == TCP_STATE_SYN_SENT)
		return tcp_handshake_receive(tcp, conn, segment, now);
	return tcp_input_synchronized(tcp, conn, segment, now);
}

static enum berth_drop deliver(struct tcp_layer *tcp, struct tcp_segment *segment, uint64_t now)
{
	struct tcp_table_entry *entry;

	if (segment->packet->target_is_group) // RFC 9293 3.9.2.3
		return BERTH_DROP_TCP_NO_PORT;
	entry = tcp_table_lookup(&tcp->table, &segment->local, &segment->remote);
	if (!entry)
		return deliver_to_listener(tcp, segment, now);
	switch ((enum tcp_entry_kind)entry->kind) {
	case TCP_ENTRY_CONN:
		return deliver_to_conn(tcp, (struct tcp_conn *)entry, segment, now);
	case TCP_ENTRY_EMBRYO:
		return tcp_embryo_receive(tcp, (struct tcp_embryo *)entry, segment, now);
	case TCP_ENTRY_REMNANT:
		return deliver_to_remnant(tcp, (struct tcp_remnant *)entry, segment, now);
	}
	return BERTH_DROP_TCP_NO_PORT;
}

void tcp_receive(struct tcp_layer *tcp, const struct ip_packet *packet, uint64_t now)
{
	struct tcp_segment segment;
	enum berth_drop drop = understand(packet, &segment);

	if (drop == BERTH_DROP_NONE) {
		tcp->counters.tcp_segments_in += segment.segment_count;
		drop = deliver(tcp, &segment, now);
	}
	if (drop != BERTH_DROP_NONE)
		tcp_drop(tcp, drop);
}
