// SPDX-License-Identifier: MIT
//
// The pair behind a program's socket: how it looks like TCP or UDP to the program, and what it
// tells us.
//
// Two tricks make an AF_UNIX pair behave as a TCP socket:
//
// Fill. A TCP socket that is not connected is not writable. The program's end gets the smallest
// send buffer there is and is filled with single bytes, from the program's side, before the program
// ever has it. While it is full the program cannot write, so the fill stays at the very front of
// our queue and its length is known.
//
// Held byte. When an end is closed while its receive queue is not empty, the kernel tells the other
// end ECONNRESET, once, after the bytes that are still there: exactly what a RST looks like. So our
// queue is kept from ever being empty: of what the program writes we take all but the last byte,
// look at that one without taking it (MSG_PEEK), and throw it away with the next read. The first
// held byte is the last byte of the fill. An orderly end takes the held byte out before closing.
//
// Invariant: the first front_bytes bytes of our queue were already forwarded, or never were the
// program's. Not here: when to do any of this (daemon_stream.c, daemon_datagram.c,
// daemon_listener.c).
#include "daemon_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon_limits.h"

static int name_end(int fd, const struct berth_identity *identity)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int length = snprintf(
		name.sun_path + 1, sizeof(name.sun_path) - 1, BERTH_NAME_PREFIX "%016llx/%08x/%08x",
		(unsigned long long)identity->instance, identity->slot, identity->generation);

	return bind(fd, (struct sockaddr *)&name,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length));
}

void daemon_pair_set_room(int fd, int bytes)
{
	// What the system grants is enough: the privileged call goes beyond wmem_max.
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

static int prepare_ends(struct daemon_pair *pair, int type, const struct berth_identity *identity,
			bool nonblocking, int program_fd)
{
	const int yes = 1;
	struct stat status;

	if (name_end(pair->fd, identity) != 0 || fstat(program_fd, &status) != 0)
		return errno;
	pair->inode = status.st_ino;
	// O_NONBLOCK belongs to the open file, so it is set before the program has it.
	if (!nonblocking && fcntl(program_fd, F_SETFL, O_RDWR) != 0)
		return errno;
	// Streams: urgent bytes come in line. Messages: credentials tell an empty one from the end.
	if (type == SOCK_STREAM)
		(void)setsockopt(pair->fd, SOL_SOCKET, SO_OOBINLINE, &yes, sizeof(yes));
	else if (setsockopt(pair->fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) != 0)
		return errno;
	return 0;
}

int daemon_pair_open(struct daemon_pair *pair, int type, const struct berth_identity *identity,
		     bool nonblocking, int *ret_program_fd)
{
	int ends[2], error;

	memset(pair, 0, sizeof(*pair));
	pair->fd = pair->program_fd = -1;
	if (socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
		return errno;
	pair->fd = ends[0];
	pair->writable = true; // until a gift does not fit
	error = prepare_ends(pair, type, identity, nonblocking, ends[1]);
	if (error) {
		close(ends[0]);
		close(ends[1]);
		pair->fd = -1;
		return error;
	}
	*ret_program_fd = ends[1];
	return 0;
}

int daemon_pair_fill(struct daemon_pair *pair, int program_fd)
{
	const int smallest = 1;

	if (setsockopt(program_fd, SOL_SOCKET, SO_SNDBUF, &smallest, sizeof(smallest)) != 0)
		return errno;
	while (pair->front_bytes < DAEMON_FILL_BYTES_MAX) {
		if (send(program_fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
			pair->front_bytes++;
		else
			break;
	}
	return pair->front_bytes > 0 && errno == EAGAIN ? 0 : ENOBUFS;
}

int daemon_pair_hold(struct daemon_pair *pair, int program_fd)
{
	if (send(program_fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
		return errno;
	pair->front_bytes = 1;
	daemon_pair_set_room(program_fd, DAEMON_PAIR_BYTES);
	daemon_pair_set_room(pair->fd, DAEMON_PAIR_BYTES);
	return 0;
}

void daemon_pair_open_flow(struct daemon_pair *pair)
{
	uint8_t fill[DAEMON_FILL_BYTES_MAX];

	if (pair->program_fd >= 0)
		daemon_pair_set_room(pair->program_fd, DAEMON_PAIR_BYTES);
	daemon_pair_set_room(pair->fd, DAEMON_PAIR_BYTES);
	while (pair->front_bytes > 1) {
		ssize_t taken = recv(pair->fd, fill, pair->front_bytes - 1, MSG_DONTWAIT);

		if (taken <= 0)
			break;
		pair->front_bytes -= (uint32_t)taken;
	}
	daemon_pair_drop_program_fd(pair);
	pair->readable = pair->writable = true;
}

bool daemon_pair_is_program_fd(const struct daemon_pair *pair, int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) && status.st_ino == pair->inode;
}

int daemon_pair_keep_program_fd(struct daemon_pair *pair, int program_fd)
{
	if (!daemon_pair_is_program_fd(pair, program_fd))
		return EINVAL;
	daemon_pair_drop_program_fd(pair);
	pair->program_fd = program_fd;
	return 0;
}

void daemon_pair_drop_program_fd(struct daemon_pair *pair)
{
	if (pair->program_fd >= 0)
		close(pair->program_fd);
	pair->program_fd = -1;
}

void daemon_pair_on_events(struct daemon_pair *pair, uint32_t events)
{
	if (events & EPOLLERR) {
		int error = 0;
		socklen_t length = sizeof(error);

		getsockopt(pair->fd, SOL_SOCKET, SO_ERROR, &error, &length);
		if (error == ECONNRESET)
			pair->reset = true;
	}
	if (events & (EPOLLRDHUP | EPOLLHUP))
		pair->finished = true;
	if (events & EPOLLHUP)
		pair->gone = true;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		pair->readable = true;
	if (events & EPOLLOUT)
		pair->writable = true;
}

bool daemon_pair_has_hangup(const struct daemon_pair *pair)
{
	struct pollfd poll_fd = {pair->fd, 0, 0};

	return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLHUP);
}

uint32_t daemon_pair_unread(struct daemon_pair *pair)
{
	int queued = 0;

	if (ioctl(pair->fd, FIONREAD, &queued) != 0 || queued <= 0)
		return 0;
	return (uint32_t)queued > pair->front_bytes ? (uint32_t)queued - pair->front_bytes : 0;
}

// Copy of `to` without what follows its first `bytes` bytes; how many places are left.
static size_t cut_places(struct iovec cut[2], const struct iovec to[2], uint32_t bytes)
{
	size_t used = 0;

	for (size_t i = 0; i < 2 && bytes > 0; i++) {
		cut[used].iov_base = to[i].iov_base;
		cut[used].iov_len = to[i].iov_len < bytes ? to[i].iov_len : bytes;
		bytes -= (uint32_t)cut[used].iov_len;
		used++;
	}
	return used;
}

static uint8_t *place_of_byte(const struct iovec to[2], uint32_t offset)
{
	if (offset < to[0].iov_len)
		return (uint8_t *)to[0].iov_base + offset;
	return (uint8_t *)to[1].iov_base + (offset - to[0].iov_len);
}

uint32_t daemon_pair_take(struct daemon_pair *pair, const struct iovec to[2], uint32_t bytes)
{
	uint8_t front[DAEMON_FILL_BYTES_MAX];
	struct iovec places[3] = {{front, pair->front_bytes}, {NULL, 0}, {NULL, 0}};
	struct msghdr message = {.msg_iov = places};
	uint32_t taken = 0;
	ssize_t got;

	message.msg_iovlen = 1 + cut_places(places + 1, to, bytes - 1);
	got = recvmsg(pair->fd, &message, MSG_DONTWAIT);
	if (got >= 0 && (uint32_t)got >= pair->front_bytes) {
		taken = (uint32_t)got - pair->front_bytes;
		pair->front_bytes = 0;
	} else if (got > 0) {
		pair->front_bytes -= (uint32_t)got;
		return 0;
	} else {
		return 0;
	}
	// An urgent mark can make the read shorter than asked: the next byte is the one to hold
	// then.
	if (recv(pair->fd, place_of_byte(to, taken), 1, MSG_PEEK | MSG_DONTWAIT) == 1) {
		pair->front_bytes = 1;
		taken++;
	}
	return taken;
}

int64_t daemon_pair_give(struct daemon_pair *pair, struct iovec *from, size_t count)
{
	struct msghdr message = {.msg_iov = from, .msg_iovlen = count};
	ssize_t given;

	do {
		given = sendmsg(pair->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (given < 0 && errno == EINTR);
	if (given >= 0)
		return given;
	if (errno == EPIPE || errno == ECONNRESET) {
		pair->reset |= errno == ECONNRESET;
		return -EPIPE;
	}
	pair->writable = false;
	return -EAGAIN;
}

void daemon_pair_give_fin(struct daemon_pair *pair)
{
	shutdown(pair->fd, SHUT_WR);
	pair->fin_given = true;
}

void daemon_pair_take_fin(struct daemon_pair *pair)
{
	shutdown(pair->fd, SHUT_RD);
	pair->fin_taken = true;
}

uint32_t daemon_pair_untaken(const struct daemon_pair *pair)
{
	int bytes = 0;

	if (ioctl(pair->fd, SIOCOUTQ, &bytes) != 0 || bytes < 0)
		return 0;
	return (uint32_t)bytes;
}

void daemon_pair_close(struct daemon_pair *pair, bool orderly)
{
	uint8_t front[DAEMON_FILL_BYTES_MAX];

	daemon_pair_drop_program_fd(pair);
	if (pair->fd < 0)
		return;
	if (orderly && pair->front_bytes > 0)
		(void)!recv(pair->fd, front, pair->front_bytes, MSG_DONTWAIT);
	close(pair->fd);
	pair->fd = -1;
}
