// SPDX-License-Identifier: MIT
//
// What is on its way to one port, in the order of arrival; equal instants keep the order of
// sending.
#ifndef BERTH_SIM_CABLE_QUEUE_H
#define BERTH_SIM_CABLE_QUEUE_H

#include "cable_buffer.h"

// More than this on the way to one port is lost: a port nobody empties must not eat the machine.
#define CABLE_QUEUE_FRAMES_MAX 262144u
#define CABLE_QUEUE_BYTES_MAX (128u << 20)

struct cable_arrival {
	struct cable_arrival *next;
	struct cable_buffer *buffer; // one reference
	uint64_t arrives_at;
	uint64_t order; // grows with each sending
};

struct cable_queue {
	struct memory *memory;
	struct cable_arrival *first, *last; // sent in the order of arrival: nearly everything
	struct cable_arrival **heap;        // overtakers, the earliest on top
	uint32_t heap_used, heap_capacity;
	uint32_t frames, bytes;
};

void cable_queue_init(struct cable_queue *queue, struct memory *memory);
void cable_queue_clear(struct cable_queue *queue); // it must be empty

bool cable_queue_has_room(const struct cable_queue *queue, uint32_t frame_bytes);
// Takes arrival, whose order must exceed all before it. false: no memory, arrival is the caller's.
bool cable_queue_insert(struct cable_queue *queue, struct cable_arrival *arrival);
// The next that has arrived by now, NULL: none. NEVER takes whatever there is.
struct cable_arrival *cable_queue_take(struct cable_queue *queue, uint64_t now);
uint64_t cable_queue_deadline(const struct cable_queue *queue); // NEVER: empty

#endif
