// SPDX-License-Identifier: MIT
//
// What happens to arriving payload and FIN? RFC 9293 3.10.7.4, seventh and eighth: trim to the
// window, put at its place, wake the reader, owe an ACK.
#include "../../base/numbers.h"
#include "../tcp_changes.h"
#include "../tcp_layer.h"
#include "tcp_receiver.h"

// Bytes before RCV.NXT were here already (RFC 2883 4).
static void trim_front(struct tcp_layer *tcp, struct tcp_conn *conn, struct tcp_segment *seg)
{
	int32_t behind = tcp_seq_distance(seg->seq, conn->rcv.nxt);
	uint32_t doubled;

	if (behind <= 0)
		return;
	doubled = min_u32((uint32_t)behind, seg->length);
	tcp_reassembly_duplicate(&conn->received, seg->seq, tcp_seq_add(seg->seq, doubled));
	slices_trim_front(&seg->payload, doubled);
	seg->seq = tcp_seq_add(seg->seq, doubled);
	seg->length -= doubled;
	tcp_ack_owe_now(tcp, conn);
}

// Bytes beyond the window were never asked for; a FIN behind them neither.
static void trim_back(struct tcp_layer *tcp, struct tcp_conn *conn, struct tcp_segment *seg)
{
	uint32_t offset = seg->seq.raw - conn->rcv.nxt.raw;
	uint32_t window = tcp_receiver_window(conn);
	uint32_t room = window > offset ? window - offset : 0;

	if (seg->length <= room)
		return;
	slices_trim_to(&seg->payload, room);
	seg->length = room;
	seg->is_fin = false;
	tcp_ack_owe_now(tcp, conn);
}

// When the peer echoes our timestamp with new data, a round trip has passed since.
static uint64_t timestamp_rtt_ns(const struct tcp_conn *conn, const struct tcp_segment *seg,
				 uint64_t now)
{
	uint32_t ticks;

	if (!conn->agreed.has_timestamps || !seg->options.has_timestamps ||
	    seg->options.timestamp_echo == 0)
		return 0;
	ticks = tcp_timestamp_now(&conn->agreed, now) - seg->options.timestamp_echo;
	if (ticks >= TCP_RTO_MAX_NS / TCP_TIMESTAMP_TICK_NS)
		return 0;
	return max_u32(ticks, 1) * TCP_TIMESTAMP_TICK_NS;
}

static void wake_reader(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	if (conn->received.ring.used >= max_u32(conn->settings.receive_low_water, 1))
		tcp_change(tcp, conn, TCP_CHANGED_READABLE);
}

static void take_in_order(struct tcp_layer *tcp, struct tcp_conn *conn,
			  const struct tcp_segment *seg, uint32_t advanced, bool had_holes,
			  uint64_t now)
{
	uint32_t segment_bytes = seg->length / max_u32(seg->segment_count, 1);

	tcp_receive_window_advance(&conn->rcv, advanced);
	tcp_receive_window_on_data(&conn->rcv, timestamp_rtt_ns(conn, seg, now), now);
	tcp_ack_policy_note_data(&conn->ack, seg->length, segment_bytes);
	tcp_ack_owe(tcp, conn, had_holes, now);
	conn->count.bytes_received += advanced;
	wake_reader(tcp, conn);
}

static enum berth_drop store(struct tcp_layer *tcp, struct tcp_conn *conn, struct tcp_segment *seg,
			     uint64_t now)
{
	bool had_holes = tcp_reassembly_has_holes(&conn->received);
	uint32_t advanced;

	switch (tcp_reassembly_store(&conn->received, tcp->buffers, tcp->memory,
				     seg->seq.raw - conn->rcv.nxt.raw, &seg->payload, &advanced)) {
	case TCP_STORED_IN_ORDER:
		take_in_order(tcp, conn, seg, advanced, had_holes, now);
		return BERTH_DROP_NONE;
	case TCP_STORED_EARLY:
		conn->count.out_of_order += seg->segment_count;
		tcp_ack_owe_now(tcp, conn);
		return BERTH_DROP_NONE;
	case TCP_STORED_NOTHING:
		tcp_reassembly_duplicate(&conn->received, seg->seq,
					 tcp_seq_add(seg->seq, seg->length));
		tcp_ack_owe_now(tcp, conn);
		return BERTH_DROP_NONE;
	case TCP_STORED_NO_MEMORY:
		tcp_ack_owe_now(tcp, conn);
		return BERTH_DROP_TCP_RECEIVE_MEMORY;
	case TCP_STORED_TOO_MANY_HOLES:
		break;
	}
	tcp_ack_owe_now(tcp, conn);
	return BERTH_DROP_TCP_OUT_OF_ORDER_LIMIT;
}

enum berth_drop tcp_receive_text(struct tcp_layer *tcp, struct tcp_conn *conn,
				 struct tcp_segment *seg, uint64_t now)
{
	if (seg->length == 0)
		return BERTH_DROP_NONE;
	conn->count.data_segments_in += seg->segment_count;
	conn->count.last_data_received_at = now;
	trim_front(tcp, conn, seg);
	if (seg->length > 0)
		trim_back(tcp, conn, seg);
	if (seg->length == 0)
		return BERTH_DROP_NONE;
	return store(tcp, conn, seg, now);
}

bool tcp_receive_fin(struct tcp_layer *tcp, struct tcp_conn *conn, const struct tcp_segment *seg,
		     uint64_t now)
{
	struct tcp_receive_buffer *received = &conn->received;

	(void)now;
	if (seg->is_fin && !received->fin_is_known)
		tcp_reassembly_set_fin(received, tcp_seq_add(seg->seq, seg->length));
	if (seg->is_fin)
		tcp_ack_owe_now(tcp, conn); // early, in order or once more
	if (!received->fin_is_known || received->is_finished ||
	    !tcp_seq_equal(conn->rcv.nxt, received->fin))
		return false;
	tcp_receive_window_advance(&conn->rcv, 1);
	tcp_reassembly_finish(received);
	tcp_ack_owe_now(tcp, conn); // RFC 9293 3.10.7.4 eighth
	return true;
}
