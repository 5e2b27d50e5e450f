// SPDX-License-Identifier: MIT
//
// How is the daemon asked?
//
// Each request opens a connection of its own and closes it: no descriptor is kept that a program
// could close, inherit or send on by mistake, no lock is held that a fork or a signal handler could
// meet. Only raw system calls, no memory from the heap.
//
// A spare descriptor is needed for as long as the question takes. A program at its limit of
// descriptors gets EMFILE from socket() and ENOBUFS from everything else.
#include "run_request.h"

#include "run_directory.h"
#include "run_system.h"

#include <string.h>
#include <sys/un.h>

void run_request_init(struct run_request *request, enum berth_verb verb,
		      const struct berth_identity *socket)
{
	memset(request, 0, sizeof(*request));
	request->ask.magic = BERTH_CONTROL_MAGIC;
	request->ask.version = BERTH_CONTROL_VERSION;
	request->ask.verb = verb;
	if (socket)
		request->ask.socket = *socket;
	request->pass_fd = -1;
	request->fd = -1;
}

// Which errno does a program get when its question could not even be put?
static int unreachable(int error)
{
	switch (error) {
	case -EMFILE:
	case -ENFILE:
	case -ENOMEM:
		return error;
	case -ENOBUFS:
	case -ETOOMANYREFS:
		return -ENOBUFS;
	}
	return -ENETDOWN;
}

static int open_connection(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[RUN_PATH_MAX];
	int fd, error;

	if (!run_directory_path("control", path))
		return -ENETDOWN;
	memcpy(address.sun_path, path, sizeof(address.sun_path));
	fd = run_sys_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return unreachable(fd);
	// Waits while the daemon's queue is full; a signal then changes nothing.
	do {
		error = run_sys_connect(fd, &address, sizeof(address));
	} while (error == -EINTR);
	if (error < 0) {
		run_sys_close(fd);
		return unreachable(error);
	}
	return fd;
}

// One descriptor's control message, aligned for its header.
union one_descriptor {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static int send_question(int connection, const struct run_request *request)
{
	struct iovec parts[2] = {
		{(void *)(uintptr_t)&request->ask, sizeof(request->ask)},
		{(void *)(uintptr_t)request->data, request->ask.data_bytes},
	};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = request->ask.data_bytes ? 2 : 1};
	union one_descriptor control;
	ssize_t sent;

	if (request->pass_fd >= 0) {
		memset(&control, 0, sizeof(control));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &request->pass_fd, sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	do {
		sent = run_sys_sendmsg(connection, &message, MSG_NOSIGNAL);
	} while (sent == -EINTR);
	return sent < 0 ? unreachable((int)sent) : 0;
}

static int descriptor_in(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	int fd;

	if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS ||
	    control->cmsg_len < CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}

static int receive_answer(int connection, struct run_request *request)
{
	struct iovec parts[2] = {
		{&request->answer, sizeof(request->answer)},
		{request->room, request->room_bytes},
	};
	union one_descriptor control;
	struct msghdr message = {.msg_iov = parts,
				 .msg_iovlen = request->room_bytes ? 2 : 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int flags = request->close_on_exec ? MSG_CMSG_CLOEXEC : 0;
	ssize_t length;

	do {
		length = run_sys_recvmsg(connection, &message, flags);
	} while (length == -EINTR && !request->may_be_interrupted);
	if (length == -EINTR || length == -EAGAIN)
		return (int)length;
	if (length < 0)
		return -ENETDOWN;
	request->fd = descriptor_in(&message);
	if ((size_t)length < sizeof(request->answer) ||
	    request->answer.magic != BERTH_CONTROL_MAGIC)
		return -ENETDOWN;
	if (request->fd < 0 && (message.msg_flags & MSG_CTRUNC))
		return -EMFILE;
	if (request->answer.data_bytes > (size_t)length - sizeof(request->answer))
		request->answer.data_bytes = (uint32_t)((size_t)length - sizeof(request->answer));
	return request->answer.error > 0 ? -request->answer.error : 0;
}

int run_request_do(struct run_request *request)
{
	int connection = open_connection(), error;

	if (connection < 0)
		error = connection;
	else if (request->patience.tv_sec || request->patience.tv_usec)
		error = run_sys_setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &request->patience,
					   sizeof(request->patience));
	else
		error = 0;
	if (!error)
		error = send_question(connection, request);
	if (!error)
		error = receive_answer(connection, request);
	if (connection >= 0)
		run_sys_close(connection);
	if (error && request->fd >= 0) {
		run_sys_close(request->fd);
		request->fd = -1;
	}
	if (request->ask.verb == BERTH_VERB_SOCKET)
		return error;
	if (error == -EMFILE || error == -ENFILE)
		return -ENOBUFS;
	// A daemon that does not know the socket is another one than that which gave it.
	return error == -EBADF ? -ENETDOWN : error;
}

int run_request_take_error(const struct berth_identity *socket)
{
	struct run_request request;
	int error;

	run_request_init(&request, BERTH_VERB_TAKE_ERROR, socket);
	error = run_request_do(&request);
	return error ? error : (int)request.answer.number;
}
