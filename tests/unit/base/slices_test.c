// SPDX-License-Identifier: MIT
//
// Slices cut at random against one array of the same bytes: trimming, copying, summing.
#include "../../../lib/base/checksum.h"
#include "../../../lib/base/slices.h"
#include "../../support/unit.h"

static uint8_t bytes[1000];

static struct slices slices_of(const uint32_t *lengths, uint32_t count)
{
	struct slices slices = {.count = count};
	uint32_t index;

	for (index = 0; index < count; index++) {
		slices.part[index].data = bytes + slices.length;
		slices.part[index].length = lengths[index];
		slices.length += lengths[index];
	}
	return slices;
}

static void check_bytes(const struct slices *slices, uint32_t begin, uint32_t end)
{
	uint8_t out[1000];
	uint32_t index, sum = 0;

	memset(out, 0xee, sizeof(out));
	assert_u64(slices->length, end - begin);
	for (index = 0; index < slices->count; index++)
		sum += slices->part[index].length;
	assert_u64(sum, end - begin);
	slices_copy_out(slices, out);
	assert_memory_equal(out, bytes + begin, end - begin);
	assert_u64(checksum_fold(slices_checksum(7, slices)),
		   checksum_fold(checksum_add(7, bytes + begin, end - begin)));
}

static int setup(void **state)
{
	uint64_t seed = 4;

	(void)state;
	test_random_bytes(&seed, bytes, sizeof(bytes));
	return 0;
}

static void trimming_the_front_drops_whole_parts(void **state)
{
	const uint32_t lengths[] = {3, 0, 5, 4};
	struct slices slices = slices_of(lengths, 4);

	(void)state;
	slices_trim_front(&slices, 3);
	assert_u64(slices.count, 2);
	check_bytes(&slices, 3, 12);
	slices_trim_front(&slices, 6);
	assert_u64(slices.count, 1);
	check_bytes(&slices, 9, 12);
	slices_trim_front(&slices, 3);
	assert_u64(slices.count, 0);
	check_bytes(&slices, 12, 12);
}

static void trimming_to_a_length_keeps_the_first_bytes(void **state)
{
	const uint32_t lengths[] = {3, 5, 4};
	struct slices slices = slices_of(lengths, 3);

	(void)state;
	slices_trim_to(&slices, 9);
	check_bytes(&slices, 0, 9);
	slices_trim_to(&slices, 8);
	assert_u64(slices.count, 2);
	slices_trim_to(&slices, 0);
	assert_u64(slices.count, 0);
	check_bytes(&slices, 0, 0);
}

static void random_cuts_agree_with_the_array(void **state)
{
	uint64_t seed = 6;
	unsigned round;

	(void)state;
	for (round = 0; round < 5000; round++) {
		const uint32_t count = 1 + test_random_below(&seed, BERTH_FRAME_SLICES_MAX);
		uint32_t lengths[BERTH_FRAME_SLICES_MAX];
		struct slices slices;
		uint32_t index, begin, end;

		for (index = 0; index < count; index++)
			lengths[index] = test_random_below(&seed, 250);
		slices = slices_of(lengths, count);
		check_bytes(&slices, 0, slices.length);
		end = test_random_below(&seed, slices.length + 1);
		slices_trim_to(&slices, end);
		begin = test_random_below(&seed, end + 1);
		slices_trim_front(&slices, begin);
		check_bytes(&slices, begin, end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trimming_the_front_drops_whole_parts),
		cmocka_unit_test(trimming_to_a_length_keeps_the_first_bytes),
		cmocka_unit_test(random_cuts_agree_with_the_array),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
