// SPDX-License-Identifier: MIT
//
// Are the numbers the same for the same seed, others for another, and evenly spread?
#include "../../../lib/base/random.h"
#include "../../support/unit.h"

static const uint64_t seed[2] = {1, 2};

static void the_same_seed_gives_the_same_numbers(void **state)
{
	struct random left, right;
	unsigned index;

	(void)state;
	random_init(&left, seed, 3);
	random_init(&right, seed, 3);
	for (index = 0; index < 100; index++)
		assert_u64(random_u64(&left), random_u64(&right));
}

static void another_seed_or_stream_gives_others(void **state)
{
	const uint64_t other_seed[2] = {1, 3};
	struct random first, other_stream, other;
	uint64_t number;

	(void)state;
	random_init(&first, seed, 0);
	random_init(&other_stream, seed, 1);
	random_init(&other, other_seed, 0);
	number = random_u64(&first);
	assert_true(number != random_u64(&other_stream));
	assert_true(number != random_u64(&other));
	assert_true(number != random_u64(&first));
}

// The stream as it is today: replays of recorded seeds depend on it.
static void the_stream_does_not_change_between_versions(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, seed, 0);
	assert_u64(random_u64(&random), UINT64_C(0xee9fc4753a5870d5));
	assert_u64(random_u64(&random), UINT64_C(0x49a1cc9090f96563));
}

static void numbers_below_a_bound_are_below_it_and_even(void **state)
{
	struct random random;
	unsigned counts[7] = {0};
	unsigned index;

	(void)state;
	random_init(&random, seed, 0);
	for (index = 0; index < 70000; index++) {
		const uint32_t number = random_below(&random, 7);

		assert_true(number < 7);
		counts[number]++;
	}
	for (index = 0; index < 7; index++) // 10,000 expected; five standard deviations
		assert_in_range(counts[index], 9537, 10463);
}

static void bound_one_gives_zero_and_the_largest_bound_large_numbers(void **state)
{
	struct random random;
	uint32_t largest = 0;
	unsigned index;

	(void)state;
	random_init(&random, seed, 0);
	for (index = 0; index < 100; index++)
		assert_u64(random_below(&random, 1), 0);
	for (index = 0; index < 1000; index++) {
		const uint32_t number = random_below(&random, UINT32_MAX);

		largest = number > largest ? number : largest;
	}
	assert_true(largest > UINT32_MAX / 100 * 97);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_numbers),
		cmocka_unit_test(another_seed_or_stream_gives_others),
		cmocka_unit_test(the_stream_does_not_change_between_versions),
		cmocka_unit_test(numbers_below_a_bound_are_below_it_and_even),
		cmocka_unit_test(bound_one_gives_zero_and_the_largest_bound_large_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
