// SPDX-License-Identifier: MIT
//
// Do small windows, slow readers and half-closed connections work, and without standing still?
#include "world.h"

#define KIB UINT64_C(1024)
#define PERCENT 10000u
#define SMALLEST_BUFFER 1152 // set so; doubled, it is 2,304, the least that Linux gives

static uint64_t talk_over(uint64_t seed, const struct berth_cable_faults *faults,
			  const struct world_plan *plan)
{
	struct world_options options = {.seed = seed, .faults = *faults};
	struct world world;
	uint64_t took_ns;

	options.host.config.time_wait_ns = 1000 * TEST_S; // as long as a peer may be silent
	world_open(&world, &options);
	took_ns = world_talk_whole(&world, plan);
	world_close(&world);
	return took_ns;
}

static void the_smallest_receive_buffer(void **state)
{
	struct berth_cable_faults faults = {.delay_ns = TEST_MS};
	struct world_plan plan = {.up_bytes = 100 * KIB,
				  .down_bytes = 100 * KIB,
				  .receive_buffer = SMALLEST_BUFFER,
				  .limit_ns = 60 * TEST_S};
	uint64_t took_ns;

	(void)state;
	for (uint64_t seed = 1; seed < 7; seed++) {
		plan.first = (enum world_first)(seed % 3);
		plan.family = seed % 2 ? BERTH_FAMILY_IPV4 : BERTH_FAMILY_IPV6;
		faults.loss = seed > 3 ? 2 * PERCENT : 0;
		took_ns = talk_over(seed, &faults, &plan);
		// A window of 2,304 bytes moves 45 round trips of 2 ms for 100 KiB; half of it at a
		// time is still right, waiting for a timer with each is not.
		if (faults.loss == 0)
			assert_in_range(took_ns, 0, 400 * TEST_MS);
	}
}

static void small_send_buffers(void **state)
{
	struct berth_cable_faults faults = {.delay_ns = TEST_MS, .loss = PERCENT};
	struct world_plan plan = {.up_bytes = 256 * KIB,
				  .down_bytes = 256 * KIB,
				  .send_buffer = 2304,
				  .limit_ns = 60 * TEST_S};

	(void)state;
	for (uint64_t seed = 11; seed < 15; seed++)
		talk_over(seed, &faults, &plan);
}

// The window closes again and again and opens late.
static void a_slow_reader_gets_everything(void **state)
{
	struct berth_cable_faults faults = {.delay_ns = 2 * TEST_MS};
	struct world_plan plan = {.up_bytes = 300 * KIB,
				  .receive_buffer = 8192,
				  .read_every_ns = 50 * TEST_MS,
				  .read_bytes = 4000,
				  .limit_ns = 60 * TEST_S};
	uint64_t took_ns;

	(void)state;
	for (uint64_t seed = 21; seed < 27; seed++) {
		faults.loss = (uint32_t)(seed % 3) * 5 * PERCENT;
		plan.first = (enum world_first)(seed % 3);
		took_ns = talk_over(seed, &faults, &plan);
		// 77 readings, 50 ms apart: each opens the window at once, no probe is needed.
		if (faults.loss == 0)
			assert_in_range(took_ns, 3700 * TEST_MS, 4200 * TEST_MS);
	}
}

// Each has filled the other's window, segments in it and ACKs are lost: the next ACKs stand at the
// right edge of the window and must be heard nevertheless.
static void two_full_windows_hear_each_other(void **state)
{
	const struct berth_cable_faults faults = {.delay_ns = 30 * TEST_MS, .loss = 30 * PERCENT};
	const struct world_plan plan = {.up_bytes = 60000,
					.down_bytes = 60000,
					.receive_buffer = 3373,
					.limit_ns = 3000 * TEST_S};

	(void)state;
	for (uint64_t seed = 1; seed < 300; seed++)
		talk_over(seed, &faults, &plan);
}

// So slow that probes go out between two readings, and some of them are lost.
static void a_sleeping_reader_gets_everything(void **state)
{
	struct berth_cable_faults faults = {.delay_ns = 2 * TEST_MS};
	struct world_plan plan = {.up_bytes = 100 * KIB,
				  .receive_buffer = 4096,
				  .read_every_ns = 20 * TEST_S,
				  .read_bytes = 20000,
				  .limit_ns = 900 * TEST_S};

	(void)state;
	for (uint64_t seed = 31; seed < 37; seed++) {
		faults.loss = (uint32_t)(seed % 3) * 10 * PERCENT;
		talk_over(seed, &faults, &plan);
	}
}

static void one_byte_at_a_time(void **state)
{
	struct berth_cable_faults faults = {.delay_ns = TEST_MS};
	struct world_plan plan = {
		.up_bytes = 2000, .down_bytes = 2000, .message_bytes = 1, .limit_ns = 60 * TEST_S};

	(void)state;
	// Nobody waits for a delayed ACK: 2,000 round trips of 2 ms, and the opening and the end.
	assert_in_range(talk_over(41, &faults, &plan), 4 * TEST_S, 4 * TEST_S + 100 * TEST_MS);
	faults.loss = PERCENT;
	talk_over(42, &faults, &plan);
}

static void ping_pong_of_many_sizes(void **state)
{
	const uint64_t sizes[] = {100, 1460, 1461, 4000, 20000, 100000};
	struct berth_cable_faults faults = {.delay_ns = TEST_MS};

	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct world_plan plan = {.up_bytes = 50 * sizes[i],
					  .down_bytes = 50 * sizes[i],
					  .message_bytes = sizes[i],
					  .limit_ns = 60 * TEST_S};

		faults.loss = 0;
		// 50 times there and back: twice the one-way time, and at most a few round trips
		// more of slow start; never 40 ms of somebody's delayed ACK each time.
		assert_in_range(talk_over(50 + i, &faults, &plan), 100 * TEST_MS, 500 * TEST_MS);
		faults.loss = 2 * PERCENT;
		talk_over(60 + i, &faults, &plan);
	}
}

static void a_half_closed_connection_still_speaks(void **state)
{
	struct berth_cable_faults faults = {.delay_ns = 5 * TEST_MS};
	struct world_plan plan = {.up_bytes = 1000,
				  .down_bytes = 2048 * KIB,
				  .server_waits_for_fin = true,
				  .first = WORLD_CLIENT_FIRST,
				  .limit_ns = 120 * TEST_S};

	(void)state;
	for (uint64_t seed = 71; seed < 77; seed++) {
		faults.loss = (uint32_t)(seed % 3) * 2 * PERCENT;
		plan.up_bytes = seed % 2 ? 0 : 100000; // also nothing but a FIN
		talk_over(seed, &faults, &plan);
	}
}

static void a_connection_without_a_byte_ends_properly(void **state)
{
	struct berth_cable_faults faults = {.delay_ns = TEST_MS};
	struct world_plan plan = {.limit_ns = 300 * TEST_S};

	(void)state;
	for (uint64_t seed = 81; seed < 111; seed++) {
		plan.first = (enum world_first)(seed % 3);
		plan.closes = seed % 2;
		faults.loss = (uint32_t)(seed % 4) * 8 * PERCENT;
		talk_over(seed, &faults, &plan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_receive_buffer),
		cmocka_unit_test(small_send_buffers),
		cmocka_unit_test(two_full_windows_hear_each_other),
		cmocka_unit_test(a_slow_reader_gets_everything),
		cmocka_unit_test(a_sleeping_reader_gets_everything),
		cmocka_unit_test(one_byte_at_a_time),
		cmocka_unit_test(ping_pong_of_many_sizes),
		cmocka_unit_test(a_half_closed_connection_still_speaks),
		cmocka_unit_test(a_connection_without_a_byte_ends_properly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
