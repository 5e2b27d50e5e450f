// SPDX-License-Identifier: MIT
//
// What is new, and for which socket?
//
// Below, connections and endpoints put themselves on lists of the changed. Here their news becomes
// events: one entry a socket whatever happened to it, in the order in which sockets first
// had news, so that a busy one cannot hide the others.
#include <errno.h>

#include "../base/assertion.h"
#include "../base/numbers.h"
#include "socket_handles.h"

_Static_assert(TCP_CHANGED_READABLE == BERTH_EVENT_READABLE &&
		       TCP_CHANGED_WRITABLE == BERTH_EVENT_WRITABLE &&
		       TCP_CHANGED_ACCEPTABLE == BERTH_EVENT_ACCEPTABLE &&
		       TCP_CHANGED_ERROR == BERTH_EVENT_ERROR &&
		       TCP_CHANGED_FINISHED == BERTH_EVENT_FINISHED &&
		       TCP_CHANGED_RESET == BERTH_EVENT_RESET &&
		       TCP_CHANGED_CLOSED == BERTH_EVENT_CLOSED,
	       "tcp's news are told with the same bits");

void socket_note_event(struct socket_layer *sockets, struct socket *socket, uint32_t what)
{
	socket->event_what |= what;
	if (!list_contains_node(&socket->event_node))
		list_append(&sockets->events, &socket->event_node);
}

void socket_forget_events(struct socket *socket)
{
	list_remove_if_on(&socket->event_node);
	socket->event_what = 0;
}

static uint32_t events_of_udp(uint32_t changed)
{
	uint32_t what = 0;

	if (changed & UDP_CHANGED_READABLE)
		what |= BERTH_EVENT_READABLE;
	if (changed & UDP_CHANGED_WRITABLE)
		what |= BERTH_EVENT_WRITABLE;
	if (changed & UDP_CHANGED_ERROR)
		what |= BERTH_EVENT_ERROR;
	return what;
}

void socket_collect_changes(struct socket_layer *sockets)
{
	uint32_t owner, what;

	while (tcp_next_changed(sockets->tcp, &owner, &what)) {
		struct socket *socket = socket_at(&sockets->handles, owner);

		ASSERT(socket);
		socket_note_event(sockets, socket, what);
	}
	while (udp_next_changed(sockets->udp, &owner, &what)) {
		struct socket *socket = socket_at(&sockets->handles, owner);

		ASSERT(socket);
		socket_note_event(sockets, socket, events_of_udp(what));
	}
}

bool socket_next_event(struct socket_layer *sockets, struct berth_event *ret_event)
{
	struct list_node *node = list_take_first(&sockets->events);
	struct socket *socket;

	if (!node)
		return false;
	socket = CONTAINER_OF(node, struct socket, event_node);
	ret_event->socket = socket_handle_of(socket);
	ret_event->tag = socket->tag;
	ret_event->what = socket->event_what;
	ret_event->error = 0;
	if (socket->event_what & (BERTH_EVENT_ERROR | BERTH_EVENT_RESET))
		ret_event->error = socket_peek_error(socket);
	socket->event_what = 0;
	return true;
}
