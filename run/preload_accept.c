// SPDX-License-Identifier: MIT
//
// accept: one message on the listener's own descriptor is one connection.
//
// Waiting, O_NONBLOCK, SO_RCVTIMEO, signals and several processes on one listener are therefore the
// kernel's business. Two things are not: a message received with no free descriptor would lose the
// connection, so a free one is tried for first (EMFILE, and the connection stays queued); and a
// stream that does not listen would wait for ever, so the board is asked (EINVAL).
#include "run_address.h"
#include "run_errors.h"
#include "run_hints.h"
#include "run_request.h"
#include "run_symbols.h"
#include "run_system.h"

#include <string.h>

static int check_descriptor_is_free(int fd)
{
	int spare = run_sys_fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (spare < 0)
		return spare;
	run_sys_close(spare);
	return 0;
}

static int descriptor_of(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	int fd;

	if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
		return message->msg_flags & MSG_CTRUNC ? -EMFILE : -ECONNABORTED;
	memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}

// The message may carry one descriptor.
union one_descriptor {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

// A listener that was shut down keeps its row.
static int why_it_ended(struct run_socket *listener)
{
	run_socket_refresh(listener);
	if (!listener->is_known || listener->row.kind != BERTH_ROW_SOCKET)
		return -ENETDOWN;
	return run_request_take_error(&listener->identity) < 0 ? -ENETDOWN : -EINVAL;
}

// The new descriptor, or a negative errno.
static int receive_connection(struct run_socket *listener, int flags,
			      struct berth_accept_message *ret_accepted)
{
	union one_descriptor control;
	struct iovec part = {ret_accepted, sizeof(*ret_accepted)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fd, receive_flags = flags & SOCK_CLOEXEC ? MSG_CMSG_CLOEXEC : 0;
	ssize_t length = run_real()->recvmsg(listener->fd, &message, receive_flags);

	if (length < 0 && errno != ECONNRESET)
		return -errno;
	if (length <= 0) // no longer a listener, no longer a host, or no longer a daemon
		return why_it_ended(listener);
	fd = descriptor_of(&message);
	if (fd >= 0 &&
	    (length != sizeof(*ret_accepted) || ret_accepted->magic != BERTH_CONTROL_MAGIC)) {
		run_sys_close(fd);
		return -EPROTO;
	}
	return fd;
}

static int accept_connection(int listener_fd, struct run_socket *listener, struct sockaddr *address,
			     socklen_t *length, int flags)
{
	struct berth_accept_message accepted;
	int fd;

	if (!listener->is_known)
		return -ENETDOWN;
	if (!run_socket_is_stream(listener))
		return -EOPNOTSUPP;
	if (!listener->row.listening)
		return -EINVAL;
	fd = check_descriptor_is_free(listener_fd);
	if (fd < 0)
		return fd;
	fd = receive_connection(listener, flags, &accepted);
	if (fd < 0)
		return fd;
	if (flags & SOCK_NONBLOCK)
		run_sys_fcntl(fd, F_SETFL, O_NONBLOCK);
	run_hints_add(RUN_HINT_SOCKETS);
	if (address)
		run_address_emit(accepted.domain, &accepted.remote, address, length);
	return fd;
}

RUN_EXPORT int accept4(int fd, __SOCKADDR_ARG address, socklen_t *__restrict length, int flags)
{
	struct run_socket listener;
	int result;

	if (!run_socket_lookup(fd, &listener))
		return run_real()->accept4(fd, address.__sockaddr__, length, flags);
	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return run_fail(EINVAL);
	if (address.__sockaddr__ && !length)
		return run_fail(EFAULT);
	result = accept_connection(fd, &listener, address.__sockaddr__, length, flags);
	return result < 0 ? run_fail(result) : result;
}

RUN_EXPORT int accept(int fd, __SOCKADDR_ARG address, socklen_t *__restrict length)
{
	return accept4(fd, address, length, 0);
}
