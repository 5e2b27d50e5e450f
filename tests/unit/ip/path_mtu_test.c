// SPDX-License-Identifier: MIT
//
// Path MTUs: learnt, only ever smaller, forgotten after ten minutes (RFC 1191, RFC 8201).
#include "../../../lib/ip/path_mtu.h"
#include "../../support/test_layers.h"

#define START (50 * NS_PER_S)

struct fixture {
	struct memory memory;
	struct random random;
	struct path_mtu_table table;
};

static void open_fixture(struct fixture *fixture)
{
	const struct berth_allocator allocator = test_allocator();
	const uint64_t seed[2] = {3, 4};

	memory_init(&fixture->memory, &allocator);
	random_init(&fixture->random, seed, 0);
	assert_true(path_mtu_init(&fixture->table, &fixture->memory, &fixture->random));
}

static void close_fixture(struct fixture *fixture)
{
	path_mtu_clear(&fixture->table);
	assert_u64(fixture->memory.bytes_held, 0);
}

static void an_mtu_only_shrinks_and_lives_ten_minutes(void **state)
{
	struct fixture fixture;
	const struct berth_address target = test_address("192.0.2.1");
	const struct berth_address other = test_address("192.0.2.2");

	(void)state;
	open_fixture(&fixture);
	assert_u64(path_mtu_expires_at(&fixture.table), NEVER);
	assert_u64(path_mtu_apply(&fixture.table, &target, 1500), 1500);
	assert_true(path_mtu_learn(&fixture.table, &target, 1400, START));
	assert_u64(path_mtu_apply(&fixture.table, &target, 1500), 1400);
	assert_u64(path_mtu_apply(&fixture.table, &target, 1300), 1300);
	assert_u64(path_mtu_apply(&fixture.table, &other, 1500), 1500);
	assert_false(path_mtu_learn(&fixture.table, &target, 1401, START + 1));
	assert_u64(path_mtu_expires_at(&fixture.table), START + 600 * NS_PER_S);
	assert_true(path_mtu_learn(&fixture.table, &target, 1399, START + 2));
	assert_u64(path_mtu_expires_at(&fixture.table), START + 2 + 600 * NS_PER_S);
	assert_false(path_mtu_learn(&fixture.table, &target, 1399, START + 3)); // lives longer
	path_mtu_expire(&fixture.table, START + 3 + 600 * NS_PER_S - 1);
	assert_u64(path_mtu_apply(&fixture.table, &target, 1500), 1399);
	path_mtu_expire(&fixture.table, START + 3 + 600 * NS_PER_S);
	assert_u64(path_mtu_apply(&fixture.table, &target, 1500), 1500);
	close_fixture(&fixture);
}

static void tiny_mtus_are_not_believed(void **state)
{
	struct fixture fixture;
	const struct berth_address ipv4 = test_address("192.0.2.1");
	const struct berth_address ipv6 = test_address("2001:db8::1");

	(void)state;
	open_fixture(&fixture);
	path_mtu_learn(&fixture.table, &ipv4, 68, START);
	path_mtu_learn(&fixture.table, &ipv6, 576, START);
	assert_u64(path_mtu_apply(&fixture.table, &ipv4, 1500), 576);
	assert_u64(path_mtu_apply(&fixture.table, &ipv6, 1500), 1280);
	close_fixture(&fixture);
}

static void a_full_table_forgets_its_oldest_entry(void **state)
{
	struct fixture fixture;
	struct berth_address target = berth_ipv4(10, 0, 0, 0);

	(void)state;
	open_fixture(&fixture);
	for (uint32_t number = 0; number < PATH_MTU_ENTRIES_MAX; number++) {
		target.byte[2] = (uint8_t)(number >> 8);
		target.byte[3] = (uint8_t)number;
		assert_true(path_mtu_learn(&fixture.table, &target, 1000, START + number));
	}
	target = berth_ipv4(10, 0, 0, 0);
	assert_u64(path_mtu_apply(&fixture.table, &target, 1500), 1000);
	target = berth_ipv4(10, 1, 0, 0);
	assert_true(path_mtu_learn(&fixture.table, &target, 1001, START + NS_PER_S));
	assert_u64(path_mtu_apply(&fixture.table, &target, 1500), 1001);
	target = berth_ipv4(10, 0, 0, 0);
	assert_u64(path_mtu_apply(&fixture.table, &target, 1500), 1500);
	target = berth_ipv4(10, 0, 0, 1);
	assert_u64(path_mtu_apply(&fixture.table, &target, 1500), 1000);
	assert_u64(path_mtu_expires_at(&fixture.table), START + 1 + 600 * NS_PER_S);
	close_fixture(&fixture);
}

static void without_memory_nothing_is_learnt(void **state)
{
	struct fixture fixture;
	const struct berth_address target = test_address("192.0.2.1");

	(void)state;
	open_fixture(&fixture);
	test_allocator_refuse(true);
	assert_false(path_mtu_learn(&fixture.table, &target, 1400, START));
	test_allocator_refuse(false);
	assert_u64(path_mtu_apply(&fixture.table, &target, 1500), 1500);
	close_fixture(&fixture);
}

static void a_router_that_names_no_mtu_means_the_next_plateau(void **state)
{
	(void)state;
	assert_u64(path_mtu_guess(65535), 32000);
	assert_u64(path_mtu_guess(32000), 17914);
	assert_u64(path_mtu_guess(1500), 1492);
	assert_u64(path_mtu_guess(1492), 1006);
	assert_u64(path_mtu_guess(68), 68);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_mtu_only_shrinks_and_lives_ten_minutes),
		cmocka_unit_test(tiny_mtus_are_not_believed),
		cmocka_unit_test(a_full_table_forgets_its_oldest_entry),
		cmocka_unit_test(without_memory_nothing_is_learnt),
		cmocka_unit_test(a_router_that_names_no_mtu_means_the_next_plateau),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
