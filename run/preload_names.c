// SPDX-License-Identifier: MIT
//
// getsockname, getpeername: read from the status board, without asking the daemon.
#include "run_address.h"
#include "run_errors.h"
#include "run_identity.h"
#include "run_symbols.h"

#include <errno.h>

// A negative length is the caller's mistake (socklen_t is unsigned, the kernel's view is not).
static int emit(int domain, const struct berth_endpoint *endpoint, struct sockaddr *address,
		socklen_t *length)
{
	if (!address || !length)
		return run_fail(EFAULT);
	if ((int)*length < 0)
		return run_fail(EINVAL);
	run_address_emit(domain, endpoint, address, length);
	return 0;
}

RUN_EXPORT int getsockname(int fd, __SOCKADDR_ARG address, socklen_t *__restrict length)
{
	struct run_socket socket;

	if (!run_socket_lookup(fd, &socket))
		return run_real()->getsockname(fd, address.__sockaddr__, length);
	if (!socket.is_known)
		return run_fail(ENETDOWN);
	return emit(socket.row.domain, &socket.row.info.local, address.__sockaddr__, length);
}

// Is there another side? (Linux: not before the handshake is done, not after the end.)
static bool has_peer(const struct run_socket *socket)
{
	if (socket->row.kind != BERTH_ROW_SOCKET || socket->row.info.remote.port == 0)
		return false;
	if (!run_socket_is_stream(socket))
		return true;
	switch (socket->row.info.state) {
	case BERTH_TCP_CLOSED:
	case BERTH_TCP_SYN_SENT:
	case BERTH_TCP_LISTEN:
	case BERTH_TCP_TIME_WAIT:
		return false;
	}
	return true;
}

RUN_EXPORT int getpeername(int fd, __SOCKADDR_ARG address, socklen_t *__restrict length)
{
	struct run_socket socket;

	if (!run_socket_lookup(fd, &socket))
		return run_real()->getpeername(fd, address.__sockaddr__, length);
	if (!socket.is_known || !has_peer(&socket))
		return run_fail(ENOTCONN);
	return emit(socket.row.domain, &socket.row.info.remote, address.__sockaddr__, length);
}
