// SPDX-License-Identifier: MIT
//
// The requests of programs: the control calls of sockets, one function each.
//
// Bytes and control take different ways, so before a request on a socket is served, what its
// program wrote before is taken out of the pair: shutdown, options and the like act after it, as in
// a kernel.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon.h"

#define BLOCK 1 // CONNECT: answer when it is decided
#define NONBLOCKING_BIT 1

static enum berth_family family_of_domain(int32_t domain)
{
	return domain == AF_INET6 ? BERTH_FAMILY_IPV6 : BERTH_FAMILY_IPV4;
}

// DECIDES: does the host offer this kind of socket? 0 or a positive errno, Linux's
static int check_kind(const struct berth_request *request)
{
	int stream = request->type == SOCK_STREAM;

	if (request->domain != AF_INET && request->domain != AF_INET6)
		return EAFNOSUPPORT;
	if (!stream && request->type != SOCK_DGRAM)
		return ESOCKTNOSUPPORT;
	if (request->protocol != 0 &&
	    request->protocol != (stream ? BERTH_PROTOCOL_TCP : BERTH_PROTOCOL_UDP))
		return EPROTONOSUPPORT;
	return 0;
}

static int open_both(struct daemon_call *call, struct daemon_host *host, struct daemon_slot *slot,
		     int program_fd)
{
	berth_socket socket;
	int error = berth_socket_open(host->berth, family_of_domain(slot->domain),
				      (enum berth_protocol)slot->protocol, &socket);

	if (error)
		return error == -EMFILE ? ENFILE : -error;
	if (slot->protocol == BERTH_PROTOCOL_TCP)
		error = daemon_pair_fill(&slot->pair, program_fd);
	else
		daemon_pair_set_room(program_fd, DAEMON_DATAGRAM_PAIR_BYTES);
	if (error) {
		berth_socket_close(host->berth, socket, call->daemon->loop.now);
		return error;
	}
	return daemon_slot_begin(call->daemon, slot, socket);
}

static int serve_socket(struct daemon_call *call)
{
	const struct berth_request *request = call->request;
	struct daemon_creator creator = {call->pid, call->uid};
	struct daemon_host *host;
	struct daemon_slot *slot;
	int program_fd, error = check_kind(request);

	if (error)
		return error;
	host = daemon_host_find(call->daemon, request->host_name, call->answer.message,
				sizeof(call->answer.message));
	if (!host)
		return ENETDOWN;
	error = daemon_slot_open(call->daemon, host, request->domain, request->type, &creator,
				 (request->number & NONBLOCKING_BIT) != 0, &slot, &program_fd);
	if (error)
		return error;
	call->answer_fd = program_fd;
	error = open_both(call, host, slot, program_fd);
	if (error) {
		daemon_slot_end(call->daemon, slot, DAEMON_END_CLOSE, true, 0);
		return error;
	}
	call->answer.socket = daemon_slot_identity(call->daemon, slot);
	return 0;
}

// "python3 (PID 4711)"; what is left of the name when the program has ended.
static void name_program(uint32_t pid, char *text, size_t size)
{
	char path[32], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	file = fopen(path, "re");
	if (file) {
		if (!fgets(name, sizeof(name), file))
			name[0] = '\0';
		fclose(file);
	}
	name[strcspn(name, "\n")] = '\0';
	if (*name)
		snprintf(text, size, "%s (PID %u)", name, pid);
	else
		snprintf(text, size, "a socket of PID %u, which has ended", pid);
}

static void name_holder(struct daemon_call *call, uint64_t tag)
{
	struct daemon *daemon = call->daemon;
	struct daemon_slot *holder = daemon_slot_of_tag(daemon, tag);
	uint32_t pid = daemon_board_creator(&daemon->board, (uint32_t)tag, (uint32_t)(tag >> 32));
	const char *protocol = call->slot->protocol == BERTH_PROTOCOL_TCP ? "tcp" : "udp";
	char program[80] = "a connection that is ending";

	if (pid)
		name_program(pid, program, sizeof(program));
	if (holder)
		call->answer.holder = daemon_slot_identity(daemon, holder);
	else if (pid)
		strncat(program, ": it is ending", sizeof(program) - strlen(program) - 1);
	snprintf(call->answer.message, sizeof(call->answer.message), "port %u/%s is held by %s",
		 call->request->endpoint.port, protocol, program);
}

static int serve_bind(struct daemon_call *call)
{
	struct daemon_slot *slot = call->slot;
	struct berth_host *berth = slot->host->berth;
	uint64_t holder_tag = 0;
	int result = berth_socket_bind(berth, slot->socket, &call->request->endpoint, &holder_tag);

	if (result == -EADDRINUSE)
		name_holder(call, holder_tag);
	if (result != 0)
		return -result;
	berth_socket_local(berth, slot->socket, &call->answer.endpoint);
	daemon_rows_write(call->daemon, slot);
	return 0;
}

static int serve_listen(struct daemon_call *call)
{
	struct daemon_slot *slot = call->slot;
	int64_t backlog = call->request->number;
	int error;

	if (slot->protocol != BERTH_PROTOCOL_TCP)
		return EOPNOTSUPP;
	if ((slot->phase != DAEMON_PHASE_FRESH && slot->phase != DAEMON_PHASE_LISTENING) ||
	    slot->listener.ended)
		return EINVAL;
	if (backlog < 0 || backlog > DAEMON_BACKLOG_MAX)
		backlog = DAEMON_BACKLOG_MAX; // a negative one is a very large one, as in Linux
	error = daemon_listener_start(call->daemon, slot, (int)backlog);
	if (!error)
		berth_socket_local(slot->host->berth, slot->socket, &call->answer.endpoint);
	return error;
}

static int connect_stream(struct daemon_call *call)
{
	struct daemon_slot *slot = call->slot;
	int error;

	if (call->request->endpoint.address.family == BERTH_FAMILY_NONE)
		return daemon_stream_dissolve(call->daemon, slot);
	if (slot->phase == DAEMON_PHASE_FLOWING || slot->phase == DAEMON_PHASE_LISTENING)
		return EISCONN;
	if (slot->phase == DAEMON_PHASE_CONNECTING)
		return EALREADY;
	if (call->fd < 0 || daemon_pair_keep_program_fd(&slot->pair, call->fd) != 0)
		return EINVAL;
	call->fd = -1;
	error = daemon_stream_connect(call->daemon, slot, &call->request->endpoint, call->pid);
	if (error != EINPROGRESS) {
		daemon_pair_drop_program_fd(&slot->pair);
		return error;
	}
	if (call->request->number == BLOCK) {
		daemon_control_name_client(call, &slot->stream.waiter,
					   &slot->stream.waiter_generation);
		call->is_late = true;
	}
	berth_socket_local(slot->host->berth, slot->socket, &call->answer.endpoint);
	return EINPROGRESS;
}

static int serve_connect(struct daemon_call *call)
{
	struct daemon_slot *slot = call->slot;
	int error;

	if (slot->protocol == BERTH_PROTOCOL_TCP)
		return connect_stream(call);
	if (call->fd >= 0 && !daemon_pair_is_program_fd(&slot->pair, call->fd))
		return EINVAL;
	error = daemon_datagram_connect(call->daemon, slot, &call->request->endpoint, call->fd);
	if (!error)
		berth_socket_local(slot->host->berth, slot->socket, &call->answer.endpoint);
	return error;
}

static int serve_set_option(struct daemon_call *call)
{
	const struct berth_request *request = call->request;
	struct daemon_slot *slot = call->slot;
	int result = berth_socket_set_option(slot->host->berth, slot->socket, request->level,
					     request->name, call->data, request->data_bytes,
					     call->daemon->loop.now);
	int bytes;

	if (result != 0)
		return -result;
	// The queue of datagrams a program has not read lies in the pair, so its limit goes there
	// too.
	if (slot->protocol == BERTH_PROTOCOL_UDP && request->level == BERTH_SOL_SOCKET &&
	    request->name == BERTH_SO_RCVBUF && request->data_bytes >= sizeof(bytes)) {
		memcpy(&bytes, call->data, sizeof(bytes));
		daemon_pair_set_room(slot->pair.fd, bytes);
	}
	daemon_rows_note(call->daemon, slot);
	return 0;
}

static int serve_take_error(struct daemon_call *call)
{
	struct daemon_slot *slot = call->slot;
	int error = 0;
	size_t length = sizeof(error);

	berth_socket_get_option(slot->host->berth, slot->socket, BERTH_SOL_SOCKET, BERTH_SO_ERROR,
				&error, &length, call->daemon->loop.now);
	if (slot->error)
		error = slot->error;
	slot->error = 0;
	call->answer.number = error;
	daemon_rows_write(call->daemon, slot);
	return 0;
}

static int serve_get_option(struct daemon_call *call)
{
	const struct berth_request *request = call->request;
	struct daemon_slot *slot = call->slot;
	uint8_t *place = call->daemon->scratch;
	size_t length = BERTH_REQUEST_DATA_MAX;
	int result, error;

	if (request->number < 0)
		return EINVAL;
	if ((uint64_t)request->number < length)
		length = (size_t)request->number;
	if (request->level == BERTH_SOL_SOCKET && request->name == BERTH_SO_ERROR) {
		serve_take_error(call);
		error = (int)call->answer.number;
		length = length < sizeof(error) ? length : sizeof(error);
		memcpy(place, &error, length);
	} else {
		result = berth_socket_get_option(slot->host->berth, slot->socket, request->level,
						 request->name, place, &length,
						 call->daemon->loop.now);
		if (result != 0)
			return -result;
	}
	call->answer_data = place;
	call->answer.data_bytes = (uint32_t)length;
	return 0;
}

static int serve_send_to(struct daemon_call *call)
{
	const struct berth_request *request = call->request;
	struct daemon_slot *slot = call->slot;
	int64_t result;

	if (slot->protocol != BERTH_PROTOCOL_UDP)
		return EISCONN;
	result = berth_socket_send_to(slot->host->berth, slot->socket, &request->endpoint,
				      call->data, request->data_bytes, call->daemon->loop.now);
	if (result < 0)
		return (int)-result;
	call->answer.number = result;
	daemon_rows_note(call->daemon, slot);
	return 0;
}

static int serve_queues(struct daemon_call *call)
{
	struct daemon_slot *slot = call->slot;
	struct berth_connection_info info;

	if (berth_inspect_socket(slot->host->berth, slot->socket, &info) != 0)
		return EINVAL;
	if (slot->phase == DAEMON_PHASE_LISTENING)
		return EINVAL; // as in Linux
	call->answer.number = info.send_queue;
	if (slot->phase == DAEMON_PHASE_FLOWING)
		call->answer.number += daemon_pair_unread(&slot->pair);
	return 0;
}

static int serve_shutdown(struct daemon_call *call)
{
	struct daemon_slot *slot = call->slot;
	int64_t how = call->request->number;
	int result;

	if (how < BERTH_SHUTDOWN_READ || how > BERTH_SHUTDOWN_BOTH)
		return EINVAL;
	if (slot->phase == DAEMON_PHASE_LISTENING) {
		if (how != BERTH_SHUTDOWN_WRITE && !slot->listener.ended)
			daemon_listener_stop(call->daemon, slot);
		return 0;
	}
	if (slot->protocol == BERTH_PROTOCOL_UDP)
		return daemon_datagram_shut_down(call->daemon, slot, (enum berth_shutdown)how);
	if (slot->phase == DAEMON_PHASE_CONNECTING) { // Linux: it is closed then, and poll says so
		daemon_slot_end(call->daemon, slot, DAEMON_END_CLOSE, true, 0);
		return 0;
	}
	result = berth_socket_shutdown(slot->host->berth, slot->socket, (enum berth_shutdown)how,
				       call->daemon->loop.now);
	daemon_rows_write(call->daemon, slot);
	return -result;
}

// What can still be asked about a socket that is over.
static int serve_gone(struct daemon_call *call)
{
	const struct berth_request *request = call->request;
	const struct berth_identity *socket = &request->socket;
	struct daemon *daemon = call->daemon;
	bool asks_error = request->verb == BERTH_VERB_GET_OPTION &&
			  request->level == BERTH_SOL_SOCKET && request->name == BERTH_SO_ERROR;
	int error;

	if (request->verb == BERTH_VERB_TAKE_ERROR || asks_error) {
		error = daemon_board_take_error(&daemon->board, socket->slot, socket->generation,
						daemon->loop.now);
		call->answer.number = error;
		if (asks_error) {
			memcpy(daemon->scratch, &error, sizeof(error));
			call->answer_data = daemon->scratch;
			call->answer.data_bytes = request->number < (int64_t)sizeof(error)
							  ? 0
							  : (uint32_t)sizeof(error);
		}
		return 0;
	}
	if (request->verb == BERTH_VERB_CONNECT)
		return ECONNABORTED;
	return request->verb == BERTH_VERB_QUEUES ? 0 : EINVAL;
}

static const struct {
	uint32_t verb;
	int (*serve)(struct daemon_call *call);
	bool needs_open; // a listener that was shut down has no berth socket
} program_verbs[] = {
	{BERTH_VERB_BIND, serve_bind, true},
	{BERTH_VERB_LISTEN, serve_listen, true},
	{BERTH_VERB_CONNECT, serve_connect, true},
	{BERTH_VERB_SET_OPTION, serve_set_option, true},
	{BERTH_VERB_GET_OPTION, serve_get_option, true},
	{BERTH_VERB_TAKE_ERROR, serve_take_error, false},
	{BERTH_VERB_SEND_TO, serve_send_to, true},
	{BERTH_VERB_QUEUES, serve_queues, true},
	{BERTH_VERB_SHUTDOWN, serve_shutdown, false},
};

// What the program wrote before it asked. The slot, if it is still there after that.
static struct daemon_slot *catch_up(struct daemon_call *call)
{
	const struct berth_identity *socket = &call->request->socket;
	struct daemon_slot *slot;

	if (socket->instance != call->daemon->board.instance)
		return NULL;
	slot = daemon_slot_lookup(call->daemon, socket->slot, socket->generation);
	if (slot && (slot->phase == DAEMON_PHASE_FLOWING || slot->phase == DAEMON_PHASE_DATAGRAM)) {
		slot->pair.readable = true;
		daemon_slot_run(call->daemon, slot);
		slot = daemon_slot_lookup(call->daemon, socket->slot, socket->generation);
	}
	return slot;
}

int daemon_program_serve(struct daemon_call *call)
{
	const struct berth_request *request = call->request;
	const struct berth_identity *socket = &request->socket;

	if (request->verb == BERTH_VERB_SOCKET)
		return serve_socket(call);
	for (size_t i = 0; i < sizeof(program_verbs) / sizeof(program_verbs[0]); i++) {
		if (program_verbs[i].verb != request->verb)
			continue;
		call->answer.socket = *socket;
		call->slot = catch_up(call);
		if (call->slot && program_verbs[i].needs_open && !call->slot->socket)
			return EINVAL;
		if (call->slot)
			return program_verbs[i].serve(call);
		if (socket->instance == call->daemon->board.instance &&
		    daemon_board_is_gone(&call->daemon->board, socket->slot, socket->generation))
			return serve_gone(call);
		return EBADF;
	}
	return ENOSYS;
}
