// SPDX-License-Identifier: MIT
//
// Which object does a segment belong to: found by all four parts of the tuple, at any size of the
// table.
#include <stdlib.h>

#include "../../../lib/base/numbers.h"
#include "../../../lib/tcp/opening/tcp_table.h"
#include "../../support/unit.h"

static struct memory memory;
static struct random numbers;
static struct tcp_table table;

static int open_table(void **state)
{
	static const uint64_t seed[2] = {3, 4};
	struct berth_allocator allocator = test_allocator();

	(void)state;
	memory_init(&memory, &allocator);
	random_init(&numbers, seed, 0);
	return tcp_table_init(&table, &memory, &numbers) ? 0 : -1;
}

static int close_table(void **state)
{
	(void)state;
	tcp_table_clear(&table);
	assert_u64(memory.bytes_held, 0);
	return 0;
}

static struct berth_endpoint endpoint_of(const char *text, uint16_t port)
{
	struct berth_address address;

	assert_true(berth_address_parse(text, &address));
	return tcp_endpoint_of(&address, port);
}

static void an_entry_is_found_by_its_whole_tuple_only(void **state)
{
	static const char *const locals[] = {"10.0.0.1", "10.0.0.2", "fd00::1", "fd00::2"};
	struct tcp_table_entry entries[4][3];

	(void)state;
	memset(entries, 0, sizeof(entries));
	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < 3; j++) {
			entries[i][j].local = endpoint_of(locals[i], (uint16_t)(80 + j));
			entries[i][j].remote =
				endpoint_of(i < 2 ? "10.0.0.9" : "fd00::9", (uint16_t)(4000 + i));
			tcp_table_insert(&table, &entries[i][j]);
		}
	}
	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < 3; j++) {
			struct berth_endpoint other = entries[i][j].remote;

			assert_ptr_equal(tcp_table_lookup(&table, &entries[i][j].local,
							  &entries[i][j].remote),
					 &entries[i][j]);
			other.port++;
			assert_null(tcp_table_lookup(&table, &entries[i][j].local, &other));
			other.port--;
			other.address.byte[3] ^= 1;
			assert_null(tcp_table_lookup(&table, &entries[i][j].local, &other));
		}
	}
	for (size_t i = 0; i < 12; i++)
		tcp_table_remove(&table, &entries[i / 3][i % 3]);
}

static void what_was_removed_is_not_found_even_if_it_was_found_last(void **state)
{
	struct tcp_table_entry entry = {.local = endpoint_of("10.0.0.1", 80),
					.remote = endpoint_of("10.0.0.2", 1024)};

	(void)state;
	tcp_table_insert(&table, &entry);
	assert_ptr_equal(tcp_table_lookup(&table, &entry.local, &entry.remote), &entry);
	tcp_table_remove(&table, &entry);
	assert_null(tcp_table_lookup(&table, &entry.local, &entry.remote));
	assert_false(entry.is_entered);
	tcp_table_remove(&table, &entry); // not in: nothing happens
}

static void link_local_peers_on_two_interfaces_are_two(void **state)
{
	struct tcp_table_entry left = {.local = endpoint_of("fe80::1", 80),
				       .remote = endpoint_of("fe80::2", 1024)};
	struct tcp_table_entry right = left;

	(void)state;
	left.local.address.scope = left.remote.address.scope = 1;
	right.local.address.scope = right.remote.address.scope = 2;
	tcp_table_insert(&table, &left);
	tcp_table_insert(&table, &right);
	assert_ptr_equal(tcp_table_lookup(&table, &left.local, &left.remote), &left);
	assert_ptr_equal(tcp_table_lookup(&table, &right.local, &right.remote), &right);
	tcp_table_remove(&table, &left);
	tcp_table_remove(&table, &right);
}

static void a_mapped_address_is_the_ipv4_address_it_holds(void **state)
{
	struct berth_endpoint mapped = endpoint_of("::ffff:10.0.0.1", 80);
	struct berth_endpoint plain = endpoint_of("10.0.0.1", 80);
	struct berth_address scribbled = plain.address;

	(void)state;
	assert_memory_equal(&mapped, &plain, sizeof(plain));
	scribbled.reserved[0] = 7;
	mapped = tcp_endpoint_of(&scribbled, 80);
	assert_memory_equal(&mapped, &plain, sizeof(plain));
}

#define MANY 100000u

static void fill(struct tcp_table_entry *entries, uint32_t first, uint32_t end)
{
	for (uint32_t i = first; i < end; i++) {
		memset(&entries[i], 0, sizeof(entries[i]));
		entries[i].local = endpoint_of("10.0.0.1", 80);
		entries[i].remote = endpoint_of("10.0.0.2", (uint16_t)i);
		entries[i].remote.address.byte[1] = (uint8_t)(i >> 16);
		tcp_table_insert(&table, &entries[i]);
	}
}

static void a_hundred_thousand_entries_make_no_long_chain(void **state)
{
	struct tcp_table_entry *entries = calloc(MANY, sizeof(*entries));
	uint32_t longest = 0;

	(void)state;
	assert_non_null(entries);
	fill(entries, 0, MANY);
	for (uint32_t i = 0; i < MANY; i++)
		assert_ptr_equal(tcp_table_lookup(&table, &entries[i].local, &entries[i].remote),
				 &entries[i]);
	for (uint32_t bucket = 0; bucket < table.entries.bucket_count; bucket++) {
		uint32_t length = 0;

		for (struct hash_node *node = table.entries.buckets[bucket]; node;
		     node = node->next)
			length++;
		longest = max_u32(longest, length);
	}
	assert_true(longest <= 12);
	for (uint32_t i = 0; i < MANY; i++)
		tcp_table_remove(&table, &entries[i]);
	free(entries);
}

static void a_walk_sees_each_entry_once_even_when_the_table_grows_on_the_way(void **state)
{
	const uint32_t before = 900, after = 20000;
	struct tcp_table_entry *entries = calloc(after, sizeof(*entries)), *seen;
	uint8_t *times = calloc(after, 1);
	uint64_t cursor = 0;
	uint32_t steps = 0;

	(void)state;
	fill(entries, 0, before);
	while ((seen = tcp_table_walk(&table, &cursor))) {
		times[seen - entries]++;
		if (++steps == 300)
			fill(entries, before, after);
	}
	assert_null(tcp_table_walk(&table, &cursor)); // the end stays the end
	for (uint32_t i = 0; i < before; i++)
		assert_u64(times[i], 1);
	for (uint32_t i = before; i < after; i++)
		assert_true(times[i] <= 1);
	for (uint32_t i = 0; i < after; i++)
		tcp_table_remove(&table, &entries[i]);
	free(entries);
	free(times);
}

static void a_walk_goes_on_when_what_it_saw_is_removed(void **state)
{
	struct tcp_table_entry *entries = calloc(5000, sizeof(*entries)), *seen;
	uint64_t cursor = 0;
	uint32_t steps = 0;

	(void)state;
	fill(entries, 0, 5000);
	while ((seen = tcp_table_walk(&table, &cursor))) {
		tcp_table_remove(&table, seen);
		steps++;
	}
	assert_u64(steps, 5000);
	assert_u64(table.entries.used, 0);
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_found_by_its_whole_tuple_only),
		cmocka_unit_test(what_was_removed_is_not_found_even_if_it_was_found_last),
		cmocka_unit_test(link_local_peers_on_two_interfaces_are_two),
		cmocka_unit_test(a_mapped_address_is_the_ipv4_address_it_holds),
		cmocka_unit_test(a_hundred_thousand_entries_make_no_long_chain),
		cmocka_unit_test(a_walk_sees_each_entry_once_even_when_the_table_grows_on_the_way),
		cmocka_unit_test(a_walk_goes_on_when_what_it_saw_is_removed),
	};

	return cmocka_run_group_tests_name("tcp_table", tests, open_table, close_table);
}
