// SPDX-License-Identifier: MIT
//
// Which nodes have this hash?
//
// Chains in buckets; the bucket is the hash's low bits. When there are as many nodes as buckets the
// number of buckets doubles, if there is memory for it; else it is tried again when the nodes have
// doubled in turn.
#include "hash_table.h"

#include "assertion.h"
#include "numbers.h"

#define BUCKET_COUNT_MAX (UINT32_C(1) << 31)

static size_t buckets_bytes(uint32_t bucket_count)
{
	return (size_t)bucket_count * sizeof(struct hash_node *);
}

static struct hash_node **bucket_of(const struct hash_table *table, uint32_t hash)
{
	return &table->buckets[hash & (table->bucket_count - 1)];
}

bool hash_table_init(struct hash_table *table, struct memory *memory, uint32_t bucket_count)
{
	const uint32_t rounded = power_of_two_above(bucket_count);

	table->memory = memory;
	table->bucket_count = 0;
	table->used = 0;
	table->buckets = memory_acquire(memory, buckets_bytes(rounded));
	if (!table->buckets)
		return false;
	table->bucket_count = rounded;
	return true;
}

void hash_table_clear(struct hash_table *table)
{
	memory_release(table->memory, table->buckets, buckets_bytes(table->bucket_count));
	table->buckets = NULL;
	table->bucket_count = 0;
	table->used = 0;
}

static void push_node(struct hash_table *table, struct hash_node *node)
{
	struct hash_node **bucket = bucket_of(table, node->hash);

	node->next = *bucket;
	*bucket = node;
}

static void push_chain(struct hash_table *table, struct hash_node *chain)
{
	while (chain) {
		struct hash_node *next = chain->next;

		push_node(table, chain);
		chain = next;
	}
}

static void double_buckets(struct hash_table *table)
{
	struct hash_node **const old_buckets = table->buckets;
	const uint32_t old_count = table->bucket_count;
	struct hash_node **buckets;
	uint32_t index;

	if (old_count == BUCKET_COUNT_MAX)
		return;
	buckets = memory_acquire(table->memory, buckets_bytes(old_count * 2));
	if (!buckets)
		return;
	table->buckets = buckets;
	table->bucket_count = old_count * 2;
	for (index = 0; index < old_count; index++)
		push_chain(table, old_buckets[index]);
	memory_release(table->memory, old_buckets, buckets_bytes(old_count));
}

// DECIDES: when does a hash table grow?
static bool should_double(const struct hash_table *table)
{
	return table->used >= table->bucket_count && (table->used & (table->bucket_count - 1)) == 0;
}

void hash_table_insert(struct hash_table *table, struct hash_node *node, uint32_t hash)
{
	if (should_double(table))
		double_buckets(table);
	node->hash = hash;
	push_node(table, node);
	table->used++;
}

void hash_table_remove(struct hash_table *table, struct hash_node *node)
{
	struct hash_node **link = bucket_of(table, node->hash);

	while (*link && *link != node)
		link = &(*link)->next;
	ASSERT(*link == node);
	*link = node->next;
	node->next = NULL;
	table->used--;
}

static struct hash_node *match_in_chain(struct hash_node *chain, uint32_t hash)
{
	while (chain && chain->hash != hash)
		chain = chain->next;
	return chain;
}

struct hash_node *hash_table_first(const struct hash_table *table, uint32_t hash)
{
	return match_in_chain(*bucket_of(table, hash), hash);
}

struct hash_node *hash_table_next(const struct hash_node *node)
{
	return match_in_chain(node->next, node->hash);
}

struct hash_node *hash_table_walk(const struct hash_table *table, const struct hash_node *node)
{
	uint32_t index = 0;

	if (node) {
		if (node->next)
			return node->next;
		index = (node->hash & (table->bucket_count - 1)) + 1;
	}
	for (; index < table->bucket_count; index++)
		if (table->buckets[index])
			return table->buckets[index];
	return NULL;
}
