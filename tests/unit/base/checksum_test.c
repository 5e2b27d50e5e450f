// SPDX-License-Identifier: MIT
//
// The Internet checksum against the examples of RFC 1071 and against adding 16-bit words one by
// one.
#include "../../../lib/base/bytes.h"
#include "../../../lib/base/checksum.h"
#include "../../support/unit.h"

#define BYTES 70000u

static uint8_t bytes[BYTES];

// Big-endian words, the carry added at once, as RFC 1071 1 puts it.
static uint16_t naive_sum(const uint8_t *data, size_t length)
{
	uint32_t sum = 0;
	size_t index;

	for (index = 0; index < length; index++) {
		sum += index % 2 == 0 ? (uint32_t)data[index] << 8 : data[index];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

// A folded sum as a number, whatever the machine's byte order.
static uint16_t number_of(uint16_t folded)
{
	return load_be16(&folded);
}

static uint16_t sum_of(const uint8_t *data, size_t length)
{
	return number_of(checksum_fold(checksum_add(0, data, length)));
}

static int setup(void **state)
{
	uint64_t seed = 7;

	(void)state;
	test_random_bytes(&seed, bytes, sizeof(bytes));
	return 0;
}

static void the_example_of_rfc_1071_section_3_comes_out(void **state)
{
	const uint8_t data[8] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_u64(sum_of(data, sizeof(data)), 0xddf2);
	assert_u64(number_of(checksum_finish(checksum_add(0, data, sizeof(data)))), 0x220d);
}

static void the_parts_of_rfc_1071_section_3_add_up_with_the_odd_one_swapped(void **state)
{
	const uint8_t data[8] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	uint64_t sum = checksum_add_at(0, data, 3, 0);

	(void)state;
	sum = checksum_add_at(sum, data + 3, 5, 3);
	assert_u64(number_of(checksum_fold(sum)), 0xddf2);
}

static void no_bytes_add_nothing(void **state)
{
	(void)state;
	assert_u64(checksum_add(123, bytes, 0), 123);
	assert_u64(checksum_add_at(123, bytes, 0, 1), 123);
	assert_u64(checksum_finish(0), 0xffff);
}

static void a_last_odd_byte_is_the_upper_half_of_its_word(void **state)
{
	const uint8_t data[3] = {0x12, 0x34, 0x56};

	(void)state;
	assert_u64(sum_of(data, 3), 0x1234 + 0x5600);
}

static void every_length_at_every_alignment_agrees_with_the_naive_sum(void **state)
{
	size_t length, offset;

	(void)state;
	for (length = 0; length < 300; length++)
		for (offset = 0; offset < 17; offset++)
			assert_u64(sum_of(bytes + offset, length),
				   naive_sum(bytes + offset, length));
	assert_u64(sum_of(bytes, BYTES), naive_sum(bytes, BYTES));
	assert_u64(sum_of(bytes, 65535), naive_sum(bytes, 65535));
}

static void carries_are_never_lost(void **state)
{
	static uint8_t ones[BYTES];

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	assert_u64(sum_of(ones, BYTES), 0xffff);
	assert_u64(number_of(checksum_finish(checksum_add(0, ones, BYTES))), 0);
	ones[BYTES - 1] = 0xfe;
	assert_u64(sum_of(ones, BYTES), 0xfffe);
}

static void many_sums_into_one_do_not_overflow(void **state)
{
	static uint8_t ones[65536];
	uint64_t sum = 0;
	unsigned count;

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	for (count = 0; count < 1000; count++)
		sum = checksum_add(sum, ones, sizeof(ones));
	sum = checksum_add(sum, "\x00\x01", 2);
	assert_u64(number_of(checksum_fold(sum)), 1);
}

static void parts_cut_anywhere_add_up_to_the_whole(void **state)
{
	uint64_t seed = 8;
	unsigned round;

	(void)state;
	for (round = 0; round < 500; round++) {
		const size_t length = test_random_below(&seed, 3000);
		size_t at = 0;
		uint64_t sum = 0;

		while (at < length) {
			size_t part = 1 + test_random_below(&seed, 200);

			part = part < length - at ? part : length - at;
			sum = checksum_add_at(sum, bytes + at, part, at);
			at += part;
		}
		assert_u64(number_of(checksum_fold(sum)), naive_sum(bytes, length));
	}
}

static void copying_copies_and_sums_as_adding_does(void **state)
{
	static uint8_t copy[400];
	size_t length, offset;

	(void)state;
	for (length = 0; length < 300; length++) {
		for (offset = 0; offset < 9; offset++) {
			memset(copy, 0xee, sizeof(copy));
			assert_u64(
				checksum_fold(checksum_copy(99, copy + offset, bytes + 3, length)),
				checksum_fold(checksum_add(99, bytes + 3, length)));
			assert_memory_equal(copy + offset, bytes + 3, length);
			assert_u64(copy[offset + length], 0xee);
		}
	}
}

static void a_packet_with_its_checksum_in_it_sums_to_zero(void **state)
{
	uint8_t packet[60];
	uint16_t checksum;

	(void)state;
	memcpy(packet, bytes, sizeof(packet));
	memset(packet + 16, 0, 2);
	checksum = checksum_finish(checksum_add(0, packet, sizeof(packet)));
	memcpy(packet + 16, &checksum, sizeof(checksum));
	assert_u64(checksum_finish(checksum_add(0, packet, sizeof(packet))), 0);
	packet[20] ^= 1;
	assert_true(checksum_finish(checksum_add(0, packet, sizeof(packet))) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_rfc_1071_section_3_comes_out),
		cmocka_unit_test(the_parts_of_rfc_1071_section_3_add_up_with_the_odd_one_swapped),
		cmocka_unit_test(no_bytes_add_nothing),
		cmocka_unit_test(a_last_odd_byte_is_the_upper_half_of_its_word),
		cmocka_unit_test(every_length_at_every_alignment_agrees_with_the_naive_sum),
		cmocka_unit_test(carries_are_never_lost),
		cmocka_unit_test(many_sums_into_one_do_not_overflow),
		cmocka_unit_test(parts_cut_anywhere_add_up_to_the_whole),
		cmocka_unit_test(copying_copies_and_sums_as_adding_does),
		cmocka_unit_test(a_packet_with_its_checksum_in_it_sums_to_zero),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
