// SPDX-License-Identifier: MIT
//
// Which errno would TCP have given?
//
// A reset, refused or timed-out connection reaches the program as its end of the pair being reset:
// the right events, the right bytes first, but always ECONNRESET, and EPIPE with SIGPIPE for
// writes. The daemon remembers why. An error is told once, whoever tells it first (read, write or
// SO_ERROR), and then Linux goes on with 0 from read and EPIPE from write.
//
// To tell a write's errno before its signal, the wrappers send with MSG_NOSIGNAL and raise the
// signal here when EPIPE it is.
#include "run_errors.h"

#include "run_request.h"
#include "run_system.h"

#include <signal.h>

int run_fail(int error)
{
	errno = error < 0 ? -error : error;
	return -1;
}

void run_errors_raise_sigpipe(void)
{
	int saved_errno = errno;

	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGPIPE);
	errno = saved_errno;
}

// The message that announced an error already taken must not be read as an empty datagram.
static void drop_announcement(int fd)
{
	char byte;

	if (run_sys_poll_now(fd, POLLRDHUP) & (POLLRDHUP | POLLHUP))
		return;
	if (run_sys_recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC) == 0)
		run_sys_recv(fd, &byte, 1, MSG_DONTWAIT);
}

int run_errors_take(struct run_socket *socket, bool is_announced)
{
	int error = run_request_take_error(&socket->identity);

	run_sys_take_error(socket->fd);
	if (error > 0 && is_announced && socket->is_known && !run_socket_is_stream(socket))
		drop_announcement(socket->fd);
	return error;
}

ssize_t run_errors_receive_failed(int fd)
{
	struct run_socket socket;
	int error;

	if (errno != ECONNRESET || !run_socket_lookup(fd, &socket) || !socket.is_known)
		return -1;
	error = run_errors_take(&socket, false);
	if (error == 0)
		return 0; // told before: now it is the end of the stream
	return run_fail(error > 0 ? error : ECONNRESET);
}

ssize_t run_errors_send_failed(int fd, int flags)
{
	struct run_socket socket;
	int error;

	if (errno != EPIPE && errno != ECONNRESET)
		return -1;
	if (run_socket_lookup(fd, &socket) && socket.is_known &&
	    (socket.row.info.error != 0 || errno == ECONNRESET)) {
		error = run_errors_take(&socket, false);
		errno = error > 0 ? error : EPIPE;
	}
	if (errno == EPIPE && !(flags & MSG_NOSIGNAL))
		run_errors_raise_sigpipe();
	return -1;
}
