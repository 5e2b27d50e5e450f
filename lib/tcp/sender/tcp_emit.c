// SPDX-License-Identifier: MIT
//
// How does a segment become bytes? The only place that builds segments.
//
// The header is written in front of the payload into the burst's header room; the payload stays in
// the send ring and goes along as slices, so nothing is copied. What an interface offers to sum or
// to cut is left to it.
//
// Each segment carries the newest truth: ACK, window, SACK blocks, timestamps. So anything sent
// pays what the ACK policy owes.
//
// Not here: whether it should be sent (tcp_send_decide.c).
#include "tcp_emit.h"

#include <string.h>

#include "../../base/assertion.h"
#include "../../base/checksum.h"
#include "../../base/numbers.h"
#include "../../wire/wire_checksum.h"
#include "../../wire/wire_ipv4.h"
#include "../receiver/tcp_receiver.h"
#include "../tcp_layer.h"

#define SACK_OPTION_BYTES 4u // NOP, NOP, kind, length
#define SACK_BLOCK_BYTES 8u

// One segment, or a superframe of them, about to be built.
struct segment_plan {
	tcp_seq seq;
	uint32_t length;    // payload bytes, in the send ring from seq on
	uint32_t mss_bytes; // more than this is a superframe
	uint8_t flags;
};

static unsigned sack_blocks_max(const struct tcp_conn *conn)
{
	return conn->agreed.has_timestamps ? TCP_SACK_BLOCKS_MAX - 1 : TCP_SACK_BLOCKS_MAX;
}

static bool has_sack_to_tell(const struct tcp_conn *conn)
{
	return conn->agreed.has_sack &&
	       (conn->received.recent.has_dsack || tcp_reassembly_has_holes(&conn->received));
}

uint32_t tcp_emit_sack_bytes(const struct tcp_conn *conn)
{
	unsigned count;

	if (!has_sack_to_tell(conn))
		return 0;
	count = tcp_sack_blocks_count(&conn->received.recent, &conn->received.early,
				      sack_blocks_max(conn));
	return count ? SACK_OPTION_BYTES + count * SACK_BLOCK_BYTES : 0;
}

// --- without a connection ----------------------------------------------------------------------

// The checksum over pseudo header, header and payload, or the beginning of it for who completes it.
static void set_checksum(const struct ip_path *path, struct outgoing *out)
{
	uint64_t sum = pseudo_header_sum(&path->source, &path->target, IP_PROTOCOL_TCP,
					 out->header_bytes + out->payload_bytes);
	size_t offset = 0;
	uint16_t field;
	uint32_t i;

	out->transport_bytes = (uint16_t)out->header_bytes;
	out->checksum_offset = TCP_CHECKSUM_OFFSET;
	if (path->offloads & BERTH_OFFLOAD_CHECKSUM) {
		out->checksum = BERTH_CHECKSUM_PARTIAL;
		field = checksum_fold(sum);
	} else {
		out->checksum = BERTH_CHECKSUM_UNKNOWN;
		sum = checksum_add(sum, out->header, out->header_bytes);
		for (i = 0; i < out->payload_count; i++) {
			sum = checksum_add_at(sum, out->payload[i].data, out->payload[i].length,
					      offset);
			offset += out->payload[i].length;
		}
		field = checksum_finish(sum);
	}
	memcpy(out->header + TCP_CHECKSUM_OFFSET, &field, sizeof(field));
}

enum berth_drop tcp_emit_control(struct tcp_layer *tcp, struct ip_path *path,
				 const struct tcp_header *header, uint64_t now)
{
	struct packet *packet = packet_acquire(tcp->packets, TCP_HEADER_BYTES_MAX);
	struct outgoing out = {0};

	if (!packet) {
		tcp_drop(tcp, BERTH_DROP_PACKET_MEMORY);
		return BERTH_DROP_PACKET_MEMORY;
	}
	out.owner = packet;
	out.header_bytes = (uint32_t)tcp_header_length(&header->options);
	out.header = packet_append(packet, out.header_bytes);
	tcp_emit_header(header, out.header);
	set_checksum(path, &out);
	tcp->counters.tcp_segments_out++;
	return ip_send(tcp->ip, path, IP_PROTOCOL_TCP, &out, now);
}

enum berth_drop tcp_emit_reset(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	struct tcp_header header = {
		.source_port = conn->entry.local.port,
		.target_port = conn->entry.remote.port,
		.sequence = conn->snd.nxt,
		.acknowledgment = conn->rcv.nxt,
		.flags = TCP_FLAG_RST | TCP_FLAG_ACK,
	};

	return tcp_emit_control(tcp, &conn->path, &header, now);
}

// --- header of a connection's segment ----------------------------------------------------------

static uint16_t window_field(struct tcp_layer *tcp, struct tcp_conn *conn, bool is_syn)
{
	uint32_t window;

	if (conn->state == TCP_STATE_SYN_SENT)
		return (uint16_t)min_u32(tcp_receiver_initial_window(tcp, &conn->settings),
					 UINT16_MAX);
	window = tcp_receive_window_decide(&conn->rcv, conn->received.ring.used,
					   conn->agreed.mss_receive);
	if (is_syn) { // RFC 7323 2.2: not scaled
		window = min_u32(window, UINT16_MAX);
		tcp_receive_window_offer(&conn->rcv, window);
		return (uint16_t)window;
	}
	tcp_receive_window_offer(&conn->rcv, window);
	return (uint16_t)(window >> conn->rcv.scale);
}

static void fill_options(struct tcp_conn *conn, struct tcp_options *options, uint64_t now)
{
	const struct tcp_agreed *agreed = &conn->agreed;

	if (agreed->has_timestamps) {
		options->has_timestamps = true;
		options->timestamp_value = tcp_timestamp_now(agreed, now);
		options->timestamp_echo = agreed->timestamp_recent;
	}
	if (has_sack_to_tell(conn)) {
		options->sack_count = (uint8_t)tcp_sack_blocks_build(
			&conn->received.recent, &conn->received.early, conn->rcv.nxt,
			conn->received.next_position, sack_blocks_max(conn), options->sack);
		tcp_sack_blocks_reported(&conn->received.recent);
	}
}

static void fill_header(struct tcp_layer *tcp, struct tcp_conn *conn,
			const struct segment_plan *plan, struct tcp_header *header, uint64_t now)
{
	bool is_syn = (plan->flags & TCP_FLAG_SYN) != 0;

	header->source_port = conn->entry.local.port;
	header->target_port = conn->entry.remote.port;
	header->sequence = plan->seq;
	header->acknowledgment = plan->flags & TCP_FLAG_ACK ? conn->rcv.nxt : tcp_seq_of(0);
	header->flags = plan->flags;
	header->window = window_field(tcp, conn, is_syn);
	header->urgent_pointer = 0;
	memset(&header->options, 0, offsetof(struct tcp_options, sack));
	if (is_syn)
		tcp_offer_options(&conn->agreed, now, &header->options);
	else
		fill_options(conn, &header->options, now);
}

// --- sending -----------------------------------------------------------------------------------

static uint32_t segments_of(uint32_t length, uint32_t mss_bytes)
{
	return length > mss_bytes ? (length + mss_bytes - 1) / mss_bytes : 1;
}

static void set_payload(const struct tcp_conn *conn, const struct segment_plan *plan,
			struct outgoing *out)
{
	out->payload_count = 0;
	out->payload_bytes = plan->length;
	out->segmentation = BERTH_SEGMENTATION_NONE;
	out->segment_bytes = 0;
	if (plan->length == 0)
		return;
	out->payload_count =
		byte_ring_slices(&conn->unsent.ring, plan->seq.raw - conn->unsent.begin.raw,
				 plan->length, out->payload);
	if (plan->length > plan->mss_bytes) {
		out->segmentation = conn->path.target.family == BERTH_FAMILY_IPV4
					    ? BERTH_SEGMENTATION_TCP4
					    : BERTH_SEGMENTATION_TCP6;
		out->segment_bytes = (uint16_t)plan->mss_bytes;
	}
}

static void count_sent(struct tcp_layer *tcp, struct tcp_conn *conn,
		       const struct segment_plan *plan, uint64_t now)
{
	uint32_t segments = segments_of(plan->length, plan->mss_bytes);

	tcp->counters.tcp_segments_out += segments;
	conn->count.segments_out += segments;
	if (plan->length == 0)
		return;
	conn->count.data_segments_out += segments;
	conn->count.bytes_sent += plan->length;
	conn->count.last_sent_at = now;
}

static enum tcp_emit_result emit_segment(struct tcp_layer *tcp, struct tcp_conn *conn,
					 const struct segment_plan *plan, uint64_t now)
{
	uint8_t *room = ip_burst_header(tcp->ip);
	struct tcp_header header;
	struct outgoing out;

	if (!room)
		return TCP_EMIT_NO_ROOM;
	fill_header(tcp, conn, plan, &header, now);
	out.owner = NULL;
	out.header_bytes = (uint32_t)tcp_header_length(&header.options);
	out.header = room + LINK_HEADER_ROOM - out.header_bytes;
	tcp_emit_header(&header, out.header);
	set_payload(conn, plan, &out);
	set_checksum(&conn->path, &out);
	// Whatever becomes of it below, for us it is on its way: what gets lost is sent again.
	ip_send(tcp->ip, &conn->path, IP_PROTOCOL_TCP, &out, now);
	if (plan->flags & TCP_FLAG_ACK)
		tcp_ack_policy_sent(tcp, conn, plan->length > 0, now);
	count_sent(tcp, conn, plan, now);
	return TCP_EMIT_SENT;
}

static uint8_t data_flags(const struct tcp_conn *conn, tcp_seq end, uint32_t length, bool fin)
{
	uint8_t flags = TCP_FLAG_ACK;

	if (fin)
		flags |= TCP_FLAG_FIN;
	// RFC 9293 3.9.1.2: the last byte the program has given so far.
	if (length > 0 && tcp_seq_equal(end, tcp_send_buffer_end(&conn->unsent)))
		flags |= TCP_FLAG_PSH;
	return flags;
}

static enum tcp_emit_result emit_syn(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	bool is_first = tcp_seq_equal(conn->snd.nxt, conn->snd.iss);
	struct segment_plan plan = {
		.seq = conn->snd.iss,
		.mss_bytes = conn->mss.payload_bytes,
		.flags = TCP_FLAG_SYN,
	};
	enum tcp_emit_result result;

	if (conn->state == TCP_STATE_SYN_RECEIVED)
		plan.flags |= TCP_FLAG_ACK;
	if (!tcp_sent_reserve(&conn->sent, tcp->buffers))
		return TCP_EMIT_NO_MEMORY;
	result = emit_segment(tcp, conn, &plan, now);
	if (result != TCP_EMIT_SENT)
		return result;
	if (is_first) {
		tcp_sent_record(&conn->sent, plan.seq, 1, true, false, plan.mss_bytes, &conn->rate,
				now);
		tcp_send_window_advance(&conn->snd, 1);
		return result;
	}
	tcp_sent_record_again(&conn->sent, 0, 1, plan.mss_bytes, &conn->rate, now);
	conn->count.retransmitted++;
	tcp->counters.tcp_retransmitted++;
	return result;
}

static enum tcp_emit_result emit_new(struct tcp_layer *tcp, struct tcp_conn *conn,
				     const struct tcp_send_decision *decision, uint64_t now)
{
	struct segment_plan plan = {
		.seq = conn->snd.nxt,
		.length = decision->length,
		.mss_bytes = tcp_mss_payload(conn, tcp_emit_sack_bytes(conn)),
	};
	uint32_t space = plan.length + decision->fin;
	tcp_seq end = tcp_seq_add(plan.seq, plan.length);
	enum tcp_emit_result result;

	plan.flags = data_flags(conn, end, plan.length, decision->fin);
	if (!tcp_sent_reserve(&conn->sent, tcp->buffers))
		return TCP_EMIT_NO_MEMORY;
	result = emit_segment(tcp, conn, &plan, now);
	if (result != TCP_EMIT_SENT)
		return result;
	if (conn->sent.count == 0)
		tcp_rate_on_restart(&conn->rate, now);
	tcp_sent_record(&conn->sent, plan.seq, space, false, decision->fin, plan.mss_bytes,
			&conn->rate, now);
	tcp_send_window_advance(&conn->snd, space);
	tcp_send_window_note_sent(&conn->snd, now);
	if (plan.length % plan.mss_bytes != 0)
		tcp_send_window_note_small(&conn->snd, end);
	tcp_send_buffer_set_override(&conn->unsent, false);
	tcp_recovery_note_sent(&conn->recovery, plan.length,
			       segments_of(plan.length, plan.mss_bytes), false, 0, now);
	if (decision->is_loss_probe) {
		tcp_loss_probe_sent(&conn->loss, conn->snd.nxt, false);
		tcp->counters.tcp_loss_probes++;
	}
	return result;
}

// A record, or the beginning of it, once more.
static enum tcp_emit_result emit_again(struct tcp_layer *tcp, struct tcp_conn *conn, uint32_t index,
				       const struct tcp_send_decision *decision, uint64_t now)
{
	const struct tcp_sent_record *record = tcp_sent_at(&conn->sent, index);
	struct segment_plan plan = {
		.seq = record->begin,
		.length = decision->length,
		.mss_bytes = tcp_mss_payload(conn, tcp_emit_sack_bytes(conn)),
	};
	uint32_t segments = segments_of(plan.length, plan.mss_bytes);
	enum tcp_emit_result result;

	plan.flags =
		data_flags(conn, tcp_seq_add(plan.seq, plan.length), plan.length, decision->fin);
	result = emit_segment(tcp, conn, &plan, now);
	if (result != TCP_EMIT_SENT)
		return result;
	tcp_sent_record_again(&conn->sent, index, plan.length + decision->fin, plan.mss_bytes,
			      &conn->rate, now);
	tcp_send_window_note_sent(&conn->snd, now);
	tcp_recovery_note_sent(&conn->recovery, plan.length, segments, true,
			       tcp_timestamp_now(&conn->agreed, now), now);
	conn->count.retransmitted += segments;
	conn->count.bytes_retransmitted += plan.length;
	tcp->counters.tcp_retransmitted += segments;
	return result;
}

static enum tcp_emit_result emit_loss_probe(struct tcp_layer *tcp, struct tcp_conn *conn,
					    const struct tcp_send_decision *decision, uint64_t now)
{
	enum tcp_emit_result result;

	if (!tcp_sent_reserve(&conn->sent, tcp->buffers))
		return TCP_EMIT_NO_MEMORY;
	tcp_sent_split_tail(&conn->sent, tcp_mss_payload(conn, tcp_emit_sack_bytes(conn)));
	result = emit_again(tcp, conn, conn->sent.count - 1, decision, now);
	if (result != TCP_EMIT_SENT)
		return result;
	tcp_loss_probe_sent(&conn->loss, conn->snd.nxt, true);
	tcp->counters.tcp_loss_probes++;
	return result;
}

// A segment without payload, from SND.NXT, or from just below SND.UNA so that it must be answered.
static enum tcp_emit_result emit_bare(struct tcp_layer *tcp, struct tcp_conn *conn, tcp_seq seq,
				      uint64_t now)
{
	struct segment_plan plan = {
		.seq = seq,
		.mss_bytes = conn->mss.payload_bytes,
		.flags = TCP_FLAG_ACK,
	};

	return emit_segment(tcp, conn, &plan, now);
}

enum tcp_emit_result tcp_emit(struct tcp_layer *tcp, struct tcp_conn *conn,
			      const struct tcp_send_decision *decision, uint64_t now)
{
	tcp_seq below_una = tcp_seq_of(conn->snd.una.raw - 1);
	enum tcp_emit_result result;

	switch (decision->choice) {
	case TCP_SEND_SYN:
		return emit_syn(tcp, conn, now);
	case TCP_SEND_LOST:
		if (!tcp_sent_reserve(&conn->sent, tcp->buffers))
			return TCP_EMIT_NO_MEMORY;
		return emit_again(tcp, conn, decision->index, decision, now);
	case TCP_SEND_NEW:
		return emit_new(tcp, conn, decision, now);
	case TCP_SEND_LOSS_PROBE:
		return emit_loss_probe(tcp, conn, decision, now);
	case TCP_SEND_WINDOW_PROBE:
		result = emit_bare(tcp, conn, below_una, now);
		if (result == TCP_EMIT_SENT)
			tcp_persist_probe_sent(&conn->persist);
		return result;
	case TCP_SEND_KEEPALIVE:
		result = emit_bare(tcp, conn, below_una, now);
		if (result == TCP_EMIT_SENT)
			tcp_keepalive_probe_sent(&conn->keepalive);
		return result;
	case TCP_SEND_ACK:
		return emit_bare(tcp, conn, conn->snd.nxt, now);
	case TCP_SEND_NOTHING:
		break;
	}
	ASSERT(decision->choice != TCP_SEND_NOTHING);
	return TCP_EMIT_NO_ROOM;
}
