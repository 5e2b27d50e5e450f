// SPDX-License-Identifier: MIT
//
// Faults: exact counts for a seed, the same seed the same bytes at the same instants, and each kind
// of fault does what its name says and nothing else.
#include "../../support/unit.h"
#include <berth/sim.h>

#define MS UINT64_C(1000000)
#define FRAMES 10000u
#define FRAME_BYTES 100u

struct arrival {
	uint64_t at;
	uint32_t number; // written into the frame when it was sent
	uint32_t flipped_bits;
};

struct run {
	struct berth_cable_counters counters;
	uint32_t arrived;
	struct arrival arrivals[2 * FRAMES];
};

static void fill_frame(uint8_t *bytes, uint32_t number)
{
	uint64_t random = number + 1;

	test_random_bytes(&random, bytes, FRAME_BYTES);
	memset(bytes, 0xff, 6);
	bytes[6] = 2;
	memcpy(bytes + 14, &number, sizeof(number));
	memcpy(bytes + 60, &number, sizeof(number)); // one of the two survives one flipped bit
	memcpy(bytes + 80, &number, sizeof(number));
}

static uint32_t number_of(const uint8_t *bytes)
{
	uint32_t one, two, three;

	memcpy(&one, bytes + 14, sizeof(one));
	memcpy(&two, bytes + 60, sizeof(two));
	memcpy(&three, bytes + 80, sizeof(three));
	return one == two || one == three ? one : two;
}

static void note_arrival(struct run *run, const struct berth_frame *frame, uint64_t now)
{
	struct arrival *arrival = &run->arrivals[run->arrived++];
	const uint8_t *bytes = frame->slice[0].data;
	uint8_t expected[FRAME_BYTES];
	uint32_t i;

	assert_true(run->arrived <= 2 * FRAMES);
	assert_u64(frame->length, FRAME_BYTES);
	arrival->at = now;
	arrival->number = number_of(bytes);
	arrival->flipped_bits = 0;
	fill_frame(expected, arrival->number);
	for (i = 0; i < FRAME_BYTES; i++)
		arrival->flipped_bits +=
			(uint32_t)__builtin_popcount((unsigned)(bytes[i] ^ expected[i]));
}

// Send FRAMES frames, one every gap_ns, and note all that arrives.
static void run_frames(const struct berth_cable_faults *faults, uint64_t seed, uint64_t gap_ns,
		       struct run *ret_run)
{
	struct berth_allocator allocator = test_allocator();
	struct berth_cable *cable = berth_cable_new(&allocator, seed);
	uint32_t sent = 0;
	uint64_t now = 0;

	memset(ret_run, 0, sizeof(*ret_run));
	assert_int_equal(berth_cable_add_port(cable), 0);
	assert_int_equal(berth_cable_add_port(cable), 1);
	berth_cable_set_faults(cable, 0, faults);
	for (;;) {
		uint64_t deadline = berth_cable_deadline(cable);
		uint64_t send_at = sent < FRAMES ? sent * gap_ns : BERTH_NEVER;
		struct berth_frame frame;

		if (deadline == BERTH_NEVER && send_at == BERTH_NEVER)
			break;
		now = deadline < send_at ? deadline : send_at;
		while (berth_cable_receive(cable, 1, &frame, 1, now) == 1)
			note_arrival(ret_run, &frame, now);
		if (now == send_at) {
			uint8_t bytes[FRAME_BYTES];

			fill_frame(bytes, sent++);
			frame = (struct berth_frame){.slice = {{bytes, FRAME_BYTES}},
						     .slice_count = 1,
						     .length = FRAME_BYTES};
			berth_cable_send(cable, 0, &frame, 1, now);
		}
	}
	berth_cable_counters(cable, 0, &ret_run->counters);
	berth_cable_free(cable);
	assert_u64(test_allocated_bytes(), 0);
}

static struct run run, other_run;

static void loss_of_one_percent_loses_about_one_percent_and_the_rest_in_order(void **state)
{
	struct berth_cable_faults faults = {.loss = 10000};
	uint32_t i;

	(void)state;
	run_frames(&faults, 1, 1000, &run);
	assert_u64(run.counters.frames, FRAMES);
	assert_u64(run.counters.bytes, FRAMES * FRAME_BYTES);
	assert_u64(run.counters.lost, 101); // seed 1
	assert_u64(run.arrived, FRAMES - 101);
	for (i = 1; i < run.arrived; i++)
		assert_true(run.arrivals[i].number > run.arrivals[i - 1].number);
	run_frames(&faults, 3, 1000, &run);
	assert_u64(run.counters.lost, 105); // seed 3
}

static void loss_of_everything_loses_everything(void **state)
{
	struct berth_cable_faults faults = {.loss = 1000000};

	(void)state;
	run_frames(&faults, 1, 1000, &run);
	assert_u64(run.counters.lost, FRAMES);
	assert_u64(run.arrived, 0);
}

static void duplicates_arrive_together_and_are_counted(void **state)
{
	struct berth_cable_faults faults = {.duplicate = 20000, .delay_ns = MS};
	uint32_t i, doubles = 0;

	(void)state;
	run_frames(&faults, 1, 1000, &run);
	assert_u64(run.counters.duplicated, 199); // seed 1
	assert_u64(run.arrived, FRAMES + 199);
	for (i = 1; i < run.arrived; i++) {
		if (run.arrivals[i].number != run.arrivals[i - 1].number)
			continue;
		doubles++;
		assert_u64(run.arrivals[i].at, run.arrivals[i - 1].at);
	}
	assert_u64(doubles, 199);
}

static void corruption_flips_exactly_one_bit(void **state)
{
	struct berth_cable_faults faults = {.corrupt = 50000};
	uint32_t i, flipped = 0;

	(void)state;
	run_frames(&faults, 1, 1000, &run);
	assert_u64(run.counters.corrupted, 502); // seed 1
	assert_u64(run.arrived, FRAMES);
	for (i = 0; i < run.arrived; i++) {
		assert_true(run.arrivals[i].flipped_bits <= 1);
		flipped += run.arrivals[i].flipped_bits;
	}
	assert_u64(flipped, 502);
}

static void delay_without_jitter_is_exact(void **state)
{
	struct berth_cable_faults faults = {.delay_ns = 10 * MS + 7};
	uint32_t i;

	(void)state;
	run_frames(&faults, 1, 1000, &run);
	assert_u64(run.arrived, FRAMES);
	for (i = 0; i < FRAMES; i++) {
		assert_u64(run.arrivals[i].number, i);
		assert_u64(run.arrivals[i].at, i * 1000 + 10 * MS + 7);
	}
}

static void jitter_keeps_order_and_stays_within_its_limit(void **state)
{
	struct berth_cable_faults faults = {.delay_ns = 10 * MS, .jitter_ns = 2 * MS};
	uint64_t least = BERTH_NEVER, most = 0;
	uint32_t i;

	(void)state;
	run_frames(&faults, 1, 100000, &run);
	assert_u64(run.arrived, FRAMES);
	for (i = 0; i < FRAMES; i++) {
		uint64_t took = run.arrivals[i].at - i * UINT64_C(100000);

		assert_u64(run.arrivals[i].number, i);
		assert_true(took >= 10 * MS && took <= 12 * MS);
		least = took < least ? took : least;
		most = took > most ? took : most;
	}
	assert_true(least < 10 * MS + MS);
	assert_true(most > 12 * MS - MS / 20);
}

static void a_reordered_frame_is_held_back_and_holds_nobody_up(void **state)
{
	struct berth_cable_faults faults = {
		.delay_ns = 5 * MS, .reorder = 10000, .reorder_ns = 3500000};
	uint32_t i, held = 0;

	(void)state;
	run_frames(&faults, 1, MS, &run);
	assert_u64(run.counters.reordered, 109); // seed 1
	assert_u64(run.arrived, FRAMES);
	for (i = 0; i < FRAMES; i++) {
		uint64_t took = run.arrivals[i].at - run.arrivals[i].number * MS;

		assert_true(took == 5 * MS || took == 5 * MS + 3500000);
		held += took != 5 * MS;
	}
	assert_u64(held, 109);
}

static void reordering_holds_back_for_a_millisecond_when_nothing_is_said(void **state)
{
	struct berth_cable_faults faults = {.reorder = 1000000};
	uint32_t i;

	(void)state;
	run_frames(&faults, 1, 1000, &run);
	for (i = 0; i < FRAMES; i++)
		assert_u64(run.arrivals[i].at, i * 1000 + MS);
}

static const struct berth_cable_faults everything = {
	.delay_ns = 3 * MS,
	.jitter_ns = 4 * MS,
	.loss = 30000,
	.duplicate = 20000,
	.reorder = 50000,
	.corrupt = 10000,
	.bytes_per_second = 10000000,
	.queue_bytes = 5000,
};

static void the_same_seed_gives_the_same_bytes_at_the_same_instants(void **state)
{
	(void)state;
	run_frames(&everything, 42, 9000, &run);
	run_frames(&everything, 42, 9000, &other_run);
	assert_memory_equal(&run, &other_run, sizeof(run));
	assert_true(run.counters.lost > 0 && run.counters.duplicated > 0 &&
		    run.counters.reordered > 0 && run.counters.corrupted > 0 &&
		    run.counters.queue_full > 0);
	run_frames(&everything, 43, 9000, &other_run);
	assert_memory_not_equal(&run, &other_run, sizeof(run));
}

static void one_kind_of_fault_does_not_change_what_another_strikes(void **state)
{
	struct berth_cable_faults loss = {.loss = 10000};
	struct berth_cable_faults more = {
		.loss = 10000, .jitter_ns = 5 * MS, .corrupt = 1000, .delay_ns = 1};
	uint32_t i;

	(void)state;
	run_frames(&loss, 7, 1000, &run);
	run_frames(&more, 7, 1000, &other_run);
	assert_u64(run.arrived, other_run.arrived);
	for (i = 0; i < run.arrived; i++)
		assert_u64(run.arrivals[i].number, other_run.arrivals[i].number);
}

static void what_comes_of_one_port_does_not_depend_on_another(void **state)
{
	struct berth_cable_faults faults = {.loss = 500000};
	struct berth_allocator allocator = test_allocator();
	uint64_t lost[2];
	int busy, i;

	(void)state;
	for (busy = 0; busy < 2; busy++) {
		struct berth_cable *cable = berth_cable_new(&allocator, 3);
		struct berth_cable_counters counters;
		uint8_t bytes[FRAME_BYTES];
		struct berth_frame frame = {
			.slice = {{bytes, FRAME_BYTES}}, .slice_count = 1, .length = FRAME_BYTES};

		fill_frame(bytes, 1);
		berth_cable_add_port(cable);
		berth_cable_add_port(cable);
		berth_cable_set_faults(cable, 0, &faults);
		berth_cable_set_faults(cable, 1, &faults);
		for (i = 0; i < 1000; i++) {
			berth_cable_send(cable, 0, &frame, 1, 0);
			if (busy)
				berth_cable_send(cable, 1, &frame, 1, 0);
		}
		berth_cable_counters(cable, 0, &counters);
		lost[busy] = counters.lost;
		berth_cable_free(cable);
	}
	assert_u64(lost[0], 501);
	assert_u64(lost[1], 501);
}

static void a_damaged_or_summed_frame_must_be_verified_by_its_receiver(void **state)
{
	struct berth_allocator allocator = test_allocator();
	struct berth_cable *cable = berth_cable_new(&allocator, 3);
	struct berth_cable_faults damaged = {.corrupt = 1000000}, sound = {.loss = 1};
	uint8_t bytes[FRAME_BYTES];
	struct berth_frame out, frame = {.slice = {{bytes, FRAME_BYTES}},
					 .slice_count = 1,
					 .checksum = BERTH_CHECKSUM_VALID,
					 .length = FRAME_BYTES};

	(void)state;
	fill_frame(bytes, 1);
	berth_cable_add_port(cable);
	berth_cable_add_port(cable);
	berth_cable_send(cable, 0, &frame, 1, 0);
	assert_int_equal(berth_cable_receive(cable, 1, &out, 1, 0), 1);
	assert_int_equal(out.checksum, BERTH_CHECKSUM_VALID);
	berth_cable_set_faults(cable, 0, &sound);
	berth_cable_send(cable, 0, &frame, 1, 0);
	assert_int_equal(berth_cable_receive(cable, 1, &out, 1, 0), 1);
	assert_int_equal(out.checksum, BERTH_CHECKSUM_UNKNOWN);
	berth_cable_set_faults(cable, 0, &damaged);
	berth_cable_send(cable, 0, &frame, 1, 0);
	assert_int_equal(berth_cable_receive(cable, 1, &out, 1, 0), 1);
	assert_int_equal(out.checksum, BERTH_CHECKSUM_UNKNOWN);
	berth_cable_free(cable);
}

static void new_settings_do_not_wait_for_frames_under_old_ones(void **state)
{
	struct berth_allocator allocator = test_allocator();
	struct berth_cable *cable = berth_cable_new(&allocator, 3);
	struct berth_cable_faults slow = {.delay_ns = 3600 * 1000 * MS}, none = {0};
	uint8_t bytes[FRAME_BYTES];
	struct berth_frame out,
		frame = {.slice = {{bytes, FRAME_BYTES}}, .slice_count = 1, .length = FRAME_BYTES};

	(void)state;
	fill_frame(bytes, 1);
	berth_cable_add_port(cable);
	berth_cable_add_port(cable);
	berth_cable_set_faults(cable, 0, &slow);
	berth_cable_send(cable, 0, &frame, 1, 0);
	berth_cable_set_faults(cable, 0, &none);
	berth_cable_send(cable, 0, &frame, 1, 5);
	assert_int_equal(berth_cable_receive(cable, 1, &out, 1, 5), 1);
	assert_u64(berth_cable_deadline(cable), 3600 * 1000 * MS);
	berth_cable_free(cable);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loss_of_one_percent_loses_about_one_percent_and_the_rest_in_order),
		cmocka_unit_test(loss_of_everything_loses_everything),
		cmocka_unit_test(duplicates_arrive_together_and_are_counted),
		cmocka_unit_test(corruption_flips_exactly_one_bit),
		cmocka_unit_test(delay_without_jitter_is_exact),
		cmocka_unit_test(jitter_keeps_order_and_stays_within_its_limit),
		cmocka_unit_test(a_reordered_frame_is_held_back_and_holds_nobody_up),
		cmocka_unit_test(reordering_holds_back_for_a_millisecond_when_nothing_is_said),
		cmocka_unit_test(the_same_seed_gives_the_same_bytes_at_the_same_instants),
		cmocka_unit_test(one_kind_of_fault_does_not_change_what_another_strikes),
		cmocka_unit_test(what_comes_of_one_port_does_not_depend_on_another),
		cmocka_unit_test(a_damaged_or_summed_frame_must_be_verified_by_its_receiver),
		cmocka_unit_test(new_settings_do_not_wait_for_frames_under_old_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
