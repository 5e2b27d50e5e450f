// SPDX-License-Identifier: MIT
//
// getsockopt, setsockopt, ioctl: who knows the answer?
//
// The kernel, for what it does itself on the pair (time-outs of read and write, the cookie); the
// board, for what a socket is; the daemon, for everything else. It refuses what it does not have
// with Linux's errno: nothing here pretends success. SO_SNDBUF and SO_RCVBUF are the
// connection's, never the pair's, which must not shrink.
#include "preload_datagram.h"
#include "run_errors.h"
#include "run_hints.h"
#include "run_request.h"
#include "run_symbols.h"
#include "run_system.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

// The same options as time_t of 32 and 64 bits have them.
#define OLD_SO_RCVTIMEO 20
#define OLD_SO_SNDTIMEO 21
#define NEW_SO_RCVTIMEO 66
#define NEW_SO_SNDTIMEO 67

enum option_choice {
	OPTION_IS_THE_KERNELS,
	OPTION_IS_ON_THE_BOARD,
	OPTION_IS_THE_ERROR,
	OPTION_IS_THE_PEERS_PROCESS,
	OPTION_IS_THE_DAEMONS,
};

// DECIDES: who answers for a socket option
static enum option_choice choose_option(int level, int name)
{
	if (level != SOL_SOCKET)
		return OPTION_IS_THE_DAEMONS;
	switch (name) {
	case OLD_SO_RCVTIMEO:
	case OLD_SO_SNDTIMEO:
	case NEW_SO_RCVTIMEO:
	case NEW_SO_SNDTIMEO:
	case SO_COOKIE:
		return OPTION_IS_THE_KERNELS;
	case SO_TYPE:
	case SO_DOMAIN:
	case SO_PROTOCOL:
	case SO_ACCEPTCONN:
		return OPTION_IS_ON_THE_BOARD;
	case SO_ERROR:
		return OPTION_IS_THE_ERROR;
	case SO_PEERCRED:
		return OPTION_IS_THE_PEERS_PROCESS;
	}
	return OPTION_IS_THE_DAEMONS;
}

static void copy_out(const void *from, size_t from_length, void *value, socklen_t *length)
{
	if (*length > from_length)
		*length = (socklen_t)from_length;
	memcpy(value, from, *length);
}

static int fact_on_board(const struct berth_board_row *row, int name)
{
	switch (name) {
	case SO_TYPE:
		return row->type;
	case SO_DOMAIN:
		return row->domain;
	case SO_PROTOCOL:
		return row->info.protocol;
	}
	return row->listening;
}

// SO_ERROR. Usually there is none, and the board says so without a question.
static int take_error(struct run_socket *socket, int *ret_pending)
{
	int error;

	if (!socket->is_known) {
		error = run_sys_take_error(socket->fd);
		*ret_pending = error ? error : ENETDOWN;
		return 0;
	}
	if (socket->row.info.error == 0) {
		run_sys_take_error(socket->fd);
		*ret_pending = 0;
		return 0;
	}
	error = run_errors_take(socket, true);
	if (error < 0)
		return error;
	*ret_pending = error;
	return 0;
}

static int ask_daemon(struct run_socket *socket, int level, int name, void *value,
		      socklen_t *length)
{
	struct run_request request;
	int error;

	run_request_init(&request, BERTH_VERB_GET_OPTION, &socket->identity);
	request.ask.level = level;
	request.ask.name = name;
	request.ask.number = *length;
	request.room = value;
	request.room_bytes = *length;
	error = run_request_do(&request);
	if (!error)
		*length = request.answer.data_bytes;
	return error;
}

static int get_option(struct run_socket *socket, int level, int name, void *value,
		      socklen_t *length)
{
	static const struct ucred no_process = {0, (uid_t)-1, (gid_t)-1}; // as Linux says of TCP
	enum option_choice choice = choose_option(level, name);
	int number, error;

	if (!length || (!value && *length))
		return -EFAULT;
	if ((int)*length < 0)
		return -EINVAL;
	if (choice == OPTION_IS_THE_ERROR) {
		error = take_error(socket, &number);
		if (!error)
			copy_out(&number, sizeof(number), value, length);
		return error;
	}
	if (!socket->is_known)
		return -ENETDOWN;
	if (choice == OPTION_IS_ON_THE_BOARD) {
		number = fact_on_board(&socket->row, name);
		copy_out(&number, sizeof(number), value, length);
		return 0;
	}
	if (choice == OPTION_IS_THE_PEERS_PROCESS) {
		copy_out(&no_process, sizeof(no_process), value, length);
		return 0;
	}
	return ask_daemon(socket, level, name, value, length);
}

RUN_EXPORT int getsockopt(int fd, int level, int name, void *__restrict value,
			  socklen_t *__restrict length)
{
	struct run_socket socket;
	int error;

	if (!run_socket_lookup(fd, &socket) || choose_option(level, name) == OPTION_IS_THE_KERNELS)
		return run_real()->getsockopt(fd, level, name, value, length);
	error = get_option(&socket, level, name, value, length);
	return error ? run_fail(error) : 0;
}

static int set_option(struct run_socket *socket, int level, int name, const void *value,
		      socklen_t length)
{
	struct run_request request;

	if (!socket->is_known)
		return -ENETDOWN;
	if (choose_option(level, name) != OPTION_IS_THE_DAEMONS)
		return -ENOPROTOOPT;
	if ((int)length < 0 || length > BERTH_REQUEST_DATA_MAX)
		return -EINVAL;
	if (!value && length)
		return -EFAULT;
	run_request_init(&request, BERTH_VERB_SET_OPTION, &socket->identity);
	request.ask.level = level;
	request.ask.name = name;
	request.ask.data_bytes = length;
	request.data = value;
	return run_request_do(&request);
}

RUN_EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	struct run_socket socket;
	int error;

	if (!run_socket_lookup(fd, &socket) || choose_option(level, name) == OPTION_IS_THE_KERNELS)
		return run_real()->setsockopt(fd, level, name, value, length);
	error = set_option(&socket, level, name, value, length);
	if (error)
		return run_fail(error);
	if (level == IPPROTO_IP && name == IP_PKTINFO)
		run_hints_add(RUN_HINT_PACKET_INFO);
	return 0;
}

// SIOCOUTQ: what was written and not yet acknowledged.
static int count_unacknowledged(struct run_socket *socket, int *ret_bytes)
{
	struct run_request request;
	int error;

	if (!socket->is_known)
		return -ENETDOWN;
	if (socket->row.listening)
		return -EINVAL;
	run_request_init(&request, BERTH_VERB_QUEUES, &socket->identity);
	error = run_request_do(&request);
	if (!error)
		*ret_bytes = (int)request.answer.number;
	return error;
}

// Only these mean something else on a pair than on the socket it stands for.
static bool is_about_queues(unsigned long command)
{
	return command == SIOCOUTQ || command == SIOCINQ;
}

RUN_EXPORT int ioctl(int fd, unsigned long command, ...)
{
	struct run_socket socket;
	va_list arguments;
	void *argument;
	int error;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (!is_about_queues(command) || !(run_hints() & RUN_HINT_SOCKETS) ||
	    !run_socket_lookup(fd, &socket))
		return run_real()->ioctl(fd, command, argument);
	if (command == SIOCOUTQ)
		error = count_unacknowledged(&socket, argument);
	else if (socket.is_known && !run_socket_is_stream(&socket))
		error = datagram_next_length(&socket, argument);
	else if (socket.is_known && socket.row.listening)
		error = -EINVAL;
	else
		return run_real()->ioctl(fd, command, argument);
	return error ? run_fail(error) : 0;
}
