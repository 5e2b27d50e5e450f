// SPDX-License-Identifier: MIT
//
// Which connection does a segment belong to?
//
// Both directions are one flow, so the key is the pair of endpoints with the smaller one first: its
// half is 0. The hash key is the table's own address: strangers choose ports and must not choose
// chains, and nothing that comes out depends on it.
#include "trace_flow_table.h"

#include <string.h>

#include "../base/numbers.h"

#define FLOWS_PER_CHUNK 16u
#define BUCKETS_FIRST 64u

struct flow_key {
	struct berth_endpoint low, high;
};

struct flow_entry {
	struct hash_node hash_node;
	struct list_node age_node;
	struct flow_key key;
	struct trace_flow flow;
};

bool trace_flow_table_init(struct trace_flow_table *table, struct memory *memory,
			   uint32_t flows_max)
{
	object_pool_init(&table->pool, memory, sizeof(struct flow_entry), FLOWS_PER_CHUNK,
			 max_u32(flows_max, 1));
	list_init(&table->by_age);
	table->key.word[0] = (uint64_t)(uintptr_t)table;
	table->key.word[1] = UINT64_C(0x666c6f7773); // "flows"
	return hash_table_init(&table->hashes, memory, BUCKETS_FIRST);
}

static void release_entry(struct trace_flow_table *table, struct flow_entry *entry)
{
	list_remove(&entry->age_node);
	hash_table_remove(&table->hashes, &entry->hash_node);
	object_pool_release(&table->pool, entry);
}

static struct flow_entry *oldest_entry(struct trace_flow_table *table)
{
	struct list_node *node = list_first(&table->by_age);

	return node ? CONTAINER_OF(node, struct flow_entry, age_node) : NULL;
}

void trace_flow_table_clear(struct trace_flow_table *table)
{
	struct flow_entry *entry;

	while ((entry = oldest_entry(table)) != NULL)
		release_entry(table, entry);
	hash_table_clear(&table->hashes);
	object_pool_clear(&table->pool);
}

// Copied field by field: padding must not take part in the comparison of bytes.
static struct berth_endpoint clean_endpoint(const struct berth_endpoint *endpoint)
{
	struct berth_endpoint clean;

	memset(&clean, 0, sizeof(clean));
	clean.address.family = endpoint->address.family;
	memcpy(clean.address.byte, endpoint->address.byte, sizeof(clean.address.byte));
	clean.port = endpoint->port;
	return clean;
}

static struct flow_entry *find_entry(const struct trace_flow_table *table,
				     const struct flow_key *key, uint32_t hash)
{
	struct hash_node *node;

	for (node = hash_table_first(&table->hashes, hash); node; node = hash_table_next(node)) {
		struct flow_entry *entry = CONTAINER_OF(node, struct flow_entry, hash_node);

		if (memcmp(&entry->key, key, sizeof(*key)) == 0)
			return entry;
	}
	return NULL;
}

static struct flow_entry *add_entry(struct trace_flow_table *table, const struct flow_key *key,
				    uint32_t hash)
{
	struct flow_entry *entry = object_pool_acquire(&table->pool);

	if (!entry) {
		entry = oldest_entry(table);
		if (!entry)
			return NULL;
		release_entry(table, entry);
		entry = object_pool_acquire(&table->pool);
		if (!entry)
			return NULL;
	}
	entry->key = *key;
	list_append(&table->by_age, &entry->age_node);
	hash_table_insert(&table->hashes, &entry->hash_node, hash);
	return entry;
}

struct trace_flow *trace_flow_table_find(struct trace_flow_table *table,
					 const struct berth_endpoint *source,
					 const struct berth_endpoint *target, unsigned *ret_from)
{
	struct berth_endpoint ends[2] = {clean_endpoint(source), clean_endpoint(target)};
	unsigned low = memcmp(&ends[0], &ends[1], sizeof(ends[0])) > 0;
	struct flow_entry *entry;
	struct flow_key key;
	uint32_t hash;

	key.low = ends[low];
	key.high = ends[!low];
	hash = (uint32_t)siphash(&table->key, &key, sizeof(key));
	entry = find_entry(table, &key, hash);
	if (!entry)
		entry = add_entry(table, &key, hash);
	if (!entry)
		return NULL;
	list_remove(&entry->age_node); // seen just now
	list_append(&table->by_age, &entry->age_node);
	*ret_from = low;
	return &entry->flow;
}
