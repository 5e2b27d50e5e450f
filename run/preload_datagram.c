// SPDX-License-Identifier: MIT
//
// How does a datagram with its address go through a pair that has none?
//
// While a UDP socket is unconnected, each message on its pair is a header (who from, who to) and
// the payload: one more part in front of the program's own, so nothing is copied. While connected
// it is the payload alone. The board says which (framed). Towards the program, an empty message is
// an empty datagram or the announcement of an error; the board tells those apart too.
//
// Not carried: control messages towards the daemon (IP_TOS, IP_PKTINFO of a single datagram are
// ignored; UDP_SEGMENT, which would change what is sent, is refused), MSG_MORE, the error queue.
#include "preload_datagram.h"

#include "run_address.h"
#include "run_errors.h"
#include "run_hints.h"
#include "run_request.h"
#include "run_symbols.h"
#include "run_system.h"

#include <limits.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

// The largest payload: 65535 less UDP's header, and for IPv4 less its header.
#define PAYLOAD_MAX_IPV4 65507u
#define PAYLOAD_MAX_IPV6 65527u

// What leaves in one packet on an Ethernet of 1500 bytes. Longer ones are sent by a request, whose
// answer says at once when they are too long for the path.
#define PLAIN_MAX_IPV4 1472u
#define PLAIN_MAX_IPV6 1452u

#define FEW_PARTS 16
#define PARTS_MAX 1024 // UIO_MAXIOV

// Total length of the parts; more than any datagram may have is all the same.
static size_t count_bytes(const struct msghdr *message)
{
	size_t total = 0, i;

	for (i = 0; i < message->msg_iovlen; i++) {
		if (message->msg_iov[i].iov_len > INT_MAX)
			return INT_MAX;
		total += message->msg_iov[i].iov_len;
		if (total > INT_MAX)
			return INT_MAX;
	}
	return total;
}

static bool wants_segmentation(const struct msghdr *message)
{
	struct cmsghdr *control;

	if (message->msg_controllen < sizeof(*control))
		return false;
	for (control = CMSG_FIRSTHDR(message); control;
	     control = CMSG_NXTHDR((struct msghdr *)(uintptr_t)message, control))
		if (control->cmsg_level == IPPROTO_UDP)
			return true;
	return false;
}

// The header and the program's parts, in one array.
static void put_header_in_front(struct iovec *parts, void *header, const struct msghdr *message)
{
	parts[0].iov_base = header;
	parts[0].iov_len = sizeof(struct berth_datagram_header);
	if (message->msg_iovlen)
		memcpy(parts + 1, message->msg_iov, message->msg_iovlen * sizeof(*parts));
}

static ssize_t send_parts(int fd, struct iovec *parts, size_t count, int flags)
{
	struct msghdr pair_message = {.msg_iov = parts, .msg_iovlen = count};

	return run_real()->sendmsg(fd, &pair_message, (flags & MSG_DONTWAIT) | MSG_NOSIGNAL);
}

// Apart, because the array is big.
static __attribute__((noinline)) ssize_t send_many_framed(int fd,
							  struct berth_datagram_header *header,
							  const struct msghdr *message, int flags)
{
	struct iovec parts[PARTS_MAX + 1];

	put_header_in_front(parts, header, message);
	return send_parts(fd, parts, message->msg_iovlen + 1, flags);
}

static ssize_t send_framed(int fd, const struct berth_endpoint *remote,
			   const struct msghdr *message, int flags)
{
	struct berth_datagram_header header = {.magic = BERTH_CONTROL_MAGIC, .remote = *remote};
	struct iovec parts[FEW_PARTS + 1];
	ssize_t sent;

	if (message->msg_iovlen > FEW_PARTS) {
		sent = send_many_framed(fd, &header, message, flags);
	} else {
		put_header_in_front(parts, &header, message);
		sent = send_parts(fd, parts, message->msg_iovlen + 1, flags);
	}
	return sent < 0 ? -1 : sent - (ssize_t)sizeof(header);
}

// By a request: from a connected socket to somebody else, or too long to be sure of. One that finds
// no room is lost, as it is by way of the pair, but who does not wait is told.
static __attribute__((noinline)) ssize_t send_by_request(struct run_socket *socket,
							 const struct berth_endpoint *remote,
							 const struct msghdr *message,
							 size_t length, int flags)
{
	char gathered[PAYLOAD_MAX_IPV6];
	struct run_request request;
	size_t at = 0, i;
	int error;

	for (i = 0; i < message->msg_iovlen; i++) {
		const struct iovec *part = &message->msg_iov[i];

		if (part->iov_len)
			memcpy(gathered + at, part->iov_base, part->iov_len);
		at += part->iov_len;
	}
	run_request_init(&request, BERTH_VERB_SEND_TO, &socket->identity);
	request.ask.endpoint = *remote;
	request.ask.data_bytes = (uint32_t)length;
	request.data = gathered;
	error = run_request_do(&request);
	if (error == -EAGAIN && !(flags & MSG_DONTWAIT) &&
	    !(run_sys_fcntl(socket->fd, F_GETFL, 0) & O_NONBLOCK))
		error = 0;
	return error ? run_fail(error) : (ssize_t)length;
}

// The daemon would give a port when it sees the first datagram; the program may ask for its name
// before that, so it is bound here.
static int bind_any_port(struct run_socket *socket)
{
	struct run_request request;
	int error;

	run_request_init(&request, BERTH_VERB_BIND, &socket->identity);
	request.ask.endpoint.address.family =
		socket->row.domain == AF_INET ? BERTH_FAMILY_IPV4 : BERTH_FAMILY_IPV6;
	error = run_request_do(&request);
	return error == -EINVAL ? 0 : error; // bound meanwhile
}

// The pair refused: because the daemon is gone, or shut the socket's sending side.
static ssize_t send_failed(struct run_socket *socket)
{
	if (errno != EPIPE && errno != ECONNREFUSED && errno != ECONNRESET && errno != ENOTCONN)
		return -1;
	run_socket_refresh(socket);
	if (!socket->is_known || socket->row.kind != BERTH_ROW_SOCKET ||
	    run_request_take_error(&socket->identity) < 0)
		return run_fail(ENETDOWN);
	return run_fail(EPIPE);
}

static int check_sending(struct run_socket *socket, const struct msghdr *message, int flags)
{
	int error;

	if (!socket->is_known)
		return -ENETDOWN;
	if ((flags & (MSG_OOB | MSG_MORE)))
		return -EOPNOTSUPP;
	if (message->msg_iovlen > PARTS_MAX)
		return -EMSGSIZE;
	if (wants_segmentation(message))
		return -EINVAL;
	if (socket->row.info.error == 0)
		return 0;
	error = run_errors_take(socket, true);
	return error > 0 ? -error : 0;
}

static int find_target(const struct run_socket *socket, const struct msghdr *message,
		       struct berth_endpoint *ret_remote)
{
	int error;

	*ret_remote = socket->row.info.remote;
	if (!message->msg_name)
		return socket->row.framed ? -EDESTADDRREQ : 0;
	error = run_address_parse(socket->row.domain, message->msg_name, message->msg_namelen,
				  RUN_ADDRESS_SEND, ret_remote);
	if (error)
		return error;
	return ret_remote->port == 0 ? -EINVAL : 0;
}

enum send_choice {
	SEND_REFUSED, // longer than any datagram
	SEND_REQUEST, // ask the daemon to
	SEND_FRAMED,  // header and payload
	SEND_PAYLOAD,
};

// DECIDES: which way a datagram takes to the daemon
static enum send_choice choose_way(const struct run_socket *socket,
				   const struct berth_endpoint *remote, size_t length)
{
	bool is_ipv4 = run_endpoint_is_ipv4(remote);

	if (length > (is_ipv4 ? PAYLOAD_MAX_IPV4 : PAYLOAD_MAX_IPV6))
		return SEND_REFUSED;
	if (length > (is_ipv4 ? PLAIN_MAX_IPV4 : PLAIN_MAX_IPV6))
		return SEND_REQUEST;
	if (socket->row.framed)
		return SEND_FRAMED;
	return run_endpoint_equal(remote, &socket->row.info.remote) ? SEND_PAYLOAD : SEND_REQUEST;
}

ssize_t datagram_send(struct run_socket *socket, const struct msghdr *message, int flags)
{
	struct berth_endpoint remote;
	size_t length = count_bytes(message);
	ssize_t sent = -1;
	int error;

	error = check_sending(socket, message, flags);
	if (!error)
		error = find_target(socket, message, &remote);
	if (!error && socket->row.framed && socket->row.info.local.port == 0)
		error = bind_any_port(socket);
	if (error)
		return run_fail(error);
	switch (choose_way(socket, &remote, length)) {
	case SEND_REFUSED:
		return run_fail(EMSGSIZE);
	case SEND_REQUEST:
		return send_by_request(socket, &remote, message, length, flags);
	case SEND_FRAMED:
		sent = send_framed(socket->fd, &remote, message, flags);
		break;
	case SEND_PAYLOAD:
		sent = send_parts(socket->fd, message->msg_iov, message->msg_iovlen, flags);
		break;
	}
	return sent < 0 ? send_failed(socket) : sent;
}

bool datagram_has_error(struct run_socket *socket)
{
	run_socket_refresh(socket);
	return socket->is_known && socket->row.info.error != 0;
}

static ssize_t receive_parts(int fd, struct iovec *parts, size_t count, int flags, int *ret_flags)
{
	struct msghdr pair_message = {.msg_iov = parts, .msg_iovlen = count};
	ssize_t length = run_real()->recvmsg(fd, &pair_message,
					     flags & (MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC));

	*ret_flags = pair_message.msg_flags & MSG_TRUNC;
	return length;
}

static __attribute__((noinline)) ssize_t receive_many_framed(int fd,
							     struct berth_datagram_header *header,
							     const struct msghdr *message,
							     int flags, int *ret_flags)
{
	struct iovec parts[PARTS_MAX + 1];

	put_header_in_front(parts, header, message);
	return receive_parts(fd, parts, message->msg_iovlen + 1, flags, ret_flags);
}

// One message of the pair, whichever shape: its header (family none while connected) and length
// with the header.
static ssize_t receive_one(const struct run_socket *socket, const struct msghdr *message, int flags,
			   struct berth_datagram_header *header, int *ret_flags)
{
	struct iovec parts[FEW_PARTS + 1];

	header->magic = 0;
	if (!socket->row.framed)
		return receive_parts(socket->fd, message->msg_iov, message->msg_iovlen, flags,
				     ret_flags);
	if (message->msg_iovlen > FEW_PARTS)
		return receive_many_framed(socket->fd, header, message, flags, ret_flags);
	put_header_in_front(parts, header, message);
	return receive_parts(socket->fd, parts, message->msg_iovlen + 1, flags, ret_flags);
}

// What an empty message meant.
enum empty_meaning {
	EMPTY_IS_A_DATAGRAM,
	EMPTY_IS_AN_ERROR, // errno is set
	EMPTY_IS_THE_END,  // receiving was shut down
	EMPTY_IS_NOTHING,  // its error was told already
};

static enum empty_meaning interpret_empty(struct run_socket *socket, int flags)
{
	bool is_end = run_sys_poll_now(socket->fd, POLLRDHUP) & (POLLRDHUP | POLLHUP);
	int error = 0;

	run_socket_refresh(socket);
	if (!socket->is_known || socket->row.info.error != 0 || is_end)
		error = run_errors_take(socket, flags & MSG_PEEK);
	if (error) {
		run_fail(error > 0 ? error : ENETDOWN);
		return EMPTY_IS_AN_ERROR;
	}
	if (is_end)
		return EMPTY_IS_THE_END;
	return socket->row.framed ? EMPTY_IS_NOTHING : EMPTY_IS_A_DATAGRAM;
}

// IP_PKTINFO for programs that asked: which of our addresses it came to.
static void emit_packet_info(const struct run_socket *socket, const struct berth_endpoint *local,
			     struct msghdr *message, size_t room)
{
	struct in_pktinfo info = {.ipi_ifindex = socket->row.info.interface_index + 1};
	struct cmsghdr *control = message->msg_control;

	message->msg_controllen = 0;
	if (!(run_hints() & RUN_HINT_PACKET_INFO) || local->address.family != BERTH_FAMILY_IPV4)
		return;
	if (room < CMSG_LEN(sizeof(info))) {
		message->msg_flags |= MSG_CTRUNC;
		return;
	}
	memcpy(&info.ipi_addr, local->address.byte, 4);
	info.ipi_spec_dst = info.ipi_addr;
	control->cmsg_level = IPPROTO_IP;
	control->cmsg_type = IP_PKTINFO;
	control->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(control), &info, sizeof(info));
	message->msg_controllen = room < CMSG_SPACE(sizeof(info)) ? room : CMSG_SPACE(sizeof(info));
}

static void describe(const struct run_socket *socket, const struct berth_datagram_header *header,
		     int flags, struct msghdr *message)
{
	const struct berth_endpoint *remote = &socket->row.info.remote;
	const struct berth_endpoint *local = &socket->row.info.local;

	if (header->magic == BERTH_CONTROL_MAGIC) {
		remote = &header->remote;
		local = &header->local;
	}
	message->msg_flags = flags;
	if (message->msg_name)
		run_address_emit(socket->row.domain, remote, message->msg_name,
				 &message->msg_namelen);
	if (message->msg_control)
		emit_packet_info(socket, local, message, message->msg_controllen);
}

ssize_t datagram_receive(struct run_socket *socket, struct msghdr *message, int flags)
{
	struct berth_datagram_header header;
	ssize_t length, header_length;
	int message_flags;

	if (!socket->is_known)
		return run_fail(ENETDOWN);
	if (flags & MSG_ERRQUEUE)
		return run_fail(EAGAIN);
	if (message->msg_iovlen > PARTS_MAX)
		return run_fail(EMSGSIZE);
	for (;;) {
		header_length = socket->row.framed ? (ssize_t)sizeof(header) : 0;
		length = receive_one(socket, message, flags, &header, &message_flags);
		if (length < 0 && errno == ECONNRESET)
			length = 0; // the daemon's end is gone
		if (length < 0)
			return -1;
		if (length == 0) {
			enum empty_meaning meaning = interpret_empty(socket, flags);

			if (meaning == EMPTY_IS_AN_ERROR)
				return -1;
			if (meaning == EMPTY_IS_THE_END)
				return 0;
			if (meaning == EMPTY_IS_A_DATAGRAM)
				break;
		} else if (!header_length || header.magic == BERTH_CONTROL_MAGIC) {
			break;
		}
		// Not for the program; a look at it has to be followed by taking it.
		if (flags & MSG_PEEK)
			run_sys_recv(socket->fd, &header, 0, MSG_DONTWAIT);
	}
	describe(socket, &header, message_flags, message);
	return length < header_length ? 0 : length - header_length;
}

int datagram_next_length(const struct run_socket *socket, int *ret_bytes)
{
	ssize_t header_length =
		socket->row.framed ? (ssize_t)sizeof(struct berth_datagram_header) : 0;
	char byte;
	ssize_t length = run_sys_recv(socket->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC);

	*ret_bytes = length > header_length ? (int)(length - header_length) : 0;
	return 0;
}
