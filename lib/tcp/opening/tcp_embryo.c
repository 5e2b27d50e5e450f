// SPDX-License-Identifier: MIT
//
// Who has sent a SYN and not yet answered ours?
//
// An embryo is a passive open in SYN-RECEIVED: what both SYNs said, and nothing else. Its SYN,ACK
// is repeated after 1, 2, 4 … seconds and given up after TCP_SYN_ACK_RETRIES (RFC 9293 3.8.3 asks
// for it, Linux has the numbers). The n-th wait is equally long for all embryos, so the n-th waits
// form a FIFO.
//
// Their number is limited for the host; what is beyond is dropped and counted.
// Not here: the connection an embryo becomes (tcp_handshake.c).
#include "tcp_embryo.h"

#include <string.h>

#include "../../base/assertion.h"
#include "../../base/numbers.h"
#include "../receiver/tcp_receiver.h"
#include "../sender/tcp_emit.h"
#include "../tcp_input.h"
#include "../tcp_layer.h"
#include "../tcp_path.h"
#include "tcp_handshake.h"

#define TCP_EMBRYOS_PER_CHUNK 64u

void tcp_embryos_init(struct tcp_embryos *embryos, struct memory *memory, uint32_t used_max)
{
	object_pool_init(&embryos->pool, memory, sizeof(struct tcp_embryo), TCP_EMBRYOS_PER_CHUNK,
			 used_max);
	for (size_t i = 0; i < ARRAY_LENGTH(embryos->waits); i++)
		list_init(&embryos->waits[i]);
}

static struct tcp_embryo *oldest_embryo(const struct tcp_embryos *embryos, size_t wait)
{
	struct list_node *node = list_first(&embryos->waits[wait]);

	return node ? CONTAINER_OF(node, struct tcp_embryo, wait_node) : NULL;
}

void tcp_embryo_free(struct tcp_layer *tcp, struct tcp_embryo *embryo)
{
	tcp_table_remove(&tcp->table, &embryo->entry);
	list_remove(&embryo->wait_node);
	list_remove(&embryo->listener_node);
	object_pool_release(&tcp->embryos.pool, embryo);
}

void tcp_embryos_clear(struct tcp_layer *tcp)
{
	struct tcp_embryos *embryos = &tcp->embryos;
	struct tcp_embryo *embryo;

	for (size_t i = 0; i < ARRAY_LENGTH(embryos->waits); i++)
		while ((embryo = oldest_embryo(embryos, i)))
			tcp_embryo_free(tcp, embryo);
	object_pool_clear(&embryos->pool);
}

uint64_t tcp_embryos_deadline(const struct tcp_embryos *embryos)
{
	uint64_t deadline = NEVER;

	for (size_t i = 0; i < ARRAY_LENGTH(embryos->waits); i++) {
		struct tcp_embryo *embryo = oldest_embryo(embryos, i);

		if (embryo)
			deadline = earliest(deadline, embryo->deadline_at);
	}
	return deadline;
}

static void wait_for_ack(struct tcp_layer *tcp, struct tcp_embryo *embryo, uint64_t now)
{
	embryo->deadline_at = now + (TCP_RTO_INITIAL_NS << embryo->repeats);
	list_append(&tcp->embryos.waits[embryo->repeats], &embryo->wait_node);
}

static struct tcp_header header_of(const struct tcp_embryo *embryo)
{
	struct tcp_header header;

	memset(&header, 0, sizeof(header));
	header.source_port = embryo->entry.local.port;
	header.target_port = embryo->entry.remote.port;
	header.acknowledgment = tcp_seq_add(embryo->irs, 1);
	return header;
}

static void send_syn_ack(struct tcp_layer *tcp, const struct tcp_embryo *embryo,
			 struct ip_path *path, uint64_t now)
{
	struct tcp_header header = header_of(embryo);

	header.sequence = embryo->iss;
	header.flags = TCP_FLAG_SYN | TCP_FLAG_ACK;
	header.window = embryo->window;
	tcp_offer_options(&embryo->agreed, now, &header.options);
	tcp_emit_control(tcp, path, &header, now);
}

static void send_ack(struct tcp_layer *tcp, const struct tcp_embryo *embryo, struct ip_path *path,
		     uint64_t now)
{
	struct tcp_header header = header_of(embryo);

	header.sequence = tcp_seq_add(embryo->iss, 1);
	header.flags = TCP_FLAG_ACK;
	header.window = (uint16_t)(embryo->window >> embryo->agreed.receive_scale);
	if (embryo->agreed.has_timestamps) {
		header.options.has_timestamps = true;
		header.options.timestamp_value = tcp_timestamp_now(&embryo->agreed, now);
		header.options.timestamp_echo = embryo->agreed.timestamp_recent;
	}
	tcp_emit_control(tcp, path, &header, now);
}

static bool find_path(struct tcp_layer *tcp, const struct berth_endpoint *local,
		      const struct berth_endpoint *remote, const struct tcp_settings *settings,
		      struct ip_path *ret_path)
{
	if (ip_find_path(tcp->ip, &remote->address, &local->address, ret_path) < 0)
		return false;
	tcp_path_apply_settings(ret_path, settings);
	return true;
}

static bool find_embryo_path(struct tcp_layer *tcp, const struct tcp_embryo *embryo,
			     struct ip_path *ret_path)
{
	return find_path(tcp, &embryo->entry.local, &embryo->entry.remote,
			 &embryo->listener->settings, ret_path);
}

static void resend_syn_ack(struct tcp_layer *tcp, struct tcp_embryo *embryo, uint64_t now)
{
	struct ip_path path;

	embryo->was_resent = true;
	tcp->counters.tcp_retransmitted++;
	if (find_embryo_path(tcp, embryo, &path))
		send_syn_ack(tcp, embryo, &path, now);
}

// TCP_DEFER_ACCEPT: is the listener still content to wait for data?
static bool is_deferred(const struct tcp_embryo *embryo, uint64_t now)
{
	return now - embryo->first_sent_at < embryo->listener->settings.defer_accept_s * NS_PER_S;
}

static void on_timer(struct tcp_layer *tcp, struct tcp_embryo *embryo, uint64_t now)
{
	if (embryo->repeats == TCP_SYN_ACK_RETRIES) {
		tcp->counters.tcp_failed++;
		tcp_embryo_free(tcp, embryo);
		return;
	}
	list_remove(&embryo->wait_node);
	embryo->repeats++;
	wait_for_ack(tcp, embryo, now);
	if (!embryo->is_acked || !is_deferred(embryo, now))
		resend_syn_ack(tcp, embryo, now);
}

void tcp_embryos_advance(struct tcp_layer *tcp, uint64_t now)
{
	struct tcp_embryo *embryo;

	// Downwards: one that moves to the next wait is not looked at again.
	for (size_t i = ARRAY_LENGTH(tcp->embryos.waits); i-- > 0;)
		while ((embryo = oldest_embryo(&tcp->embryos, i)) && embryo->deadline_at <= now)
			on_timer(tcp, embryo, now);
}

enum berth_drop tcp_embryo_conceive(struct tcp_layer *tcp, struct tcp_listener *listener,
				    const struct tcp_segment *segment, const tcp_seq *iss_at_least,
				    uint64_t now)
{
	struct tcp_embryo *embryo;
	struct ip_path path;

	if (tcp->conns.used_max && tcp->conns.used >= tcp->conns.used_max)
		return BERTH_DROP_TCP_CONNECTION_LIMIT;
	if (!find_path(tcp, &segment->local, &segment->remote, &listener->settings, &path))
		return BERTH_DROP_IP_NO_ROUTE;
	embryo = object_pool_acquire(&tcp->embryos.pool);
	if (!embryo)
		return BERTH_DROP_TCP_EMBRYO_LIMIT;
	embryo->entry.kind = TCP_ENTRY_EMBRYO;
	embryo->entry.local = segment->local;
	embryo->entry.remote = segment->remote;
	embryo->listener = listener;
	embryo->irs = segment->seq;
	embryo->iss =
		tcp_isn_choose(&tcp->isn, &segment->local, &segment->remote, iss_at_least, now);
	embryo->first_sent_at = now;
	embryo->window = (uint16_t)min_u32(tcp_receiver_initial_window(tcp, &listener->settings),
					   UINT16_MAX);
	tcp_negotiate_offer(tcp, &listener->settings, &path, &embryo->agreed);
	tcp_negotiate_answer(&embryo->agreed, &segment->options, &listener->settings, &path, now);
	tcp_table_insert(&tcp->table, &embryo->entry);
	list_append(&listener->embryos, &embryo->listener_node);
	wait_for_ack(tcp, embryo, now);
	send_syn_ack(tcp, embryo, &path, now);
	return BERTH_DROP_NONE;
}

static bool sequence_is_acceptable(const struct tcp_embryo *embryo,
				   const struct tcp_segment *segment)
{
	tcp_seq next = tcp_seq_add(embryo->irs, 1);
	uint32_t space = tcp_segment_space(segment);

	if (tcp_seq_in_window(segment->seq, next, max_u32(embryo->window, 1)))
		return true;
	return space > 0 &&
	       tcp_seq_in_window(tcp_seq_add(segment->seq, space - 1), next, embryo->window);
}

static void challenge(struct tcp_layer *tcp, struct tcp_embryo *embryo, uint64_t now)
{
	struct ip_path path;

	if (tcp_reset_may_challenge(tcp, &embryo->challenged_at, now) &&
	    find_embryo_path(tcp, embryo, &path))
		send_ack(tcp, embryo, &path, now);
}

// Our SYN is acknowledged: the embryo becomes a connection, if there is room for it.
static enum berth_drop on_ack(struct tcp_layer *tcp, struct tcp_embryo *embryo,
			      struct tcp_segment *segment, uint64_t now)
{
	struct tcp_conn *conn;
	struct ip_path path;

	if (segment->length == 0 && !segment->is_fin && is_deferred(embryo, now)) {
		embryo->is_acked = true;
		return BERTH_DROP_NONE;
	}
	if (tcp_listener_is_full(embryo->listener))
		return BERTH_DROP_TCP_BACKLOG_FULL;
	if (!find_embryo_path(tcp, embryo, &path))
		return BERTH_DROP_IP_NO_ROUTE;
	conn = tcp_handshake_grow(tcp, embryo, &path, segment, now);
	if (!conn)
		return BERTH_DROP_TCP_CONNECTION_LIMIT;
	return tcp_input_text(tcp, conn, segment, now);
}

static enum berth_drop on_rst(struct tcp_layer *tcp, struct tcp_embryo *embryo,
			      const struct tcp_segment *segment, uint64_t now)
{
	switch (tcp_reset_decide(segment->seq, tcp_seq_add(embryo->irs, 1), embryo->window)) {
	case TCP_RESET_BELIEVE:
		tcp->counters.tcp_resets_in++;
		tcp->counters.tcp_failed++;
		tcp_embryo_free(tcp, embryo);
		return BERTH_DROP_NONE;
	case TCP_RESET_CHALLENGE:
		challenge(tcp, embryo, now);
		break;
	case TCP_RESET_IGNORE:
		break;
	}
	return BERTH_DROP_TCP_RST_INVALID;
}

static bool is_syn_again(const struct tcp_embryo *embryo, const struct tcp_segment *segment)
{
	return segment->is_syn && !segment->has_ack && !segment->is_rst &&
	       tcp_seq_equal(segment->seq, embryo->irs);
}

enum berth_drop tcp_embryo_receive(struct tcp_layer *tcp, struct tcp_embryo *embryo,
				   struct tcp_segment *segment, uint64_t now)
{
	if (is_syn_again(embryo, segment)) { // our SYN,ACK was lost, or is late
		if (tcp_reset_may_challenge(tcp, &embryo->challenged_at, now))
			resend_syn_ack(tcp, embryo, now);
		return BERTH_DROP_NONE;
	}
	// RFC 9293 3.10.7.4 for SYN-RECEIVED, RFC 7323 5.3, RFC 5961
	if (tcp_paws_rejects(&embryo->agreed, segment, now)) {
		challenge(tcp, embryo, now);
		return BERTH_DROP_TCP_PAWS;
	}
	if (!sequence_is_acceptable(embryo, segment)) {
		if (segment->is_rst)
			return BERTH_DROP_TCP_RST_INVALID;
		challenge(tcp, embryo, now);
		return BERTH_DROP_TCP_OUTSIDE_WINDOW;
	}
	if (segment->is_rst)
		return on_rst(tcp, embryo, segment, now);
	if (segment->is_syn) {
		challenge(tcp, embryo, now);
		return BERTH_DROP_TCP_SYN_CHALLENGED;
	}
	if (!segment->has_ack)
		return BERTH_DROP_TCP_NO_ACK;
	if (!tcp_seq_equal(segment->ack, tcp_seq_add(embryo->iss, 1))) {
		tcp_reset_answer(tcp, segment, now);
		return BERTH_DROP_TCP_ACK_INVALID;
	}
	return on_ack(tcp, embryo, segment, now);
}

void tcp_embryo_on_error(struct tcp_layer *tcp, struct tcp_embryo *embryo,
			 const struct ip_error *error)
{
	if (!error->is_hard || error->tcp_sequence != embryo->iss.raw) // RFC 5927 4.1
		return;
	tcp->counters.tcp_failed++;
	tcp_embryo_free(tcp, embryo);
}
