// SPDX-License-Identifier: MIT
//
// Bounded texts: what numbers look like, and what happens at the end of the room.
#include "../../../lib/base/text.h"
#include "../../support/unit.h"

static char room[64];
static struct text text;

static int setup(void **state)
{
	(void)state;
	memset(room, '#', sizeof(room));
	text_init(&text, room, sizeof(room));
	return 0;
}

static void a_new_text_is_empty(void **state)
{
	(void)state;
	assert_string_equal(room, "");
	assert_u64(text.length, 0);
}

static void words_and_characters_follow_each_other(void **state)
{
	(void)state;
	text_append(&text, "one");
	text_append_char(&text, ' ');
	text_append(&text, "");
	text_append(&text, "two");
	assert_string_equal(room, "one two");
	assert_u64(text.length, 7);
	assert_false(text.cut);
}

static void numbers_are_decimal(void **state)
{
	(void)state;
	text_append_u64(&text, 0);
	text_append_char(&text, ' ');
	text_append_u64(&text, 1500);
	text_append_char(&text, ' ');
	text_append_u64(&text, UINT64_MAX);
	assert_string_equal(room, "0 1500 18446744073709551615");
}

static void hexadecimal_has_leading_zeros_up_to_the_digits_asked_for(void **state)
{
	(void)state;
	text_append_hex(&text, 0, 0);
	text_append_char(&text, ' ');
	text_append_hex(&text, 0xa, 2);
	text_append_char(&text, ' ');
	text_append_hex(&text, 0xbeef, 2);
	text_append_char(&text, ' ');
	text_append_hex(&text, UINT64_MAX, 1);
	assert_string_equal(room, "0 0a beef ffffffffffffffff");
}

static void seconds_are_cut_and_not_rounded(void **state)
{
	(void)state;
	text_append_seconds(&text, UINT64_C(1234567899), 6);
	text_append_char(&text, ' ');
	text_append_seconds(&text, 5000, 9);
	text_append_char(&text, ' ');
	text_append_seconds(&text, UINT64_C(2999999999), 0);
	text_append_char(&text, ' ');
	text_append_seconds(&text, UINT64_C(60) * 1000000000, 3);
	assert_string_equal(room, "1.234567 0.000005000 2 60.000");
}

static void padding_goes_to_the_column_and_never_back(void **state)
{
	(void)state;
	text_append(&text, "ab");
	text_pad_to(&text, 5);
	text_append(&text, "cdef");
	text_pad_to(&text, 5);
	text_append_char(&text, '.');
	assert_string_equal(room, "ab   cdef.");
}

static void what_does_not_fit_is_cut_and_said_so(void **state)
{
	(void)state;
	text_init(&text, room, 4);
	text_append(&text, "abc");
	assert_false(text.cut);
	text_append(&text, "d");
	assert_true(text.cut);
	text_append_u64(&text, 12);
	text_pad_to(&text, 1000000);
	assert_string_equal(room, "abc");
	assert_u64(text.length, 3);
	assert_u64(room[4], '#');
}

static void a_text_without_room_is_never_written(void **state)
{
	(void)state;
	memset(room, '#', sizeof(room));
	text_init(&text, room, 0);
	text_append(&text, "a");
	assert_true(text.cut);
	assert_u64(room[0], '#');
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_text_is_empty),
		TEST(words_and_characters_follow_each_other),
		TEST(numbers_are_decimal),
		TEST(hexadecimal_has_leading_zeros_up_to_the_digits_asked_for),
		TEST(seconds_are_cut_and_not_rounded),
		TEST(padding_goes_to_the_column_and_never_back),
		TEST(what_does_not_fit_is_cut_and_said_so),
		TEST(a_text_without_room_is_never_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
