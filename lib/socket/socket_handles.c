// SPDX-License-Identifier: MIT
//
// Which socket does this handle mean?
//
// A handle is a slot's index in its low half and the slot's generation in its high half. The
// generation grows at each close and begins at 1: no handle is 0, and one kept after close never
// matches again. A slot whose generations are used up is never given again. Slots live in chunks
// that stay where they are; the slot freed last is given first, because it is in the cache.
#include "socket_handles.h"

#include <errno.h>
#include <string.h>

#include "../base/assertion.h"
#include "../base/numbers.h"

#define CHUNK_CAPACITY_FIRST 4u
#define GENERATION_FIRST 1u
#define GENERATION_BITS 32

void socket_handles_init(struct socket_handles *handles, struct memory *memory, uint32_t open_max)
{
	memset(handles, 0, sizeof(*handles));
	handles->memory = memory;
	handles->open_max = open_max;
	list_init(&handles->free);
}

void socket_handles_clear(struct socket_handles *handles)
{
	for (uint32_t i = 0; i < handles->chunk_count; i++)
		memory_release(handles->memory, handles->chunks[i],
			       SOCKETS_PER_CHUNK * sizeof(struct socket));
	memory_release(handles->memory, handles->chunks,
		       handles->chunk_capacity * sizeof(*handles->chunks));
	memset(handles, 0, sizeof(*handles));
}

static bool grow_directory(struct socket_handles *handles)
{
	uint32_t capacity = max_u32(CHUNK_CAPACITY_FIRST, handles->chunk_capacity * 2);
	struct socket **chunks = memory_acquire(handles->memory, capacity * sizeof(*chunks));

	if (!chunks)
		return false;
	if (handles->chunk_count)
		memcpy(chunks, handles->chunks, handles->chunk_count * sizeof(*chunks));
	memory_release(handles->memory, handles->chunks, handles->chunk_capacity * sizeof(*chunks));
	handles->chunks = chunks;
	handles->chunk_capacity = capacity;
	return true;
}

static bool add_chunk(struct socket_handles *handles)
{
	uint32_t first_index = handles->chunk_count * SOCKETS_PER_CHUNK;
	struct socket *chunk;

	if (handles->chunk_count == handles->chunk_capacity && !grow_directory(handles))
		return false;
	chunk = memory_acquire(handles->memory, SOCKETS_PER_CHUNK * sizeof(*chunk));
	if (!chunk)
		return false;
	handles->chunks[handles->chunk_count++] = chunk;
	for (uint32_t i = 0; i < SOCKETS_PER_CHUNK; i++) {
		chunk[i].index = first_index + i;
		chunk[i].generation = GENERATION_FIRST;
		list_append(&handles->free, &chunk[i].event_node);
	}
	return true;
}

struct socket *socket_acquire(struct socket_handles *handles, int *ret_error)
{
	struct list_node *node;
	struct socket *socket;

	if (handles->open >= handles->open_max) {
		*ret_error = -EMFILE;
		return NULL;
	}
	if (list_is_empty(&handles->free) && !add_chunk(handles)) {
		*ret_error = -ENOMEM;
		return NULL;
	}
	node = list_take_first(&handles->free);
	socket = CONTAINER_OF(node, struct socket, event_node);
	ASSERT(!socket->is_open);
	socket->is_open = true;
	handles->open++;
	return socket;
}

static void prepend_free(struct socket_handles *handles, struct socket *socket)
{
	struct list_node *node = &socket->event_node;
	struct list_node *head = &handles->free.head;

	node->previous = head;
	node->next = head->next;
	head->next->previous = node;
	head->next = node;
}

void socket_release(struct socket_handles *handles, struct socket *socket)
{
	uint32_t index = socket->index;
	uint32_t generation = socket->generation + 1;

	ASSERT(socket->is_open);
	ASSERT(!list_contains_node(&socket->event_node));
	memset(socket, 0, sizeof(*socket));
	socket->index = index;
	socket->generation = generation;
	handles->open--;
	if (generation != 0)
		prepend_free(handles, socket);
}

struct socket *socket_at(const struct socket_handles *handles, uint32_t index)
{
	struct socket *socket;

	if (index >= socket_index_end(handles))
		return NULL;
	socket = &handles->chunks[index / SOCKETS_PER_CHUNK][index % SOCKETS_PER_CHUNK];
	return socket->is_open ? socket : NULL;
}

struct socket *socket_lookup(const struct socket_handles *handles, berth_socket handle)
{
	struct socket *socket = socket_at(handles, (uint32_t)handle);

	return socket && socket->generation == handle >> GENERATION_BITS ? socket : NULL;
}

berth_socket socket_handle_of(const struct socket *socket)
{
	return (berth_socket)socket->generation << GENERATION_BITS | socket->index;
}

uint32_t socket_index_end(const struct socket_handles *handles)
{
	return handles->chunk_count * SOCKETS_PER_CHUNK;
}
