// SPDX-License-Identifier: MIT
//
// How does a socket get its two ends? bind, listen, accept, connect.
#include <errno.h>

#include "../base/assertion.h"
#include "../wire/wire_address.h"
#include "socket_handles.h"

#define LISTEN_BACKLOG_MAX 4096 // net.core.somaxconn of Linux

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

static int clamp_backlog(int backlog)
{
	// As unsigned: a negative one asks for all there is (listen(2)).
	if (backlog < 0 || backlog > LISTEN_BACKLOG_MAX)
		return LISTEN_BACKLOG_MAX;
	return backlog == 0 ? 1 : backlog;
}

static int bind_to_any_port(struct socket_layer *sockets, struct socket *socket)
{
	struct berth_endpoint any = {.address = address_any(socket->family)};

	socket_apply_claim(socket);
	return tcp_bind(sockets->tcp, socket->conn, &any, NULL);
}

int socket_listen(struct socket_layer *sockets, berth_socket handle, int backlog, uint64_t now)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);
	struct tcp_listener *listener;
	int result = 0;

	(void)now;
	if (!socket)
		return -EBADF;
	if (socket->udp)
		return -EOPNOTSUPP;
	if (socket->listener) {
		tcp_listener_set_backlog(socket->listener, clamp_backlog(backlog));
		return 0;
	}
	if (tcp_public_state(socket->conn) != BERTH_TCP_CLOSED)
		return -EINVAL;
	if (tcp_local(socket->conn)->port == 0)
		result = bind_to_any_port(sockets, socket);
	if (result < 0)
		return result;
	result = tcp_listen(sockets->tcp, socket->conn, clamp_backlog(backlog), &listener);
	if (result < 0)
		return result;
	socket->conn = NULL;
	socket->listener = listener;
	return 0;
}

// What an accepted socket's program must hear of what happened before it had one.
static uint32_t news_so_far(struct tcp_conn *conn)
{
	struct berth_slice slices[2];
	bool is_finished = false;
	uint32_t what = BERTH_EVENT_WRITABLE;

	if (tcp_peek_error(conn))
		return what | BERTH_EVENT_READABLE | BERTH_EVENT_ERROR;
	if (tcp_receive_slices(conn, slices, &is_finished) > 0)
		what |= BERTH_EVENT_READABLE;
	if (is_finished)
		what |= BERTH_EVENT_READABLE | BERTH_EVENT_FINISHED;
	return what;
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
	socket_note_event(sockets, accepted, news_so_far(accepted->conn));
	*ret_socket = socket_handle_of(accepted);
	if (ret_remote)
		*ret_remote = socket_endpoint_above(accepted, tcp_remote(accepted->conn));
	return 0;
}

// DECIDES: can what is bound speak to remote? (ipv6(7))
static bool families_agree(const struct socket *socket, const struct berth_endpoint *below)
{
	const struct berth_endpoint *local = tcp_local(socket->conn);

	if (local->port == 0 || local->address.family == below->address.family)
		return true;
	return local->address.family == BERTH_FAMILY_IPV6 && berth_address_is_any(&local->address);
}

static int connect_tcp(struct socket_layer *sockets, struct socket *socket,
		       const struct berth_endpoint *below, uint64_t now)
{
	int result;

	if (tcp_public_state(socket->conn) == BERTH_TCP_CLOSED) {
		if (below->port == 0)
			return -ECONNREFUSED;
		if (!families_agree(socket, below))
			return -ENETUNREACH;
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
