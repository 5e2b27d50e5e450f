// SPDX-License-Identifier: MIT
//
// Datagrams through a UDP socket, with the addresses they go to and come from.
#include <errno.h>
#include <string.h>

#include "../base/numbers.h"
#include "socket_handles.h"

// The program names a target: may it, and what is it below?
static int check_target(const struct socket_layer *sockets, const struct socket *socket,
			const struct berth_endpoint *remote, struct berth_endpoint *ret_below)
{
	int result = socket_remote_below(socket, remote, ret_below);

	if (result < 0)
		return result;
	return socket_check_route(sockets, socket, ret_below);
}

int64_t socket_datagram_send(struct socket_layer *sockets, struct socket *socket,
			     const struct berth_endpoint *remote, const void *data, size_t length,
			     uint64_t now)
{
	struct berth_endpoint below;
	int result;

	if (socket->write_shut)
		return -EPIPE;
	if (remote) {
		result = check_target(sockets, socket, remote, &below);
		if (result < 0)
			return result;
	}
	if (udp_local(socket->udp)->port == 0)
		socket_apply_claim(socket); // it takes a port now
	return udp_send(sockets->udp, socket->udp, remote ? &below : NULL, data, length, now);
}

int64_t socket_datagram_receive(struct socket_layer *sockets, struct socket *socket, void *data,
				size_t length, struct berth_endpoint *ret_remote,
				struct berth_endpoint *ret_local, size_t *ret_full_length)
{
	struct udp_datagram datagram;
	size_t copied;
	int result = udp_receive_next(sockets->udp, socket->udp, &datagram);

	if (result == -EAGAIN && socket->read_shut)
		return 0;
	if (result < 0)
		return result;
	copied = (size_t)min_u64(length, datagram.length);
	if (copied)
		memcpy(data, packet_data(datagram.packet), copied);
	if (ret_remote)
		*ret_remote = socket_endpoint_above(socket, &datagram.source);
	if (ret_local)
		*ret_local = socket_endpoint_above(socket, &datagram.target);
	if (ret_full_length)
		*ret_full_length = datagram.length;
	udp_datagram_release(sockets->udp, &datagram);
	return (int64_t)copied;
}

int64_t socket_send_to(struct socket_layer *sockets, berth_socket handle,
		       const struct berth_endpoint *remote, const void *data, size_t length,
		       uint64_t now)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);

	if (!socket)
		return -EBADF;
	if (!socket->udp) // a stream has its peer: the address says nothing (send(2))
		return socket_stream_send(sockets, socket, data, length, 0, now);
	return socket_datagram_send(sockets, socket, remote, data, length, now);
}

int64_t socket_receive_from(struct socket_layer *sockets, berth_socket handle, void *data,
			    size_t length, struct berth_endpoint *ret_remote,
			    struct berth_endpoint *ret_local, size_t *ret_full_length)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);

	if (!socket)
		return -EBADF;
	if (!socket->udp)
		return -EOPNOTSUPP;
	return socket_datagram_receive(sockets, socket, data, length, ret_remote, ret_local,
				       ret_full_length);
}
