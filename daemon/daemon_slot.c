// SPDX-License-Identifier: MIT
//
// A slot: one socket of a program, with its row on the board, its pair and its berth socket.
//
// The tag of the berth socket is (generation << 32 | slot number), so that news of a host finds
// its slot in one step and news for a socket that ended meanwhile finds nobody. epoll's token is
// the same with a kind in it (daemon_loop.h).
#include "daemon_slot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon.h"

#define WATCHED_ALWAYS ((uint32_t)(EPOLLIN | EPOLLRDHUP | EPOLLET))

int daemon_slots_init(struct daemon_slots *slots)
{
	memset(slots, 0, sizeof(*slots));
	daemon_list_init(&slots->runnable);
	daemon_list_init(&slots->retry);
	daemon_list_init(&slots->unsure);
	slots->by_number = calloc(BERTH_BOARD_ROWS_MAX, sizeof(struct daemon_slot *));
	return slots->by_number ? 0 : ENOMEM;
}

void daemon_slots_clear(struct daemon_slots *slots)
{
	free(slots->by_number);
	memset(slots, 0, sizeof(*slots));
}

static uint64_t slot_tag(const struct daemon_slot *slot)
{
	return (uint64_t)slot->generation << 32 | slot->number;
}

struct berth_identity daemon_slot_identity(const struct daemon *daemon,
					   const struct daemon_slot *slot)
{
	struct berth_identity identity = {daemon->board.instance, slot->number, slot->generation};

	return identity;
}

// Everything but what fails.
static void slot_describe(struct daemon_slot *slot, struct daemon_host *host, int32_t domain,
			  int32_t type, const struct daemon_creator *creator, uint64_t now)
{
	slot->host = host;
	slot->domain = domain;
	slot->type = type;
	slot->protocol = type == SOCK_STREAM ? BERTH_PROTOCOL_TCP : BERTH_PROTOCOL_UDP;
	slot->phase = type == SOCK_STREAM ? DAEMON_PHASE_FRESH : DAEMON_PHASE_DATAGRAM;
	slot->creator_pid = creator->pid;
	slot->creator_uid = creator->uid;
	slot->opened_at = now;
	daemon_listener_init(&slot->listener);
	slot->datagram.framed = type == SOCK_DGRAM;
}

static int slot_open_pair(struct daemon *daemon, struct daemon_slot *slot, bool nonblocking,
			  int *ret_program_fd)
{
	struct berth_identity identity = daemon_slot_identity(daemon, slot);
	int type = slot->type == SOCK_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;
	int error = daemon_pair_open(&slot->pair, type, &identity, nonblocking, ret_program_fd);

	if (error)
		return error == EMFILE || error == ENFILE ? ENFILE : error;
	// The lowest free number is given, so a high one says that few are left.
	if (*ret_program_fd > daemon->loop.descriptors_max - DAEMON_DESCRIPTORS_RESERVED) {
		close(*ret_program_fd);
		daemon_pair_close(&slot->pair, true);
		return ENFILE;
	}
	return 0;
}

int daemon_slot_open(struct daemon *daemon, struct daemon_host *host, int32_t domain, int32_t type,
		     const struct daemon_creator *creator, bool nonblocking,
		     struct daemon_slot **ret_slot, int *ret_program_fd)
{
	struct daemon_slot *slot = calloc(1, sizeof(*slot));
	int error = slot ? 0 : ENOMEM;

	if (!error) {
		slot->number =
			daemon_board_acquire(&daemon->board, creator->pid, &slot->generation);
		error = slot->number ? 0 : ENFILE;
	}
	if (!error) {
		slot_describe(slot, host, domain, type, creator, daemon->loop.now);
		error = slot_open_pair(daemon, slot, nonblocking, ret_program_fd);
		if (error)
			daemon_board_release(&daemon->board, slot->number, 0, daemon->loop.now);
	}
	if (error) {
		daemon->slots.refused++;
		free(slot);
		return error;
	}
	daemon->slots.by_number[slot->number] = slot;
	daemon->slots.used++;
	daemon_list_append(&host->slots, &slot->on_host);
	*ret_slot = slot;
	return 0;
}

void daemon_slot_take_socket(struct daemon_slot *slot, berth_socket socket)
{
	slot->socket = socket;
	berth_socket_set_tag(slot->host->berth, socket, slot_tag(slot));
}

void daemon_slot_watch_holder(struct daemon *daemon, struct daemon_slot *slot, uint32_t program_pid)
{
	if (daemon_node_is_listed(&slot->unsure))
		return;
	slot->holder.pid = program_pid;
	slot->holder.fd = -1;
	daemon_list_append(&daemon->slots.unsure, &slot->unsure);
}

void daemon_slot_look_for_holder(struct daemon *daemon, struct daemon_slot *slot)
{
	if (daemon_holder_look(&slot->holder, slot->pair.inode, slot->creator_uid))
		daemon_list_note(&daemon->slots.unsure, &slot->unsure);
	else
		daemon_slot_end(daemon, slot, DAEMON_END_CLOSE, true, 0);
}

static uint64_t slot_token(const struct daemon_slot *slot)
{
	return daemon_loop_token(DAEMON_TOKEN_SLOT, slot->number, slot->generation);
}

void daemon_slot_watch_room(struct daemon *daemon, struct daemon_slot *slot)
{
	bool wanted = !slot->pair.writable || slot->phase == DAEMON_PHASE_LISTENING;

	if (wanted == slot->pair.room_is_watched)
		return;
	if (daemon_loop_watch_otherwise(daemon, slot->pair.fd,
					WATCHED_ALWAYS | (wanted ? (uint32_t)EPOLLOUT : 0),
					slot_token(slot)) == 0)
		slot->pair.room_is_watched = wanted;
}

int daemon_slot_begin(struct daemon *daemon, struct daemon_slot *slot, berth_socket socket)
{
	int error;

	daemon_slot_take_socket(slot, socket);
	error = daemon_loop_watch(
		daemon, slot->pair.fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		daemon_loop_token(DAEMON_TOKEN_SLOT, slot->number, slot->generation));
	if (!error)
		daemon_rows_write(daemon, slot);
	return error;
}

struct daemon_slot *daemon_slot_lookup(struct daemon *daemon, uint32_t number, uint32_t generation)
{
	struct daemon_slot *slot;

	if (number >= BERTH_BOARD_ROWS_MAX)
		return NULL;
	slot = daemon->slots.by_number[number];
	return slot && slot->generation == generation ? slot : NULL;
}

struct daemon_slot *daemon_slot_of_tag(struct daemon *daemon, uint64_t tag)
{
	return daemon_slot_lookup(daemon, (uint32_t)tag, (uint32_t)(tag >> 32));
}

// Before it has a connection, a pair has one thing to say: that the program let go.
static void slot_run_quiet(struct daemon *daemon, struct daemon_slot *slot)
{
	if (slot->pair.gone)
		daemon_slot_end(daemon, slot, DAEMON_END_CLOSE, true, 0);
}

void daemon_slot_run(struct daemon *daemon, struct daemon_slot *slot)
{
	switch ((enum daemon_phase)slot->phase) {
	case DAEMON_PHASE_FRESH:
	case DAEMON_PHASE_CONNECTING:
		slot_run_quiet(daemon, slot);
		return;
	case DAEMON_PHASE_LISTENING:
		daemon_listener_run(daemon, slot);
		return;
	case DAEMON_PHASE_FLOWING:
		daemon_stream_run(daemon, slot);
		return;
	case DAEMON_PHASE_DATAGRAM:
		daemon_datagram_run(daemon, slot);
		return;
	}
}

void daemon_slot_on_pair(struct daemon *daemon, struct daemon_slot *slot, uint32_t events)
{
	daemon_pair_on_events(&slot->pair, events);
	daemon_slot_run(daemon, slot);
}

void daemon_slot_on_event(struct daemon *daemon, struct daemon_slot *slot,
			  const struct berth_event *event)
{
	switch ((enum daemon_phase)slot->phase) {
	case DAEMON_PHASE_FRESH:
		return;
	case DAEMON_PHASE_LISTENING:
		daemon_listener_run(daemon, slot);
		return;
	case DAEMON_PHASE_CONNECTING:
	case DAEMON_PHASE_FLOWING:
		daemon_stream_on_event(daemon, slot, event);
		return;
	case DAEMON_PHASE_DATAGRAM:
		daemon_datagram_on_event(daemon, slot, event);
		return;
	}
}

void daemon_slot_end(struct daemon *daemon, struct daemon_slot *slot, enum daemon_slot_end how,
		     bool orderly, int error)
{
	struct berth_host *berth = slot->host->berth;

	daemon_rows_write(daemon, slot); // the last word on its queues and addresses
	daemon_board_release(&daemon->board, slot->number, error, daemon->loop.now);
	if (slot->socket && how == DAEMON_END_ABORT)
		berth_socket_abort(berth, slot->socket, daemon->loop.now);
	else if (slot->socket)
		berth_socket_close(berth, slot->socket, daemon->loop.now);
	daemon_stream_tell_waiter(daemon, slot, error ? error : ECONNABORTED);
	daemon_listener_clear(daemon, slot);
	daemon_datagram_clear(&slot->datagram);
	daemon_pair_close(&slot->pair, orderly); // the error is on the board by now
	daemon_list_remove(&slot->on_host);
	daemon_list_remove(&slot->dirty);
	daemon_list_remove(&slot->runnable);
	daemon_list_remove(&slot->retry);
	daemon_list_remove(&slot->unsure);
	daemon->slots.by_number[slot->number] = NULL;
	daemon->slots.used--;
	free(slot);
}
