// SPDX-License-Identifier: MIT
//
// A port with a rate: every instant exact to the nanosecond, and the queue loses its tail.
#include "../../support/unit.h"
#include <berth/sim.h>

#define SECOND UINT64_C(1000000000)

static struct berth_cable *cable;

static int open_cable(void **state)
{
	struct berth_allocator allocator = test_allocator();

	(void)state;
	cable = berth_cable_new(&allocator, 1);
	if (!cable)
		return -1;
	berth_cable_add_port(cable);
	berth_cable_add_port(cable);
	return 0;
}

static int close_cable(void **state)
{
	(void)state;
	berth_cable_free(cable);
	return test_allocated_bytes() == 0 ? 0 : -1;
}

static void send_bytes(uint32_t length, uint64_t now)
{
	static uint8_t bytes[2000] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
	struct berth_frame frame = {.slice = {{bytes, length}}, .slice_count = 1, .length = length};

	berth_cable_send(cable, 0, &frame, 1, now);
}

// Take the next frame when it comes; returns when that is.
static uint64_t take_next(uint32_t expected_length)
{
	uint64_t at = berth_cable_deadline(cable);
	struct berth_frame frame;

	assert_int_equal(berth_cable_receive(cable, 1, &frame, 1, at - 1), 0);
	assert_int_equal(berth_cable_receive(cable, 1, &frame, 1, at), 1);
	assert_u64(frame.length, expected_length);
	return at;
}

static uint64_t queue_full_count(void)
{
	struct berth_cable_counters counters;

	berth_cable_counters(cable, 0, &counters);
	return counters.queue_full;
}

static void frames_leave_one_after_another(void **state)
{
	struct berth_cable_faults faults = {.bytes_per_second = 1000000, .delay_ns = 500};

	(void)state;
	berth_cable_set_faults(cable, 0, &faults);
	send_bytes(1000, 0);
	send_bytes(500, 0);
	send_bytes(100, 5000000);
	assert_u64(take_next(1000), 1000000 + 500);
	assert_u64(take_next(500), 1500000 + 500);
	assert_u64(take_next(100), 5100000 + 500); // the line was idle
}

static void no_nanosecond_is_lost_to_rounding(void **state)
{
	struct berth_cable_faults faults = {.bytes_per_second = 3 * SECOND, .queue_bytes = 1 << 20};
	uint64_t last = 0;
	unsigned i;

	(void)state;
	berth_cable_set_faults(cable, 0, &faults);
	for (i = 0; i < 3000; i++)
		send_bytes(100, 0); // 33 1/3 ns each
	for (i = 0; i < 3000; i++)
		last = take_next(100);
	assert_u64(last, 100000);
}

static void the_queue_takes_what_fits_and_loses_the_rest(void **state)
{
	struct berth_cable_faults faults = {.bytes_per_second = 1000, .queue_bytes = 3000};
	unsigned i;

	(void)state;
	berth_cable_set_faults(cable, 0, &faults);
	for (i = 0; i < 5; i++)
		send_bytes(1000, 0);
	assert_u64(queue_full_count(), 2); // three seconds of line are taken
	send_bytes(1000, SECOND - 1);
	assert_u64(queue_full_count(), 2); // 2,000.000001 bytes wait: 2,000 whole ones
	send_bytes(1000, SECOND);
	assert_u64(queue_full_count(), 3);
	send_bytes(1000, 2 * SECOND);
	assert_u64(queue_full_count(), 3);
	for (i = 0; i < 5; i++)
		assert_u64(take_next(1000), (i + 1) * SECOND);
}

static void a_frame_longer_than_the_queue_passes_when_the_line_is_idle(void **state)
{
	struct berth_cable_faults faults = {.bytes_per_second = 1000, .queue_bytes = 100};

	(void)state;
	berth_cable_set_faults(cable, 0, &faults);
	send_bytes(1000, 0);
	send_bytes(60, SECOND - 1);
	assert_u64(queue_full_count(), 0);
	send_bytes(60, SECOND - 1);
	assert_u64(queue_full_count(), 1);
	assert_u64(take_next(1000), SECOND);
	assert_u64(take_next(60), SECOND + SECOND * 60 / 1000);
}

static void a_queue_holds_256_kibibytes_when_nothing_is_said(void **state)
{
	struct berth_cable_faults faults = {.bytes_per_second = 1000};
	unsigned i;

	(void)state;
	berth_cable_set_faults(cable, 0, &faults);
	for (i = 0; i < 300; i++)
		send_bytes(1024, 0);
	assert_u64(queue_full_count(), 300 - 256);
}

static void a_line_slow_for_ages_does_not_overflow(void **state)
{
	struct berth_cable_faults slow = {.bytes_per_second = 1, .queue_bytes = UINT32_MAX};
	struct berth_cable_faults fast = {.bytes_per_second = UINT64_MAX,
					  .queue_bytes = UINT32_MAX};
	unsigned i;

	(void)state;
	berth_cable_set_faults(cable, 0, &slow);
	for (i = 0; i < 1000; i++)
		send_bytes(2000, 0);
	assert_u64(queue_full_count(), 0);
	assert_u64(take_next(2000), 2000 * SECOND);
	berth_cable_set_faults(cable, 0, &fast); // the old backlog is beyond any queue at this rate
	send_bytes(2000, 0);
	assert_u64(queue_full_count(), 1);
}

static void a_lost_frame_has_used_its_time_on_the_line(void **state)
{
	struct berth_cable_faults faults = {.bytes_per_second = 1000, .loss = 1000000};

	(void)state;
	berth_cable_set_faults(cable, 0, &faults);
	send_bytes(1000, 0);
	faults.loss = 0;
	berth_cable_set_faults(cable, 0, &faults);
	send_bytes(1000, 0);
	assert_u64(take_next(1000), 2 * SECOND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_cable, close_cable)
	const struct CMUnitTest tests[] = {
		TEST(frames_leave_one_after_another),
		TEST(no_nanosecond_is_lost_to_rounding),
		TEST(the_queue_takes_what_fits_and_loses_the_rest),
		TEST(a_frame_longer_than_the_queue_passes_when_the_line_is_idle),
		TEST(a_queue_holds_256_kibibytes_when_nothing_is_said),
		TEST(a_line_slow_for_ages_does_not_overflow),
		TEST(a_lost_frame_has_used_its_time_on_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
