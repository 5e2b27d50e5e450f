// SPDX-License-Identifier: MIT
//
// Which object does this segment belong to?
//
// One hash table over (local, remote), keyed with SipHash under a secret, so a stranger who chooses
// ports cannot make chains long. Bulk data arrives in runs of one connection: the last entry
// found is tried first, before anything is hashed.
//
// Invariants: no two entries have the same tuple; `recent` is in the table or NULL.
// Not here: listeners, which have no remote (tcp_listen.c).
#include "tcp_table.h"

#include <string.h>

#include "../../base/assertion.h"
#include "../../base/numbers.h"
#include "../../wire/wire_address.h"

#define TCP_TABLE_BUCKETS 256u // to begin with; the table doubles
#define CURSOR_SEEN_BITS 31
#define CURSOR_SEEN_MASK ((1u << CURSOR_SEEN_BITS) - 1)
#define CURSOR_END ((uint64_t)INT64_MAX)

bool tcp_table_init(struct tcp_table *table, struct memory *memory, struct random *random)
{
	table->key.word[0] = random_u64(random);
	table->key.word[1] = random_u64(random);
	table->recent = NULL;
	return hash_table_init(&table->entries, memory, TCP_TABLE_BUCKETS);
}

void tcp_table_clear(struct tcp_table *table)
{
	table->recent = NULL;
	hash_table_clear(&table->entries);
}

struct berth_endpoint tcp_endpoint_of(const struct berth_address *address, uint16_t port)
{
	struct berth_endpoint endpoint;
	struct berth_address plain = *address;

	memset(&endpoint, 0, sizeof(endpoint));
	if (address_is_mapped(address))
		plain = address_unmap(address);
	endpoint.address.family = plain.family;
	endpoint.address.scope = plain.scope;
	memcpy(endpoint.address.byte, plain.byte, sizeof(plain.byte));
	endpoint.port = port;
	return endpoint;
}

// The bytes that tell tuples apart: 12 for IPv4, 36 for IPv6. Scopes are left to the comparison.
uint32_t tcp_table_hash(const struct tcp_table *table, const struct berth_endpoint *local,
			const struct berth_endpoint *remote)
{
	uint8_t key[36];
	size_t address_length = address_bytes(local->address.family);
	uint8_t *at = key;

	memcpy(at, &local->port, 2);
	memcpy(at + 2, &remote->port, 2);
	memcpy(at + 4, local->address.byte, address_length);
	memcpy(at + 4 + address_length, remote->address.byte, address_length);
	return (uint32_t)siphash(&table->key, key, 4 + 2 * address_length);
}

static bool entry_matches(const struct tcp_table_entry *entry, const struct berth_endpoint *local,
			  const struct berth_endpoint *remote)
{
	return memcmp(&entry->remote, remote, sizeof(*remote)) == 0 &&
	       memcmp(&entry->local, local, sizeof(*local)) == 0;
}

static struct tcp_table_entry *entry_of_node(struct hash_node *node)
{
	return node ? CONTAINER_OF(node, struct tcp_table_entry, node) : NULL;
}

struct tcp_table_entry *tcp_table_lookup(struct tcp_table *table,
					 const struct berth_endpoint *local,
					 const struct berth_endpoint *remote)
{
	struct hash_node *node;

	if (table->recent && entry_matches(table->recent, local, remote))
		return table->recent;
	node = hash_table_first(&table->entries, tcp_table_hash(table, local, remote));
	for (; node; node = hash_table_next(node)) {
		struct tcp_table_entry *entry = entry_of_node(node);

		if (entry_matches(entry, local, remote)) {
			table->recent = entry;
			return entry;
		}
	}
	return NULL;
}

void tcp_table_insert(struct tcp_table *table, struct tcp_table_entry *entry)
{
	ASSERT(!entry->is_entered);
	hash_table_insert(&table->entries, &entry->node,
			  tcp_table_hash(table, &entry->local, &entry->remote));
	entry->is_entered = true;
}

void tcp_table_remove(struct tcp_table *table, struct tcp_table_entry *entry)
{
	if (!entry->is_entered)
		return;
	if (table->recent == entry)
		table->recent = NULL;
	hash_table_remove(&table->entries, &entry->node);
	entry->is_entered = false;
}

void tcp_table_replace(struct tcp_table *table, struct tcp_table_entry *old,
		       struct tcp_table_entry *entry)
{
	uint32_t hash = old->node.hash;

	ASSERT(old->is_entered);
	ASSERT(!entry->is_entered);
	tcp_table_remove(table, old);
	hash_table_insert(&table->entries, &entry->node, hash);
	entry->is_entered = true;
}

static uint32_t reverse_bits(uint32_t bits)
{
	bits = (bits & 0x55555555u) << 1 | (bits >> 1 & 0x55555555u);
	bits = (bits & 0x33333333u) << 2 | (bits >> 2 & 0x33333333u);
	bits = (bits & 0x0f0f0f0fu) << 4 | (bits >> 4 & 0x0f0f0f0fu);
	return __builtin_bswap32(bits);
}

// Of one bucket: the entry after `seen` others at place, or the one of the next place; NULL: none.
static struct tcp_table_entry *next_in_bucket(const struct tcp_table *table, uint32_t place,
					      uint32_t seen)
{
	struct hash_node *node =
		table->entries.buckets[reverse_bits(place) & (table->entries.bucket_count - 1)];
	struct hash_node *next = NULL;

	for (; node; node = node->next) {
		uint32_t node_place = reverse_bits(node->hash);

		if (node_place == place && seen-- == 0)
			return entry_of_node(node);
		if (node_place > place && (!next || node_place < reverse_bits(next->hash)))
			next = node;
	}
	return entry_of_node(next);
}

// The first place of the bucket after the one place is in; 0 after the last.
static uint32_t next_bucket(const struct tcp_table *table, uint32_t place)
{
	uint32_t places_per_bucket = UINT32_MAX / table->entries.bucket_count + 1;

	return (place & ~(places_per_bucket - 1)) + places_per_bucket;
}

// An entry's place in the walk is its hash with the bits reversed. A bucket, being the low bits of
// the hash, is then a run of places however many buckets there are. The cursor: the place reached,
// and how many entries of that very place were seen. Its top bit stays 0, for whoever puts walks
// together.
struct tcp_table_entry *tcp_table_walk(const struct tcp_table *table, uint64_t *cursor)
{
	uint32_t place = (uint32_t)(*cursor >> CURSOR_SEEN_BITS);
	uint32_t seen = (uint32_t)*cursor & CURSOR_SEEN_MASK;

	if (*cursor == CURSOR_END)
		return NULL;
	do {
		struct tcp_table_entry *entry = next_in_bucket(table, place, seen);

		if (entry) {
			uint32_t entry_place = reverse_bits(entry->node.hash);

			seen = entry_place == place ? seen + 1 : 1;
			*cursor = (uint64_t)entry_place << CURSOR_SEEN_BITS | seen;
			return entry;
		}
		place = next_bucket(table, place);
		seen = 0;
	} while (place != 0);
	*cursor = CURSOR_END;
	return NULL;
}
