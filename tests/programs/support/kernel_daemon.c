// SPDX-License-Identifier: MIT
//
// A berthd whose host is the kernel: the preload library's half of the contract, without ours.
//
// It serves control.h and board.h as berthd does (named pairs, fill, held byte, accept messages,
// framed datagrams), but behind each pair is a kernel socket on loopback. A transcript that
// differs between this and no daemon at all shows a fault of the preload library; one that differs
// only under berthd shows a fault of berthd or libberth.
//
// usage: kernel_daemon DIR: makes DIR/control and DIR/board, says "ready", serves until killed
#include <arpa/inet.h>
#include <berth/control.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SLOTS_MAX 1024
#define BUFFER_BYTES 65600
#define INSTANCE 0x1234567890abcdefull

enum phase { FREE, FRESH, LISTENING, CONNECTING, FLOWING, DATAGRAM };

struct slot {
	enum phase phase;
	uint32_t generation;
	int pair, kernel, program, waiter; // descriptors or -1
	int domain, type;
	size_t front;
	bool framed, program_ended, peer_ended, notice;
	int error;
	struct berth_endpoint local, remote;
};

static struct slot slots[SLOTS_MAX];
static unsigned used;
static struct berth_board_header *board;
static uint8_t buffer[BUFFER_BYTES];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void read_endpoint(const struct sockaddr_storage *from, struct berth_endpoint *to)
{
	memset(to, 0, sizeof(*to));
	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)from;

		to->address.family = BERTH_FAMILY_IPV4;
		memcpy(to->address.byte, &in->sin_addr, 4);
		to->port = ntohs(in->sin_port);
	} else if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

		to->address.family = BERTH_FAMILY_IPV6;
		memcpy(to->address.byte, &in6->sin6_addr, 16);
		to->port = ntohs(in6->sin6_port);
	}
}

static socklen_t write_endpoint(const struct berth_endpoint *from, struct sockaddr_storage *to)
{
	memset(to, 0, sizeof(*to));
	if (from->address.family == BERTH_FAMILY_IPV4) {
		struct sockaddr_in *in = (struct sockaddr_in *)to;

		in->sin_family = AF_INET;
		in->sin_port = htons(from->port);
		memcpy(&in->sin_addr, from->address.byte, 4);
		return sizeof(*in);
	}
	if (from->address.family == BERTH_FAMILY_IPV6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(from->port);
		memcpy(&in6->sin6_addr, from->address.byte, 16);
		return sizeof(*in6);
	}
	return sizeof(sa_family_t);
}

static void write_row(struct slot *slot)
{
	uint32_t number = (uint32_t)(slot - slots);
	struct berth_board_row *row =
		(struct berth_board_row *)(uintptr_t)berth_board_row_at(board, number);
	struct sockaddr_storage name;
	socklen_t length = sizeof(name);

	__atomic_fetch_add(&row->sequence, 1, __ATOMIC_ACQ_REL);
	row->generation = slot->generation;
	row->kind = slot->pair >= 0 ? BERTH_ROW_SOCKET : BERTH_ROW_GONE;
	row->framed = slot->framed;
	row->listening = slot->phase == LISTENING;
	row->domain = slot->domain;
	row->type = slot->type;
	row->info.protocol = slot->type == 1 ? 6 : 17;
	row->info.error = slot->error;
	row->info.state = BERTH_TCP_CLOSED;
	memset(&row->info.remote, 0, sizeof(row->info.remote));
	if (slot->kernel >= 0 && getsockname(slot->kernel, (struct sockaddr *)&name, &length) == 0)
		read_endpoint(&name, &row->info.local);
	length = sizeof(name);
	if (slot->kernel >= 0 && getpeername(slot->kernel, (struct sockaddr *)&name, &length) == 0)
		read_endpoint(&name, &row->info.remote);
	if (slot->phase == LISTENING)
		row->info.state = BERTH_TCP_LISTEN;
	else if (slot->phase == CONNECTING)
		row->info.state = BERTH_TCP_SYN_SENT;
	else if (slot->phase == FLOWING || (slot->phase == DATAGRAM && !slot->framed))
		row->info.state = BERTH_TCP_ESTABLISHED;
	__atomic_fetch_add(&row->sequence, 1, __ATOMIC_ACQ_REL);
}

static struct slot *open_slot(int domain, int type, int *ret_program)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int ends[2], length, smallest = 1;
	struct slot *slot;

	// Slots are not used twice: the test ends before they do.
	if (used == SLOTS_MAX)
		return NULL;
	slot = &slots[used++];
	memset(slot, 0, sizeof(*slot));
	slot->generation = 7;
	slot->domain = domain;
	slot->type = type;
	slot->kernel = slot->program = slot->waiter = -1;
	slot->phase = type == SOCK_STREAM ? FRESH : DATAGRAM;
	slot->framed = type == SOCK_DGRAM;
	if (socketpair(AF_UNIX, (type == SOCK_STREAM ? SOCK_STREAM : SOCK_SEQPACKET) | SOCK_CLOEXEC,
		       0, ends) != 0)
		die("socketpair");
	slot->pair = ends[0];
	length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
			  BERTH_NAME_PREFIX "%016llx/%08x/%08x", INSTANCE, used - 1, 7u);
	if (bind(slot->pair, (struct sockaddr *)&name,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) != 0)
		die("bind of a pair");
	if (type == SOCK_STREAM) {
		setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &smallest, sizeof(smallest));
		while (send(ends[1], "", 1, MSG_DONTWAIT) == 1)
			slot->front++;
	}
	*ret_program = ends[1];
	board->rows_used = used;
	return slot;
}

static void open_flow(struct slot *slot, int program)
{
	int bytes = 1 << 18;

	setsockopt(program, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	if (slot->front > 1)
		(void)!recv(slot->pair, buffer, slot->front - 1, 0);
	slot->front = 1;
	slot->phase = FLOWING;
}

static void answer(int client, struct berth_answer *reply, const void *data, int pass)
{
	struct iovec parts[2] = {{reply, sizeof(*reply)},
				 {(void *)(uintptr_t)data, reply->data_bytes}};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	reply->magic = BERTH_CONTROL_MAGIC;
	if (pass >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &pass, sizeof(int));
	}
	sendmsg(client, &message, MSG_NOSIGNAL);
}

static void tell(int client, int error)
{
	struct berth_answer reply = {.error = error};

	answer(client, &reply, NULL, -1);
}

static void drop_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

// Over: row first, then the pair, so that whoever wakes finds the reason.
static void end_slot(struct slot *slot, int error, bool orderly)
{
	if (error)
		slot->error = error;
	if (orderly && slot->front)
		(void)!recv(slot->pair, buffer, slot->front, MSG_DONTWAIT);
	struct berth_board_row *row = (struct berth_board_row *)(uintptr_t)berth_board_row_at(
		board, (uint32_t)(slot - slots));
	__atomic_fetch_add(&row->sequence, 1, __ATOMIC_ACQ_REL);
	row->kind = BERTH_ROW_GONE;
	row->info.error = slot->error;
	row->info.state = BERTH_TCP_CLOSED;
	row->listening = 0;
	__atomic_fetch_add(&row->sequence, 1, __ATOMIC_ACQ_REL);
	drop_fd(&slot->program);
	drop_fd(&slot->pair);
	drop_fd(&slot->kernel);
	slot->phase = FREE;
}

// Ask the kernel about pending errors, and keep them for the program.
static void fetch_error(struct slot *slot)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (slot->kernel >= 0 &&
	    getsockopt(slot->kernel, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error)
		slot->error = error;
}

// What waits in the program's end has headers, and what comes then has none, or the other way
// round.
static void reframe(struct slot *slot, int program, const struct berth_endpoint *before)
{
	static uint8_t kept[64][2048];
	size_t lengths[64], count = 0, front = sizeof(struct berth_datagram_header), i;
	struct berth_datagram_header header = {.magic = BERTH_CONTROL_MAGIC, .remote = *before};
	ssize_t length;

	while (count < 64 &&
	       (length = recv(program, kept[count], sizeof(kept[0]), MSG_DONTWAIT)) >= 0)
		lengths[count++] = (size_t)length;
	for (i = 0; i < count; i++) {
		struct iovec parts[2] = {{&header, front}, {kept[i], lengths[i]}};
		struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

		if (slot->framed)
			sendmsg(slot->pair, &message, MSG_DONTWAIT);
		else
			send(slot->pair, kept[i] + front, lengths[i] - front, MSG_DONTWAIT);
	}
}

static void connect_datagram(struct slot *slot, const struct berth_request *request, int program)
{
	bool framed = request->endpoint.address.family == BERTH_FAMILY_NONE;
	struct berth_board_row row;

	berth_board_read(board, (uint32_t)(slot - slots), &row);
	if (framed == slot->framed)
		return;
	slot->framed = framed;
	reframe(slot, program, &row.info.remote);
}

static void serve_connect(struct slot *slot, const struct berth_request *request, int *client,
			  int program)
{
	struct sockaddr_storage remote;
	socklen_t length = write_endpoint(&request->endpoint, &remote);

	if (connect(slot->kernel, (struct sockaddr *)&remote, length) == 0) {
		if (slot->type == SOCK_DGRAM)
			connect_datagram(slot, request, program);
		else if (request->endpoint.address.family != BERTH_FAMILY_NONE)
			open_flow(slot, program);
		write_row(slot);
		tell(*client, 0);
	} else if (errno == EINPROGRESS) {
		slot->phase = CONNECTING;
		slot->program = dup(program);
		write_row(slot);
		if (!request->number) {
			tell(*client, EINPROGRESS);
		} else {
			slot->waiter = *client;
			*client = -1;
		}
	} else if (errno == ECONNREFUSED && slot->type == SOCK_STREAM) {
		// At once on loopback; the program is told as the kernel would tell it.
		if (request->number) {
			tell(*client, ECONNREFUSED);
		} else {
			tell(*client, EINPROGRESS);
			end_slot(slot, ECONNREFUSED, false);
		}
	} else {
		tell(*client, slot->phase == FLOWING || slot->phase == LISTENING ? EISCONN : errno);
	}
}

static void serve_options(struct slot *slot, const struct berth_request *request, const void *data,
			  int client)
{
	struct berth_answer reply = {0};
	socklen_t length = (socklen_t)request->number;

	if (request->verb == BERTH_VERB_SET_OPTION) {
		if (setsockopt(slot->kernel, request->level, request->name, data,
			       request->data_bytes))
			reply.error = errno;
	} else {
		if (length > sizeof(buffer))
			length = sizeof(buffer);
		if (getsockopt(slot->kernel, request->level, request->name, buffer, &length))
			reply.error = errno;
		else
			reply.data_bytes = length;
	}
	answer(client, &reply, buffer, -1);
}

static void serve_socket(const struct berth_request *request, int client)
{
	struct berth_answer reply = {0};
	int program, kernel;
	struct slot *slot;

	kernel = socket(request->domain, request->type | SOCK_NONBLOCK | SOCK_CLOEXEC,
			request->protocol);
	if (kernel < 0) {
		tell(client, errno);
		return;
	}
	slot = open_slot(request->domain, request->type, &program);
	if (!slot) {
		close(kernel);
		tell(client, ENFILE);
		return;
	}
	slot->kernel = kernel;
	write_row(slot);
	answer(client, &reply, NULL, program);
	close(program);
}

static void shut_down(struct slot *slot, int how, int client)
{
	if (shutdown(slot->kernel, how) != 0) {
		tell(client, errno);
		return;
	}
	if (slot->phase == LISTENING) {
		slot->phase = FRESH;
		shutdown(slot->pair, SHUT_RDWR);
	} else if (slot->phase == DATAGRAM) {
		if (how != SHUT_WR)
			shutdown(slot->pair, SHUT_WR);
		if (how != SHUT_RD)
			shutdown(slot->pair, SHUT_RD);
	}
	write_row(slot);
	tell(client, 0);
}

static void serve_slot(struct slot *slot, const struct berth_request *request, const void *data,
		       int *client, int program)
{
	struct berth_answer reply = {0};
	struct sockaddr_storage address;
	socklen_t length = write_endpoint(&request->endpoint, &address);
	int bytes = 0;

	switch (request->verb) {
	case BERTH_VERB_BIND:
		if (length == sizeof(sa_family_t)) { // any address of the family
			address.ss_family = (sa_family_t)slot->domain;
			length = slot->domain == AF_INET ? 16 : 28;
		}
		reply.error = bind(slot->kernel, (struct sockaddr *)&address, length) ? errno : 0;
		write_row(slot);
		answer(*client, &reply, NULL, -1);
		break;
	case BERTH_VERB_LISTEN:
		reply.error = listen(slot->kernel, (int)request->number) ? errno : 0;
		if (!reply.error)
			slot->phase = LISTENING;
		write_row(slot);
		answer(*client, &reply, NULL, -1);
		break;
	case BERTH_VERB_CONNECT:
		serve_connect(slot, request, client, program);
		break;
	case BERTH_VERB_SET_OPTION:
	case BERTH_VERB_GET_OPTION:
		serve_options(slot, request, data, *client);
		break;
	case BERTH_VERB_TAKE_ERROR:
		fetch_error(slot);
		reply.number = slot->error;
		slot->error = 0;
		if (slot->pair >= 0) {
			write_row(slot);
		} else {
			((struct berth_board_row *)(uintptr_t)berth_board_row_at(
				 board, (uint32_t)(slot - slots)))
				->info.error = 0;
		}
		answer(*client, &reply, NULL, -1);
		break;
	case BERTH_VERB_SEND_TO:
		if (sendto(slot->kernel, data, request->data_bytes, MSG_NOSIGNAL,
			   (struct sockaddr *)&address, length) < 0)
			reply.error = errno;
		answer(*client, &reply, NULL, -1);
		break;
	case BERTH_VERB_QUEUES:
		ioctl(slot->kernel, SIOCOUTQ, &bytes);
		reply.number = bytes;
		answer(*client, &reply, NULL, -1);
		break;
	case BERTH_VERB_SHUTDOWN:
		shut_down(slot, (int)request->number, *client);
		break;
	default:
		tell(*client, ENOSYS);
	}
}

static void serve_client(int client)
{
	static uint8_t question[sizeof(struct berth_request) + BERTH_REQUEST_DATA_MAX];
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {question, sizeof(question)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	ssize_t length = recvmsg(client, &message, MSG_CMSG_CLOEXEC);
	const struct berth_request *request = (const struct berth_request *)(const void *)question;
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int program = -1;

	if (length < (ssize_t)sizeof(*request)) {
		close(client);
		return;
	}
	if (header)
		memcpy(&program, CMSG_DATA(header), sizeof(program));
	if (request->verb == BERTH_VERB_SOCKET)
		serve_socket(request, client);
	else if (request->socket.instance != INSTANCE || request->socket.slot >= used)
		tell(client, EBADF);
	else if (slots[request->socket.slot].phase == FREE &&
		 request->verb != BERTH_VERB_TAKE_ERROR)
		tell(client, request->verb == BERTH_VERB_CONNECT ? EBADF : EINVAL);
	else
		serve_slot(&slots[request->socket.slot], request, request + 1, &client, program);
	if (program >= 0)
		close(program);
	if (client >= 0)
		close(client);
}

// Before the program hears of it: errno of the kernel socket decides how it ended.
static void move_from_peer(struct slot *slot)
{
	ssize_t length, given;

	if (slot->peer_ended) {
		struct pollfd poll_fd = {slot->kernel, 0, 0};

		poll(&poll_fd, 1, 0);
		if (poll_fd.revents & POLLERR) {
			fetch_error(slot);
			end_slot(slot, 0, false);
		}
		return;
	}
	length = recv(slot->kernel, buffer, sizeof(buffer), MSG_PEEK | MSG_DONTWAIT);
	if (length < 0 && errno == EAGAIN)
		return;
	if (length < 0) {
		end_slot(slot, errno, false);
		return;
	}
	if (length == 0) {
		slot->peer_ended = true;
		shutdown(slot->pair, SHUT_WR);
		return;
	}
	given = send(slot->pair, buffer, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (given > 0)
		(void)!recv(slot->kernel, buffer, (size_t)given, 0);
}

static void move_from_program(struct slot *slot)
{
	ssize_t length = recv(slot->pair, buffer, sizeof(buffer), MSG_PEEK | MSG_DONTWAIT), sent;
	struct linger at_once = {1, 0};
	bool was_reset = length < 0 && errno == ECONNRESET;
	struct pollfd poll_fd = {slot->pair, POLLRDHUP, 0};

	if (length > (ssize_t)slot->front) {
		sent = send(slot->kernel, buffer + slot->front, (size_t)length - slot->front,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent > 0) {
			(void)!recv(slot->pair, buffer, slot->front + (size_t)sent - 1, 0);
			slot->front = 1;
		}
		return;
	}
	poll(&poll_fd, 1, 0);
	if (!(poll_fd.revents & (POLLRDHUP | POLLHUP)) && !was_reset)
		return;
	if (!slot->program_ended && !(poll_fd.revents & POLLHUP)) {
		slot->program_ended = true;
		shutdown(slot->kernel, SHUT_WR);
	}
	if (poll_fd.revents & POLLERR) {
		setsockopt(slot->kernel, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		end_slot(slot, 0, false);
	} else if (poll_fd.revents & POLLHUP) {
		end_slot(slot, 0, true);
	}
}

static void take_connection(struct slot *listener)
{
	struct sockaddr_storage remote;
	socklen_t length = sizeof(remote);
	struct berth_accept_message news = {.magic = BERTH_CONTROL_MAGIC};
	struct iovec part = {&news, sizeof(news)};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int program, kernel = accept4(listener->kernel, (struct sockaddr *)&remote, &length,
				      SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct slot *slot;

	if (kernel < 0)
		return;
	slot = open_slot(listener->domain, SOCK_STREAM, &program);
	if (!slot) {
		close(kernel);
		return;
	}
	slot->kernel = kernel;
	open_flow(slot, program);
	write_row(slot);
	news.domain = listener->domain;
	read_endpoint(&remote, &news.remote);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &program, sizeof(int));
	sendmsg(listener->pair, &message, MSG_NOSIGNAL);
	close(program);
}

static void finish_connecting(struct slot *slot)
{
	fetch_error(slot);
	// The kernel tells the outcome to one more connect, before it is ready for another.
	connect(slot->kernel, (struct sockaddr *)&(struct sockaddr_storage){.ss_family = AF_INET},
		16);
	if (slot->error) {
		int error = slot->error;

		if (slot->waiter >= 0) { // told by the answer; the socket stays as it was
			slot->error = 0;
			slot->phase = FRESH;
			drop_fd(&slot->program);
			write_row(slot);
			tell(slot->waiter, error);
			drop_fd(&slot->waiter);
		} else {
			end_slot(slot, error, false);
		}
		return;
	}
	open_flow(slot, slot->program);
	drop_fd(&slot->program);
	write_row(slot);
	if (slot->waiter >= 0)
		tell(slot->waiter, 0);
	drop_fd(&slot->waiter);
}

static void datagram_from_peer(struct slot *slot)
{
	struct berth_datagram_header header = {.magic = BERTH_CONTROL_MAGIC};
	struct sockaddr_storage from;
	socklen_t from_length = sizeof(from);
	ssize_t length = recvfrom(slot->kernel, buffer, sizeof(buffer), MSG_DONTWAIT,
				  (struct sockaddr *)&from, &from_length);
	struct iovec parts[2] = {{&header, sizeof(header)}, {buffer, (size_t)length}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	if (length < 0 && errno != EAGAIN && errno != EINTR) {
		slot->error = errno;
		write_row(slot);
		send(slot->pair, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	if (length < 0)
		return;
	read_endpoint(&from, &header.remote);
	if (slot->framed)
		sendmsg(slot->pair, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		send(slot->pair, buffer, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void datagram_from_program(struct slot *slot)
{
	const struct berth_datagram_header *header = (const void *)buffer;
	struct pollfd poll_fd = {slot->pair, POLLRDHUP, 0};
	struct sockaddr_storage to;
	ssize_t length;
	int result;

	poll(&poll_fd, 1, 0);
	length = recv(slot->pair, buffer, sizeof(buffer), MSG_DONTWAIT);
	if (length <= 0 && (poll_fd.revents & POLLHUP)) {
		end_slot(slot, 0, true);
		return;
	}
	if (length < 0 || (length == 0 && (poll_fd.revents & POLLRDHUP)))
		return;
	if (!slot->framed) {
		result = (int)send(slot->kernel, buffer, (size_t)length, MSG_NOSIGNAL);
	} else {
		socklen_t to_length = write_endpoint(&header->remote, &to);

		result = (int)sendto(slot->kernel, buffer + sizeof(*header),
				     (size_t)length - sizeof(*header), MSG_NOSIGNAL,
				     (struct sockaddr *)&to, to_length);
	}
	if (result < 0)
		slot->error = errno;
	write_row(slot);
	if (result < 0)
		send(slot->pair, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void serve_events(struct slot *slot, short pair_events, short kernel_events)
{
	switch (slot->phase) {
	case LISTENING:
		if (kernel_events)
			take_connection(slot);
		break;
	case CONNECTING:
		if (kernel_events)
			finish_connecting(slot);
		break;
	case FLOWING:
		if (pair_events)
			move_from_program(slot);
		if (slot->phase == FLOWING)
			move_from_peer(slot);
		return;
	case DATAGRAM:
		if (pair_events)
			datagram_from_program(slot);
		if (slot->phase == DATAGRAM && kernel_events)
			datagram_from_peer(slot);
		return;
	case FRESH:
	case FREE:
		break;
	}
	if (slot->phase != FREE && (pair_events & POLLHUP))
		end_slot(slot, 0, true);
}

static short wanted_of_kernel(const struct slot *slot)
{
	switch (slot->phase) {
	case CONNECTING:
		return POLLOUT;
	case FLOWING:
		return slot->peer_ended ? 0 : POLLIN;
	case LISTENING:
	case DATAGRAM:
		return POLLIN;
	case FRESH:
	case FREE:
		break;
	}
	return 0;
}

// Held and fill bytes make a pair readable for ever, so this looks every few milliseconds; it is
// for tests of a few seconds.
static void serve(int control)
{
	static struct pollfd fds[1 + 2 * SLOTS_MAX];

	for (;;) {
		unsigned i, count = used;

		fds[0] = (struct pollfd){control, POLLIN, 0};
		for (i = 0; i < count; i++) {
			struct slot *slot = &slots[i];
			bool is_quiet = slot->phase == FREE;
			short pair = slot->phase == DATAGRAM ? POLLIN : 0;

			fds[1 + 2 * i] = (struct pollfd){is_quiet ? -1 : slot->pair, pair, 0};
			fds[2 + 2 * i] = (struct pollfd){
				is_quiet || slot->phase == FRESH ? -1 : slot->kernel,
				wanted_of_kernel(slot), 0};
		}
		poll(fds, 1 + 2 * count, 1);
		if (fds[0].revents) {
			int client = accept4(control, NULL, NULL, SOCK_CLOEXEC);

			if (client >= 0)
				serve_client(client);
		}
		for (i = 0; i < count; i++) {
			struct slot *slot = &slots[i];
			short pair = fds[1 + 2 * i].revents;

			if (slot->phase == FLOWING)
				pair = POLLIN;
			if (slot->phase != FREE)
				serve_events(slot, pair, fds[2 + 2 * i].revents);
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct rlimit limit;
	char path[200];
	int control, file;

	if (argc != 2)
		return 2;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	snprintf(path, sizeof(path), "%s/board", argv[1]);
	file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0 || ftruncate(file, BERTH_BOARD_BYTES) != 0)
		die(path);
	board = mmap(NULL, BERTH_BOARD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (board == MAP_FAILED)
		die("mmap");
	board->version = BERTH_BOARD_VERSION;
	board->row_bytes = sizeof(struct berth_board_row);
	board->instance = INSTANCE;
	board->daemon_pid = (uint32_t)getpid();
	board->rows_max = BERTH_BOARD_ROWS_MAX;
	snprintf(board->hosts[0].name, BERTH_HOST_NAME_MAX, "kernel");
	__atomic_store_n(&board->magic, BERTH_BOARD_MAGIC, __ATOMIC_RELEASE);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", argv[1]);
	unlink(address.sun_path);
	control = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (bind(control, (struct sockaddr *)&address, sizeof(address)) || listen(control, 100))
		die(address.sun_path);
	puts("ready");
	fflush(stdout);
	serve(control);
}
