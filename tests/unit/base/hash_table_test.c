// SPDX-License-Identifier: MIT
//
// Does the table find each node, and only those of the hash, before, while and after it grows?
#include "../../../lib/base/hash_table.h"
#include "../../../lib/base/numbers.h"
#include "../../support/unit.h"

#define NODES 5000u

struct entry {
	struct hash_node node;
	unsigned visits;
	bool is_in;
};

static struct memory memory;
static struct entry entries[NODES];

static int setup(void **state)
{
	const struct berth_allocator allocator = test_allocator();

	(void)state;
	memory_init(&memory, &allocator);
	memset(entries, 0, sizeof(entries));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_u64(test_allocated_bytes(), 0);
	return 0;
}

static bool is_found(const struct hash_table *table, const struct entry *entry)
{
	const struct hash_node *node = hash_table_first(table, entry->node.hash);

	while (node && node != &entry->node) {
		assert_u64(node->hash, entry->node.hash);
		node = hash_table_next(node);
	}
	return node != NULL;
}

static void check_walk_meets_each_once(const struct hash_table *table)
{
	struct hash_node *node = NULL;
	unsigned index, met = 0;

	for (index = 0; index < NODES; index++)
		entries[index].visits = 0;
	while ((node = hash_table_walk(table, node)) != NULL) {
		CONTAINER_OF(node, struct entry, node)->visits++;
		met++;
	}
	assert_u64(met, table->used);
	for (index = 0; index < NODES; index++)
		assert_u64(entries[index].visits, entries[index].is_in);
}

static void check_all(const struct hash_table *table)
{
	unsigned index;

	for (index = 0; index < NODES; index++)
		assert_u64(is_found(table, &entries[index]), entries[index].is_in);
	check_walk_meets_each_once(table);
}

static void an_empty_table_finds_and_walks_nothing(void **state)
{
	struct hash_table table;

	(void)state;
	assert_true(hash_table_init(&table, &memory, 8));
	assert_null(hash_table_first(&table, 0));
	assert_null(hash_table_walk(&table, NULL));
	hash_table_clear(&table);
}

static void a_table_is_refused_without_memory(void **state)
{
	struct hash_table table;

	(void)state;
	test_allocator_refuse(true);
	assert_false(hash_table_init(&table, &memory, 8));
}

static void the_bucket_count_is_rounded_up_to_a_power_of_two(void **state)
{
	struct hash_table table;

	(void)state;
	assert_true(hash_table_init(&table, &memory, 9));
	assert_u64(table.bucket_count, 16);
	hash_table_clear(&table);
}

// Hashes of a narrow range, so that many are equal.
static void random_insertions_and_removals_agree_with_the_flags(void **state)
{
	struct hash_table table;
	uint64_t seed = 1;
	unsigned step;

	(void)state;
	assert_true(hash_table_init(&table, &memory, 1));
	for (step = 0; step < 40000; step++) {
		struct entry *entry = &entries[test_random_below(&seed, NODES)];

		if (entry->is_in)
			hash_table_remove(&table, &entry->node);
		else
			hash_table_insert(&table, &entry->node, test_random_below(&seed, 3000));
		entry->is_in = !entry->is_in;
		if (step % 10000 == 9999)
			check_all(&table);
	}
	hash_table_clear(&table);
}

static void buckets_double_when_the_nodes_reach_their_number(void **state)
{
	struct hash_table table;
	unsigned index;

	(void)state;
	assert_true(hash_table_init(&table, &memory, 4));
	for (index = 0; index < 4; index++)
		hash_table_insert(&table, &entries[index].node, index);
	assert_u64(table.bucket_count, 4);
	hash_table_insert(&table, &entries[4].node, 4);
	assert_u64(table.bucket_count, 8);
	for (index = 5; index < NODES; index++)
		hash_table_insert(&table, &entries[index].node, index);
	assert_u64(table.bucket_count, 8192);
	for (index = 0; index < NODES; index++)
		entries[index].is_in = true;
	check_all(&table);
	hash_table_clear(&table);
}

static void without_memory_to_grow_chains_get_longer(void **state)
{
	struct hash_table table;
	unsigned index;

	(void)state;
	assert_true(hash_table_init(&table, &memory, 4));
	test_allocator_refuse(true);
	for (index = 0; index < NODES; index++) {
		hash_table_insert(&table, &entries[index].node, index * 7);
		entries[index].is_in = true;
	}
	assert_u64(table.bucket_count, 4);
	assert_u64(table.used, NODES);
	check_all(&table);
	hash_table_clear(&table);
}

static void equal_hashes_are_all_met_and_others_are_not(void **state)
{
	struct hash_table table;
	const struct hash_node *node;
	unsigned met = 0;

	(void)state;
	assert_true(hash_table_init(&table, &memory, 2));
	hash_table_insert(&table, &entries[0].node, 6);
	hash_table_insert(&table, &entries[1].node, 6 + 64); // in the same chain
	hash_table_insert(&table, &entries[2].node, 6);
	for (node = hash_table_first(&table, 6); node; node = hash_table_next(node)) {
		assert_true(node == &entries[0].node || node == &entries[2].node);
		met++;
	}
	assert_u64(met, 2);
	assert_null(hash_table_first(&table, 6 + 128));
	hash_table_clear(&table);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_table_finds_and_walks_nothing),
		TEST(a_table_is_refused_without_memory),
		TEST(the_bucket_count_is_rounded_up_to_a_power_of_two),
		TEST(random_insertions_and_removals_agree_with_the_flags),
		TEST(buckets_double_when_the_nodes_reach_their_number),
		TEST(without_memory_to_grow_chains_get_longer),
		TEST(equal_hashes_are_all_met_and_others_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
