// SPDX-License-Identifier: MIT
//
// socket, bind, listen, shutdown: a socket's life before and after its data.
#include "run_address.h"
#include "run_directory.h"
#include "run_errors.h"
#include "run_hints.h"
#include "run_request.h"
#include "run_symbols.h"
#include "run_system.h"

#include <netinet/in.h>
#include <string.h>

#define TYPE_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

enum socket_choice {
	SOCKET_IS_OURS = 1,
	SOCKET_IS_THE_KERNELS = 2,
};

// DECIDES: which sockets berth carries
// TCP and UDP over IP are berth's. Other families are the kernel's. Other protocols over IP would
// speak on the computer's own network instead of the host's, so they are refused as Linux refuses
// a user without privileges: EPERM for raw sockets, EACCES for ping sockets, and
// EPROTONOSUPPORT for protocols that are not there (MPTCP, SCTP, UDP-Lite).
static int choose_socket(int domain, int type, int protocol)
{
	if (domain != AF_INET && domain != AF_INET6)
		return SOCKET_IS_THE_KERNELS;
	if (protocol < 0 || (type & ~(TYPE_FLAGS | 0xf)))
		return -EINVAL;
	switch (type & 0xf) {
	case SOCK_STREAM:
		return protocol == 0 || protocol == IPPROTO_TCP ? SOCKET_IS_OURS : -EPROTONOSUPPORT;
	case SOCK_DGRAM:
		if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
			return -EACCES;
		return protocol == 0 || protocol == IPPROTO_UDP ? SOCKET_IS_OURS : -EPROTONOSUPPORT;
	case SOCK_RAW:
		return -EPERM;
	}
	return -ESOCKTNOSUPPORT;
}

static int open_socket(int domain, int type, int protocol)
{
	const char *host = run_directory_host();
	struct run_request request;
	int error;

	run_request_init(&request, BERTH_VERB_SOCKET, NULL);
	request.ask.domain = domain;
	request.ask.type = type & 0xf;
	request.ask.protocol = protocol;
	memcpy(request.ask.host_name, host, strlen(host) + 1);
	request.close_on_exec = type & SOCK_CLOEXEC;
	error = run_request_do(&request);
	if (error)
		return error;
	if (request.fd < 0)
		return -ENETDOWN;
	if (type & SOCK_NONBLOCK)
		run_sys_fcntl(request.fd, F_SETFL, O_NONBLOCK);
	if ((type & 0xf) == SOCK_STREAM)
		run_hints_stream_opened();
	else
		run_hints_add(RUN_HINT_SOCKETS | RUN_HINT_DATAGRAMS);
	return request.fd;
}

RUN_EXPORT int socket(int domain, int type, int protocol)
{
	int choice = choose_socket(domain, type, protocol), fd;

	if (choice == SOCKET_IS_THE_KERNELS)
		return run_real()->socket(domain, type, protocol);
	if (choice < 0)
		return run_fail(choice);
	fd = open_socket(domain, type, protocol);
	return fd < 0 ? run_fail(fd) : fd;
}

RUN_EXPORT int bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	struct run_socket socket;
	struct run_request request;
	int error;

	if (!run_socket_lookup(fd, &socket))
		return run_real()->bind(fd, address.__sockaddr__, length);
	if (!socket.is_known)
		return run_fail(ENETDOWN);
	run_request_init(&request, BERTH_VERB_BIND, &socket.identity);
	error = run_address_parse(socket.row.domain, address.__sockaddr__, length, RUN_ADDRESS_BIND,
				  &request.ask.endpoint);
	if (!error)
		error = run_request_do(&request);
	return error ? run_fail(error) : 0;
}

RUN_EXPORT int listen(int fd, int backlog)
{
	struct run_socket socket;
	struct run_request request;
	int error;

	if (!run_socket_lookup(fd, &socket))
		return run_real()->listen(fd, backlog);
	if (!socket.is_known)
		return run_fail(ENETDOWN);
	if (!run_socket_is_stream(&socket))
		return run_fail(EOPNOTSUPP);
	run_request_init(&request, BERTH_VERB_LISTEN, &socket.identity);
	request.ask.number = backlog;
	error = run_request_do(&request);
	if (error)
		return run_fail(error);
	if (!socket.row.listening)
		run_hints_stream_settled();
	return 0;
}

// Who ends a direction: the kernel on the pair, the daemon, or nobody because there is nothing?
enum shutdown_choice {
	SHUTDOWN_PAIR,
	SHUTDOWN_DAEMON,
	SHUTDOWN_REFUSED,
};

// DECIDES: how a shutdown is carried
static enum shutdown_choice choose_shutdown(const struct run_socket *socket)
{
	if (!run_socket_is_stream(socket) || socket->row.listening)
		return SHUTDOWN_DAEMON;
	if (socket->row.kind != BERTH_ROW_SOCKET)
		return SHUTDOWN_REFUSED;
	switch (socket->row.info.state) {
	case BERTH_TCP_CLOSED:
	case BERTH_TCP_TIME_WAIT:
		return SHUTDOWN_REFUSED;
	case BERTH_TCP_SYN_SENT:
		return SHUTDOWN_DAEMON;
	}
	return SHUTDOWN_PAIR;
}

RUN_EXPORT int shutdown(int fd, int how)
{
	struct run_socket socket;
	struct run_request request;
	int error;

	if (!run_socket_lookup(fd, &socket))
		return run_real()->shutdown(fd, how);
	if (how < SHUT_RD || how > SHUT_RDWR)
		return run_fail(EINVAL);
	if (!socket.is_known)
		return run_fail(ENETDOWN);
	switch (choose_shutdown(&socket)) {
	case SHUTDOWN_PAIR:
		return run_real()->shutdown(fd, how);
	case SHUTDOWN_REFUSED:
		return run_fail(ENOTCONN);
	case SHUTDOWN_DAEMON:
		break;
	}
	run_request_init(&request, BERTH_VERB_SHUTDOWN, &socket.identity);
	request.ask.number = how;
	error = run_request_do(&request);
	return error ? run_fail(error) : 0;
}
