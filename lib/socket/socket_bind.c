// SPDX-License-Identifier: MIT
//
// How does a socket get its two ends? bind, listen, accept, connect.
#include <errno.h>

#include "../base/assertion.h"
#include "../wire/wire_address.h"
#include "socket_handles.h"

int socket_bind(struct socket_layer *sockets, berth_socket handle,
		const struct berth_endpoint *local, uint64_t *ret_holder_tag)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);
	struct berth_endpoint below;
	int result;

	if (!socket)
		return -EBADF;
	result = socket_local_below(socket, local, &below);
	if (result < 0)
		return result;
	if (socket->listener)
		return -EINVAL;
	socket_apply_claim(socket);
	if (socket->udp)
		return udp_bind(sockets->udp, socket->udp, &below, ret_holder_tag);
	if (tcp_public_state(socket->conn) != BERTH_TCP_CLOSED)
		return -EINVAL;
	return tcp_bind(sockets->tcp, socket->conn, &below, ret_holder_tag);
}

int socket_listen(struct socket_layer *sockets, berth_socket handle, int backlog, uint64_t now)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);
	struct tcp_listener *listener;
	int result;

	(void)now;
	if (!socket)
		return -EBADF;
	if (socket->udp)
		return -EOPNOTSUPP;
	if (socket->listener) {
		tcp_listener_set_backlog(socket->listener, backlog);
		return 0;
	}
	socket_apply_claim(socket); // it may take a port now
	result = tcp_listen(sockets->tcp, socket->conn, backlog, &listener);
	if (result < 0)
		return result;
	socket->conn = NULL;
	socket->listener = listener;
	return 0;
}

int socket_accept(struct socket_layer *sockets, berth_socket handle, berth_socket *ret_socket,
		  struct berth_endpoint *ret_remote, uint64_t now)
{
	struct socket *listening = socket_lookup(&sockets->handles, handle);
	struct socket *accepted;
	int error = 0;

	(void)now;
	if (!listening)
		return -EBADF;
	if (listening->udp)
		return -EOPNOTSUPP;
	if (!listening->listener)
		return -EINVAL;
	if (tcp_listener_queued(listening->listener) == 0)
		return -EAGAIN;
	accepted = socket_acquire(&sockets->handles, &error);
	if (!accepted)
		return error;
	accepted->conn = tcp_accept(sockets->tcp, listening->listener, accepted->index);
	if (!accepted->conn) {
		socket_release(&sockets->handles, accepted);
		return -EAGAIN;
	}
	accepted->family = listening->family;
	accepted->protocol = listening->protocol;
	accepted->tag = listening->tag;
	accepted->settings = listening->settings;
	*ret_socket = socket_handle_of(accepted);
	if (ret_remote)
		*ret_remote = socket_endpoint_above(accepted, tcp_remote(accepted->conn));
	return 0;
}

static int connect_tcp(struct socket_layer *sockets, struct socket *socket,
		       const struct berth_endpoint *below, uint64_t now)
{
	int result;

	if (tcp_public_state(socket->conn) == BERTH_TCP_CLOSED) {
		if (below->port == 0)
			return -ECONNREFUSED;
		result = socket_check_route(sockets, socket, below);
		if (result < 0)
			return result;
		socket_apply_claim(socket);
	}
	return tcp_connect(sockets->tcp, socket->conn, below, now);
}

static int connect_udp(struct socket_layer *sockets, struct socket *socket,
		       const struct berth_endpoint *below)
{
	int result;

	result = socket_check_route(sockets, socket, below);
	if (result < 0)
		return result;
	socket_apply_claim(socket);
	return udp_connect(sockets->udp, socket->udp, below);
}

int socket_connect(struct socket_layer *sockets, berth_socket handle,
		   const struct berth_endpoint *remote, uint64_t now)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);
	struct berth_endpoint below;
	int result;

	if (!socket)
		return -EBADF;
	if (socket->listener)
		return -EISCONN;
	if (socket->udp && remote->address.family == BERTH_FAMILY_NONE)
		return udp_connect(sockets->udp, socket->udp, remote);
	result = socket_remote_below(socket, remote, &below);
	if (result < 0)
		return result;
	if (socket->udp)
		return connect_udp(sockets, socket, &below);
	return connect_tcp(sockets, socket, &below, now);
}
