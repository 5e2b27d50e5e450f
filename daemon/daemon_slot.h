// SPDX-License-Identifier: MIT
//
// A slot: one socket of a program, with its row on the board, its pair and its berth socket.
#ifndef BERTH_DAEMON_SLOT_H
#define BERTH_DAEMON_SLOT_H

#include "daemon_datagram.h"
#include "daemon_holder.h"
#include "daemon_list.h"
#include "daemon_listener.h"
#include "daemon_pair.h"
#include "daemon_stream.h"

struct daemon;
struct daemon_host;

enum daemon_phase {
	DAEMON_PHASE_FRESH = 0, // TCP, opened or bound
	DAEMON_PHASE_LISTENING,
	DAEMON_PHASE_CONNECTING,
	DAEMON_PHASE_FLOWING,  // connected: daemon_stream.c
	DAEMON_PHASE_DATAGRAM, // UDP: daemon_datagram.c
};

struct daemon_slot {
	uint32_t number, generation;
	struct daemon_host *host;
	berth_socket socket;
	int32_t domain, type; // AF_INET or AF_INET6; 1 or 2
	uint8_t protocol;     // enum berth_protocol
	uint8_t phase;        // enum daemon_phase
	int error;            // for SO_ERROR, positive; what the berth socket has comes on top
	uint32_t creator_pid, creator_uid;
	uint64_t opened_at;
	struct daemon_node on_host;  // list of its host
	struct daemon_node dirty;    // its row is to be written soon
	struct daemon_node runnable; // has more to move than one turn allows
	struct daemon_node unsure;   // its pair cannot tell whether the program is there
	struct daemon_node retry;    // waits for the system to have descriptors again
	struct daemon_holder holder; // of the program's end, while unsure
	struct daemon_pair pair;
	struct daemon_stream stream;
	struct daemon_listener listener;
	struct daemon_flight flight;
	struct daemon_datagram datagram;
};

struct daemon_slots {
	struct daemon_slot **by_number; // BERTH_BOARD_ROWS_MAX
	uint32_t used;
	struct daemon_list runnable;
	struct daemon_list retry;
	struct daemon_list unsure;
	uint64_t refused; // no row, no memory, no descriptor
};

int daemon_slots_init(struct daemon_slots *slots);
void daemon_slots_clear(struct daemon_slots *slots);

// Who opens it, for a row of its own.
struct daemon_creator {
	uint32_t pid, uid;
};

// A slot with a pair, without a berth socket yet. *ret_program_fd is the end to pass on. 0, or a
// positive errno: ENFILE when the system or the board has nothing left (counted).
int daemon_slot_open(struct daemon *daemon, struct daemon_host *host, int32_t domain, int32_t type,
		     const struct daemon_creator *creator, bool nonblocking,
		     struct daemon_slot **ret_slot, int *ret_program_fd);
// It has a berth socket now: tell the host whose it is, and listen to the pair. 0 or a positive
// errno.
int daemon_slot_begin(struct daemon *daemon, struct daemon_slot *slot, berth_socket socket);

// Another berth socket instead of the one it had.
void daemon_slot_take_socket(struct daemon_slot *slot, berth_socket socket);

// From now on look whether a program still holds the other end; program_pid did last.
void daemon_slot_watch_holder(struct daemon *daemon, struct daemon_slot *slot,
			      uint32_t program_pid);
// If none does, it is over.
void daemon_slot_look_for_holder(struct daemon *daemon, struct daemon_slot *slot);

// NULL: nobody, or somebody else by now.
struct daemon_slot *daemon_slot_lookup(struct daemon *daemon, uint32_t number, uint32_t generation);
struct daemon_slot *daemon_slot_of_tag(struct daemon *daemon, uint64_t tag);
struct berth_identity daemon_slot_identity(const struct daemon *daemon,
					   const struct daemon_slot *slot);

// Every read of the program makes room, and would wake us: so be told of it only while that is
// of interest, which is when the pair was full, and always for a listener.
void daemon_slot_watch_room(struct daemon *daemon, struct daemon_slot *slot);

// epoll, or a host, has news of it.
void daemon_slot_on_pair(struct daemon *daemon, struct daemon_slot *slot, uint32_t events);
void daemon_slot_on_event(struct daemon *daemon, struct daemon_slot *slot,
			  const struct berth_event *event);
// Move what can be moved.
void daemon_slot_run(struct daemon *daemon, struct daemon_slot *slot);

enum daemon_slot_end {
	DAEMON_END_CLOSE, // TCP goes on in the background
	DAEMON_END_ABORT, // RST
};

// Over: the berth socket is let go, the pair closed, the row GONE with error. slot is invalid
// after.
void daemon_slot_end(struct daemon *daemon, struct daemon_slot *slot, enum daemon_slot_end how,
		     bool orderly, int error);

#endif
