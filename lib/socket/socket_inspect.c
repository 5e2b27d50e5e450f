// SPDX-License-Identifier: MIT
//
// A socket's row in the connection table, and its dump for people. What tcp knows of a connection
// tcp fills in; here it gets its owner, and its addresses as the program sees them.
#include <errno.h>
#include <string.h>

#include "../base/text.h"
#include "socket_handles.h"

static void inspect_udp(const struct socket *socket, struct berth_connection_info *info)
{
	info->state = udp_is_connected(socket->udp) ? BERTH_TCP_ESTABLISHED : BERTH_TCP_CLOSED;
	info->local = *udp_local(socket->udp);
	info->remote = *udp_remote(socket->udp);
	info->receive_queue = udp_queued_bytes(socket->udp);
	info->error = udp_peek_error(socket->udp);
}

static void fill_row(struct socket_layer *sockets, const struct socket *socket,
		     struct berth_connection_info *info)
{
	memset(info, 0, sizeof(*info));
	info->timer_deadline_ns = BERTH_NEVER;
	info->interface_index = LINK_LOOPBACK;
	if (socket->udp)
		inspect_udp(socket, info);
	else if (socket->listener)
		tcp_inspect_listener(socket->listener, info);
	else
		tcp_inspect_conn(sockets->tcp, socket->conn, info);
	info->socket = socket_handle_of(socket);
	info->tag = socket->tag;
	info->protocol = socket->protocol;
	info->family = socket->family;
	info->v6only = socket->settings.v6only != 0;
	info->local = socket_endpoint_above(socket, &info->local);
	info->remote = socket_endpoint_above(socket, &info->remote);
}

bool socket_inspect_next(struct socket_layer *sockets, uint64_t *cursor,
			 struct berth_connection_info *ret_info)
{
	while (*cursor < socket_index_end(&sockets->handles)) {
		const struct socket *socket = socket_at(&sockets->handles, (uint32_t)*cursor);

		(*cursor)++;
		if (socket) {
			fill_row(sockets, socket, ret_info);
			return true;
		}
	}
	return false;
}

int socket_inspect(struct socket_layer *sockets, berth_socket handle,
		   struct berth_connection_info *ret_info)
{
	const struct socket *socket = socket_lookup(&sockets->handles, handle);

	if (!socket)
		return -EBADF;
	fill_row(sockets, socket, ret_info);
	return 0;
}

static void dump_endpoint(struct text *text, const char *label,
			  const struct berth_endpoint *endpoint)
{
	char line[BERTH_ENDPOINT_TEXT_MAX];

	text_append(text, label);
	text_append(text, berth_endpoint_print(endpoint, line, sizeof(line)));
	text_append(text, "\n");
}

static void dump_number(struct text *text, const char *label, uint64_t number, const char *unit)
{
	text_append(text, label);
	text_append_u64(text, number);
	text_append(text, unit);
	text_append(text, "\n");
}

void socket_dump(struct socket_layer *sockets, berth_socket handle, struct text *text, uint64_t now)
{
	const struct socket *socket = socket_lookup(&sockets->handles, handle);
	struct berth_connection_info info;

	if (!socket) {
		text_append(text, "no such socket is open\n");
		return;
	}
	if (socket->conn) {
		tcp_dump(sockets->tcp, socket->conn, text, now);
		return;
	}
	fill_row(sockets, socket, &info);
	text_append(text, socket->udp ? "UDP " : "TCP LISTEN ");
	text_append(text, socket->family == BERTH_FAMILY_IPV4 ? "IPv4\n" : "IPv6\n");
	dump_endpoint(text, "  local            ", &info.local);
	if (socket->udp) {
		dump_endpoint(text, "  remote           ", &info.remote);
		dump_number(text, "  waiting to read  ", info.receive_queue, " bytes");
		dump_number(text, "  pending error    ", (uint64_t)info.error, "");
		return;
	}
	dump_number(text, "  not yet accepted ", info.receive_queue, " connections");
	dump_number(text, "  backlog          ", info.send_queue, " connections");
}
