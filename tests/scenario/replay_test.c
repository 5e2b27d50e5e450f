// SPDX-License-Identifier: MIT
//
// Does the same seed give the same frames at the same times, and another seed others?
#include "world.h"

#define KIB UINT64_C(1024)

static uint64_t hash_of_world(uint64_t seed, const char *faults, uint32_t offloads)
{
	struct world_options options = {.seed = seed, .host_count = 3};
	struct world_plan plan = {.up_bytes = 100 * KIB, .down_bytes = 50 * KIB};
	const char *wrong = NULL;
	struct world world;
	uint64_t hash;

	assert_true(berth_cable_faults_parse(faults, &options.faults, &wrong));
	options.host.offloads = offloads;
	world_open(&world, &options);
	for (unsigned i = 0; i < 12; i++) {
		plan.client = i % 3;
		plan.server = (i + 1) % 3;
		plan.family = i % 2 ? BERTH_FAMILY_IPV4 : BERTH_FAMILY_IPV6;
		plan.first = (enum world_first)(i % 3);
		world_begin(&world, &plan);
		world_run_for(&world, i * TEST_MS);
	}
	world_run_until_open(&world, 0);
	hash = world_hash(&world);
	world_close(&world);
	return hash;
}

static void replay(const char *faults, uint32_t offloads)
{
	uint64_t first = hash_of_world(1, faults, offloads);

	assert_u64(hash_of_world(1, faults, offloads), first);
	assert_true(hash_of_world(2, faults, offloads) != first);
}

static void a_seed_replays_a_perfect_cable(void **state)
{
	(void)state;
	replay("delay=1ms", 0);
}

static void a_seed_replays_a_bad_cable(void **state)
{
	(void)state;
	replay("delay=3ms,jitter=2ms,loss=3%,duplicate=2%,reorder=3%,corrupt=1%,rate=50mbit,"
	       "queue=64k",
	       0);
}

static void a_seed_replays_superframes(void **state)
{
	(void)state;
	replay("delay=1ms",
	       BERTH_OFFLOAD_CHECKSUM | BERTH_OFFLOAD_SEGMENT_TCP4 | BERTH_OFFLOAD_SEGMENT_TCP6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_replays_a_perfect_cable),
		cmocka_unit_test(a_seed_replays_a_bad_cable),
		cmocka_unit_test(a_seed_replays_superframes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
