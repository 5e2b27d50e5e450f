// SPDX-License-Identifier: MIT
//
// IPv4 headers, there and back, and every way they can be wrong; with them ICMP's first eight
// bytes.
#include "../../../lib/base/checksum.h"
#include "../../../lib/wire/wire_icmp.h"
#include "../../../lib/wire/wire_ipv4.h"
#include "../../support/unit.h"

// A header often shown with its checksum b861 worked out.
#define KNOWN_HEADER "4500 0073 0000 4000 4011 b861 c0a80001 c0a800c7"

static uint8_t bytes[200];

// The header in hex, its checksum made right, as the first bytes of a packet of `length`.
static void put_header(const char *hex)
{
	uint16_t checksum;
	size_t header_bytes;

	memset(bytes, 0, sizeof(bytes));
	test_bytes_of_hex(hex, bytes, sizeof(bytes));
	memset(bytes + 10, 0, 2);
	header_bytes = (bytes[0] & 15u) * 4;
	checksum = checksum_finish(checksum_add(0, bytes, header_bytes));
	memcpy(bytes + 10, &checksum, 2);
}

static void a_known_header_is_read(void **state)
{
	struct ipv4_header header;

	(void)state;
	test_bytes_of_hex(KNOWN_HEADER, bytes, sizeof(bytes));
	assert_u64(ipv4_parse(bytes, 20, 0x73, &header), BERTH_DROP_NONE);
	assert_u64(header.header_bytes, 20);
	assert_u64(header.total_bytes, 0x73);
	assert_u64(header.identification, 0);
	assert_true(header.dont_fragment);
	assert_false(header.more_fragments);
	assert_u64(header.fragment_offset, 0);
	assert_u64(header.ttl, 64);
	assert_u64(header.protocol, IP_PROTOCOL_UDP);
	assert_u64(header.tos, 0);
	assert_hex(header.source.byte, 4, "c0a80001");
	assert_hex(header.target.byte, 4, "c0a800c7");
	assert_u64(header.source.family, BERTH_FAMILY_IPV4);
}

static void the_known_header_is_written(void **state)
{
	const struct ipv4_header header = {
		.source = berth_ipv4(192, 168, 0, 1),
		.target = berth_ipv4(192, 168, 0, 199),
		.total_bytes = 0x73,
		.dont_fragment = true,
		.ttl = 64,
		.protocol = IP_PROTOCOL_UDP,
	};

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	ipv4_emit(&header, bytes);
	assert_hex(bytes, 20, KNOWN_HEADER);
}

static void assert_same_header(const struct ipv4_header *left, const struct ipv4_header *right)
{
	assert_true(berth_address_equal(&left->source, &right->source));
	assert_true(berth_address_equal(&left->target, &right->target));
	assert_u64(left->total_bytes, right->total_bytes);
	assert_u64(left->header_bytes, right->header_bytes);
	assert_u64(left->identification, right->identification);
	assert_u64(left->fragment_offset, right->fragment_offset);
	assert_u64(left->tos, right->tos);
	assert_u64(left->ttl, right->ttl);
	assert_u64(left->protocol, right->protocol);
	assert_u64(left->dont_fragment, right->dont_fragment);
	assert_u64(left->more_fragments, right->more_fragments);
}

static void random_headers_go_out_and_come_back(void **state)
{
	uint64_t seed = 11;
	unsigned round;

	(void)state;
	for (round = 0; round < 5000; round++) {
		struct ipv4_header header = {0}, parsed;

		header.source = header.target = berth_ipv4(0, 0, 0, 0);
		test_random_bytes(&seed, header.source.byte, 4);
		test_random_bytes(&seed, header.target.byte, 4);
		header.header_bytes = IPV4_HEADER_BYTES;
		header.total_bytes = (uint16_t)(20 + test_random_below(&seed, 65516));
		header.identification = (uint16_t)test_random(&seed);
		header.fragment_offset = (uint16_t)(test_random_below(&seed, 8192) * 8);
		header.tos = (uint8_t)test_random(&seed);
		header.ttl = (uint8_t)test_random(&seed);
		header.protocol = (uint8_t)test_random(&seed);
		header.dont_fragment = test_random_below(&seed, 2) == 0;
		header.more_fragments = test_random_below(&seed, 2) == 0;
		ipv4_emit(&header, bytes);
		assert_u64(ipv4_parse(bytes, 20, header.total_bytes, &parsed), BERTH_DROP_NONE);
		assert_same_header(&parsed, &header);
	}
}

static enum berth_drop judged(size_t headers_length, size_t packet_length)
{
	struct ipv4_header header;

	return ipv4_parse(bytes, headers_length, packet_length, &header);
}

static void truncated_headers_are_refused(void **state)
{
	size_t length;

	(void)state;
	put_header(KNOWN_HEADER);
	for (length = 0; length < 20; length++) {
		assert_u64(judged(length, 0x73), BERTH_DROP_IP_TRUNCATED);
		assert_u64(judged(20, length), BERTH_DROP_IP_TRUNCATED);
	}
	assert_u64(judged(20, 0x72), BERTH_DROP_IP_TRUNCATED);
	assert_u64(judged(20, 0x73), BERTH_DROP_NONE);
	assert_u64(judged(20, 0x74), BERTH_DROP_NONE); // padding
}

static void another_version_is_refused(void **state)
{
	unsigned version;

	(void)state;
	for (version = 0; version < 16; version++) {
		put_header(KNOWN_HEADER);
		bytes[0] = (uint8_t)(version << 4 | 5);
		if (version != 4)
			assert_u64(judged(20, 0x73), BERTH_DROP_IP_VERSION);
	}
}

static void impossible_header_lengths_are_refused(void **state)
{
	unsigned words;

	(void)state;
	for (words = 0; words < 5; words++) {
		put_header(KNOWN_HEADER);
		bytes[0] = (uint8_t)(0x40 | words);
		assert_u64(judged(100, 0x73), BERTH_DROP_IP_HEADER_LENGTH);
	}
	put_header("4500 0013 0000 4000 4011 0000 c0a80001 c0a800c7"); // total below the header
	assert_u64(judged(100, 100), BERTH_DROP_IP_HEADER_LENGTH);
	put_header("4600 0017 0000 4000 4011 0000 c0a80001 c0a800c7 01010101");
	assert_u64(judged(100, 100), BERTH_DROP_IP_HEADER_LENGTH);
	put_header("4600 0018 0000 4000 4011 0000 c0a80001 c0a800c7 01010101");
	assert_u64(judged(23, 24), BERTH_DROP_IP_TRUNCATED); // options not contiguous
	assert_u64(judged(24, 24), BERTH_DROP_NONE);
}

static void options_are_skipped_and_summed(void **state)
{
	struct ipv4_header header;

	(void)state;
	put_header("4600 0040 0000 4000 4011 0000 c0a80001 c0a800c7 94040000");
	assert_u64(ipv4_parse(bytes, 24, 0x40, &header), BERTH_DROP_NONE);
	assert_u64(header.header_bytes, 24);
	bytes[23] ^= 1;
	assert_u64(judged(24, 0x40), BERTH_DROP_IP_CHECKSUM);
}

static void any_bit_that_flips_is_noticed(void **state)
{
	unsigned bit;

	(void)state;
	put_header(KNOWN_HEADER);
	for (bit = 0; bit < 160; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(judged(200, 65535) != BERTH_DROP_NONE);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_u64(judged(200, 65535), BERTH_DROP_NONE);
}

static void a_refused_header_leaves_the_result_alone(void **state)
{
	struct ipv4_header header, before;

	(void)state;
	memset(&header, 0x5a, sizeof(header));
	before = header;
	put_header(KNOWN_HEADER);
	bytes[10] ^= 1;
	assert_u64(ipv4_parse(bytes, 20, 0x73, &header), BERTH_DROP_IP_CHECKSUM);
	assert_memory_equal(&header, &before, sizeof(header));
}

static void a_quoted_header_needs_neither_checksum_nor_length(void **state)
{
	struct ipv4_header header;

	(void)state;
	test_bytes_of_hex(KNOWN_HEADER, bytes, sizeof(bytes));
	bytes[10] ^= 0xff;
	bytes[2] = 0xff;
	assert_true(ipv4_parse_quoted(bytes, 28, &header));
	assert_u64(header.total_bytes, 0xff73);
	assert_u64(header.protocol, IP_PROTOCOL_UDP);
	assert_false(ipv4_parse_quoted(bytes, 19, &header));
	bytes[0] = 0x46;
	assert_true(ipv4_parse_quoted(bytes, 24, &header));
	assert_false(ipv4_parse_quoted(bytes, 23, &header));
	bytes[0] = 0x44;
	assert_false(ipv4_parse_quoted(bytes, 28, &header));
	bytes[0] = 0x65;
	assert_false(ipv4_parse_quoted(bytes, 28, &header));
}

static void icmp_headers_go_out_and_come_back(void **state)
{
	const struct icmp_header header = {
		.type = ICMPV4_ECHO_REQUEST, .code = 7, .rest = 0x12345678};
	struct icmp_header parsed;

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	icmp_emit(&header, bytes);
	assert_hex(bytes, ICMP_HEADER_BYTES, "08 07 0000 12345678");
	bytes[2] = 0xab;
	assert_true(icmp_parse(bytes, ICMP_HEADER_BYTES, &parsed));
	assert_u64(parsed.type, ICMPV4_ECHO_REQUEST);
	assert_u64(parsed.code, 7);
	assert_u64(parsed.rest, 0x12345678);
	assert_memory_equal(&parsed.checksum, "\xab\x00", 2);
	assert_false(icmp_parse(bytes, ICMP_HEADER_BYTES - 1, &parsed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_header_is_read),
		cmocka_unit_test(the_known_header_is_written),
		cmocka_unit_test(random_headers_go_out_and_come_back),
		cmocka_unit_test(truncated_headers_are_refused),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(impossible_header_lengths_are_refused),
		cmocka_unit_test(options_are_skipped_and_summed),
		cmocka_unit_test(any_bit_that_flips_is_noticed),
		cmocka_unit_test(a_refused_header_leaves_the_result_alone),
		cmocka_unit_test(a_quoted_header_needs_neither_checksum_nor_length),
		cmocka_unit_test(icmp_headers_go_out_and_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
