// SPDX-License-Identifier: MIT
//
// The port space: which socket holds this port, and which port is next when any will do?
//
// A claim is (protocol, address, port). All claims of one protocol and port share a hash, so a
// question about a port walks only the claims that could conflict with it. Three questions are
// kept apart: do two addresses overlap, do two holders tolerate each other, which port is tried
// next. Everything else acts on the answers.
//
// Tolerance follows Linux (socket(7)): SO_REUSEPORT on both sides always; SO_REUSEADDR on both
// sides unless the one already there listens. Linux also wants one owner for SO_REUSEPORT: all
// sockets of a host are one owner's.
//
// Ephemeral ports follow RFC 6056. bind without a remote picks a random start (3.3.1); a
// connection gets the double-hash sequence (3.3.4): a keyed offset per destination, and a counter
// shared by few destinations, which moves at each try and by a random step at each new connection,
// so that one destination's ports tell nothing about another's.
//
// Not here: which connections share a local port (tcp's own table), who may bind where (ip).
#include "port_space.h"

#include <errno.h>
#include <string.h>

#include "../base/assertion.h"
#include "../base/numbers.h"

#define PORT_CLAIM_BUCKETS 64u   // to begin with; the table doubles
#define EPHEMERAL_COUNTERS 4096u // buckets of RFC 6056 3.3.4: 16 KiB; power of two
#define EPHEMERAL_STEP_MAX 8u    // random step of a counter at each new connection

static uint32_t ephemeral_count(const struct port_space *space)
{
	return (uint32_t)space->ephemeral_high - space->ephemeral_low + 1;
}

bool port_space_init(struct port_space *space, struct memory *memory, struct random *random,
		     uint16_t ephemeral_low, uint16_t ephemeral_high)
{
	ASSERT(ephemeral_low != 0);
	ASSERT(ephemeral_low <= ephemeral_high);
	memset(space, 0, sizeof(*space));
	space->memory = memory;
	space->random = random;
	space->ephemeral_low = ephemeral_low;
	space->ephemeral_high = ephemeral_high;
	space->key.word[0] = random_u64(random);
	space->key.word[1] = random_u64(random);
	if (!hash_table_init(&space->claims, memory, PORT_CLAIM_BUCKETS))
		return false;
	space->ephemeral_offsets =
		memory_acquire(memory, EPHEMERAL_COUNTERS * sizeof(*space->ephemeral_offsets));
	if (!space->ephemeral_offsets) {
		hash_table_clear(&space->claims);
		return false;
	}
	for (uint32_t i = 0; i < EPHEMERAL_COUNTERS; i++)
		space->ephemeral_offsets[i] = random_below(random, ephemeral_count(space));
	return true;
}

void port_space_clear(struct port_space *space)
{
	hash_table_clear(&space->claims);
	memory_release(space->memory, space->ephemeral_offsets,
		       EPHEMERAL_COUNTERS * sizeof(*space->ephemeral_offsets));
	space->ephemeral_offsets = NULL;
}

static uint32_t claim_hash(const struct port_space *space, uint8_t protocol, uint16_t port)
{
	uint8_t key[3] = {protocol, (uint8_t)(port >> 8), (uint8_t)port};

	return (uint32_t)siphash(&space->key, key, sizeof(key));
}

static struct port_claim *claim_of_node(struct hash_node *node)
{
	return node ? CONTAINER_OF(node, struct port_claim, node) : NULL;
}

// DECIDES: do two claims' addresses overlap? (ip(7), ipv6(7))
static bool addresses_overlap(const struct berth_address *left, bool left_v6only,
			      const struct berth_address *right, bool right_v6only)
{
	bool left_is_any = berth_address_is_any(left);
	bool right_is_any = berth_address_is_any(right);

	if (left->family == right->family)
		return left_is_any || right_is_any || berth_address_equal(left, right);
	if (left->family == BERTH_FAMILY_IPV6)
		return left_is_any && !left_v6only;
	return right_is_any && !right_v6only;
}

// DECIDES: may a newcomer share a port with the one already there? (socket(7))
static bool claims_tolerate(const struct port_claim *newcomer, const struct port_claim *present)
{
	if (newcomer->reuse_port && present->reuse_port)
		return true;
	if (newcomer->is_connection && present->is_connection)
		return true;
	return newcomer->reuse_address && present->reuse_address && !present->is_listening;
}

// The first claim on port that newcomer collides with, or NULL. An exclusive newcomer tolerates
// nobody.
static struct port_claim *find_conflict(const struct port_space *space,
					const struct port_claim *newcomer, uint16_t port,
					bool is_exclusive)
{
	uint32_t hash = claim_hash(space, newcomer->protocol, port);
	struct hash_node *node = hash_table_first(&space->claims, hash);

	for (; node; node = hash_table_next(node)) {
		struct port_claim *present = claim_of_node(node);

		if (present == newcomer || present->protocol != newcomer->protocol ||
		    present->port != port)
			continue;
		if (!addresses_overlap(&newcomer->address, newcomer->v6only, &present->address,
				       present->v6only))
			continue;
		if (is_exclusive || !claims_tolerate(newcomer, present))
			return present;
	}
	return NULL;
}

static void enter_claim(struct port_space *space, struct port_claim *claim, uint16_t port)
{
	claim->port = port;
	hash_table_insert(&space->claims, &claim->node, claim_hash(space, claim->protocol, port));
}

int port_space_claim(struct port_space *space, struct port_claim *claim, uint16_t port,
		     const struct port_claim **ret_holder)
{
	struct port_claim *holder;

	ASSERT(port != 0);
	ASSERT(claim->port == 0);
	ASSERT(claim->address.family != BERTH_FAMILY_NONE);
	holder = find_conflict(space, claim, port, false);
	if (holder) {
		*ret_holder = holder;
		return -EADDRINUSE;
	}
	enter_claim(space, claim, port);
	return 0;
}

int port_space_claim_any(struct port_space *space, struct port_claim *claim)
{
	uint32_t count = ephemeral_count(space);
	uint32_t start = random_below(space->random, count);

	ASSERT(claim->port == 0);
	ASSERT(claim->address.family != BERTH_FAMILY_NONE);
	// Nobody asked for this very port, so nobody has to share one: not even with SO_REUSEPORT.
	for (uint32_t i = 0; i < count; i++) {
		uint16_t port = (uint16_t)(space->ephemeral_low + (start + i) % count);

		if (!find_conflict(space, claim, port, true)) {
			enter_claim(space, claim, port);
			return 0;
		}
	}
	return -EADDRINUSE;
}

int port_space_listen(struct port_space *space, struct port_claim *claim,
		      const struct port_claim **ret_holder)
{
	struct port_claim *holder;

	ASSERT(claim->port != 0);
	holder = find_conflict(space, claim, claim->port, false);
	if (holder) {
		*ret_holder = holder;
		return -EADDRINUSE;
	}
	claim->is_listening = true;
	return 0;
}

void port_space_release(struct port_space *space, struct port_claim *claim)
{
	if (claim->port == 0)
		return;
	hash_table_remove(&space->claims, &claim->node);
	claim->port = 0;
	claim->is_listening = false;
}

void port_space_move(struct port_space *space, struct port_claim *from, struct port_claim *to)
{
	uint16_t port = from->port;

	ASSERT(from != to);
	if (port != 0)
		hash_table_remove(&space->claims, &from->node);
	*to = *from;
	from->port = 0;
	from->is_listening = false;
	if (port != 0)
		enter_claim(space, to, port);
}

uint16_t port_space_candidate(struct port_space *space, uint8_t protocol,
			      const struct berth_address *local,
			      const struct berth_endpoint *remote, uint32_t attempt)
{
	uint8_t key[3 + 2 * sizeof(local->byte)];
	uint32_t count = ephemeral_count(space);
	uint64_t hash;
	uint32_t *counter;

	ASSERT(attempt < count);
	key[0] = protocol;
	key[1] = (uint8_t)(remote->port >> 8);
	key[2] = (uint8_t)remote->port;
	memcpy(key + 3, local->byte, sizeof(local->byte));
	memcpy(key + 3 + sizeof(local->byte), remote->address.byte, sizeof(remote->address.byte));

	// One keyed hash gives both of RFC 6056 3.3.4's: the lower half F, the upper half G.
	hash = siphash(&space->key, key, sizeof(key));
	counter = &space->ephemeral_offsets[(hash >> 32) % EPHEMERAL_COUNTERS];
	*counter += attempt == 0 ? 1 + random_below(space->random, EPHEMERAL_STEP_MAX) : 1;
	*counter %= count;
	return (uint16_t)(space->ephemeral_low + ((uint64_t)(uint32_t)hash + *counter) % count);
}
