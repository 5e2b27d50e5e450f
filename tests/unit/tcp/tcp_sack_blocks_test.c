// SPDX-License-Identifier: MIT
//
// Which SACK blocks, in which order: RFC 2018 section 4, RFC 2883 section 4.
#include "../../../lib/tcp/receiver/tcp_sack_blocks.h"
#include "../../support/unit.h"

#define NEXT 0xfffffff0u // RCV.NXT, at position 1000 of the stream: blocks wrap
#define NEXT_POSITION 1000u

static struct memory memory;
static struct range_set early;
static struct tcp_sack_recent recent;
static struct tcp_sack_block blocks[TCP_SACK_BLOCKS_MAX];

static int begin(void **state)
{
	struct berth_allocator allocator = test_allocator();

	(void)state;
	memory_init(&memory, &allocator);
	range_set_init(&early);
	tcp_sack_blocks_init(&recent);
	return 0;
}

static int end(void **state)
{
	(void)state;
	range_set_release(&early, &memory);
	assert_u64(memory.bytes_held, 0);
	return 0;
}

static void arrive(uint64_t from, uint64_t to)
{
	assert_true(range_set_add(&early, &memory, NEXT_POSITION + from, NEXT_POSITION + to));
	tcp_sack_blocks_touch(&recent, NEXT_POSITION + from);
}

static void expect(unsigned max, unsigned count, const uint32_t (*expected)[2])
{
	unsigned got = tcp_sack_blocks_build(&recent, &early, tcp_seq_of(NEXT), NEXT_POSITION, max,
					     blocks);

	assert_u64(got, count);
	assert_u64(tcp_sack_blocks_count(&recent, &early, max), count);
	for (unsigned i = 0; i < count; i++) {
		assert_u64(blocks[i].begin.raw, NEXT + expected[i][0]);
		assert_u64(blocks[i].end.raw, NEXT + expected[i][1]);
	}
}

static void the_block_of_the_last_segment_comes_first(void **state)
{
	static const uint32_t expected[][2] = {{500, 600}, {300, 400}, {100, 200}};

	(void)state;
	arrive(100, 200);
	arrive(300, 400);
	arrive(500, 600);
	expect(4, 3, expected);
}

static void a_segment_that_extends_a_range_brings_it_to_the_front(void **state)
{
	static const uint32_t expected[][2] = {{100, 250}, {500, 600}, {300, 400}};

	(void)state;
	arrive(100, 200);
	arrive(300, 400);
	arrive(500, 600);
	arrive(200, 250);
	expect(4, 3, expected);
}

static void ranges_that_merged_are_told_once(void **state)
{
	static const uint32_t expected[][2] = {{100, 400}, {500, 600}};

	(void)state;
	arrive(100, 200);
	arrive(300, 400);
	arrive(500, 600);
	arrive(200, 300);
	expect(4, 2, expected);
}

static void the_oldest_are_left_out_where_there_is_no_room(void **state)
{
	static const uint32_t expected[][2] = {{900, 1000}, {700, 800}, {500, 600}};

	(void)state;
	arrive(100, 200);
	arrive(300, 400);
	arrive(500, 600);
	arrive(700, 800);
	arrive(900, 1000);
	expect(3, 3, expected);
}

static void a_forgotten_range_fills_room_that_is_left(void **state)
{
	static const uint32_t expected[][2] = {{900, 1000}, {700, 800}, {500, 600}, {100, 400}};

	(void)state;
	arrive(100, 200);
	arrive(300, 400);
	arrive(500, 600);
	arrive(700, 800);
	arrive(900, 1000);
	assert_true(range_set_add(&early, &memory, NEXT_POSITION + 200, NEXT_POSITION + 300));
	expect(4, 4, expected);
}

static void a_duplicate_is_told_first_and_once(void **state)
{
	static const uint32_t with[][2] = {{40, 50}, {100, 200}}, without[][2] = {{100, 200}};

	(void)state;
	arrive(100, 200);
	tcp_sack_blocks_duplicate(&recent, tcp_seq_of(NEXT + 40), tcp_seq_of(NEXT + 50));
	expect(4, 2, with);
	tcp_sack_blocks_reported(&recent);
	expect(4, 1, without);
}

static void what_came_in_order_meanwhile_is_not_told(void **state)
{
	static const uint32_t expected[][2] = {{300, 400}};

	(void)state;
	arrive(300, 400);
	arrive(100, 200);
	range_set_remove_below(&early, NEXT_POSITION + 200);
	expect(4, 1, expected);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_block_of_the_last_segment_comes_first),
		CASE(a_segment_that_extends_a_range_brings_it_to_the_front),
		CASE(ranges_that_merged_are_told_once),
		CASE(the_oldest_are_left_out_where_there_is_no_room),
		CASE(a_forgotten_range_fills_room_that_is_left),
		CASE(a_duplicate_is_told_first_and_once),
		CASE(what_came_in_order_meanwhile_is_not_told),
	};

	return cmocka_run_group_tests_name("tcp_sack_blocks", tests, NULL, NULL);
}
