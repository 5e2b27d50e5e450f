// SPDX-License-Identifier: MIT
//
// A cable without faults: where frames come out, in which order, unchanged, and when they are gone.
#include <errno.h>

#include "../../support/unit.h"
#include <berth/sim.h>

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

static struct berth_cable *cable;

static int open_cable(void **state)
{
	struct berth_allocator allocator = test_allocator();

	(void)state;
	cable = berth_cable_new(&allocator, 1);
	return cable ? 0 : -1;
}

static int close_cable(void **state)
{
	(void)state;
	berth_cable_free(cable);
	return test_allocated_bytes() == 0 ? 0 : -1;
}

static void add_ports(int count)
{
	int i;

	for (i = 0; i < count; i++)
		assert_int_equal(berth_cable_add_port(cable), i);
}

// Send one frame of 60 bytes from MAC 02:…:from to 02:…:to (0: broadcast), marked with mark.
static void send_marked(int port, uint8_t from, uint8_t to, uint8_t mark, uint64_t now)
{
	uint8_t bytes[60] = {2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 0x08, 0x00, mark};
	struct berth_frame frame = {
		.slice = {{bytes, sizeof(bytes)}}, .slice_count = 1, .length = sizeof(bytes)};

	if (to == 0)
		memset(bytes, 0xff, 6);
	berth_cable_send(cable, port, &frame, 1, now);
}

static const uint8_t *bytes_of(const struct berth_frame *frame)
{
	assert_int_equal(frame->slice_count, 1);
	return frame->slice[0].data;
}

// The marks of all frames that have arrived at port, as a text of letters.
static const char *take_marks(int port, uint64_t now)
{
	static char marks[256];
	struct berth_frame frames[4];
	size_t count, length = 0, i;

	while ((count = berth_cable_receive(cable, port, frames, 4, now)) > 0)
		for (i = 0; i < count; i++)
			marks[length++] = (char)bytes_of(&frames[i])[14];
	marks[length] = '\0';
	return marks;
}

static void an_unknown_destination_comes_out_of_all_other_ports(void **state)
{
	(void)state;
	add_ports(4);
	send_marked(1, 1, 9, 'a', 0);
	assert_string_equal(take_marks(0, 0), "a");
	assert_string_equal(take_marks(1, 0), "");
	assert_string_equal(take_marks(2, 0), "a");
	assert_string_equal(take_marks(3, 0), "a");
}

static void a_destination_that_has_spoken_is_found_at_its_port_only(void **state)
{
	(void)state;
	add_ports(3);
	send_marked(2, 9, 1, 'a', 0);
	assert_string_equal(take_marks(0, 0), "a");
	assert_string_equal(take_marks(1, 0), "a");
	send_marked(0, 1, 9, 'b', 5);
	assert_string_equal(take_marks(1, 5), "");
	assert_string_equal(take_marks(2, 5), "b");
}

static void a_machine_that_moves_is_found_at_its_new_port(void **state)
{
	(void)state;
	add_ports(3);
	send_marked(1, 9, 0, 'a', 0);
	send_marked(2, 9, 0, 'b', 1);
	send_marked(0, 1, 9, 'c', 2);
	assert_string_equal(take_marks(1, 2), "b");
	assert_string_equal(take_marks(2, 2), "ac");
}

static void a_frame_to_its_own_port_goes_nowhere(void **state)
{
	(void)state;
	add_ports(2);
	send_marked(0, 9, 0, 'a', 0);
	assert_string_equal(take_marks(1, 0), "a");
	send_marked(0, 1, 9, 'b', 0);
	assert_string_equal(take_marks(1, 0), "");
	assert_u64(berth_cable_deadline(cable), BERTH_NEVER);
}

static void a_group_address_is_never_learned(void **state)
{
	uint8_t bytes[60] = {2, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 8, 0, 'x'};
	struct berth_frame frame = {.slice = {{bytes, 60}}, .slice_count = 1, .length = 60};

	(void)state;
	add_ports(3);
	berth_cable_send(cable, 1, &frame, 1, 0);
	take_marks(0, 0);
	take_marks(2, 0);
	send_marked(0, 1, 0, 'b', 0);
	assert_string_equal(take_marks(1, 0), "b");
	assert_string_equal(take_marks(2, 0), "b");
}

static void what_was_not_seen_for_five_minutes_is_forgotten(void **state)
{
	(void)state;
	add_ports(3);
	send_marked(2, 9, 1, 'a', 0);
	send_marked(0, 1, 9, 'b', 300 * SECOND);
	assert_string_equal(take_marks(1, 300 * SECOND), "a");
	send_marked(0, 1, 9, 'c', 300 * SECOND + 1);
	assert_string_equal(take_marks(1, 300 * SECOND + 1), "c");
	assert_string_equal(take_marks(2, 300 * SECOND + 1), "bc");
}

static void the_table_of_machines_is_bounded_and_forgetting_floods(void **state)
{
	uint64_t acquisitions;
	uint32_t i;

	(void)state;
	add_ports(3);
	send_marked(1, 9, 0, 'a', 0);
	take_marks(0, 0);
	take_marks(2, 0);
	acquisitions = test_acquisitions();
	for (i = 0; i < 20000; i++) { // far more than there is room for
		uint8_t bytes[60] = {
			2,         0, 0, 0, 0, 1, 6, 1, 1, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
			(uint8_t)i};
		struct berth_frame frame = {.slice = {{bytes, 60}}, .slice_count = 1, .length = 60};

		berth_cable_send(cable, 0, &frame, 1, 1);
		take_marks(1, 1);
		take_marks(2, 1);
	}
	assert_u64(test_acquisitions(), acquisitions);
	send_marked(0, 1, 9, 'b', 2);
	assert_string_equal(take_marks(1, 2), "b");
	assert_string_equal(take_marks(2, 2), "b");
}

static void a_removed_port_takes_what_was_on_its_way_with_it(void **state)
{
	(void)state;
	add_ports(3);
	send_marked(1, 9, 0, 'a', 0);
	take_marks(0, 0);
	take_marks(2, 0);
	send_marked(0, 1, 9, 'b', 0);
	berth_cable_remove_port(cable, 1);
	assert_u64(berth_cable_deadline(cable), BERTH_NEVER);
	assert_string_equal(take_marks(1, 0), "");
	send_marked(0, 1, 9, 'c', 0);
	assert_string_equal(take_marks(2, 0), "c"); // nobody knows 9 any more
	assert_int_equal(berth_cable_add_port(cable), 1);
	assert_string_equal(take_marks(1, 0), "");
}

static void there_are_sixty_four_ports_and_no_more(void **state)
{
	struct berth_frame frame;
	int i;

	(void)state;
	add_ports(64);
	assert_int_equal(berth_cable_add_port(cable), -ENOSPC);
	send_marked(5, 1, 0, 'a', 0);
	for (i = 0; i < 64; i++)
		assert_int_equal(berth_cable_receive(cable, i, &frame, 1, 0), i != 5);
}

static void numbers_of_no_port_are_harmless(void **state)
{
	struct berth_cable_counters counters;
	struct berth_cable_faults faults = {0};
	struct berth_frame frame;

	(void)state;
	add_ports(1);
	send_marked(-1, 1, 0, 'a', 0);
	send_marked(1, 1, 0, 'a', 0);
	send_marked(64, 1, 0, 'a', 0);
	berth_cable_set_faults(cable, 99, &faults);
	berth_cable_remove_port(cable, 7);
	assert_int_equal(berth_cable_receive(cable, 63, &frame, 1, 0), 0);
	berth_cable_counters(cable, 64, &counters);
	assert_u64(counters.frames, 0);
}

static void frames_arrive_in_the_order_of_sending_across_ports(void **state)
{
	(void)state;
	add_ports(3);
	send_marked(0, 1, 0, 'a', 0);
	send_marked(1, 2, 0, 'b', 0);
	send_marked(0, 1, 0, 'c', 0);
	send_marked(1, 2, 0, 'd', 0);
	assert_string_equal(take_marks(2, 0), "abcd");
}

static void a_port_with_less_delay_overtakes_one_with_more(void **state)
{
	struct berth_cable_faults slow = {.delay_ns = 10 * MS}, fast = {.delay_ns = 2 * MS};

	(void)state;
	add_ports(3);
	berth_cable_set_faults(cable, 0, &slow);
	berth_cable_set_faults(cable, 1, &fast);
	send_marked(0, 1, 0, 'a', 0);
	send_marked(1, 2, 0, 'b', 0);
	send_marked(1, 2, 0, 'c', 7 * MS);
	send_marked(1, 2, 0, 'd', 8 * MS); // the same instant as a, sent later
	send_marked(0, 1, 0, 'e', 9 * MS);
	assert_u64(berth_cable_deadline(cable), 2 * MS);
	assert_string_equal(take_marks(2, 2 * MS - 1), "");
	assert_string_equal(take_marks(2, 2 * MS), "b");
	assert_string_equal(take_marks(2, 10 * MS), "cad");
	assert_string_equal(take_marks(2, 19 * MS), "e");
}

static void slices_are_joined_and_facts_are_kept(void **state)
{
	static const uint8_t head[54] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 1, 8, 0};
	static uint8_t body[60000], tail[3] = {7, 8, 9};
	struct berth_frame frame = {.slice = {{head, 54}, {body, 60000}, {tail, 3}},
				    .slice_count = 3,
				    .interface_index = 5,
				    .checksum = BERTH_CHECKSUM_PARTIAL,
				    .segmentation = BERTH_SEGMENTATION_TCP4,
				    .segment_bytes = 1448,
				    .header_bytes = 54,
				    .checksum_start = 34,
				    .checksum_offset = 16,
				    .length = 60057};
	uint64_t random = 1;
	struct berth_frame out;

	(void)state;
	add_ports(2);
	test_random_bytes(&random, body, sizeof(body));
	berth_cable_send(cable, 0, &frame, 1, 0);
	assert_int_equal(berth_cable_receive(cable, 1, &out, 1, 0), 1);
	assert_u64(out.length, 60057);
	assert_u64(out.slice[0].length, 60057);
	assert_int_equal(out.interface_index, 0);
	assert_int_equal(out.checksum, BERTH_CHECKSUM_PARTIAL);
	assert_int_equal(out.segmentation, BERTH_SEGMENTATION_TCP4);
	assert_int_equal(out.segment_bytes, 1448);
	assert_int_equal(out.header_bytes, 54);
	assert_int_equal(out.checksum_start, 34);
	assert_int_equal(out.checksum_offset, 16);
	assert_memory_equal(bytes_of(&out), head, 54);
	assert_memory_equal(bytes_of(&out) + 54, body, 60000);
	assert_memory_equal(bytes_of(&out) + 60054, tail, 3);
}

static void what_was_handed_out_stays_until_the_next_receive(void **state)
{
	struct berth_frame first[2], second;
	uint8_t i;

	(void)state;
	add_ports(2);
	send_marked(0, 1, 0, 'a', 0);
	send_marked(0, 1, 0, 'b', 0);
	send_marked(0, 1, 0, 'c', 0);
	assert_int_equal(berth_cable_receive(cable, 1, first, 2, 0), 2);
	for (i = 0; i < 100; i++)
		send_marked(0, 1, 0, 'z', 0); // would reuse the buffers
	assert_int_equal(bytes_of(&first[0])[14], 'a');
	assert_int_equal(bytes_of(&first[1])[14], 'b');
	assert_int_equal(berth_cable_receive(cable, 1, &second, 1, 0), 1);
	assert_int_equal(bytes_of(&second)[14], 'c');
}

static void frames_that_are_none_are_counted_as_lost(void **state)
{
	static const uint8_t bytes[70000];
	struct berth_frame frames[5] = {
		{.slice = {{bytes, 13}}, .slice_count = 1, .length = 13},       // no header
		{.slice = {{bytes, 60}}, .slice_count = 1, .length = 61},       // disagrees
		{.slice = {{bytes, 65551}}, .slice_count = 1, .length = 65551}, // too long
		{.slice_count = 0},
		{.slice = {{bytes, 60}}, .slice_count = 5, .length = 60},
	};
	struct berth_cable_counters counters;

	(void)state;
	add_ports(2);
	berth_cable_send(cable, 0, frames, 5, 0);
	berth_cable_counters(cable, 0, &counters);
	assert_u64(counters.lost, 5);
	assert_u64(counters.frames, 0);
	assert_u64(berth_cable_deadline(cable), BERTH_NEVER);
}

static void a_port_nobody_empties_loses_what_exceeds_its_bound(void **state)
{
	struct berth_cable_counters counters;
	static const uint8_t bytes[65550] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2};
	struct berth_frame frame = {.slice = {{bytes, 65550}}, .slice_count = 1, .length = 65550};
	unsigned i;

	(void)state;
	add_ports(2);
	for (i = 0; i < 2048 + 2; i++) // 128 MiB hold 2047 of them
		berth_cable_send(cable, 0, &frame, 1, 0);
	berth_cable_counters(cable, 0, &counters);
	assert_u64(counters.frames, 2050);
	assert_u64(counters.bytes, UINT64_C(2050) * 65550);
	assert_u64(counters.queue_full, 3);
	assert_u64(counters.lost, 0);
}

static void without_memory_frames_are_lost_and_nothing_else_happens(void **state)
{
	struct berth_cable_counters counters;

	(void)state;
	add_ports(2);
	test_allocator_refuse(true);
	send_marked(0, 1, 0, 'a', 0);
	test_allocator_refuse(false);
	berth_cable_counters(cable, 0, &counters);
	assert_u64(counters.lost, 1);
	send_marked(0, 1, 0, 'b', 0);
	assert_string_equal(take_marks(1, 0), "b");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_cable, close_cable)
	const struct CMUnitTest tests[] = {
		TEST(an_unknown_destination_comes_out_of_all_other_ports),
		TEST(a_destination_that_has_spoken_is_found_at_its_port_only),
		TEST(a_machine_that_moves_is_found_at_its_new_port),
		TEST(a_frame_to_its_own_port_goes_nowhere),
		TEST(a_group_address_is_never_learned),
		TEST(what_was_not_seen_for_five_minutes_is_forgotten),
		TEST(the_table_of_machines_is_bounded_and_forgetting_floods),
		TEST(a_removed_port_takes_what_was_on_its_way_with_it),
		TEST(there_are_sixty_four_ports_and_no_more),
		TEST(numbers_of_no_port_are_harmless),
		TEST(frames_arrive_in_the_order_of_sending_across_ports),
		TEST(a_port_with_less_delay_overtakes_one_with_more),
		TEST(slices_are_joined_and_facts_are_kept),
		TEST(what_was_handed_out_stays_until_the_next_receive),
		TEST(frames_that_are_none_are_counted_as_lost),
		TEST(a_port_nobody_empties_loses_what_exceeds_its_bound),
		TEST(without_memory_frames_are_lost_and_nothing_else_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
