// SPDX-License-Identifier: MIT
//
// Who is waiting to be accepted?
//
// A program listens on a port; handshakes happen without it; finished connections wait in the
// accept queue, oldest first. When the queue is full, SYNs are dropped and counted: the peer tries
// again a second later, which is what a short overload needs (and what Linux does). The last ACK of
// a handshake that finds the queue full is dropped too; the SYN,ACK that follows asks for it again.
//
// The port is held by the listener and all connections it has accepted together (tcp_port_hold), so
// that it stays the program's when the listener closes first.
//
// Not here: the half-open connections themselves (tcp_embryo.c).
#include "tcp_listen.h"

#include <errno.h>

#include "../../base/assertion.h"
#include "../../base/numbers.h"
#include "../closing/tcp_close.h"
#include "../receiver/tcp_receiver.h"
#include "../tcp_changes.h"
#include "../tcp_layer.h"
#include "../tcp_open.h"
#include "../tcp_options.h"

#define TCP_LISTENER_BUCKETS 64u // to begin with; the table doubles
#define TCP_LISTENERS_PER_CHUNK 32u

bool tcp_listeners_init(struct tcp_listeners *listeners, struct memory *memory)
{
	object_pool_init(&listeners->pool, memory, sizeof(struct tcp_listener),
			 TCP_LISTENERS_PER_CHUNK, 0);
	object_pool_init(&listeners->holds, memory, sizeof(struct tcp_port_hold),
			 TCP_LISTENERS_PER_CHUNK, 0);
	return hash_table_init(&listeners->by_port, memory, TCP_LISTENER_BUCKETS);
}

static struct tcp_listener *listener_of_node(struct hash_node *node)
{
	return node ? CONTAINER_OF(node, struct tcp_listener, node) : NULL;
}

void tcp_listeners_clear(struct tcp_layer *tcp)
{
	struct hash_node *node;

	while ((node = hash_table_walk(&tcp->listeners.by_port, NULL)))
		tcp_listener_close(tcp, listener_of_node(node), 0);
	hash_table_clear(&tcp->listeners.by_port);
	object_pool_clear(&tcp->listeners.pool);
	object_pool_clear(&tcp->listeners.holds);
}

// Which ports listen is the host's own choice: no secret is needed.
static uint32_t port_hash(uint16_t port)
{
	return (uint32_t)port * 0x9e3779b1u >> 8;
}

// How well does a listener fit? 0: not at all.
static unsigned fitness(const struct tcp_listener *listener, const struct berth_endpoint *local)
{
	if (listener->local.port != local->port)
		return 0;
	if (!berth_address_is_any(&listener->local.address))
		return berth_address_equal(&listener->local.address, &local->address) ? 3 : 0;
	if (listener->local.address.family == local->address.family)
		return 2;
	return listener->family == BERTH_FAMILY_IPV6 && !listener->hold->claim.v6only ? 1 : 0;
}

// The best fitness there is for local, and how many listeners have it.
static unsigned best_fitness(struct hash_node *node, const struct berth_endpoint *local,
			     unsigned *ret_count)
{
	unsigned best = 1, count = 0;

	for (; node; node = hash_table_next(node)) {
		unsigned fit = fitness(listener_of_node(node), local);

		if (fit > best) {
			best = fit;
			count = 0;
		}
		count += fit == best;
	}
	*ret_count = count;
	return best;
}

// DECIDES: which listener takes a connection (exact address, then any of the family, then dual
// stack; among equals, a SO_REUSEPORT group, the tuple's hash chooses)
struct tcp_listener *tcp_listener_lookup(struct tcp_layer *tcp, const struct berth_endpoint *local,
					 const struct berth_endpoint *remote)
{
	struct hash_node *node = hash_table_first(&tcp->listeners.by_port, port_hash(local->port));
	unsigned count, best = best_fitness(node, local, &count), chosen = 0;

	if (count == 0)
		return NULL;
	if (count > 1)
		chosen =
			(unsigned)(((uint64_t)tcp_table_hash(&tcp->table, local, remote) * count) >>
				   32);
	for (; node; node = hash_table_next(node))
		if (fitness(listener_of_node(node), local) == best && chosen-- == 0)
			break;
	return listener_of_node(node);
}

enum berth_drop tcp_listener_receive(struct tcp_layer *tcp, struct tcp_listener *listener,
				     const struct tcp_segment *segment, const tcp_seq *iss_at_least,
				     uint64_t now)
{
	// RFC 9293 3.10.7.2
	if (segment->is_rst) // first
		return BERTH_DROP_TCP_RST_INVALID;
	if (segment->has_ack) { // second
		tcp_reset_answer(tcp, segment, now);
		return BERTH_DROP_TCP_ACK_INVALID;
	}
	if (!segment->is_syn) // fourth
		return BERTH_DROP_TCP_FLAGS_INVALID;
	if (tcp_listener_is_full(listener))
		return BERTH_DROP_TCP_BACKLOG_FULL;
	return tcp_embryo_conceive(tcp, listener, segment, iss_at_least, now);
}

bool tcp_listener_is_full(const struct tcp_listener *listener)
{
	return listener->accept_count >= listener->backlog;
}

void tcp_listener_enqueue(struct tcp_layer *tcp, struct tcp_listener *listener,
			  struct tcp_conn *conn)
{
	conn->listener = listener;
	list_append(&listener->accept_queue, &conn->accept_node);
	listener->accept_count++;
	tcp_change_listener(tcp, listener, TCP_CHANGED_ACCEPTABLE);
}

void tcp_listener_forget(struct tcp_conn *conn)
{
	ASSERT(conn->listener->accept_count > 0);
	list_remove(&conn->accept_node);
	conn->listener->accept_count--;
	conn->listener = NULL;
}

void tcp_port_hold_release(struct tcp_layer *tcp, struct tcp_port_hold *hold)
{
	ASSERT(hold->users > 0);
	if (--hold->users > 0)
		return;
	port_space_release(tcp->ports, &hold->claim);
	object_pool_release(&tcp->listeners.holds, hold);
}

// The port of the coming listener: claimed, and nobody else listens there.
static int claim_for_listening(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	const struct port_claim *holder;
	bool was_free = conn->claim.port == 0;
	int result = 0;

	if (was_free)
		result = port_space_claim_any(tcp->ports, &conn->claim);
	if (result < 0)
		return result;
	result = port_space_listen(tcp->ports, &conn->claim, &holder);
	if (result < 0 && was_free)
		tcp_conn_release_port(tcp, conn);
	return result;
}

static void listener_from_conn(struct tcp_layer *tcp, struct tcp_listener *listener,
			       struct tcp_port_hold *hold, struct tcp_conn *conn)
{
	port_space_move(tcp->ports, &conn->claim, &hold->claim);
	hold->users = 1;
	listener->hold = hold;
	listener->local = tcp_endpoint_of(&hold->claim.address, hold->claim.port);
	listener->settings = conn->settings;
	listener->owner = conn->owner;
	listener->family = conn->family;
	list_init(&listener->accept_queue);
	list_init(&listener->embryos);
	hash_table_insert(&tcp->listeners.by_port, &listener->node,
			  port_hash(listener->local.port));
}

int tcp_listen(struct tcp_layer *tcp, struct tcp_conn *conn, int backlog,
	       struct tcp_listener **ret_listener)
{
	struct tcp_listener *listener;
	struct tcp_port_hold *hold;
	int result;

	if (conn->state != TCP_STATE_CLOSED || conn->was_established)
		return -EINVAL;
	result = claim_for_listening(tcp, conn);
	if (result < 0)
		return result;
	listener = object_pool_acquire(&tcp->listeners.pool);
	hold = listener ? object_pool_acquire(&tcp->listeners.holds) : NULL;
	if (!hold) {
		if (listener)
			object_pool_release(&tcp->listeners.pool, listener);
		conn->claim.is_listening = false;
		return -ENOMEM;
	}
	listener_from_conn(tcp, listener, hold, conn);
	tcp_listener_set_backlog(listener, backlog);
	tcp_conn_free(tcp, conn);
	*ret_listener = listener;
	return 0;
}

void tcp_listener_set_backlog(struct tcp_listener *listener, int backlog)
{
	if (backlog < 0) // as Linux: a very large unsigned number
		listener->backlog = TCP_BACKLOG_MAX;
	else
		listener->backlog = max_u32(1, min_u32((uint32_t)backlog, TCP_BACKLOG_MAX));
}

// What its new owner would have heard by now.
static uint32_t news_of(const struct tcp_conn *conn)
{
	uint32_t what = TCP_CHANGED_WRITABLE;

	if (tcp_receiver_unread_bytes(conn) > 0)
		what |= TCP_CHANGED_READABLE;
	if (tcp_receiver_is_finished(conn))
		what |= TCP_CHANGED_READABLE | TCP_CHANGED_FINISHED;
	if (conn->state == TCP_STATE_CLOSED)
		what |= TCP_CHANGED_READABLE | TCP_CHANGED_ERROR | TCP_CHANGED_RESET;
	return what;
}

struct tcp_conn *tcp_accept(struct tcp_layer *tcp, struct tcp_listener *listener, uint32_t owner)
{
	struct list_node *node = list_first(&listener->accept_queue);
	struct tcp_conn *conn;

	if (!node)
		return NULL;
	conn = CONTAINER_OF(node, struct tcp_conn, accept_node);
	tcp_listener_forget(conn);
	conn->owner = owner;
	tcp_change(tcp, conn, news_of(conn));
	return conn;
}

void tcp_listener_close(struct tcp_layer *tcp, struct tcp_listener *listener, uint64_t now)
{
	struct list_node *node;

	while ((node = list_first(&listener->embryos)))
		tcp_embryo_free(tcp, CONTAINER_OF(node, struct tcp_embryo, listener_node));
	while ((node = list_first(&listener->accept_queue)))
		tcp_abort(tcp, CONTAINER_OF(node, struct tcp_conn, accept_node), now);
	tcp_change_forget_listener(listener);
	hash_table_remove(&tcp->listeners.by_port, &listener->node);
	listener->hold->claim.is_listening = false;
	tcp_port_hold_release(tcp, listener->hold);
	object_pool_release(&tcp->listeners.pool, listener);
}

struct port_claim *tcp_listener_claim(struct tcp_listener *listener)
{
	return &listener->hold->claim;
}

const struct berth_endpoint *tcp_listener_local(const struct tcp_listener *listener)
{
	return &listener->local;
}

uint32_t tcp_listener_queued(const struct tcp_listener *listener)
{
	return listener->accept_count;
}

uint32_t tcp_listener_backlog(const struct tcp_listener *listener)
{
	return listener->backlog;
}

int tcp_listener_set_option(struct tcp_listener *listener, int level, int name, const void *value,
			    size_t length)
{
	return tcp_settings_set(&listener->settings, &listener->hold->claim, level, name, value,
				length);
}

int tcp_listener_get_option(const struct tcp_listener *listener, int level, int name, void *value,
			    size_t *length)
{
	return tcp_settings_get(&listener->settings, &listener->hold->claim, level, name, value,
				length);
}
