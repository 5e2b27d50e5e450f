// SPDX-License-Identifier: MIT
//
// Who waits until old duplicates have died?
//
// The end that closed first must be there for 2 MSL (RFC 9293 3.4.2): to acknowledge the peer's FIN
// again if our ACK was lost, and to keep a new connection of the same tuple from old segments of
// this one. What is needed for that is a remnant of some 120 bytes.
//
// Every remnant waits equally long, so the list in order of arrival is the list in order of expiry:
// entering, renewing and expiring are O(1) with a million of them. At the limit the oldest goes
// early.
//
// A RST does not end the wait (RFC 1337), a SYN of a provably new incarnation does (RFC 6191).
#include "tcp_time_wait.h"

#include <string.h>

#include "../../base/assertion.h"
#include "../../base/numbers.h"
#include "../receiver/tcp_receiver.h"
#include "../sender/tcp_emit.h"
#include "../tcp_layer.h"

#define TCP_REMNANTS_PER_CHUNK 256u
#define TCP_REUSE_AFTER_NS NS_PER_S   // our timestamp clock has ticked for sure
#define TCP_REUSE_SEQUENCE_GAP 65537u // above any unscaled window of the last incarnation

void tcp_remnants_init(struct tcp_remnants *remnants, struct memory *memory, uint32_t used_max,
		       uint64_t wait_ns)
{
	object_pool_init(&remnants->pool, memory, sizeof(struct tcp_remnant),
			 TCP_REMNANTS_PER_CHUNK, used_max);
	list_init(&remnants->waiting);
	remnants->wait_ns = wait_ns;
	remnants->used_max = used_max;
}

static struct tcp_remnant *oldest_remnant(const struct tcp_remnants *remnants)
{
	struct list_node *node = list_first(&remnants->waiting);

	return node ? CONTAINER_OF(node, struct tcp_remnant, node) : NULL;
}

void tcp_remnant_free(struct tcp_layer *tcp, struct tcp_remnant *remnant)
{
	tcp_table_remove(&tcp->table, &remnant->entry);
	list_remove(&remnant->node);
	object_pool_release(&tcp->remnants.pool, remnant);
}

void tcp_remnants_clear(struct tcp_layer *tcp)
{
	struct tcp_remnant *remnant;

	while ((remnant = oldest_remnant(&tcp->remnants)))
		tcp_remnant_free(tcp, remnant);
	object_pool_clear(&tcp->remnants.pool);
}

uint64_t tcp_remnants_deadline(const struct tcp_remnants *remnants)
{
	struct tcp_remnant *remnant = oldest_remnant(remnants);

	return remnant ? remnant->expires_at : NEVER;
}

void tcp_remnants_advance(struct tcp_layer *tcp, uint64_t now)
{
	struct tcp_remnant *remnant;

	while ((remnant = oldest_remnant(&tcp->remnants)) && remnant->expires_at <= now)
		tcp_remnant_free(tcp, remnant);
}

static void wait_from_now(struct tcp_layer *tcp, struct tcp_remnant *remnant, uint64_t now)
{
	list_remove_if_on(&remnant->node);
	list_append(&tcp->remnants.waiting, &remnant->node);
	remnant->expires_at = time_after(now, tcp->remnants.wait_ns);
}

static void send_ack(struct tcp_layer *tcp, const struct tcp_remnant *remnant, struct ip_path *path,
		     uint64_t now)
{
	struct tcp_header header;

	memset(&header, 0, sizeof(header));
	header.source_port = remnant->entry.local.port;
	header.target_port = remnant->entry.remote.port;
	header.sequence = remnant->snd_nxt;
	header.acknowledgment = remnant->rcv_nxt;
	header.flags = TCP_FLAG_ACK;
	header.window = remnant->window;
	if (remnant->has_timestamps) {
		header.options.has_timestamps = true;
		header.options.timestamp_value =
			(uint32_t)(now / TCP_TIMESTAMP_TICK_NS) + remnant->timestamp_offset;
		header.options.timestamp_echo = remnant->timestamp_recent;
	}
	tcp_emit_control(tcp, path, &header, now);
}

static void find_path_and_send_ack(struct tcp_layer *tcp, const struct tcp_remnant *remnant,
				   uint64_t now)
{
	struct ip_path path;

	if (ip_find_path(tcp->ip, &remnant->entry.remote.address, &remnant->entry.local.address,
			 &path) == 0)
		send_ack(tcp, remnant, &path, now);
}

static void remnant_of_conn(const struct tcp_conn *conn, struct tcp_remnant *ret_remnant)
{
	uint32_t window = tcp_receiver_window(conn) >> conn->agreed.receive_scale;

	ret_remnant->entry.local = conn->entry.local;
	ret_remnant->entry.remote = conn->entry.remote;
	ret_remnant->entry.kind = TCP_ENTRY_REMNANT;
	ret_remnant->snd_nxt = conn->snd.nxt;
	ret_remnant->rcv_nxt = conn->rcv.nxt;
	ret_remnant->timestamp_recent = conn->agreed.timestamp_recent;
	ret_remnant->timestamp_offset = conn->agreed.timestamp_offset;
	ret_remnant->has_timestamps = conn->agreed.has_timestamps;
	ret_remnant->window = (uint16_t)min_u32(window, UINT16_MAX);
	ret_remnant->inbound = conn->inbound;
}

void tcp_time_wait_enter(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	struct tcp_remnants *remnants = &tcp->remnants;
	struct tcp_remnant on_stack, *remnant;

	if (remnants->used_max && remnants->pool.used >= remnants->used_max)
		tcp_remnant_free(tcp, oldest_remnant(remnants));
	memset(&on_stack, 0, sizeof(on_stack));
	remnant_of_conn(conn, &on_stack);
	remnant = object_pool_acquire(&remnants->pool);
	if (remnant) {
		*remnant = on_stack;
		tcp_table_replace(&tcp->table, &conn->entry, &remnant->entry);
		wait_from_now(tcp, remnant, now);
	}
	if (conn->ack.owed_now || conn->ack.owed_later)
		send_ack(tcp, &on_stack, &conn->path, now);
}

// DECIDES: does this SYN begin a new incarnation? (RFC 6191 2)
static bool begins_anew(const struct tcp_remnant *remnant, const struct tcp_segment *segment)
{
	bool seq_is_newer = tcp_seq_after(segment->seq, remnant->rcv_nxt);
	int32_t age;

	if (!segment->options.has_timestamps)
		return seq_is_newer;
	if (!remnant->has_timestamps)
		return true;
	age = (int32_t)(segment->options.timestamp_value - remnant->timestamp_recent);
	return age > 0 || (age == 0 && seq_is_newer);
}

static bool is_old_timestamp(const struct tcp_remnant *remnant, const struct tcp_segment *segment)
{
	return remnant->has_timestamps && segment->options.has_timestamps &&
	       (int32_t)(segment->options.timestamp_value - remnant->timestamp_recent) < 0;
}

enum tcp_time_wait_choice tcp_time_wait_decide(const struct tcp_remnant *remnant,
					       const struct tcp_segment *segment)
{
	tcp_seq end = tcp_seq_add(segment->seq, tcp_segment_space(segment));

	if (segment->is_rst) // RFC 1337 3: a RST must not cut the wait short
		return TCP_TIME_WAIT_IGNORE;
	if (segment->is_syn && !segment->has_ack && begins_anew(remnant, segment))
		return TCP_TIME_WAIT_REOPEN;
	if (segment->is_syn) // RFC 5961 4
		return TCP_TIME_WAIT_ACK;
	if (!segment->has_ack)
		return TCP_TIME_WAIT_IGNORE;
	if (is_old_timestamp(remnant, segment))
		return TCP_TIME_WAIT_ACK;
	if (segment->is_fin && tcp_seq_equal(end, remnant->rcv_nxt))
		return TCP_TIME_WAIT_RENEW;
	if (tcp_segment_space(segment) > 0 || tcp_seq_before(segment->seq, remnant->rcv_nxt))
		return TCP_TIME_WAIT_ACK;
	return TCP_TIME_WAIT_IGNORE;
}

bool tcp_time_wait_may_reuse(const struct tcp_remnants *remnants, const struct tcp_remnant *remnant,
			     uint64_t now)
{
	uint64_t entered_at = remnant->expires_at - remnants->wait_ns;

	return remnant->has_timestamps && now - entered_at >= TCP_REUSE_AFTER_NS;
}

tcp_seq tcp_time_wait_next_iss(const struct tcp_remnant *remnant)
{
	return tcp_seq_add(remnant->snd_nxt, TCP_REUSE_SEQUENCE_GAP);
}

static bool may_challenge(struct tcp_layer *tcp, struct tcp_remnant *remnant, uint64_t now)
{
	uint32_t now_ms = (uint32_t)(now / NS_PER_MS);
	uint64_t challenged_at = 0;

	if (remnant->challenged_at_ms)
		challenged_at = now - (now_ms - remnant->challenged_at_ms) * NS_PER_MS;
	if (!tcp_reset_may_challenge(tcp, &challenged_at, now))
		return false;
	remnant->challenged_at_ms = max_u32(now_ms, 1);
	return true;
}

enum berth_drop tcp_time_wait_receive(struct tcp_layer *tcp, struct tcp_remnant *remnant,
				      const struct tcp_segment *segment, uint64_t now)
{
	switch (tcp_time_wait_decide(remnant, segment)) {
	case TCP_TIME_WAIT_RENEW:
		if (segment->options.has_timestamps)
			remnant->timestamp_recent = segment->options.timestamp_value;
		wait_from_now(tcp, remnant, now);
		find_path_and_send_ack(tcp, remnant, now);
		break;
	case TCP_TIME_WAIT_REOPEN: // nobody listens any more
	case TCP_TIME_WAIT_ACK:
		if (may_challenge(tcp, remnant, now))
			find_path_and_send_ack(tcp, remnant, now);
		break;
	case TCP_TIME_WAIT_IGNORE:
		break;
	}
	return BERTH_DROP_TCP_TIME_WAIT;
}
