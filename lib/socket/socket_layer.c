// SPDX-License-Identifier: MIT
//
// The life of a socket: open, shutdown, close, abort; whose it is and where it stands.
#include <errno.h>

#include "../base/assertion.h"
#include "../base/text.h"
#include "../wire/wire_address.h"
#include "socket_handles.h"

struct socket_layer *socket_layer_new(struct memory *memory, struct tcp_layer *tcp,
				      struct udp_layer *udp, struct ip_layer *ip,
				      const struct berth_config *config)
{
	struct socket_layer *sockets = memory_acquire(memory, sizeof(*sockets));

	if (!sockets)
		return NULL;
	sockets->memory = memory;
	sockets->tcp = tcp;
	sockets->udp = udp;
	sockets->ip = ip;
	sockets->udp_receive_bytes_max = config->udp_receive_bytes_max;
	list_init(&sockets->events);
	socket_handles_init(&sockets->handles, memory, config->sockets_max);
	return sockets;
}

// What tcp holds goes with tcp; UDP endpoints are given back one by one.
void socket_layer_free(struct socket_layer *sockets)
{
	for (uint32_t i = 0; i < socket_index_end(&sockets->handles); i++) {
		struct socket *socket = socket_at(&sockets->handles, i);

		if (socket && socket->udp)
			udp_close(sockets->udp, socket->udp);
	}
	socket_handles_clear(&sockets->handles);
	memory_release(sockets->memory, sockets, sizeof(*sockets));
}

int socket_open(struct socket_layer *sockets, uint8_t family, uint8_t protocol,
		berth_socket *ret_socket)
{
	struct socket *socket;
	int error = 0;

	if (family != BERTH_FAMILY_IPV4 && family != BERTH_FAMILY_IPV6)
		return -EAFNOSUPPORT;
	if (protocol != BERTH_PROTOCOL_TCP && protocol != BERTH_PROTOCOL_UDP)
		return -EPROTONOSUPPORT;
	socket = socket_acquire(&sockets->handles, &error);
	if (!socket)
		return error;
	socket->family = family;
	socket->protocol = protocol;
	socket_settings_init(&socket->settings);
	if (protocol == BERTH_PROTOCOL_TCP)
		socket->conn = tcp_open(sockets->tcp, family, socket->index);
	else
		socket->udp = udp_open(sockets->udp, family, socket->index);
	if (!socket->conn && !socket->udp) {
		socket_release(&sockets->handles, socket);
		return -ENOMEM;
	}
	*ret_socket = socket_handle_of(socket);
	return 0;
}

struct port_claim *socket_claim(const struct socket *socket)
{
	if (socket->udp)
		return udp_claim(socket->udp);
	if (socket->listener)
		return tcp_listener_claim(socket->listener);
	return tcp_claim(socket->conn);
}

int socket_set_tag(struct socket_layer *sockets, berth_socket handle, uint64_t tag)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);

	if (!socket)
		return -EBADF;
	socket->tag = tag;
	socket_claim(socket)->holder_tag = tag;
	return 0;
}

int socket_peek_error(const struct socket *socket)
{
	if (socket->udp)
		return udp_peek_error(socket->udp);
	return socket->conn ? tcp_peek_error(socket->conn) : 0;
}

int socket_check_route(const struct socket_layer *sockets, const struct socket *socket,
		       const struct berth_endpoint *below)
{
	struct berth_address any = address_any(below->address.family);
	struct ip_path path;
	int result;

	if (!socket->settings.dont_route)
		return 0;
	result = ip_find_path(sockets->ip, &below->address, &any, &path);
	if (result < 0)
		return result;
	if (path.link.interface_index == LINK_LOOPBACK ||
	    berth_address_equal(&path.link.next_hop, &below->address))
		return 0;
	return -ENETUNREACH;
}

static int shutdown_udp(struct socket_layer *sockets, struct socket *socket, bool reading,
			bool writing)
{
	socket->read_shut |= reading;
	socket->write_shut |= writing;
	// Who waits for it must wake up even when the answer is "not connected", as on Linux.
	if (reading)
		socket_note_event(sockets, socket, BERTH_EVENT_READABLE | BERTH_EVENT_FINISHED);
	return udp_is_connected(socket->udp) ? 0 : -ENOTCONN;
}

// Shut for reading, a listener stops listening; its socket is then as just opened (shutdown(2) on
// Linux, a habit of servers that want their accept to return).
static int shutdown_listener(struct socket_layer *sockets, struct socket *socket, bool reading,
			     uint64_t now)
{
	struct tcp_conn *conn;

	if (!reading)
		return 0;
	conn = tcp_open(sockets->tcp, socket->family, socket->index);
	if (!conn)
		return -ENOMEM;
	tcp_listener_close(sockets->tcp, socket->listener, now);
	socket->listener = NULL;
	socket->conn = conn;
	socket_apply_claim(socket);
	socket_note_event(sockets, socket, BERTH_EVENT_ACCEPTABLE);
	return 0;
}

int socket_shutdown(struct socket_layer *sockets, berth_socket handle, enum berth_shutdown how,
		    uint64_t now)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);
	bool reading = how == BERTH_SHUTDOWN_READ || how == BERTH_SHUTDOWN_BOTH;
	bool writing = how == BERTH_SHUTDOWN_WRITE || how == BERTH_SHUTDOWN_BOTH;

	if (!socket)
		return -EBADF;
	if (!reading && !writing)
		return -EINVAL;
	if (socket->udp)
		return shutdown_udp(sockets, socket, reading, writing);
	if (socket->listener)
		return shutdown_listener(sockets, socket, reading, now);
	return tcp_shutdown(sockets->tcp, socket->conn, reading, writing, now);
}

static int let_go(struct socket_layer *sockets, berth_socket handle, bool is_abort, uint64_t now)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);

	if (!socket)
		return -EBADF;
	if (socket->udp)
		udp_close(sockets->udp, socket->udp);
	else if (socket->listener)
		tcp_listener_close(sockets->tcp, socket->listener, now);
	else if (is_abort)
		tcp_abort(sockets->tcp, socket->conn, now);
	else
		tcp_close(sockets->tcp, socket->conn, now);
	socket_forget_events(socket);
	socket_release(&sockets->handles, socket);
	return 0;
}

int socket_close(struct socket_layer *sockets, berth_socket handle, uint64_t now)
{
	return let_go(sockets, handle, false, now);
}

int socket_abort(struct socket_layer *sockets, berth_socket handle, uint64_t now)
{
	return let_go(sockets, handle, true, now);
}

int socket_local(struct socket_layer *sockets, berth_socket handle,
		 struct berth_endpoint *ret_local)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);
	const struct berth_endpoint *local;

	if (!socket)
		return -EBADF;
	if (socket->udp)
		local = udp_local(socket->udp);
	else if (socket->listener)
		local = tcp_listener_local(socket->listener);
	else
		local = tcp_local(socket->conn);
	*ret_local = socket_endpoint_above(socket, local);
	return 0;
}

// DECIDES: has a TCP socket a peer to name? (getpeername(2))
static bool has_peer(const struct tcp_conn *conn)
{
	enum berth_tcp_state state = tcp_public_state(conn);

	return tcp_remote(conn)->port != 0 && state != BERTH_TCP_CLOSED &&
	       state != BERTH_TCP_SYN_SENT;
}

int socket_remote(struct socket_layer *sockets, berth_socket handle,
		  struct berth_endpoint *ret_remote)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);
	const struct berth_endpoint *remote;

	if (!socket)
		return -EBADF;
	if (socket->listener)
		return -ENOTCONN;
	if (socket->conn && !has_peer(socket->conn))
		return -ENOTCONN;
	remote = socket->udp ? udp_remote(socket->udp) : tcp_remote(socket->conn);
	if (remote->port == 0)
		return -ENOTCONN;
	*ret_remote = socket_endpoint_above(socket, remote);
	return 0;
}
