// SPDX-License-Identifier: MIT
//
// What is on its way to one port?
//
// Nearly all frames arrive in the order they were sent, so they hang on a list that is appended to
// and taken from in O(1). Only a frame that overtakes (another port with a shorter delay, a
// neighbour held back) goes into a binary heap. The earlier of both heads is next; with equal
// instants the one sent first. Invariant: arrives_at never falls along the list.
#include "cable_queue.h"

#include <string.h>

#include "../base/assertion.h"
#include "../base/time_units.h"

#define HEAP_CAPACITY_FIRST 64u

void cable_queue_init(struct cable_queue *queue, struct memory *memory)
{
	memset(queue, 0, sizeof(*queue));
	queue->memory = memory;
}

void cable_queue_clear(struct cable_queue *queue)
{
	ASSERT(queue->frames == 0);
	memory_release(queue->memory, queue->heap, queue->heap_capacity * sizeof(*queue->heap));
	cable_queue_init(queue, queue->memory);
}

bool cable_queue_has_room(const struct cable_queue *queue, uint32_t frame_bytes)
{
	return queue->frames < CABLE_QUEUE_FRAMES_MAX &&
	       queue->bytes + frame_bytes <= CABLE_QUEUE_BYTES_MAX;
}

static bool is_before(const struct cable_arrival *left, const struct cable_arrival *right)
{
	if (left->arrives_at != right->arrives_at)
		return left->arrives_at < right->arrives_at;
	return left->order < right->order;
}

static bool heap_grow(struct cable_queue *queue)
{
	uint32_t capacity = queue->heap_capacity ? queue->heap_capacity * 2 : HEAP_CAPACITY_FIRST;
	struct cable_arrival **heap;

	heap = memory_acquire(queue->memory, capacity * sizeof(struct cable_arrival *));
	if (!heap)
		return false;
	if (queue->heap_used > 0)
		memcpy(heap, queue->heap, queue->heap_used * sizeof(struct cable_arrival *));
	memory_release(queue->memory, queue->heap, queue->heap_capacity * sizeof(*queue->heap));
	queue->heap = heap;
	queue->heap_capacity = capacity;
	return true;
}

static bool heap_push(struct cable_queue *queue, struct cable_arrival *arrival)
{
	uint32_t at;

	if (queue->heap_used == queue->heap_capacity && !heap_grow(queue))
		return false;
	for (at = queue->heap_used++; at > 0; at = (at - 1) / 2) {
		if (!is_before(arrival, queue->heap[(at - 1) / 2]))
			break;
		queue->heap[at] = queue->heap[(at - 1) / 2];
	}
	queue->heap[at] = arrival;
	return true;
}

static struct cable_arrival *heap_pop(struct cable_queue *queue)
{
	struct cable_arrival *top = queue->heap[0];
	struct cable_arrival *moved = queue->heap[--queue->heap_used];
	uint32_t at = 0;

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= queue->heap_used)
			break;
		if (child + 1 < queue->heap_used &&
		    is_before(queue->heap[child + 1], queue->heap[child]))
			child++;
		if (!is_before(queue->heap[child], moved))
			break;
		queue->heap[at] = queue->heap[child];
		at = child;
	}
	queue->heap[at] = moved;
	return top;
}

bool cable_queue_insert(struct cable_queue *queue, struct cable_arrival *arrival)
{
	if (queue->last && arrival->arrives_at < queue->last->arrives_at) {
		if (!heap_push(queue, arrival))
			return false;
	} else {
		arrival->next = NULL;
		if (queue->last)
			queue->last->next = arrival;
		else
			queue->first = arrival;
		queue->last = arrival;
	}
	queue->frames++;
	queue->bytes += arrival->buffer->frame.length;
	return true;
}

// The earlier of both heads. NULL: empty.
static struct cable_arrival *earliest_arrival(const struct cable_queue *queue)
{
	if (queue->heap_used == 0)
		return queue->first;
	if (!queue->first || is_before(queue->heap[0], queue->first))
		return queue->heap[0];
	return queue->first;
}

struct cable_arrival *cable_queue_take(struct cable_queue *queue, uint64_t now)
{
	struct cable_arrival *arrival = earliest_arrival(queue);

	if (!arrival || arrival->arrives_at > now)
		return NULL;
	if (arrival == queue->first) {
		queue->first = arrival->next;
		if (!queue->first)
			queue->last = NULL;
	} else {
		heap_pop(queue);
	}
	arrival->next = NULL;
	queue->frames--;
	queue->bytes -= arrival->buffer->frame.length;
	return arrival;
}

uint64_t cable_queue_deadline(const struct cable_queue *queue)
{
	const struct cable_arrival *arrival = earliest_arrival(queue);

	return arrival ? arrival->arrives_at : NEVER;
}
