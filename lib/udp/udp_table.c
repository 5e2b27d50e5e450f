// SPDX-License-Identifier: MIT
//
// Which endpoint does a datagram belong to?
//
// Two hash tables: connected endpoints by both ends, the others by their local end, whose address
// may be "any". A datagram is looked for in order of precision:
//
//     1  connected        local address, port, remote address, port
//     2  specific         local address, port
//     3  any              any address of the datagram's family, port
//     4  any, dual stack  IPv4 only: the any address of IPv6, unless V6ONLY
//
// Each step is one hash. Several endpoints at one step share a port by consent: SO_REUSEPORT
// spreads the flows over them (each flow always to the same one, and when one leaves only its flows
// move); with SO_REUSEADDR alone the one that came last has it. A datagram to a group
// goes to everybody at every step.
//
// Not here: who may share (port/), whether anything is queued (udp_receive.c).
#include "udp_table.h"

#include <string.h>

#include "../base/assertion.h"
#include "../base/numbers.h"
#include "../wire/wire_address.h"
#include "udp_layer.h"

#define UDP_TABLE_BUCKETS 16u // to begin with; the tables double

#define ENDPOINT_KEY_BYTES 19u // family, port, address

enum lookup_stage {
	STAGE_CONNECTED,
	STAGE_SPECIFIC,
	STAGE_ANY,
	STAGE_DUAL_ANY,
	STAGE_END,
};

bool udp_table_init(struct udp_table *table, struct memory *memory, struct random *random)
{
	memset(table, 0, sizeof(*table));
	table->key.word[0] = random_u64(random);
	table->key.word[1] = random_u64(random);
	if (!hash_table_init(&table->connected, memory, UDP_TABLE_BUCKETS))
		return false;
	if (!hash_table_init(&table->bound, memory, UDP_TABLE_BUCKETS)) {
		hash_table_clear(&table->connected);
		return false;
	}
	return true;
}

void udp_table_clear(struct udp_table *table)
{
	hash_table_clear(&table->connected);
	hash_table_clear(&table->bound);
}

static void write_endpoint_key(uint8_t *to, const struct berth_endpoint *endpoint)
{
	to[0] = endpoint->address.family;
	to[1] = (uint8_t)(endpoint->port >> 8);
	to[2] = (uint8_t)endpoint->port;
	memcpy(to + 3, endpoint->address.byte, sizeof(endpoint->address.byte));
}

static uint64_t hash_of_bound(const struct udp_table *table, const struct berth_endpoint *local)
{
	uint8_t key[ENDPOINT_KEY_BYTES];

	write_endpoint_key(key, local);
	return siphash(&table->key, key, sizeof(key));
}

static uint64_t hash_of_pair(const struct udp_table *table, const struct berth_endpoint *local,
			     const struct berth_endpoint *remote)
{
	uint8_t key[2 * ENDPOINT_KEY_BYTES];

	write_endpoint_key(key, local);
	write_endpoint_key(key + ENDPOINT_KEY_BYTES, remote);
	return siphash(&table->key, key, sizeof(key));
}

void udp_table_insert(struct udp_table *table, struct udp_endpoint *endpoint)
{
	struct udp_table_entry *entry = &endpoint->entry;

	ASSERT(!entry->is_entered);
	ASSERT(endpoint->local.port != 0);
	entry->is_entered = true;
	entry->is_connected = endpoint->is_connected;
	entry->number = table->entered++;
	if (entry->is_connected)
		hash_table_insert(
			&table->connected, &entry->node,
			(uint32_t)hash_of_pair(table, &endpoint->local, &endpoint->remote));
	else
		hash_table_insert(&table->bound, &entry->node,
				  (uint32_t)hash_of_bound(table, &endpoint->local));
}

void udp_table_remove(struct udp_table *table, struct udp_endpoint *endpoint)
{
	struct udp_table_entry *entry = &endpoint->entry;

	if (!entry->is_entered)
		return;
	hash_table_remove(entry->is_connected ? &table->connected : &table->bound, &entry->node);
	entry->is_entered = false;
}

static struct udp_endpoint *endpoint_of_node(struct hash_node *node)
{
	return CONTAINER_OF(node, struct udp_endpoint, entry.node);
}

static bool endpoints_equal(const struct berth_endpoint *left, const struct berth_endpoint *right)
{
	return left->port == right->port && berth_address_equal(&left->address, &right->address);
}

// Where a stage looks: false when it has nothing to look for.
static bool stage_key(enum lookup_stage stage, const struct berth_endpoint *local,
		      struct berth_endpoint *ret_key)
{
	*ret_key = *local;
	switch (stage) {
	case STAGE_CONNECTED:
	case STAGE_SPECIFIC:
		return true;
	case STAGE_ANY:
		ret_key->address = address_any(local->address.family);
		return true;
	case STAGE_DUAL_ANY:
		ret_key->address = address_any(BERTH_FAMILY_IPV6);
		return local->address.family == BERTH_FAMILY_IPV4;
	case STAGE_END:
		break;
	}
	return false;
}

static bool is_at_stage(enum lookup_stage stage, const struct udp_endpoint *endpoint,
			const struct berth_endpoint *key, const struct berth_endpoint *remote)
{
	if (!endpoints_equal(&endpoint->local, key))
		return false;
	if (stage == STAGE_CONNECTED)
		return endpoints_equal(&endpoint->remote, remote);
	return stage != STAGE_DUAL_ANY || !endpoint->claim.v6only;
}

static struct hash_node *first_node(const struct udp_table *table, enum lookup_stage stage,
				    const struct berth_endpoint *key,
				    const struct berth_endpoint *remote)
{
	if (stage == STAGE_CONNECTED)
		return hash_table_first(&table->connected,
					(uint32_t)hash_of_pair(table, key, remote));
	return hash_table_first(&table->bound, (uint32_t)hash_of_bound(table, key));
}

// How strongly a flow is drawn to one member of a SO_REUSEPORT group: the strongest has it, so
// that members come and go without moving the flows of others (highest random weight).
static uint64_t flow_weight(uint64_t flow, const struct udp_endpoint *member)
{
	uint64_t weight = (flow ^ member->entry.number) * UINT64_C(0x9e3779b97f4a7c15);

	weight ^= weight >> 29;
	weight *= UINT64_C(0xbf58476d1ce4e5b9);
	return weight ^ (weight >> 32);
}

// DECIDES: which of two endpoints on one port takes a datagram (socket(7))
static struct udp_endpoint *choose_endpoint(struct udp_endpoint *left, struct udp_endpoint *right,
					    uint64_t flow)
{
	if (left->claim.reuse_port && right->claim.reuse_port)
		return flow_weight(flow, left) >= flow_weight(flow, right) ? left : right;
	return left->entry.number > right->entry.number ? left : right;
}

struct udp_endpoint *udp_table_lookup(const struct udp_table *table,
				      const struct berth_endpoint *local,
				      const struct berth_endpoint *remote)
{
	enum lookup_stage stage = table->connected.used ? STAGE_CONNECTED : STAGE_SPECIFIC;
	struct udp_endpoint *best = NULL;

	for (; stage < STAGE_END && !best; stage++) {
		struct berth_endpoint key;
		struct hash_node *node;

		if (!stage_key(stage, local, &key))
			continue;
		node = first_node(table, stage, &key, remote);
		for (; node; node = hash_table_next(node)) {
			struct udp_endpoint *endpoint = endpoint_of_node(node);

			if (!is_at_stage(stage, endpoint, &key, remote))
				continue;
			best = best ? choose_endpoint(best, endpoint,
						      hash_of_pair(table, local, remote))
				    : endpoint;
		}
	}
	return best;
}

struct udp_endpoint *udp_table_next_taker(const struct udp_table *table,
					  struct udp_table_walk *walk)
{
	while (walk->stage < STAGE_END) {
		enum lookup_stage stage = (enum lookup_stage)walk->stage;
		struct berth_endpoint key;

		if (stage_key(stage, &walk->local, &key))
			walk->node = walk->node ? hash_table_next(walk->node)
						: first_node(table, stage, &key, &walk->remote);
		for (; walk->node; walk->node = hash_table_next(walk->node)) {
			struct udp_endpoint *endpoint = endpoint_of_node(walk->node);

			if (is_at_stage(stage, endpoint, &key, &walk->remote))
				return endpoint;
		}
		walk->stage++;
	}
	return NULL;
}
