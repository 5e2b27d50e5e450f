// SPDX-License-Identifier: MIT
//
// What must the socket hear? News is a set of bits and a place in a list; it is fetched one owner
// at a time, oldest first, so nothing is ever called upward.
#include "tcp_changes.h"

#include "../base/numbers.h"
#include "tcp_layer.h"

void tcp_change(struct tcp_layer *tcp, struct tcp_conn *conn, uint32_t what)
{
	if (conn->owner == TCP_NO_OWNER)
		return;
	conn->changed |= what;
	if (!list_contains_node(&conn->changed_node))
		list_append(&tcp->changed, &conn->changed_node);
}

void tcp_change_listener(struct tcp_layer *tcp, struct tcp_listener *listener, uint32_t what)
{
	listener->changed |= what;
	if (!list_contains_node(&listener->changed_node))
		list_append(&tcp->changed_listeners, &listener->changed_node);
}

void tcp_change_forget(struct tcp_conn *conn)
{
	conn->changed = 0;
	list_remove_if_on(&conn->changed_node);
}

void tcp_change_forget_listener(struct tcp_listener *listener)
{
	listener->changed = 0;
	list_remove_if_on(&listener->changed_node);
}

bool tcp_next_changed(struct tcp_layer *tcp, uint32_t *ret_owner, uint32_t *ret_what)
{
	struct list_node *node = list_take_first(&tcp->changed);

	if (node) {
		struct tcp_conn *conn = CONTAINER_OF(node, struct tcp_conn, changed_node);

		*ret_owner = conn->owner;
		*ret_what = conn->changed;
		conn->changed = 0;
		return true;
	}
	node = list_take_first(&tcp->changed_listeners);
	if (node) {
		struct tcp_listener *listener =
			CONTAINER_OF(node, struct tcp_listener, changed_node);

		*ret_owner = listener->owner;
		*ret_what = listener->changed;
		listener->changed = 0;
		return true;
	}
	return false;
}
