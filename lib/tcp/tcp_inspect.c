// SPDX-License-Identifier: MIT
//
// How does the transport look in the connection table? Rows of connections, listeners, and of what
// no socket holds: embryos, remnants, connections that wait to be accepted or end on their own.
//
// Not here: socket, tag, next hop (socket/ and link/ know those).
#include <string.h>

#include "../base/numbers.h"
#include "receiver/tcp_receiver.h"
#include "sender/tcp_sender.h"
#include "tcp_layer.h"

static void begin_row(struct berth_connection_info *row, uint8_t family,
		      const struct berth_endpoint *local, const struct berth_endpoint *remote)
{
	memset(row, 0, sizeof(*row));
	row->protocol = BERTH_PROTOCOL_TCP;
	row->family = family;
	row->local = *local;
	if (remote)
		row->remote = *remote;
	row->timer_deadline_ns = BERTH_NEVER;
	row->interface_index = -1;
}

// DECIDES: which of a connection's deadlines a person wants to see: the one that comes first
static void fill_timer(const struct tcp_conn *conn, struct berth_connection_info *row)
{
	static const uint8_t kinds[TCP_TIMER_COUNT] = {
		[TCP_TIMER_RETRANSMIT] = BERTH_TIMER_RETRANSMIT,
		[TCP_TIMER_LOSS_PROBE] = BERTH_TIMER_LOSS_PROBE,
		[TCP_TIMER_REORDERING] = BERTH_TIMER_REORDERING,
		[TCP_TIMER_PERSIST] = BERTH_TIMER_PERSIST,
		[TCP_TIMER_KEEPALIVE] = BERTH_TIMER_KEEPALIVE,
		[TCP_TIMER_FIN_WAIT_2] = BERTH_TIMER_FIN_WAIT_2,
	};

	for (int timer = 0; timer < TCP_TIMER_COUNT; timer++) {
		uint64_t at = tcp_timers_at(&conn->timers, (enum tcp_timer)timer);

		if (kinds[timer] == BERTH_TIMER_NONE || at >= row->timer_deadline_ns)
			continue;
		row->timer = kinds[timer];
		row->timer_deadline_ns = at;
	}
}

void tcp_inspect_conn(const struct tcp_layer *tcp, const struct tcp_conn *conn,
		      struct berth_connection_info *ret_info)
{
	(void)tcp;
	begin_row(ret_info, conn->family, &conn->entry.local, &conn->entry.remote);
	ret_info->state = (uint8_t)tcp_public_state(conn);
	ret_info->inbound = conn->inbound;
	ret_info->v6only = conn->claim.v6only;
	ret_info->tag = conn->claim.holder_tag;
	ret_info->error = conn->error;
	ret_info->receive_queue = tcp_receiver_unread_bytes(conn);
	if (conn->state == TCP_STATE_CLOSED)
		return;
	ret_info->send_queue = tcp_sender_unacked_bytes(conn);
	ret_info->retransmits = conn->recovery.rto_count;
	ret_info->interface_index = conn->path.link.interface_index;
	ret_info->next_hop_address = conn->path.link.next_hop;
	fill_timer(conn, ret_info);
}

void tcp_inspect_listener(const struct tcp_listener *listener,
			  struct berth_connection_info *ret_info)
{
	begin_row(ret_info, listener->family, &listener->local, NULL);
	ret_info->state = BERTH_TCP_LISTEN;
	ret_info->v6only = listener->hold->claim.v6only;
	ret_info->tag = listener->hold->claim.holder_tag;
	ret_info->receive_queue = listener->accept_count;
	ret_info->send_queue = listener->backlog;
}

static void inspect_embryo(const struct tcp_embryo *embryo, struct berth_connection_info *row)
{
	begin_row(row, embryo->listener->family, &embryo->entry.local, &embryo->entry.remote);
	row->state = BERTH_TCP_SYN_RECEIVED;
	row->inbound = 1;
	row->tag = embryo->listener->hold->claim.holder_tag;
	row->retransmits = embryo->repeats;
	row->timer = BERTH_TIMER_RETRANSMIT;
	row->timer_deadline_ns = embryo->deadline_at;
}

static void inspect_remnant(const struct tcp_remnant *remnant, struct berth_connection_info *row)
{
	begin_row(row, remnant->entry.local.address.family, &remnant->entry.local,
		  &remnant->entry.remote);
	row->state = BERTH_TCP_TIME_WAIT;
	row->inbound = remnant->inbound;
	row->timer = BERTH_TIMER_TIME_WAIT;
	row->timer_deadline_ns = remnant->expires_at;
}

// A row of an entry that no socket holds; false: one does.
static bool inspect_entry(const struct tcp_layer *tcp, const struct tcp_table_entry *entry,
			  struct berth_connection_info *row)
{
	const struct tcp_conn *conn;

	switch ((enum tcp_entry_kind)entry->kind) {
	case TCP_ENTRY_CONN:
		conn = (const struct tcp_conn *)entry;
		if (conn->owner != TCP_NO_OWNER)
			return false;
		tcp_inspect_conn(tcp, conn, row);
		return true;
	case TCP_ENTRY_EMBRYO:
		inspect_embryo((const struct tcp_embryo *)entry, row);
		return true;
	case TCP_ENTRY_REMNANT:
		inspect_remnant((const struct tcp_remnant *)entry, row);
		return true;
	}
	return false;
}

bool tcp_inspect_unowned(struct tcp_layer *tcp, uint64_t *cursor,
			 struct berth_connection_info *ret_info)
{
	const struct tcp_table_entry *entry;

	while ((entry = tcp_table_walk(&tcp->table, cursor)))
		if (inspect_entry(tcp, entry, ret_info))
			return true;
	return false;
}
