// SPDX-License-Identifier: MIT
//
// A UDP socket connects: what becomes of datagrams that already wait in its pair?
//
// Unconnected, they stand there with address headers; connected, the program will read payload
// alone. Linux keeps them across connect, and servers rely on it: they peek at the first datagram,
// connect to its sender, then read it. So the daemon takes them back through the descriptor that
// comes with the request, and gives them again in the new form. Doing both in one turn leaves no
// moment at which a datagram of the old form could be read as one of the new.
//
// Of another sender than the one connected to they are dropped: without a header the program would
// take them for its peer's.
#include "daemon_reframe.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon.h"

#define REFRAME_DATAGRAMS_MAX 1024 // more than a pair holds

struct reframed {
	struct reframed *next;
	struct berth_endpoint remote, local;
	uint32_t length;
	uint8_t payload[];
};

// One message of the pair, in the form it had. NULL: it is no datagram, or no memory.
static struct reframed *reframed_of(struct daemon_slot *slot, const uint8_t *bytes, size_t length)
{
	struct berth_datagram_header header = {.magic = BERTH_CONTROL_MAGIC};
	size_t front = slot->datagram.framed ? sizeof(header) : 0;
	struct reframed *one;

	if (length < front || length == 0)
		return NULL;
	if (front > 0) {
		memcpy(&header, bytes, sizeof(header));
	} else {
		berth_socket_remote(slot->host->berth, slot->socket, &header.remote);
		berth_socket_local(slot->host->berth, slot->socket, &header.local);
	}
	one = malloc(sizeof(*one) + length - front);
	if (!one || header.magic != BERTH_CONTROL_MAGIC) {
		free(one);
		return NULL;
	}
	one->next = NULL;
	one->remote = header.remote;
	one->local = header.local;
	one->length = (uint32_t)(length - front);
	memcpy(one->payload, bytes + front, length - front);
	return one;
}

struct reframed *daemon_reframe_take(struct daemon *daemon, struct daemon_slot *slot,
				     int program_fd)
{
	struct reframed *first = NULL, **last = &first;

	for (int i = 0; i < REFRAME_DATAGRAMS_MAX; i++) {
		ssize_t length =
			recv(program_fd, daemon->scratch, sizeof(daemon->scratch), MSG_DONTWAIT);

		if (length < 0)
			break;
		*last = reframed_of(slot, daemon->scratch, (size_t)length);
		if (*last)
			last = &(*last)->next;
	}
	if (slot->datagram.waiting) {
		*last = reframed_of(slot, slot->datagram.waiting, slot->datagram.waiting_bytes);
		daemon_datagram_clear(&slot->datagram);
	}
	return first;
}

static void give_one(struct daemon_slot *slot, struct reframed *one)
{
	struct berth_datagram_header header = {
		.magic = BERTH_CONTROL_MAGIC, .remote = one->remote, .local = one->local};
	struct iovec parts[2] = {{&header, sizeof(header)}, {one->payload, one->length}};
	struct berth_endpoint peer;

	if (slot->datagram.framed) {
		daemon_pair_give(&slot->pair, parts, 2);
		return;
	}
	if (berth_socket_remote(slot->host->berth, slot->socket, &peer) == 0 &&
	    peer.port == one->remote.port &&
	    berth_address_equal(&peer.address, &one->remote.address))
		daemon_pair_give(&slot->pair, &parts[1], 1);
}

void daemon_reframe_give(struct daemon_slot *slot, struct reframed *taken)
{
	while (taken) {
		struct reframed *one = taken;

		taken = one->next;
		give_one(slot, one);
		free(one);
	}
}
