// SPDX-License-Identifier: MIT
//
// Network order at any address, a reader that remembers it ran short, lists, small arithmetic.
#include "../../../lib/base/bytes.h"
#include "../../../lib/base/list.h"
#include "../../../lib/base/numbers.h"
#include "../../../lib/base/time_units.h"
#include "../../support/unit.h"

static void loads_and_stores_are_big_endian_at_any_address(void **state)
{
	uint8_t bytes[16];
	unsigned offset;

	(void)state;
	for (offset = 0; offset < 5; offset++) {
		memset(bytes, 0, sizeof(bytes));
		store_be16(bytes + offset, 0x8123);
		store_be32(bytes + offset + 2, 0xfedcba98);
		assert_hex(bytes + offset, 6, "8123 fedcba98");
		assert_u64(load_be16(bytes + offset), 0x8123);
		assert_u64(load_be32(bytes + offset + 2), 0xfedcba98);
	}
}

static void a_reader_gives_the_fields_one_after_the_other(void **state)
{
	const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct byte_reader reader = byte_reader_of(data, sizeof(data));

	(void)state;
	assert_u64(read_u8(&reader), 1);
	assert_u64(read_be16(&reader), 0x0203);
	assert_u64(read_be32(&reader), 0x04050607);
	assert_ptr_equal(read_bytes(&reader, 2), data + 7);
	assert_u64(reader.left, 0);
	assert_false(reader.short_read);
}

static void a_reader_that_ran_short_gives_zeros_and_says_so_for_ever(void **state)
{
	const uint8_t data[] = {1, 2, 3};
	struct byte_reader reader = byte_reader_of(data, sizeof(data));

	(void)state;
	assert_u64(read_be32(&reader), 0);
	assert_true(reader.short_read);
	assert_u64(read_be16(&reader), 0x0102);
	assert_true(reader.short_read);
	assert_null(read_bytes(&reader, 2));
	assert_u64(reader.left, 1);
}

static void a_list_keeps_the_order_and_knows_who_is_on_it(void **state)
{
	struct list list;
	struct list_node nodes[3] = {{NULL, NULL}};

	(void)state;
	list_init(&list);
	assert_true(list_is_empty(&list));
	assert_null(list_first(&list));
	assert_null(list_take_first(&list));
	list_append(&list, &nodes[0]);
	list_append(&list, &nodes[1]);
	list_append(&list, &nodes[2]);
	assert_ptr_equal(list_after(&list, &nodes[0]), &nodes[1]);
	assert_null(list_after(&list, &nodes[2]));
	list_remove(&nodes[1]);
	assert_false(list_contains_node(&nodes[1]));
	list_remove_if_on(&nodes[1]);
	assert_ptr_equal(list_take_first(&list), &nodes[0]);
	list_remove_if_on(&nodes[2]);
	assert_true(list_is_empty(&list));
}

static void powers_of_two_are_rounded_up(void **state)
{
	(void)state;
	assert_u64(power_of_two_above(0), 1);
	assert_u64(power_of_two_above(1), 1);
	assert_u64(power_of_two_above(3), 4);
	assert_u64(power_of_two_above(1u << 31), 1u << 31);
}

static void never_stays_never_and_nothing_overflows_into_the_past(void **state)
{
	(void)state;
	assert_u64(time_after(5, 7), 12);
	assert_u64(time_after(5, NEVER), NEVER);
	assert_u64(time_after(NEVER - 3, 4), NEVER);
	assert_u64(earliest(NEVER, 3), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_and_stores_are_big_endian_at_any_address),
		cmocka_unit_test(a_reader_gives_the_fields_one_after_the_other),
		cmocka_unit_test(a_reader_that_ran_short_gives_zeros_and_says_so_for_ever),
		cmocka_unit_test(a_list_keeps_the_order_and_knows_who_is_on_it),
		cmocka_unit_test(powers_of_two_are_rounded_up),
		cmocka_unit_test(never_stays_never_and_nothing_overflows_into_the_past),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
