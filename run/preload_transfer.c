// SPDX-License-Identifier: MIT
//
// read, write and their kin: what is different from the kernel's own?
//
// Almost nothing, so a process without berth sockets is sent straight on, and one with streams only
// pays for failed calls. Where there is more:
//   UDP            goes to preload_datagram.c
//   unconnected    a stream never connected fails (ENOTCONN, EPIPE); the pair would wait for ever
//   write, writev  are sent without SIGPIPE first, to learn TCP's errno before the signal
//   addresses      a stream's name is ignored by send and empty from recvfrom, as TCP has it
//   MSG_TRUNC      a stream's bytes are thrown away, not copied
//   MSG_ERRQUEUE   is empty
#include "preload_datagram.h"
#include "run_errors.h"
#include "run_hints.h"
#include "run_symbols.h"
#include "run_system.h"

#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/un.h>

#define DISCARD_BYTES 4096
#define PARTS_MAX 1024 // UIO_MAXIOV

static bool is_nothing_special(void)
{
	return !(run_hints() & RUN_HINT_SOCKETS);
}

// What a stream's receive returns, given what the kernel returned.
static ssize_t received(int fd, ssize_t length)
{
	return length < 0 && errno == ECONNRESET ? run_errors_receive_failed(fd) : length;
}

static ssize_t sent(int fd, ssize_t length, int flags)
{
	return length < 0 ? run_errors_send_failed(fd, flags) : length;
}

static ssize_t refuse_to_send(int flags)
{
	if (!(flags & MSG_NOSIGNAL))
		run_errors_raise_sigpipe();
	return run_fail(EPIPE);
}

static struct msghdr whole_message(const struct iovec *parts, size_t count)
{
	return (struct msghdr){.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = count};
}

// Receiving

static ssize_t read_special(int fd, void *data, size_t length)
{
	struct run_socket socket;
	struct iovec part = {data, length};
	struct msghdr message = whole_message(&part, 1);

	switch (run_classify(fd, &socket)) {
	case RUN_CLASS_DATAGRAM:
		return length ? datagram_receive(&socket, &message, 0) : 0;
	case RUN_CLASS_UNCONNECTED:
		return run_fail(ENOTCONN);
	case RUN_CLASS_NATIVE:
		break;
	}
	return received(fd, run_real()->read(fd, data, length));
}

RUN_EXPORT ssize_t read(int fd, void *data, size_t length)
{
	return is_nothing_special() ? run_real()->read(fd, data, length)
				    : read_special(fd, data, length);
}

RUN_EXPORT ssize_t readv(int fd, const struct iovec *parts, int count)
{
	struct run_socket socket;
	struct msghdr message;

	if (is_nothing_special() || count <= 0)
		return run_real()->readv(fd, parts, count);
	switch (run_classify(fd, &socket)) {
	case RUN_CLASS_DATAGRAM:
		message = whole_message(parts, (size_t)count);
		return datagram_receive(&socket, &message, 0);
	case RUN_CLASS_UNCONNECTED:
		return run_fail(ENOTCONN);
	case RUN_CLASS_NATIVE:
		break;
	}
	return received(fd, run_real()->readv(fd, parts, count));
}

// recv(MSG_TRUNC) on a stream: up to `length` bytes that are there, into nowhere.
static ssize_t discard(int fd, size_t length, int flags)
{
	char nowhere[DISCARD_BYTES];
	size_t done = 0;

	do {
		size_t part = length - done < sizeof(nowhere) ? length - done : sizeof(nowhere);
		ssize_t got = run_real()->recv(fd, nowhere, part, flags & ~MSG_TRUNC);

		if (got < 0 && done == 0)
			return received(fd, got);
		if (got <= 0)
			break;
		done += (size_t)got;
		if (!(flags & MSG_WAITALL))
			flags |= MSG_DONTWAIT;
	} while (done < length && !(flags & MSG_PEEK));
	return (ssize_t)done;
}

// Things about a stream of berth that the kernel would do otherwise. true: *ret_result is it.
static bool receive_oddity(int fd, size_t length, int flags, ssize_t *ret_result)
{
	struct run_socket socket;

	if (!(flags & (MSG_TRUNC | MSG_ERRQUEUE)) || !run_socket_lookup(fd, &socket))
		return false;
	*ret_result = flags & MSG_ERRQUEUE ? run_fail(EAGAIN) : discard(fd, length, flags);
	return true;
}

// The name of a stream's other end is the daemon's, of no use to the program: TCP gives none.
static bool is_daemon_name(const struct sockaddr_storage *name, socklen_t length)
{
	struct berth_identity identity;
	struct sockaddr_un local;

	if (length <= offsetof(struct sockaddr_un, sun_path) || length > sizeof(local))
		return false;
	memcpy(&local, name, length);
	return local.sun_family == AF_UNIX &&
	       run_identity_parse(local.sun_path, length - offsetof(struct sockaddr_un, sun_path),
				  &identity);
}

static void give_name(const struct sockaddr_storage *name, socklen_t name_length,
		      struct sockaddr *address, socklen_t *length)
{
	if (is_daemon_name(name, name_length))
		name_length = 0;
	memcpy(address, name, *length < name_length ? *length : name_length);
	*length = name_length;
}

static ssize_t recvfrom_named(int fd, void *data, size_t length, int flags,
			      struct sockaddr *address, socklen_t *address_length)
{
	struct sockaddr_storage name;
	socklen_t name_length = sizeof(name);
	ssize_t result;

	if (!address_length)
		return run_fail(EFAULT);
	if ((int)*address_length < 0)
		return run_fail(EINVAL);
	result = received(fd, run_real()->recvfrom(fd, data, length, flags,
						   (struct sockaddr *)&name, &name_length));
	if (result >= 0)
		give_name(&name, name_length, address, address_length);
	return result;
}

static ssize_t recvfrom_special(int fd, void *data, size_t length, int flags,
				struct sockaddr *address, socklen_t *address_length)
{
	struct run_socket socket;
	struct iovec part = {data, length};
	struct msghdr message = whole_message(&part, 1);
	ssize_t result;

	switch (run_classify(fd, &socket)) {
	case RUN_CLASS_DATAGRAM:
		if (address && !address_length)
			return run_fail(EFAULT);
		message.msg_name = address;
		message.msg_namelen = address ? *address_length : 0;
		result = datagram_receive(&socket, &message, flags);
		if (result >= 0 && address)
			*address_length = message.msg_namelen;
		return result;
	case RUN_CLASS_UNCONNECTED:
		return run_fail(ENOTCONN);
	case RUN_CLASS_NATIVE:
		break;
	}
	if (receive_oddity(fd, length, flags, &result)) {
		if (result >= 0 && address && address_length)
			*address_length = 0;
		return result;
	}
	if (address)
		return recvfrom_named(fd, data, length, flags, address, address_length);
	return received(fd, run_real()->recv(fd, data, length, flags));
}

RUN_EXPORT ssize_t recv(int fd, void *data, size_t length, int flags)
{
	return is_nothing_special() ? run_real()->recv(fd, data, length, flags)
				    : recvfrom_special(fd, data, length, flags, NULL, NULL);
}

RUN_EXPORT ssize_t recvfrom(int fd, void *__restrict data, size_t length, int flags,
			    __SOCKADDR_ARG address, socklen_t *__restrict address_length)
{
	if (is_nothing_special())
		return run_real()->recvfrom(fd, data, length, flags, address.__sockaddr__,
					    address_length);
	return recvfrom_special(fd, data, length, flags, address.__sockaddr__, address_length);
}

static size_t count_room(const struct msghdr *message)
{
	size_t total = 0, i;

	for (i = 0; i < message->msg_iovlen && total < INT_MAX; i++)
		total += message->msg_iov[i].iov_len;
	return total < INT_MAX ? total : INT_MAX;
}

// A message from a descriptor that is no UDP socket of berth.
static ssize_t recvmsg_native(int fd, struct msghdr *message, int flags)
{
	struct sockaddr_storage name;
	struct sockaddr *address = message->msg_name;
	socklen_t room = message->msg_namelen;
	ssize_t result;

	if (address) {
		message->msg_name = &name;
		message->msg_namelen = sizeof(name);
	}
	result = received(fd, run_real()->recvmsg(fd, message, flags));
	if (address) {
		message->msg_name = address;
		if (result >= 0)
			give_name(&name, message->msg_namelen, address, &room);
		message->msg_namelen = room;
	}
	return result;
}

static ssize_t recvmsg_special(int fd, struct msghdr *message, int flags)
{
	struct run_socket socket;
	ssize_t result;

	switch (run_classify(fd, &socket)) {
	case RUN_CLASS_DATAGRAM:
		return datagram_receive(&socket, message, flags);
	case RUN_CLASS_UNCONNECTED:
		return run_fail(ENOTCONN);
	case RUN_CLASS_NATIVE:
		break;
	}
	if (receive_oddity(fd, count_room(message), flags, &result)) {
		if (result >= 0) {
			message->msg_namelen = 0;
			message->msg_controllen = 0;
			message->msg_flags = 0;
		}
		return result;
	}
	return recvmsg_native(fd, message, flags);
}

RUN_EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t result;

	if (is_nothing_special() || !message)
		result = run_real()->recvmsg(fd, message, flags);
	else
		result = recvmsg_special(fd, message, flags);
	if (result >= 0 && message && message->msg_control)
		run_hints_on_message(message);
	return result;
}

// Sending

static ssize_t sendmsg_special(int fd, const struct msghdr *message, int flags)
{
	struct run_socket socket;
	struct msghdr nameless = *message;

	switch (run_classify(fd, &socket)) {
	case RUN_CLASS_DATAGRAM:
		return datagram_send(&socket, message, flags);
	case RUN_CLASS_UNCONNECTED:
		return flags & MSG_FASTOPEN ? run_fail(EOPNOTSUPP) : refuse_to_send(flags);
	case RUN_CLASS_NATIVE:
		break;
	}
	if (message->msg_name && run_socket_lookup(fd, &socket)) {
		if (flags & MSG_FASTOPEN)
			return run_fail(EOPNOTSUPP);
		nameless.msg_name = NULL;
		nameless.msg_namelen = 0;
	}
	return sent(fd, run_real()->sendmsg(fd, &nameless, flags | MSG_NOSIGNAL), flags);
}

static ssize_t sendto_special(int fd, const void *data, size_t length, int flags,
			      const struct sockaddr *address, socklen_t address_length)
{
	struct iovec part = {(void *)(uintptr_t)data, length};
	struct msghdr message = whole_message(&part, 1);

	message.msg_name = (void *)(uintptr_t)address;
	message.msg_namelen = address_length;
	return sendmsg_special(fd, &message, flags);
}

RUN_EXPORT ssize_t write(int fd, const void *data, size_t length)
{
	ssize_t result;

	if (is_nothing_special())
		return run_real()->write(fd, data, length);
	result = sendto_special(fd, data, length, 0, NULL, 0);
	return result < 0 && errno == ENOTSOCK ? run_real()->write(fd, data, length) : result;
}

RUN_EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
	struct msghdr message;
	ssize_t result;

	if (is_nothing_special() || count <= 0 || count > PARTS_MAX)
		return run_real()->writev(fd, parts, count);
	message = whole_message(parts, (size_t)count);
	result = sendmsg_special(fd, &message, 0);
	return result < 0 && errno == ENOTSOCK ? run_real()->writev(fd, parts, count) : result;
}

RUN_EXPORT ssize_t send(int fd, const void *data, size_t length, int flags)
{
	return is_nothing_special() ? run_real()->send(fd, data, length, flags)
				    : sendto_special(fd, data, length, flags, NULL, 0);
}

RUN_EXPORT ssize_t sendto(int fd, const void *data, size_t length, int flags,
			  __CONST_SOCKADDR_ARG address, socklen_t address_length)
{
	if (is_nothing_special())
		return run_real()->sendto(fd, data, length, flags, address.__sockaddr__,
					  address_length);
	return sendto_special(fd, data, length, flags, address.__sockaddr__, address_length);
}

RUN_EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	return is_nothing_special() || !message ? run_real()->sendmsg(fd, message, flags)
						: sendmsg_special(fd, message, flags);
}

// The kernel moves the bytes; only the errno of a broken connection is looked at.
RUN_EXPORT ssize_t sendfile(int to, int from, off_t *offset, size_t count)
{
	ssize_t result = run_real()->sendfile(to, from, offset, count);

	if (result >= 0 || is_nothing_special())
		return result;
	return sent(to, result, MSG_NOSIGNAL); // the signal was the kernel's to send
}

RUN_EXPORT ssize_t sendfile64(int to, int from, off64_t *offset, size_t count)
{
	return sendfile(to, from, offset, count);
}
