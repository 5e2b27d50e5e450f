// SPDX-License-Identifier: MIT
//
// TCP headers and options: the bytes Linux sends, every option in every wrong length, there and
// back.
#include "../../../lib/wire/wire_tcp.h"
#include "../../support/unit.h"

static uint8_t bytes[100];
static struct tcp_header header;

// Parse a header whose options are these bytes (a multiple of four of them).
static bool options_are_read(const char *options)
{
	const size_t length = 20 + test_bytes_of_hex(options, bytes + 20, sizeof(bytes) - 20);

	assert_u64(length % 4, 0);
	test_bytes_of_hex("3039 0050 00000001 00000002 00 10 ffff 0000 0000", bytes, 20);
	bytes[12] = (uint8_t)(length / 4 << 4);
	memset(&header, 0xff, sizeof(header));
	return tcp_parse(bytes, length, &header);
}

// No option at all was understood.
static void assert_no_options(void)
{
	assert_u64(header.options.mss, 0);
	assert_false(header.options.has_window_scale);
	assert_false(header.options.sack_permitted);
	assert_false(header.options.has_timestamps);
	assert_u64(header.options.sack_count, 0);
}

static void the_fixed_part_is_read(void **state)
{
	(void)state;
	test_bytes_of_hex("3039 0050 12345678 9abcdef0 5f ff 7210 1111 4242", bytes, sizeof(bytes));
	assert_true(tcp_parse(bytes, 20, &header));
	assert_u64(header.source_port, 12345);
	assert_u64(header.target_port, 80);
	assert_u64(header.sequence.raw, 0x12345678);
	assert_u64(header.acknowledgment.raw, 0x9abcdef0);
	assert_u64(header.header_bytes, 20);
	assert_u64(header.flags, 0xff);
	assert_u64(header.window, 0x7210);
	assert_u64(header.urgent_pointer, 0x4242);
	assert_no_options();
}

static void every_flag_has_its_bit(void **state)
{
	(void)state;
	assert_u64(TCP_FLAG_FIN | TCP_FLAG_SYN | TCP_FLAG_RST | TCP_FLAG_PSH, 0x0f);
	assert_u64(TCP_FLAG_ACK | TCP_FLAG_URG | TCP_FLAG_ECE | TCP_FLAG_CWR, 0xf0);
	test_bytes_of_hex("0001 0002 00000000 00000000 50 12 0000 0000 0000", bytes, sizeof(bytes));
	assert_true(tcp_parse(bytes, 20, &header));
	assert_u64(header.flags, TCP_FLAG_SYN | TCP_FLAG_ACK);
}

static void impossible_data_offsets_are_refused(void **state)
{
	unsigned words;
	size_t length;

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	for (words = 0; words < 16; words++) {
		bytes[12] = (uint8_t)(words << 4);
		for (length = 0; length <= 60; length++)
			assert_u64(tcp_parse(bytes, length, &header),
				   words >= 5 && length >= words * 4);
	}
}

static void the_options_of_a_linux_syn_are_read(void **state)
{
	(void)state;
	assert_true(options_are_read("020405b4 0402 080a 11223344 00000000 01 030307"));
	assert_u64(header.header_bytes, 40);
	assert_u64(header.options.mss, 1460);
	assert_true(header.options.sack_permitted);
	assert_true(header.options.has_timestamps);
	assert_u64(header.options.timestamp_value, 0x11223344);
	assert_u64(header.options.timestamp_echo, 0);
	assert_true(header.options.has_window_scale);
	assert_u64(header.options.window_scale, 7);
	assert_u64(header.options.sack_count, 0);
}

static void sack_blocks_are_read(void **state)
{
	(void)state;
	assert_true(options_are_read("0101 0522 00000001 00000002 00000003 00000004"
				     "00000005 00000006 00000007 fffffff8"));
	assert_u64(header.options.sack_count, 4);
	assert_u64(header.options.sack[0].begin.raw, 1);
	assert_u64(header.options.sack[0].end.raw, 2);
	assert_u64(header.options.sack[3].begin.raw, 7);
	assert_u64(header.options.sack[3].end.raw, 0xfffffff8);
}

static void the_end_of_options_ends_them(void **state)
{
	(void)state;
	assert_true(options_are_read("00 ff ff ff 020405b4"));
	assert_no_options();
	assert_true(options_are_read("020405b4 01 00 02 00"));
	assert_u64(header.options.mss, 1460);
}

static void unknown_options_are_skipped(void **state)
{
	(void)state;
	assert_true(options_are_read("fd04 0102 020405b4 ff 02 01 00"));
	assert_u64(header.options.mss, 1460);
}

static void options_of_impossible_length_are_refused(void **state)
{
	(void)state;
	assert_false(options_are_read("0200 0000")); // 0
	assert_false(options_are_read("0201 0000")); // 1
	assert_false(options_are_read("ff00 0000")); // of unknown ones too
	assert_false(options_are_read("ff01 0000"));
	assert_false(options_are_read("ff05 0000")); // past the header
	assert_false(options_are_read("020405b4 080a 1122334455 01"));
	assert_false(options_are_read("01010102")); // no length
	assert_true(options_are_read("ff04 0000"));
}

static void options_are_bounded_by_the_header_and_not_the_segment(void **state)
{
	(void)state;
	memset(bytes, 0, sizeof(bytes));
	test_bytes_of_hex("0001 0002 00000000 00000000 60 10 0000 0000 0000 0101 080a", bytes,
			  sizeof(bytes));
	assert_false(tcp_parse(bytes, 60, &header));
}

static void known_options_in_a_wrong_length_are_skipped(void **state)
{
	(void)state;
	assert_true(options_are_read("0203 05 01"));
	assert_no_options();
	assert_true(options_are_read("0205 05b400 01 0101"));
	assert_no_options();
	assert_true(options_are_read("0302 0304 0707 0101"));
	assert_no_options();
	assert_true(options_are_read("0403 00 01"));
	assert_no_options();
	assert_true(options_are_read("0809 11223344 556677 01 0101"));
	assert_no_options();
	assert_true(options_are_read("080b 11223344 55667788 99 01"));
	assert_no_options();
	assert_true(options_are_read("0502 0101")); // no block
	assert_no_options();
	assert_true(options_are_read("0509 00000001 000000 01 0101")); // not one whole block
	assert_no_options();
	assert_true(options_are_read("050e 00000001 00000002 00000003 0101")); // one and a half
	assert_no_options();
}

static void a_window_scale_above_fourteen_counts_as_fourteen(void **state)
{
	(void)state;
	assert_true(options_are_read("03030e 01"));
	assert_u64(header.options.window_scale, 14);
	assert_true(options_are_read("03030f 01"));
	assert_u64(header.options.window_scale, 14);
	assert_true(options_are_read("0303ff 01"));
	assert_u64(header.options.window_scale, 14);
}

static void of_an_option_sent_twice_the_last_counts(void **state)
{
	(void)state;
	assert_true(options_are_read("02040100 02040200"));
	assert_u64(header.options.mss, 0x200);
}

static void assert_emits(const struct tcp_options *options, const char *expected_options)
{
	const struct tcp_header made = {
		.source_port = 12345,
		.target_port = 80,
		.sequence = {1},
		.acknowledgment = {2},
		.flags = TCP_FLAG_ACK | TCP_FLAG_PSH,
		.window = 65535,
		.options = *options,
	};
	size_t length;

	memset(bytes, 0xee, sizeof(bytes));
	length = tcp_emit_header(&made, bytes);
	assert_u64(length, tcp_header_length(options));
	assert_hex(bytes + 20, length - 20, expected_options);
	assert_u64(bytes[12], length / 4 << 4);
	assert_u64(bytes[length], 0xee);
	bytes[12] = 0x50;
	assert_hex(bytes, 20, "3039 0050 00000001 00000002 50 18 ffff 0000 0000");
}

static void options_go_out_in_the_order_linux_has(void **state)
{
	struct tcp_options options = {0};

	(void)state;
	assert_emits(&options, "");
	options.mss = 1460;
	assert_emits(&options, "020405b4");
	options.has_window_scale = true;
	options.window_scale = 7;
	assert_emits(&options, "020405b4 01 030307");
	options.sack_permitted = true;
	assert_emits(&options, "020405b4 0101 0402 01 030307");
	options.has_timestamps = true;
	options.timestamp_value = 0x11223344;
	options.timestamp_echo = 0x55667788;
	assert_emits(&options, "020405b4 0402 080a 11223344 55667788 01 030307");
	options.sack_permitted = false;
	assert_emits(&options, "020405b4 0101 080a 11223344 55667788 01 030307");
}

static void timestamps_and_sack_go_out_padded_on_data(void **state)
{
	struct tcp_options options = {
		.has_timestamps = true, .timestamp_value = 1, .timestamp_echo = 2};

	(void)state;
	assert_emits(&options, "0101 080a 00000001 00000002");
	options.sack_count = 1;
	options.sack[0].begin.raw = 3;
	options.sack[0].end.raw = 4;
	assert_emits(&options, "0101 080a 00000001 00000002 0101 050a 00000003 00000004");
	options.has_timestamps = false;
	assert_emits(&options, "0101 050a 00000003 00000004");
}

static void the_fullest_headers_fit(void **state)
{
	struct tcp_options options = {.has_timestamps = true, .sack_count = 3};

	(void)state;
	assert_u64(tcp_header_length(&options), 60);
	options.has_timestamps = false;
	options.sack_count = 4;
	assert_u64(tcp_header_length(&options), 56);
}

static struct tcp_header random_header(uint64_t *seed)
{
	struct tcp_header made;
	struct tcp_options *options = &made.options;
	unsigned index;

	memset(&made, 0, sizeof(made));
	made.source_port = (uint16_t)test_random(seed);
	made.target_port = (uint16_t)test_random(seed);
	made.sequence.raw = (uint32_t)test_random(seed);
	made.acknowledgment.raw = (uint32_t)test_random(seed);
	made.flags = (uint8_t)test_random(seed);
	made.window = (uint16_t)test_random(seed);
	made.urgent_pointer = (uint16_t)test_random(seed);
	if (test_random_below(seed, 2))
		options->mss = (uint16_t)(1 + test_random_below(seed, 65535));
	options->has_window_scale = test_random_below(seed, 2);
	options->window_scale =
		options->has_window_scale ? (uint8_t)test_random_below(seed, 15) : 0;
	options->sack_permitted = test_random_below(seed, 2);
	options->has_timestamps = test_random_below(seed, 2);
	if (options->has_timestamps) {
		options->timestamp_value = (uint32_t)test_random(seed);
		options->timestamp_echo = (uint32_t)test_random(seed);
	}
	options->sack_count = (uint8_t)test_random_below(seed, TCP_SACK_BLOCKS_MAX + 1);
	while (tcp_header_length(options) > TCP_HEADER_BYTES_MAX)
		options->sack_count--;
	for (index = 0; index < options->sack_count; index++) {
		options->sack[index].begin.raw = (uint32_t)test_random(seed);
		options->sack[index].end.raw = (uint32_t)test_random(seed);
	}
	return made;
}

static void assert_same_header(const struct tcp_header *left, const struct tcp_header *right)
{
	unsigned index;

	assert_u64(left->source_port, right->source_port);
	assert_u64(left->target_port, right->target_port);
	assert_u64(left->sequence.raw, right->sequence.raw);
	assert_u64(left->acknowledgment.raw, right->acknowledgment.raw);
	assert_u64(left->header_bytes, right->header_bytes);
	assert_u64(left->flags, right->flags);
	assert_u64(left->window, right->window);
	assert_u64(left->urgent_pointer, right->urgent_pointer);
	assert_u64(left->options.mss, right->options.mss);
	assert_u64(left->options.window_scale, right->options.window_scale);
	assert_u64(left->options.has_window_scale, right->options.has_window_scale);
	assert_u64(left->options.sack_permitted, right->options.sack_permitted);
	assert_u64(left->options.has_timestamps, right->options.has_timestamps);
	assert_u64(left->options.timestamp_value, right->options.timestamp_value);
	assert_u64(left->options.timestamp_echo, right->options.timestamp_echo);
	assert_u64(left->options.sack_count, right->options.sack_count);
	for (index = 0; index < left->options.sack_count; index++) {
		assert_u64(left->options.sack[index].begin.raw,
			   right->options.sack[index].begin.raw);
		assert_u64(left->options.sack[index].end.raw, right->options.sack[index].end.raw);
	}
}

static void random_headers_go_out_and_come_back(void **state)
{
	uint64_t seed = 13;
	unsigned round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		struct tcp_header made = random_header(&seed), parsed;
		const size_t length = tcp_emit_header(&made, bytes);

		made.header_bytes = (uint8_t)length;
		assert_true(tcp_parse(bytes, length, &parsed));
		assert_same_header(&parsed, &made);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fixed_part_is_read),
		cmocka_unit_test(every_flag_has_its_bit),
		cmocka_unit_test(impossible_data_offsets_are_refused),
		cmocka_unit_test(the_options_of_a_linux_syn_are_read),
		cmocka_unit_test(sack_blocks_are_read),
		cmocka_unit_test(the_end_of_options_ends_them),
		cmocka_unit_test(unknown_options_are_skipped),
		cmocka_unit_test(options_of_impossible_length_are_refused),
		cmocka_unit_test(options_are_bounded_by_the_header_and_not_the_segment),
		cmocka_unit_test(known_options_in_a_wrong_length_are_skipped),
		cmocka_unit_test(a_window_scale_above_fourteen_counts_as_fourteen),
		cmocka_unit_test(of_an_option_sent_twice_the_last_counts),
		cmocka_unit_test(options_go_out_in_the_order_linux_has),
		cmocka_unit_test(timestamps_and_sack_go_out_padded_on_data),
		cmocka_unit_test(the_fullest_headers_fit),
		cmocka_unit_test(random_headers_go_out_and_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
