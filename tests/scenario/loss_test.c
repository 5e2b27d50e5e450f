// SPDX-License-Identifier: MIT
//
// Do all bytes arrive, whatever the cable does to them? Both directions at once, both IP versions,
// both congestion controls, with and without superframes; each byte is checked, each end ends
// properly.
#include "world.h"

#define KIB UINT64_C(1024)
#define PERCENT 10000u

struct cable_kind {
	const char *text; // for berth_cable_faults_parse
	uint64_t bytes;   // each way
	uint64_t limit_s;
};

static void talk_over(const struct cable_kind *kind, uint64_t seed, const char *congestion,
		      enum berth_family family, uint32_t offloads)
{
	struct world_options options = {.seed = seed};
	struct world_plan plan = {.family = family,
				  .up_bytes = kind->bytes,
				  .down_bytes = kind->bytes / 2 + 1,
				  .first = (enum world_first)(seed % 3),
				  .limit_ns = kind->limit_s * TEST_S};
	const char *wrong = NULL;
	struct world world;

	assert_true(berth_cable_faults_parse(kind->text, &options.faults, &wrong));
	options.host.config.congestion = congestion;
	// After many losses in a row an end asks again only every two minutes: the other must be
	// there.
	options.host.config.time_wait_ns = 1000 * TEST_S;
	options.host.offloads = offloads;
	world_open(&world, &options);
	world_talk_whole(&world, &plan);
	world_close(&world);
}

// Eight talks: each combination once, each with a seed of its own.
static void talk_in_all_ways(const struct cable_kind *kind, uint64_t seed)
{
	const uint32_t all =
		BERTH_OFFLOAD_CHECKSUM | BERTH_OFFLOAD_SEGMENT_TCP4 | BERTH_OFFLOAD_SEGMENT_TCP6;

	for (unsigned way = 0; way < 8; way++)
		talk_over(kind, seed + way, way & 1 ? "reno" : "cubic",
			  way & 2 ? BERTH_FAMILY_IPV6 : BERTH_FAMILY_IPV4, way & 4 ? all : 0);
}

static void over_a_perfect_cable(void **state)
{
	(void)state;
	talk_in_all_ways(&(struct cable_kind){"delay=1ms", 4096 * KIB, 5}, 1000);
	talk_in_all_ways(&(struct cable_kind){"delay=50ms", 2048 * KIB, 10}, 1100);
}

static void over_a_cable_that_loses_one_percent(void **state)
{
	(void)state;
	talk_in_all_ways(&(struct cable_kind){"delay=1ms,loss=1%", 2048 * KIB, 10}, 2000);
	talk_in_all_ways(&(struct cable_kind){"delay=20ms,loss=1%", 1024 * KIB, 60}, 2100);
}

static void over_a_cable_that_loses_five_percent(void **state)
{
	(void)state;
	talk_in_all_ways(&(struct cable_kind){"delay=1ms,loss=5%", 1024 * KIB, 30}, 3000);
	talk_in_all_ways(&(struct cable_kind){"delay=20ms,loss=5%", 512 * KIB, 60}, 3100);
}

static void over_a_cable_that_loses_a_fifth(void **state)
{
	(void)state;
	for (uint64_t seed = 4000; seed < 4100; seed += 10)
		talk_in_all_ways(&(struct cable_kind){"delay=5ms,loss=20%", 100 * KIB, 600}, seed);
}

static void over_a_cable_that_reorders(void **state)
{
	(void)state;
	talk_in_all_ways(&(struct cable_kind){"delay=2ms,reorder=2%", 2048 * KIB, 10}, 5000);
	talk_in_all_ways(&(struct cable_kind){"delay=2ms,reorder=30%", 1024 * KIB, 10}, 5100);
	talk_in_all_ways(
		&(struct cable_kind){"delay=5ms,jitter=20ms,reorder=10%,loss=1%", 512 * KIB, 60},
		5200);
}

static void over_a_cable_that_doubles(void **state)
{
	(void)state;
	talk_in_all_ways(&(struct cable_kind){"delay=2ms,duplicate=10%", 1024 * KIB, 10}, 6000);
	talk_in_all_ways(&(struct cable_kind){"delay=2ms,duplicate=100%,loss=2%", 512 * KIB, 30},
			 6100);
}

static void over_a_cable_that_damages(void **state)
{
	(void)state;
	talk_in_all_ways(&(struct cable_kind){"delay=1ms,corrupt=1%", 1024 * KIB, 60}, 7000);
	talk_in_all_ways(&(struct cable_kind){"delay=1ms,corrupt=10%", 256 * KIB, 300}, 7100);
}

static void over_a_narrow_cable_with_a_short_queue(void **state)
{
	(void)state;
	talk_in_all_ways(&(struct cable_kind){"delay=10ms,rate=10mbit,queue=16k", 1024 * KIB, 20},
			 8000);
	talk_in_all_ways(&(struct cable_kind){"delay=100ms,rate=1mbit,queue=8k", 128 * KIB, 60},
			 8100);
	talk_in_all_ways(&(struct cable_kind){"delay=10ms,rate=1mbit,queue=500k", 128 * KIB, 60},
			 8200);
}

static void over_the_worst_cable(void **state)
{
	const struct cable_kind kind = {
		"delay=10ms,jitter=5ms,loss=5%,duplicate=5%,reorder=5%,corrupt=2%,rate=20mbit,"
		"queue=32k",
		128 * KIB, 300};

	(void)state;
	for (uint64_t seed = 9000; seed < 9100; seed += 10)
		talk_in_all_ways(&kind, seed);
}

// The cable is gone for a while in the middle of a talk; what comes back goes on.
static void after_a_pause_of_the_cable(void **state)
{
	struct berth_cable_faults good = {.delay_ns = 5 * TEST_MS, .bytes_per_second = 1250000};
	struct berth_cable_faults gone = {.loss = 100 * PERCENT};

	(void)state;
	for (uint64_t pause_s = 1; pause_s < 40; pause_s += 7) {
		struct world_options options = {.seed = pause_s, .faults = good};
		struct world_plan plan = {.up_bytes = 1024 * KIB, .limit_ns = 200 * TEST_S};
		struct world world;

		world_open(&world, &options);
		world_begin(&world, &plan);
		world_run_for(&world, 300 * TEST_MS);
		world_set_faults(&world, &gone);
		world_run_for(&world, pause_s * TEST_S);
		world_set_faults(&world, &good);
		world_run_until_open(&world, 0);
		world_close(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_a_perfect_cable),
		cmocka_unit_test(over_a_cable_that_loses_one_percent),
		cmocka_unit_test(over_a_cable_that_loses_five_percent),
		cmocka_unit_test(over_a_cable_that_loses_a_fifth),
		cmocka_unit_test(over_a_cable_that_reorders),
		cmocka_unit_test(over_a_cable_that_doubles),
		cmocka_unit_test(over_a_cable_that_damages),
		cmocka_unit_test(over_a_narrow_cable_with_a_short_queue),
		cmocka_unit_test(over_the_worst_cable),
		cmocka_unit_test(after_a_pause_of_the_cable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
