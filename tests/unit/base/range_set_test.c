// SPDX-License-Identifier: MIT
//
// The range set against a bitmap of the same positions.
#include "../../../lib/base/range_set.h"
#include "../../support/unit.h"

#define POSITIONS 1500u

static struct memory memory;
static struct range_set set;

static int setup(void **state)
{
	const struct berth_allocator allocator = test_allocator();

	(void)state;
	memory_init(&memory, &allocator);
	range_set_init(&set);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	range_set_release(&set, &memory);
	assert_u64(range_set_count(&set), 0);
	assert_u64(test_allocated_bytes(), 0);
	return 0;
}

static bool add(uint64_t begin, uint64_t end)
{
	return range_set_add(&set, &memory, begin, end);
}

static void assert_range(unsigned index, uint64_t begin, uint64_t end)
{
	assert_u64(range_set_at(&set, index)->begin, begin);
	assert_u64(range_set_at(&set, index)->end, end);
}

static void ranges_stay_sorted_whatever_their_order(void **state)
{
	(void)state;
	assert_true(add(50, 60));
	assert_true(add(10, 20));
	assert_true(add(30, 40));
	assert_u64(range_set_count(&set), 3);
	assert_range(0, 10, 20);
	assert_range(1, 30, 40);
	assert_range(2, 50, 60);
}

static void touching_ranges_become_one(void **state)
{
	(void)state;
	assert_true(add(10, 20));
	assert_true(add(30, 40));
	assert_true(add(20, 30));
	assert_u64(range_set_count(&set), 1);
	assert_range(0, 10, 40);
}

static void ranges_one_position_apart_stay_two(void **state)
{
	(void)state;
	assert_true(add(10, 20));
	assert_true(add(21, 30));
	assert_u64(range_set_count(&set), 2);
}

static void a_wide_range_swallows_what_it_covers(void **state)
{
	(void)state;
	assert_true(add(10, 12));
	assert_true(add(20, 22));
	assert_true(add(30, 32));
	assert_true(add(40, 42));
	assert_true(add(11, 31));
	assert_u64(range_set_count(&set), 2);
	assert_range(0, 10, 32);
	assert_range(1, 40, 42);
}

static void an_empty_range_adds_nothing(void **state)
{
	(void)state;
	assert_true(add(10, 10));
	assert_u64(range_set_count(&set), 0);
}

static void positions_reach_to_the_end_of_the_line(void **state)
{
	(void)state;
	assert_true(add(UINT64_MAX - 5, UINT64_MAX));
	assert_true(add(0, 1));
	assert_non_null(range_set_find(&set, UINT64_MAX - 1));
	assert_null(range_set_find(&set, UINT64_MAX));
	assert_non_null(range_set_find(&set, 0));
}

static void removing_below_cuts_drops_and_leaves_what_is_above(void **state)
{
	(void)state;
	assert_true(add(10, 20));
	assert_true(add(30, 40));
	range_set_remove_below(&set, 5);
	assert_range(0, 10, 20);
	range_set_remove_below(&set, 15);
	assert_range(0, 15, 20);
	range_set_remove_below(&set, 20);
	assert_u64(range_set_count(&set), 1);
	assert_range(0, 30, 40);
	range_set_remove_below(&set, 100);
	assert_u64(range_set_count(&set), 0);
}

static void the_first_ranges_need_no_memory(void **state)
{
	(void)state;
	test_allocator_refuse(true);
	assert_true(add(10, 20));
	assert_true(add(30, 40));
	assert_false(add(50, 60));
	assert_u64(range_set_count(&set), 2);
	assert_range(0, 10, 20);
	assert_range(1, 30, 40);
	assert_true(add(15, 35)); // uniting needs none
	assert_range(0, 10, 40);
}

static void one_range_more_than_the_limit_is_refused_but_uniting_is_not(void **state)
{
	unsigned index;

	(void)state;
	for (index = 0; index < RANGE_SET_MAX; index++)
		assert_true(add(index * 10, index * 10 + 5));
	assert_false(add(RANGE_SET_MAX * 10, RANGE_SET_MAX * 10 + 5));
	assert_false(add(7, 8));
	assert_u64(range_set_count(&set), RANGE_SET_MAX);
	assert_true(add(5, 10));
	assert_u64(range_set_count(&set), RANGE_SET_MAX - 1);
	assert_true(add(RANGE_SET_MAX * 10, RANGE_SET_MAX * 10 + 5));
}

static void check_against_bitmap(const bool *bitmap)
{
	unsigned position, index = 0;

	for (position = 0; position < POSITIONS; position++) {
		const struct range *found = range_set_find(&set, position);

		assert_u64(found != NULL, bitmap[position]);
		if (found)
			assert_true(found->begin <= position && position < found->end);
	}
	for (position = 0; position < POSITIONS; position++) {
		const unsigned begin = position;

		while (position < POSITIONS && bitmap[position])
			position++;
		if (position > begin)
			assert_range(index++, begin, position);
	}
	assert_u64(range_set_count(&set), index);
}

static void a_random_walk_agrees_with_a_bitmap(void **state)
{
	static bool bitmap[POSITIONS];
	uint64_t seed = 5;
	unsigned step;

	(void)state;
	for (step = 0; step < 20000; step++) {
		const uint32_t begin = test_random_below(&seed, POSITIONS);
		const uint32_t length = test_random_below(&seed, step % 500 == 0 ? 400 : 5);
		const uint32_t end = begin + length < POSITIONS ? begin + length : POSITIONS;

		if (test_random_below(&seed, 200) == 0) {
			range_set_remove_below(&set, begin);
			memset(bitmap, 0, begin * sizeof(bitmap[0]));
		} else if (add(begin, end)) {
			memset(bitmap + begin, 1, (end - begin) * sizeof(bitmap[0]));
		}
		if (step % 7 == 0)
			check_against_bitmap(bitmap);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ranges_stay_sorted_whatever_their_order),
		TEST(touching_ranges_become_one),
		TEST(ranges_one_position_apart_stay_two),
		TEST(a_wide_range_swallows_what_it_covers),
		TEST(an_empty_range_adds_nothing),
		TEST(positions_reach_to_the_end_of_the_line),
		TEST(removing_below_cuts_drops_and_leaves_what_is_above),
		TEST(the_first_ranges_need_no_memory),
		TEST(one_range_more_than_the_limit_is_refused_but_uniting_is_not),
		TEST(a_random_walk_agrees_with_a_bitmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
