// SPDX-License-Identifier: MIT
//
// TCP: between a program's pair and its connection.
//
// The model: two one-way movers and one decision. Bytes of the program go from the pair straight
// into the send buffer of the connection; received bytes go from the receive buffer into the pair;
// each mover stops when its source is empty or its target full, and news (an edge of epoll, an
// event of the host) starts it again. When nothing moves any more, stream_decide looks at what is
// known of both ends and says what follows: FIN, a reset, the end.
//
//     the program                                   the peer sees
//     shutdown(WR), nothing more to take            FIN
//     close, everything it got was read             FIN (the connection goes on without it)
//     close, something was not read                 RST (RFC 2525 2.17)
//     the peer                                      the program sees
//     FIN, everything given                         end of the stream; it can still write
//     RST or time-out                               what is there, ECONNRESET once, the end
//
// Invariant: an error is on the board before the pair is closed, so a program that wakes up finds
// it. Not here: fill and held byte (daemon_pair.c), accepting (daemon_listener.c).
#include "daemon_stream.h"

#include <errno.h>
#include <sys/socket.h>

#include "daemon.h"

void daemon_stream_tell_waiter(struct daemon *daemon, struct daemon_slot *slot, int error)
{
	struct daemon_stream *stream = &slot->stream;

	if (!stream->waiter_generation)
		return;
	daemon_control_answer_late(daemon, stream->waiter, stream->waiter_generation, slot, error);
	stream->waiter_generation = 0;
}

void daemon_stream_start(struct daemon_slot *slot)
{
	slot->phase = DAEMON_PHASE_FLOWING;
	slot->pair.readable = slot->pair.writable = true;
}

static void stream_connected(struct daemon *daemon, struct daemon_slot *slot)
{
	daemon_stream_start(slot);
	slot->error = 0;
	daemon_rows_write(daemon, slot);
	daemon_pair_open_flow(&slot->pair);
	daemon_stream_tell_waiter(daemon, slot, 0);
}

// A program that waits in connect learns the errno from the answer and keeps its socket; one that
// polls learns it from the pair's end, and from the board which errno it was.
static void stream_refused(struct daemon *daemon, struct daemon_slot *slot, int error)
{
	struct daemon_stream *stream = &slot->stream;
	int taken;
	size_t length = sizeof(taken);

	if (stream->waiter_generation &&
	    daemon_control_is_waiting(daemon, stream->waiter, stream->waiter_generation)) {
		slot->phase = DAEMON_PHASE_FRESH;
		berth_socket_get_option(slot->host->berth, slot->socket, BERTH_SOL_SOCKET,
					BERTH_SO_ERROR, &taken, &length, daemon->loop.now);
		daemon_pair_drop_program_fd(&slot->pair);
		daemon_rows_write(daemon, slot);
		daemon_stream_tell_waiter(daemon, slot, error);
		return;
	}
	daemon_slot_end(daemon, slot, DAEMON_END_CLOSE, false, error);
}

int daemon_stream_connect(struct daemon *daemon, struct daemon_slot *slot,
			  const struct berth_endpoint *remote, uint32_t program_pid)
{
	int result =
		berth_socket_connect(slot->host->berth, slot->socket, remote, daemon->loop.now);

	if (result == 0 || result == -EINPROGRESS) {
		slot->phase = DAEMON_PHASE_CONNECTING;
		daemon_slot_watch_holder(daemon, slot, program_pid);
		result = -EINPROGRESS;
	}
	daemon_rows_write(daemon, slot);
	return -result;
}

int daemon_stream_dissolve(struct daemon *daemon, struct daemon_slot *slot)
{
	struct berth_host *berth = slot->host->berth;
	berth_socket socket;
	int result;

	if (slot->phase == DAEMON_PHASE_FRESH)
		return 0;
	if (slot->phase != DAEMON_PHASE_CONNECTING)
		return EOPNOTSUPP;
	result = berth_socket_open(berth,
				   slot->domain == AF_INET6 ? BERTH_FAMILY_IPV6 : BERTH_FAMILY_IPV4,
				   BERTH_PROTOCOL_TCP, &socket);
	if (result != 0)
		return -result;
	berth_socket_abort(berth, slot->socket, daemon->loop.now);
	daemon_slot_take_socket(slot, socket);
	slot->phase = DAEMON_PHASE_FRESH;
	daemon_list_remove(&slot->unsure);
	daemon_pair_drop_program_fd(&slot->pair);
	daemon_stream_tell_waiter(daemon, slot, ECONNABORTED);
	daemon_rows_write(daemon, slot);
	return 0;
}

// Bytes of the program, as long as there are any and the connection has room.
static void move_to_network(struct daemon *daemon, struct daemon_slot *slot)
{
	struct daemon_stream *stream = &slot->stream;
	struct daemon_pair *pair = &slot->pair;
	struct berth_host *berth = slot->host->berth;
	uint32_t budget = DAEMON_STREAM_BYTES_PER_TURN;

	while (pair->readable && !stream->fin_sent && !stream->reset) {
		bool ended = pair->finished; // known before counting: then the count is final
		uint32_t unread = daemon_pair_unread(pair), bytes, taken;
		struct berth_slice slices[2] = {{NULL, 0}, {NULL, 0}};
		struct iovec places[2];
		int64_t room;

		if (unread == 0) {
			pair->readable = false;
			stream->tail_taken = ended;
			return;
		}
		if (budget == 0) {
			daemon_list_note(&daemon->slots.runnable, &slot->runnable);
			return;
		}
		bytes = unread < budget ? unread : budget;
		room = berth_socket_send_space(berth, slot->socket, bytes, slices,
					       daemon->loop.now);
		if (room <= 0)
			return; // an event tells when there is some
		for (int i = 0; i < 2; i++) {
			places[i].iov_base = (void *)(uintptr_t)slices[i].data;
			places[i].iov_len = slices[i].length;
		}
		bytes = room < bytes ? (uint32_t)room : bytes;
		taken = daemon_pair_take(pair, places, bytes);
		if (taken == 0) {
			pair->readable = false;
			return;
		}
		berth_socket_send_commit(berth, slot->socket, taken,
					 taken < unread ? BERTH_MSG_MORE : 0, daemon->loop.now);
		stream->taken_bytes += taken;
		budget -= taken;
		if (taken == unread && !ended)
			pair->readable = false; // what came since the count is an edge of its own
	}
}

// One gift: how many bytes went, 0 when the pair takes none now.
static uint32_t give_some(struct daemon_slot *slot, const struct berth_slice slices[2],
			  int64_t there)
{
	struct daemon_pair *pair = &slot->pair;
	struct iovec from[2];
	int64_t given;

	if (pair->deaf)
		return (uint32_t)there;
	if (!pair->writable)
		return 0;
	for (int i = 0; i < 2; i++) {
		from[i].iov_base = (void *)(uintptr_t)slices[i].data;
		from[i].iov_len = slices[i].length;
	}
	given = daemon_pair_give(pair, from, slices[1].length ? 2 : 1);
	if (given > 0)
		return (uint32_t)given;
	if (given == -EPIPE) {
		// Gone, or only no longer reading? Then what comes is thrown away.
		if (daemon_pair_has_hangup(pair))
			pair->gone = pair->finished = pair->readable = true;
		else
			pair->deaf = true;
	}
	return pair->deaf ? (uint32_t)there : 0;
}

// Received bytes, as long as there are any and the pair has room. After the last one the end.
static void move_to_program(struct daemon *daemon, struct daemon_slot *slot)
{
	struct daemon_stream *stream = &slot->stream;
	struct daemon_pair *pair = &slot->pair;
	struct berth_host *berth = slot->host->berth;
	uint32_t budget = DAEMON_STREAM_BYTES_PER_TURN;

	stream->drained = false;
	while (!pair->gone && !pair->fin_given) {
		struct berth_slice slices[2] = {{NULL, 0}, {NULL, 0}};
		bool finished = false;
		int64_t there = berth_socket_receive_slices(berth, slot->socket, slices, &finished);
		uint32_t given;

		if (there <= 0) {
			if (finished)
				daemon_pair_give_fin(pair);
			break;
		}
		if (budget == 0) {
			daemon_list_note(&daemon->slots.runnable, &slot->runnable);
			return;
		}
		given = give_some(slot, slices, there);
		if (given == 0) {
			stream->drained = pair->gone;
			return;
		}
		berth_socket_receive_consume(berth, slot->socket, given, daemon->loop.now);
		stream->given_bytes += given;
		budget = given < budget ? budget - given : 0;
	}
	stream->drained = true;
}

uint32_t daemon_stream_unread_most(struct daemon_stream *stream, const struct daemon_pair *pair)
{
	uint64_t unread;
	uint32_t cost;

	if (stream->given_bytes == stream->read_bytes)
		return 0;
	cost = daemon_pair_untaken(pair);
	if (cost == 0)
		stream->read_bytes = stream->given_bytes;
	unread = stream->given_bytes - stream->read_bytes;
	return unread < cost ? (uint32_t)unread : cost;
}

enum stream_choice {
	STREAM_GO_ON,
	STREAM_SEND_FIN,
	STREAM_LET_GO,      // the program left in good order: the connection ends without it
	STREAM_LEAVE_RESET, // the program left bytes unread: RST
	STREAM_END_RESET,   // the connection broke: the program sees a reset
	STREAM_END_ORDERLY, // both directions are done
};

// DECIDES: what follows when nothing can be moved now (RFC 9293 3.6, RFC 2525 2.17)
static enum stream_choice stream_decide(const struct daemon_stream *stream,
					const struct daemon_pair *pair, bool was_never_accepted)
{
	if (pair->gone && (stream->tail_taken || stream->fin_sent || stream->reset)) {
		if (pair->reset || was_never_accepted)
			return STREAM_LEAVE_RESET;
		return STREAM_LET_GO;
	}
	if (stream->reset)
		return stream->drained ? STREAM_END_RESET : STREAM_GO_ON;
	if (stream->closed && stream->drained)
		return STREAM_END_ORDERLY;
	if (stream->tail_taken && !stream->fin_sent)
		return STREAM_SEND_FIN;
	return STREAM_GO_ON;
}

// Its listener ended while it was on its way, and nothing shows that anybody ever had it.
static bool stream_was_never_accepted(const struct daemon_slot *slot)
{
	const struct daemon_stream *stream = &slot->stream;

	if (!slot->flight.orphan && !slot->flight.listener)
		return false;
	return stream->taken_bytes == 0 && stream->given_bytes == 0;
}

void daemon_stream_run(struct daemon *daemon, struct daemon_slot *slot)
{
	struct daemon_stream *stream = &slot->stream;

	move_to_network(daemon, slot);
	move_to_program(daemon, slot);
	daemon_slot_watch_room(daemon, slot);
	daemon_rows_note(daemon, slot);
	switch (stream_decide(stream, &slot->pair, stream_was_never_accepted(slot))) {
	case STREAM_GO_ON:
		return;
	case STREAM_SEND_FIN:
		stream->fin_sent = true;
		berth_socket_shutdown(slot->host->berth, slot->socket, BERTH_SHUTDOWN_WRITE,
				      daemon->loop.now);
		daemon_rows_write(daemon, slot);
		return;
	case STREAM_LET_GO:
		daemon_slot_end(daemon, slot, DAEMON_END_CLOSE, true, 0);
		return;
	case STREAM_LEAVE_RESET:
		daemon_host_flush(daemon, slot->host); // what it wrote goes out first
		daemon_slot_end(daemon, slot, DAEMON_END_ABORT, true, 0);
		return;
	case STREAM_END_RESET:
		daemon_slot_end(daemon, slot, DAEMON_END_CLOSE, false, stream->reset_error);
		return;
	case STREAM_END_ORDERLY:
		daemon_slot_end(daemon, slot, DAEMON_END_CLOSE, true, 0);
		return;
	}
}

static void connecting_on_event(struct daemon *daemon, struct daemon_slot *slot,
				const struct berth_event *event)
{
	if (event->what & (BERTH_EVENT_ERROR | BERTH_EVENT_RESET | BERTH_EVENT_WRITABLE))
		daemon_list_remove(&slot->unsure);
	if (event->what & (BERTH_EVENT_ERROR | BERTH_EVENT_RESET)) {
		stream_refused(daemon, slot, event->error ? event->error : ECONNREFUSED);
	} else if (event->what & BERTH_EVENT_WRITABLE) {
		stream_connected(daemon, slot);
		daemon_stream_run(daemon, slot);
	}
}

void daemon_stream_on_event(struct daemon *daemon, struct daemon_slot *slot,
			    const struct berth_event *event)
{
	struct daemon_stream *stream = &slot->stream;

	if (slot->phase == DAEMON_PHASE_CONNECTING) {
		connecting_on_event(daemon, slot, event);
		return;
	}
	if (event->what & BERTH_EVENT_RESET) {
		stream->reset = true;
		stream->reset_error = event->error ? event->error : ECONNRESET;
	}
	if (event->what & BERTH_EVENT_CLOSED)
		stream->closed = true;
	if (event->what & (BERTH_EVENT_ERROR | BERTH_EVENT_FINISHED | BERTH_EVENT_CLOSED))
		daemon_rows_write(daemon, slot);
	daemon_stream_run(daemon, slot);
}
