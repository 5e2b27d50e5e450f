// SPDX-License-Identifier: MIT
//
// The public sockets: each is its twin in socket/, and then what the call has caused is settled.
#include "host_internal.h"

int berth_socket_open(struct berth_host *host, enum berth_family family,
		      enum berth_protocol protocol, berth_socket *ret_socket)
{
	return socket_open(host->sockets, (uint8_t)family, (uint8_t)protocol, ret_socket);
}

int berth_socket_set_tag(struct berth_host *host, berth_socket socket, uint64_t tag)
{
	return socket_set_tag(host->sockets, socket, tag);
}

int berth_socket_bind(struct berth_host *host, berth_socket socket,
		      const struct berth_endpoint *local, uint64_t *ret_holder_tag)
{
	return socket_bind(host->sockets, socket, local, ret_holder_tag);
}

int berth_socket_listen(struct berth_host *host, berth_socket socket, int backlog, uint64_t now)
{
	int result = socket_listen(host->sockets, socket, backlog, now);

	host_settle(host, now);
	return result;
}

int berth_socket_accept(struct berth_host *host, berth_socket listener, berth_socket *ret_socket,
			struct berth_endpoint *ret_remote, uint64_t now)
{
	int result = socket_accept(host->sockets, listener, ret_socket, ret_remote, now);

	host_settle(host, now);
	return result;
}

int berth_socket_connect(struct berth_host *host, berth_socket socket,
			 const struct berth_endpoint *remote, uint64_t now)
{
	int result = socket_connect(host->sockets, socket, remote, now);

	host_settle(host, now);
	return result;
}

int64_t berth_socket_send(struct berth_host *host, berth_socket socket, const void *data,
			  size_t length, unsigned flags, uint64_t now)
{
	int64_t result = socket_send(host->sockets, socket, data, length, flags, now);

	host_settle(host, now);
	return result;
}

// No settling: the slices must stay what they are until the commit.
int64_t berth_socket_send_space(struct berth_host *host, berth_socket socket, size_t min_bytes,
				struct berth_slice slices[2], uint64_t now)
{
	(void)now;
	return socket_send_space(host->sockets, socket, min_bytes, slices);
}

int berth_socket_send_commit(struct berth_host *host, berth_socket socket, size_t length,
			     unsigned flags, uint64_t now)
{
	int result = socket_send_commit(host->sockets, socket, length, flags, now);

	host_settle(host, now);
	return result;
}

int64_t berth_socket_receive(struct berth_host *host, berth_socket socket, void *data,
			     size_t length, uint64_t now)
{
	int64_t result = socket_receive(host->sockets, socket, data, length, now);

	host_settle(host, now);
	return result;
}

int64_t berth_socket_receive_slices(struct berth_host *host, berth_socket socket,
				    struct berth_slice slices[2], bool *ret_finished)
{
	return socket_receive_slices(host->sockets, socket, slices, ret_finished);
}

int berth_socket_receive_consume(struct berth_host *host, berth_socket socket, size_t length,
				 uint64_t now)
{
	int result = socket_receive_consume(host->sockets, socket, length, now);

	host_settle(host, now);
	return result;
}

int64_t berth_socket_send_to(struct berth_host *host, berth_socket socket,
			     const struct berth_endpoint *remote, const void *data, size_t length,
			     uint64_t now)
{
	int64_t result = socket_send_to(host->sockets, socket, remote, data, length, now);

	host_settle(host, now);
	return result;
}

int64_t berth_socket_receive_from(struct berth_host *host, berth_socket socket, void *data,
				  size_t length, struct berth_endpoint *ret_remote,
				  struct berth_endpoint *ret_local, size_t *ret_full_length,
				  uint64_t now)
{
	int64_t result = socket_receive_from(host->sockets, socket, data, length, ret_remote,
					     ret_local, ret_full_length);

	host_settle(host, now);
	return result;
}

int berth_socket_shutdown(struct berth_host *host, berth_socket socket, enum berth_shutdown how,
			  uint64_t now)
{
	int result = socket_shutdown(host->sockets, socket, how, now);

	host_settle(host, now);
	return result;
}

int berth_socket_close(struct berth_host *host, berth_socket socket, uint64_t now)
{
	int result = socket_close(host->sockets, socket, now);

	host_settle(host, now);
	return result;
}

int berth_socket_abort(struct berth_host *host, berth_socket socket, uint64_t now)
{
	int result = socket_abort(host->sockets, socket, now);

	host_settle(host, now);
	return result;
}

int berth_socket_local(struct berth_host *host, berth_socket socket,
		       struct berth_endpoint *ret_local)
{
	return socket_local(host->sockets, socket, ret_local);
}

int berth_socket_remote(struct berth_host *host, berth_socket socket,
			struct berth_endpoint *ret_remote)
{
	return socket_remote(host->sockets, socket, ret_remote);
}

int berth_socket_set_option(struct berth_host *host, berth_socket socket, int level, int name,
			    const void *value, size_t length, uint64_t now)
{
	int result = socket_set_option(host->sockets, socket, level, name, value, length, now);

	host_settle(host, now);
	return result;
}

int berth_socket_get_option(struct berth_host *host, berth_socket socket, int level, int name,
			    void *value, size_t *length, uint64_t now)
{
	return socket_get_option(host->sockets, socket, level, name, value, length, now);
}

bool berth_host_next_event(struct berth_host *host, struct berth_event *ret_event)
{
	return socket_next_event(host->sockets, ret_event);
}
