// SPDX-License-Identifier: MIT
//
// UDP headers, and the pseudo header under real packets' checksums.
#include "../../../lib/base/checksum.h"
#include "../../../lib/wire/wire_checksum.h"
#include "../../../lib/wire/wire_udp.h"
#include "../../support/unit.h"

static uint8_t bytes[100];

static struct berth_address address(const char *text)
{
	struct berth_address parsed;

	assert_true(berth_address_parse(text, &parsed));
	return parsed;
}

static void a_header_goes_out_and_comes_back(void **state)
{
	struct udp_header header = {.source_port = 53, .target_port = 49152, .length = 12};
	struct udp_header parsed;

	(void)state;
	memcpy(&header.checksum, "\x12\x34", 2);
	udp_emit(&header, bytes);
	assert_hex(bytes, UDP_HEADER_BYTES, "0035 c000 000c 1234");
	assert_true(udp_parse(bytes, 8, 12, &parsed));
	assert_u64(parsed.source_port, 53);
	assert_u64(parsed.target_port, 49152);
	assert_u64(parsed.length, 12);
	assert_u64(parsed.checksum, header.checksum);
}

static void impossible_lengths_are_refused(void **state)
{
	struct udp_header header;
	size_t length;

	(void)state;
	test_bytes_of_hex("0035 c000 000c 1234", bytes, sizeof(bytes));
	for (length = 0; length < 8; length++)
		assert_false(udp_parse(bytes, length, 100, &header));
	assert_false(udp_parse(bytes, 8, 11, &header));
	assert_true(udp_parse(bytes, 8, 12, &header));
	assert_true(udp_parse(bytes, 8, 13, &header)); // what follows is not the datagram's
	for (length = 0; length < 8; length++) {
		bytes[5] = (uint8_t)length;
		assert_false(udp_parse(bytes, 8, 100, &header));
	}
	bytes[5] = 8;
	assert_true(udp_parse(bytes, 8, 8, &header));
}

// Worked by hand: c000+0201 +c000+0202 +0011+000a +1000+0035+000a +6162 = 1f5bf -> f5c0.
static void the_ipv4_pseudo_header_is_summed(void **state)
{
	const struct berth_address source = address("192.0.2.1");
	const struct berth_address target = address("192.0.2.2");
	uint64_t sum = pseudo_header_sum(&source, &target, 17, 10);
	uint16_t checksum;

	(void)state;
	test_bytes_of_hex("1000 0035 000a 0000 6162", bytes, sizeof(bytes));
	sum = checksum_add(sum, bytes, 10);
	checksum = checksum_finish(sum);
	assert_hex(&checksum, 2, "0a3f");
}

// 2001+0db8+1 +2001+0db8+2 +0001+0005 (65541 bytes) +003a = 5bb5.
static void the_ipv6_pseudo_header_is_summed_with_its_long_length(void **state)
{
	const struct berth_address source = address("2001:db8::1");
	const struct berth_address target = address("2001:db8::2");
	const uint16_t sum = checksum_fold(pseudo_header_sum(&source, &target, 58, 65541));

	(void)state;
	assert_hex(&sum, 2, "5bb5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_goes_out_and_comes_back),
		cmocka_unit_test(impossible_lengths_are_refused),
		cmocka_unit_test(the_ipv4_pseudo_header_is_summed),
		cmocka_unit_test(the_ipv6_pseudo_header_is_summed_with_its_long_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
