// SPDX-License-Identifier: MIT
//
// An intrusive chained hash table that doubles as it fills. It compares only hashes; the caller
// walks the matches and compares keys. Hash with siphash where a stranger chooses the keys.
#ifndef BERTH_BASE_HASH_TABLE_H
#define BERTH_BASE_HASH_TABLE_H

#include "memory.h"

struct hash_node {
	struct hash_node *next;
	uint32_t hash;
};

struct hash_table {
	struct memory *memory;
	struct hash_node **buckets;
	uint32_t bucket_count; // power of two
	uint32_t used;
};

// false: no memory.
bool hash_table_init(struct hash_table *table, struct memory *memory, uint32_t bucket_count);
void hash_table_clear(struct hash_table *table); // forgets the nodes, releases the buckets
// Never fails: without memory to grow, the chains get longer.
void hash_table_insert(struct hash_table *table, struct hash_node *node, uint32_t hash);
void hash_table_remove(struct hash_table *table, struct hash_node *node);

// First node with this hash, then the next with the same hash; NULL: no more.
struct hash_node *hash_table_first(const struct hash_table *table, uint32_t hash);
struct hash_node *hash_table_next(const struct hash_node *node);

// Every node, in bucket order: start with NULL. The table must not change meanwhile.
struct hash_node *hash_table_walk(const struct hash_table *table, const struct hash_node *node);

#endif
