// SPDX-License-Identifier: MIT
//
// Bytes through a TCP socket, copied or in place. What TCP cannot answer because there is only a
// listener, or another protocol, is answered here.
#include <errno.h>
#include <string.h>

#include "../base/assertion.h"
#include "../base/numbers.h"
#include "socket_handles.h"

#define MESSAGE_OUT_OF_BAND 0x1u // MSG_OOB of Linux: urgent data is not offered

int64_t socket_stream_send(struct socket_layer *sockets, struct socket *socket, const void *data,
			   size_t length, unsigned flags, uint64_t now)
{
	if (flags & MESSAGE_OUT_OF_BAND)
		return -EOPNOTSUPP;
	if (socket->listener)
		return -EPIPE;
	return tcp_send(sockets->tcp, socket->conn, data, length, (flags & BERTH_MSG_MORE) != 0,
			now);
}

int64_t socket_stream_receive(struct socket_layer *sockets, struct socket *socket, void *data,
			      size_t length, uint64_t now)
{
	struct berth_slice slices[2] = {{0}};
	bool is_finished = false;
	int64_t available;
	size_t first, taken;
	int result;

	if (socket->listener)
		return -ENOTCONN;
	available = tcp_receive_slices(socket->conn, slices, &is_finished);
	if (available < 0)
		return available;
	if (available == 0)
		return is_finished || length == 0 ? 0 : -EAGAIN;
	taken = (size_t)min_u64(length, (uint64_t)available);
	if (taken == 0)
		return 0;
	first = (size_t)min_u64(taken, slices[0].length);
	memcpy(data, slices[0].data, first);
	if (taken > first)
		memcpy((uint8_t *)data + first, slices[1].data, taken - first);
	result = tcp_receive_consume(sockets->tcp, socket->conn, taken, now);
	return result < 0 ? result : (int64_t)taken;
}

int64_t socket_send(struct socket_layer *sockets, berth_socket handle, const void *data,
		    size_t length, unsigned flags, uint64_t now)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);

	if (!socket)
		return -EBADF;
	if (!socket->udp)
		return socket_stream_send(sockets, socket, data, length, flags, now);
	// Two halves of one datagram are not offered: sending the first at once would make two.
	if (flags & (MESSAGE_OUT_OF_BAND | BERTH_MSG_MORE))
		return -EOPNOTSUPP;
	return socket_datagram_send(sockets, socket, NULL, data, length, now);
}

int64_t socket_receive(struct socket_layer *sockets, berth_socket handle, void *data, size_t length,
		       uint64_t now)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);

	if (!socket)
		return -EBADF;
	if (!socket->udp)
		return socket_stream_receive(sockets, socket, data, length, now);
	return socket_datagram_receive(sockets, socket, data, length, NULL, NULL, NULL);
}

int64_t socket_send_space(struct socket_layer *sockets, berth_socket handle, size_t min_bytes,
			  struct berth_slice slices[2])
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);

	if (!socket)
		return -EBADF;
	if (socket->udp)
		return -EOPNOTSUPP;
	if (socket->listener)
		return -EPIPE;
	return tcp_send_space(sockets->tcp, socket->conn, min_bytes, slices);
}

int socket_send_commit(struct socket_layer *sockets, berth_socket handle, size_t length,
		       unsigned flags, uint64_t now)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);

	if (!socket)
		return -EBADF;
	if (socket->udp)
		return -EOPNOTSUPP;
	if (socket->listener)
		return -EPIPE;
	return tcp_send_commit(sockets->tcp, socket->conn, length, (flags & BERTH_MSG_MORE) != 0,
			       now);
}

int64_t socket_receive_slices(struct socket_layer *sockets, berth_socket handle,
			      struct berth_slice slices[2], bool *ret_finished)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);

	if (!socket)
		return -EBADF;
	if (socket->udp)
		return -EOPNOTSUPP;
	if (socket->listener)
		return -ENOTCONN;
	return tcp_receive_slices(socket->conn, slices, ret_finished);
}

int socket_receive_consume(struct socket_layer *sockets, berth_socket handle, size_t length,
			   uint64_t now)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);

	if (!socket)
		return -EBADF;
	if (socket->udp)
		return -EOPNOTSUPP;
	if (socket->listener)
		return -ENOTCONN;
	return tcp_receive_consume(sockets->tcp, socket->conn, length, now);
}
