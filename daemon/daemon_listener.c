// SPDX-License-Identifier: MIT
//
// Listeners: established connections are handed to the program as descriptors.
//
// The model: the host keeps a queue of established connections. Some of them travel: each gets a
// pair, and the program's end goes as one message on the listener's own descriptor, so accept is
// one recvmsg, poll and epoll of the listener are the kernel's, and several processes may share
// it. The others stay in the host's queue. Together they are never more than the backlog.
//
// The kernel counts what lies unread on the way (SIOCOUTQ), and each message costs the same there;
// messages are read in the order they were sent. So the oldest "sent minus unread" connections are
// those the program has. Every reading is an edge of EPOLLOUT here.
//
// A program that closes its listener leaves unread messages behind; the kernel closes the ends in
// them, and their connections, never having had an owner, are reset.
#include "daemon_listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon.h"

void daemon_listener_init(struct daemon_listener *listener)
{
	memset(listener, 0, sizeof(*listener));
	daemon_list_init(&listener->in_flight);
	listener->unsent_fd = -1;
}

static struct daemon_slot *slot_of_flight(struct daemon_node *node)
{
	return node ? DAEMON_CONTAINER_OF(node, struct daemon_slot, flight.node) : NULL;
}

static void land(struct daemon_slot *connection)
{
	connection->flight.listener->listener.in_flight_count--;
	daemon_list_remove(&connection->flight.node);
	connection->flight.listener = NULL;
}

static void drop_unsent(struct daemon *daemon, struct daemon_listener *listener)
{
	struct daemon_slot *connection = listener->unsent;

	if (!connection)
		return;
	listener->unsent = NULL;
	close(listener->unsent_fd);
	listener->unsent_fd = -1;
	daemon_slot_end(daemon, connection, DAEMON_END_ABORT, true, 0);
}

void daemon_listener_clear(struct daemon *daemon, struct daemon_slot *slot)
{
	struct daemon_listener *listener = &slot->listener;
	struct daemon_slot *connection;

	drop_unsent(daemon, listener);
	while ((connection = slot_of_flight(daemon_list_first(&listener->in_flight)))) {
		land(connection);
		connection->flight.orphan = true;
		daemon_rows_note(daemon, connection);
	}
	if (!slot->flight.listener)
		return;
	// It ends itself while it waits to be sent, or on its way.
	listener = &slot->flight.listener->listener;
	if (listener->unsent == slot) {
		listener->unsent = NULL;
		close(listener->unsent_fd);
		listener->unsent_fd = -1;
	}
	land(slot);
}

// How many of the backlog may travel as descriptors.
static uint32_t flight_max(const struct daemon_listener *listener)
{
	return listener->backlog < (int)DAEMON_IN_FLIGHT_MAX ? (uint32_t)listener->backlog
							     : DAEMON_IN_FLIGHT_MAX;
}

int daemon_listener_start(struct daemon *daemon, struct daemon_slot *slot, int backlog)
{
	struct daemon_listener *listener = &slot->listener;
	int result;

	if (backlog < 1)
		backlog = 1;
	if (backlog > DAEMON_BACKLOG_MAX)
		backlog = DAEMON_BACKLOG_MAX;
	listener->backlog = backlog;
	// Linux takes one more than was asked for; those that travel are counted here.
	result = berth_socket_listen(slot->host->berth, slot->socket,
				     backlog + 1 - (int)flight_max(listener), daemon->loop.now);
	if (result != 0)
		return -result;
	slot->phase = DAEMON_PHASE_LISTENING;
	daemon_pair_set_room(slot->pair.fd, DAEMON_PAIR_BYTES);
	slot->pair.writable = true;
	daemon_slot_watch_room(daemon, slot);
	daemon_rows_write(daemon, slot);
	daemon_listener_run(daemon, slot);
	return 0;
}

void daemon_listener_stop(struct daemon *daemon, struct daemon_slot *slot)
{
	slot->listener.ended = true;
	berth_socket_close(slot->host->berth, slot->socket, daemon->loop.now);
	slot->socket = 0;
	daemon_pair_give_fin(&slot->pair);
	daemon_rows_write(daemon, slot);
}

static void see_what_was_taken(struct daemon *daemon, struct daemon_slot *slot)
{
	struct daemon_listener *listener = &slot->listener;
	uint32_t cost = daemon->loop.accept_message_bytes;
	uint32_t unread = (daemon_pair_untaken(&slot->pair) + cost - 1) / cost;

	// A closed listener has nothing unread either. It hangs up before it is emptied, so what
	// was counted before no hang-up was seen is what was read.
	if (daemon_pair_has_hangup(&slot->pair))
		return;
	while (listener->in_flight_count > unread + (listener->unsent ? 1u : 0u)) {
		struct daemon_slot *connection =
			slot_of_flight(daemon_list_first(&listener->in_flight));

		land(connection);
		daemon_rows_write(daemon, connection);
		// What arrived meanwhile waits in its pair; what it did since is news of its own.
	}
}

// The message goes, or stays for the next try. false: stays.
static bool send_connection(struct daemon *daemon, struct daemon_slot *slot,
			    struct daemon_slot *connection, int program_fd)
{
	struct berth_accept_message accepted = {
		.magic = BERTH_CONTROL_MAGIC,
		.domain = connection->domain,
		.socket = daemon_slot_identity(daemon, connection),
	};
	struct berth_host *berth = slot->host->berth;

	// Should it have broken already, the addresses are none and the program sees the reset.
	berth_socket_local(berth, connection->socket, &accepted.local);
	berth_socket_remote(berth, connection->socket, &accepted.remote);
	if (daemon_control_send_descriptor(slot->pair.fd, &accepted, sizeof(accepted),
					   program_fd) != 0) {
		slot->listener.unsent = connection;
		slot->listener.unsent_fd = program_fd;
		// EPOLLOUT tells when there is room again; nothing tells when the system's
		// count of travelling descriptors has sunk.
		daemon_list_note(&daemon->slots.retry, &slot->retry);
		return false;
	}
	close(program_fd);
	return true;
}

static bool send_unsent(struct daemon *daemon, struct daemon_slot *slot)
{
	struct daemon_listener *listener = &slot->listener;
	struct daemon_slot *connection = listener->unsent;
	int program_fd = listener->unsent_fd;

	if (!connection)
		return true;
	listener->unsent = NULL;
	listener->unsent_fd = -1;
	return send_connection(daemon, slot, connection, program_fd);
}

// Take one connection from the host and give it a slot. false: not now.
static bool accept_one(struct daemon *daemon, struct daemon_slot *slot,
		       struct daemon_slot **ret_connection, int *ret_program_fd)
{
	struct daemon_creator creator = {slot->creator_pid, slot->creator_uid};
	struct daemon_slot *connection;
	struct berth_endpoint remote;
	berth_socket socket;
	int program_fd;

	if (daemon_slot_open(daemon, slot->host, slot->domain, slot->type, &creator, false,
			     &connection, &program_fd) != 0) {
		daemon_list_note(&daemon->slots.retry, &slot->retry);
		return false;
	}
	if (daemon_pair_hold(&connection->pair, program_fd) != 0 ||
	    berth_socket_accept(slot->host->berth, slot->socket, &socket, &remote,
				daemon->loop.now) != 0) {
		close(program_fd);
		daemon_slot_end(daemon, connection, DAEMON_END_ABORT, true, 0);
		return false;
	}
	connection->flight.listener = slot;
	daemon_list_append(&slot->listener.in_flight, &connection->flight.node);
	slot->listener.in_flight_count++;
	daemon_stream_start(connection);
	if (daemon_slot_begin(daemon, connection, socket) != 0) {
		close(program_fd);
		daemon_slot_end(daemon, connection, DAEMON_END_ABORT, true, 0);
		return false;
	}
	*ret_connection = connection;
	*ret_program_fd = program_fd;
	return true;
}

static void hand_over(struct daemon *daemon, struct daemon_slot *slot)
{
	struct berth_connection_info info;
	struct daemon_slot *connection;
	int program_fd;

	if (berth_inspect_socket(slot->host->berth, slot->socket, &info) != 0)
		return;
	while (info.receive_queue-- > 0 &&
	       slot->listener.in_flight_count < flight_max(&slot->listener)) {
		uint32_t number, generation;

		if (!accept_one(daemon, slot, &connection, &program_fd))
			return;
		number = connection->number;
		generation = connection->generation;
		if (!send_connection(daemon, slot, connection, program_fd))
			return;
		// Bytes that came with the handshake go into the pair at once.
		connection = daemon_slot_lookup(daemon, number, generation);
		if (connection)
			daemon_stream_run(daemon, connection);
	}
}

void daemon_listener_run(struct daemon *daemon, struct daemon_slot *slot)
{
	see_what_was_taken(daemon, slot);
	if (slot->pair.gone) {
		daemon_slot_end(daemon, slot, DAEMON_END_CLOSE, true, 0);
		return;
	}
	if (slot->listener.ended)
		return;
	if (send_unsent(daemon, slot))
		hand_over(daemon, slot);
	daemon_rows_note(daemon, slot);
}

int daemon_listener_measure(uint32_t *ret_message_bytes)
{
	struct berth_accept_message nothing = {.magic = 0};
	struct daemon_pair pair = {.fd = -1};
	int ends[2], error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return errno;
	pair.fd = ends[0];
	error = daemon_control_send_descriptor(ends[0], &nothing, sizeof(nothing), ends[0]);
	*ret_message_bytes = daemon_pair_untaken(&pair);
	close(ends[0]);
	close(ends[1]);
	return error || *ret_message_bytes ? error : ENOTSUP;
}
