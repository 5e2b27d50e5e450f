// SPDX-License-Identifier: MIT
//
// Worlds of which nothing is chosen but a seed: hosts, faults, offloads, limits, talks. In each all
// bytes arrive and all connections end.
//
// SCENARIO_SEEDS=FIRST:COUNT runs others, or more of them.
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

#define KIB 1024u
#define PERCENT 10000u
#define WORLDS 2000u

static uint64_t random_state;

static uint32_t below(uint32_t bound)
{
	return test_random_below(&random_state, bound);
}

static bool one_in(uint32_t count)
{
	return below(count) == 0;
}

// Mostly small numbers, now and then one near most.
static uint32_t up_to(uint32_t most)
{
	return below((most >> below(12)) + 1);
}

static void choose_faults(struct berth_cable_faults *faults)
{
	faults->delay_ns = up_to(100000) * TEST_US;
	faults->jitter_ns = one_in(3) ? up_to(20000) * TEST_US : 0;
	faults->loss = one_in(2) ? up_to(15 * PERCENT) : 0;
	faults->duplicate = one_in(4) ? up_to(50 * PERCENT) : 0;
	faults->reorder = one_in(3) ? up_to(30 * PERCENT) : 0;
	faults->reorder_ns = up_to(50000) * TEST_US;
	faults->corrupt = one_in(4) ? up_to(5 * PERCENT) : 0;
	if (one_in(2)) {
		faults->bytes_per_second = 20000 + up_to(100000000);
		faults->queue_bytes = 4000 + up_to(200000);
	}
}

static void choose_world(struct world_options *options)
{
	struct berth_config *config = &options->host.config;

	options->host_count = 2 + below(3);
	choose_faults(&options->faults);
	options->host.mtu = one_in(2) ? 0 : (uint16_t)(1280 + up_to(64000));
	options->faults.queue_bytes += 2u * options->host.mtu; // a frame must fit into it
	if (one_in(2))
		options->host.offloads = below(16);
	config->congestion = one_in(2) ? "cubic" : "reno";
	config->time_wait_ns = 1000 * TEST_S;
	if (one_in(3))
		config->tcp_receive_bytes_max = 4096 + up_to(4u << 20);
	if (one_in(3))
		config->tcp_send_bytes_max = 4096 + up_to(4u << 20);
	if (one_in(3))
		config->queued_packets_max = 16 + up_to(4096);
}

static void choose_plan(struct world_plan *plan, unsigned host_count)
{
	plan->client = below(host_count);
	plan->server = (plan->client + 1 + below(host_count - 1)) % host_count;
	plan->family = one_in(2) ? BERTH_FAMILY_IPV4 : BERTH_FAMILY_IPV6;
	plan->port = (uint16_t)(1 + below(5));
	plan->up_bytes = up_to(300 * KIB);
	plan->down_bytes = up_to(300 * KIB);
	plan->first = (enum world_first)below(3);
	if (one_in(3))
		plan->message_bytes = 1 + up_to(20000);
	if (plan->message_bytes) { // as many messages as end in reasonable time, on both sides
		plan->up_bytes = plan->down_bytes = plan->message_bytes * (1 + below(30));
	} else if (one_in(2)) {
		plan->server_waits = true;
		plan->server_waits_for_fin = plan->first != WORLD_SERVER_FIRST && one_in(2);
	}
	plan->closes = one_in(2);
	if (one_in(3))
		plan->receive_buffer = (int)(1 + up_to(200000));
	if (one_in(3))
		plan->send_buffer = (int)(1 + up_to(200000));
	if (one_in(8)) {
		plan->read_bytes = 1000 + up_to(60000);
		plan->read_every_ns = up_to(500000) * TEST_US + 1;
	}
	plan->limit_ns = 20000 * TEST_S;
}

static void run_world(uint64_t seed)
{
	struct world_options options = {.seed = seed};
	unsigned talks;
	struct world world;

	random_state = seed;
	choose_world(&options);
	world_open(&world, &options);
	talks = 1 + up_to(40);
	while (talks-- > 0) {
		struct world_plan plan = {0};

		choose_plan(&plan, options.host_count);
		world_begin(&world, &plan);
		world_run_for(&world, up_to(100000) * TEST_US);
	}
	world_run_until_open(&world, 0);
	world_close(&world);
}

static void all_bytes_arrive_in_any_world(void **state)
{
	const char *asked = getenv("SCENARIO_SEEDS");
	unsigned long first = 1, count = WORLDS;

	(void)state;
	if (asked)
		assert_int_equal(sscanf(asked, "%lu:%lu", &first, &count), 2);
	for (unsigned long seed = first; seed < first + count; seed++)
		run_world(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_bytes_arrive_in_any_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
