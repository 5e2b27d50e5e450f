// SPDX-License-Identifier: MIT
//
// Do many connections work: one after another by the thousand, and side by side, on several hosts?
#include "world.h"

#define KIB UINT64_C(1024)
#define PERCENT 10000u

// Each connects, asks, is answered and ends; so many at a time.
static void short_talks(uint64_t seed, unsigned count, unsigned at_a_time, unsigned host_count,
			uint32_t loss, const struct world_plan *asked)
{
	struct world_options options = {.seed = seed, .host_count = host_count};
	uint64_t random = seed;
	struct world world;

	options.faults.delay_ns = TEST_MS;
	options.faults.loss = loss;
	options.host.config.time_wait_ns = 2 * TEST_S;
	world_open(&world, &options);
	for (unsigned i = 0; i < count; i++) {
		struct world_plan plan = *asked;

		plan.client = test_random_below(&random, host_count);
		plan.server =
			(plan.client + 1 + test_random_below(&random, host_count - 1)) % host_count;
		plan.family = test_random_below(&random, 2) ? BERTH_FAMILY_IPV4 : BERTH_FAMILY_IPV6;
		plan.up_bytes = test_random_below(&random, 2000);
		plan.down_bytes = test_random_below(&random, 10000);
		world_begin(&world, &plan);
		world_run_until_open(&world, at_a_time - 1);
	}
	world_run_until_open(&world, 0);
	world_close(&world);
}

static void thousands_in_which_the_client_closes_first(void **state)
{
	struct world_plan plan = {.server_waits = true,
				  .first = WORLD_CLIENT_FIRST,
				  .closes = true,
				  .limit_ns = 60 * TEST_S};

	(void)state;
	short_talks(1, 3000, 50, 2, 0, &plan);
	plan.closes = false;
	short_talks(2, 1000, 50, 2, PERCENT, &plan);
}

static void thousands_in_which_the_server_closes_first(void **state)
{
	struct world_plan plan = {.server_waits = true,
				  .first = WORLD_SERVER_FIRST,
				  .closes = true,
				  .limit_ns = 60 * TEST_S};

	(void)state;
	short_talks(3, 3000, 50, 2, 0, &plan);
	plan.closes = false;
	short_talks(4, 1000, 50, 2, PERCENT, &plan);
}

static void thousands_in_which_both_close_at_once(void **state)
{
	struct world_plan plan = {.first = WORLD_BOTH_FIRST, .limit_ns = 60 * TEST_S};

	(void)state;
	short_talks(5, 2000, 50, 2, 0, &plan);
	short_talks(6, 1000, 50, 4, 2 * PERCENT, &plan);
}

static void one_at_a_time(void **state)
{
	struct world_plan plan = {.server_waits = true,
				  .first = WORLD_CLIENT_FIRST,
				  .closes = true,
				  .limit_ns = 60 * TEST_S};

	(void)state;
	short_talks(7, 1000, 1, 2, 0, &plan);
}

static void many_side_by_side(void **state)
{
	struct world_options options = {.seed = 8, .host_count = 5};
	struct world_plan plan = {.limit_ns = 300 * TEST_S};
	struct world world;

	(void)state;
	options.faults.delay_ns = 3 * TEST_MS;
	options.faults.loss = PERCENT / 2;
	options.faults.bytes_per_second = 125000000;
	options.host.offloads =
		BERTH_OFFLOAD_SEGMENT_TCP4 | BERTH_OFFLOAD_SEGMENT_TCP6 | BERTH_OFFLOAD_CHECKSUM;
	world_open(&world, &options);
	for (unsigned i = 0; i < 1000; i++) {
		plan.client = i % 4;
		plan.server = 4;
		plan.family = i % 8 < 4 ? BERTH_FAMILY_IPV4 : BERTH_FAMILY_IPV6;
		plan.up_bytes = 20 * KIB;
		plan.down_bytes = 20 * KIB;
		plan.first = (enum world_first)(i % 3);
		world_begin(&world, &plan);
	}
	world_run_until_open(&world, 0);
	world_close(&world);
}

// Eight talks through one narrow cable: each gets its share, none starves.
static void a_narrow_cable_is_shared(void **state)
{
	struct world_options options = {.seed = 9};
	struct world_plan plan = {.up_bytes = 512 * KIB, .limit_ns = 60 * TEST_S};
	struct world_talk *talks[8];
	uint64_t first = BERTH_NEVER, last = 0;
	struct world world;

	(void)state;
	options.faults.delay_ns = 10 * TEST_MS;
	options.faults.bytes_per_second = 1250000;
	options.faults.queue_bytes = 64 << 10;
	world_open(&world, &options);
	for (unsigned i = 0; i < 8; i++)
		talks[i] = world_begin(&world, &plan);
	world_run_until_open(&world, 0);
	for (unsigned i = 0; i < 8; i++) {
		uint64_t took_ns = talks[i]->ended_at - talks[i]->began_at;

		first = took_ns < first ? took_ns : first;
		last = took_ns > last ? took_ns : last;
	}
	// 4 MiB at 1.25 MB/s are 3.36 s.
	assert_in_range(last, 3355 * TEST_MS, 4500 * TEST_MS);
	assert_true(first > last / 4);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_in_which_the_client_closes_first),
		cmocka_unit_test(thousands_in_which_the_server_closes_first),
		cmocka_unit_test(thousands_in_which_both_close_at_once),
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(many_side_by_side),
		cmocka_unit_test(a_narrow_cable_is_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
