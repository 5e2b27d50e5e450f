// SPDX-License-Identifier: MIT
//
// recvmmsg and sendmmsg: several messages in one call. Also the checked variants that
// -D_FORTIFY_SOURCE makes of read, recv and recvfrom.
//
// For descriptors that are not berth's UDP the kernel's calls do; else each message is a call of
// its own, and the rules between them are Linux's: an error after the first message ends the call
// with what there is.
#include "preload_datagram.h"
#include "run_errors.h"
#include "run_hints.h"
#include "run_symbols.h"
#include "run_system.h"

#include <stdbool.h>
#include <time.h>

#define MESSAGES_MAX 1024u

static bool is_past(const struct timespec *deadline)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > deadline->tv_sec ||
	       (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec);
}

static struct timespec deadline_after(const struct timespec *timeout)
{
	struct timespec deadline;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += timeout->tv_sec;
	deadline.tv_nsec += timeout->tv_nsec;
	if (deadline.tv_nsec >= 1000000000) {
		deadline.tv_nsec -= 1000000000;
		deadline.tv_sec++;
	}
	return deadline;
}

// Linux looks at the time-out only between messages; so does this.
static int receive_several(struct run_socket *socket, struct mmsghdr *messages, unsigned count,
			   int flags, const struct timespec *timeout)
{
	struct timespec deadline = {0, 0};
	unsigned done;

	if (timeout && (timeout->tv_sec < 0 || (unsigned long)timeout->tv_nsec >= 1000000000))
		return run_fail(EINVAL);
	if (timeout)
		deadline = deadline_after(timeout);
	for (done = 0; done < count; done++) {
		ssize_t length;

		if (done && datagram_has_error(socket))
			break;
		length = datagram_receive(socket, &messages[done].msg_hdr, flags & ~MSG_WAITFORONE);
		if (length < 0 && done == 0)
			return -1;
		if (length < 0)
			break;
		messages[done].msg_len = (unsigned)length;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (timeout && is_past(&deadline))
			return (int)done + 1;
	}
	return (int)done;
}

RUN_EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
			struct timespec *timeout)
{
	struct run_socket socket;
	int result, i;

	switch (run_classify(fd, &socket)) {
	case RUN_CLASS_DATAGRAM:
		return receive_several(&socket, messages,
				       count < MESSAGES_MAX ? count : MESSAGES_MAX, flags, timeout);
	case RUN_CLASS_UNCONNECTED:
		return run_fail(ENOTCONN);
	case RUN_CLASS_NATIVE:
		break;
	}
	result = run_real()->recvmmsg(fd, messages, count, flags, timeout);
	for (i = 0; i < result; i++)
		run_hints_on_message(&messages[i].msg_hdr);
	return result;
}

static int send_several(struct run_socket *socket, struct mmsghdr *messages, unsigned count,
			int flags)
{
	unsigned done;

	for (done = 0; done < count; done++) {
		ssize_t length;

		if (done)
			run_socket_refresh(socket); // the first one may have got a port
		length = datagram_send(socket, &messages[done].msg_hdr, flags);
		if (length < 0 && done == 0)
			return -1;
		if (length < 0)
			break;
		messages[done].msg_len = (unsigned)length;
	}
	return (int)done;
}

RUN_EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	struct run_socket socket;
	int result;

	switch (run_classify(fd, &socket)) {
	case RUN_CLASS_DATAGRAM:
		return send_several(&socket, messages, count < MESSAGES_MAX ? count : MESSAGES_MAX,
				    flags);
	case RUN_CLASS_UNCONNECTED:
		if (!(flags & MSG_NOSIGNAL))
			run_errors_raise_sigpipe();
		return run_fail(EPIPE);
	case RUN_CLASS_NATIVE:
		break;
	}
	if (!(run_hints() & RUN_HINT_SOCKETS))
		return run_real()->sendmmsg(fd, messages, count, flags);
	result = run_real()->sendmmsg(fd, messages, count, flags | MSG_NOSIGNAL);
	return result < 0 ? (int)run_errors_send_failed(fd, flags) : result;
}

// The real ones end the program when the buffer is too small, and do nothing else besides.
ssize_t __read_chk(int fd, void *data, size_t length, size_t room);
ssize_t __recv_chk(int fd, void *data, size_t length, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *data, size_t length, size_t room, int flags,
		       struct sockaddr *address, socklen_t *address_length);

RUN_EXPORT ssize_t __read_chk(int fd, void *data, size_t length, size_t room)
{
	return length > room ? run_real()->__read_chk(fd, data, length, room)
			     : read(fd, data, length);
}

RUN_EXPORT ssize_t __recv_chk(int fd, void *data, size_t length, size_t room, int flags)
{
	return length > room ? run_real()->__recv_chk(fd, data, length, room, flags)
			     : recv(fd, data, length, flags);
}

RUN_EXPORT ssize_t __recvfrom_chk(int fd, void *data, size_t length, size_t room, int flags,
				  struct sockaddr *address, socklen_t *address_length)
{
	return length > room ? run_real()->__recvfrom_chk(fd, data, length, room, flags, address,
							  address_length)
			     : recvfrom(fd, data, length, flags, address, address_length);
}
