// SPDX-License-Identifier: MIT
//
// IPv6 headers there and back, and the way through extension headers to the transport.
#include "../../../lib/wire/wire_ipv4.h"
#include "../../../lib/wire/wire_ipv6.h"
#include "../../support/unit.h"

#define SOURCE "20010db8000000000000000000000001"
#define TARGET "20010db8000000000000000000000002"
#define GROUP "ff020000000000000000000000000001"

static uint8_t bytes[600];
static struct ipv6_header header;
static struct ipv6_upper upper;

static void a_known_header_is_read_and_written(void **state)
{
	const char *const hex = "6abcdef0 0010 06 40" SOURCE TARGET;
	uint8_t written[IPV6_HEADER_BYTES];

	(void)state;
	test_bytes_of_hex(hex, bytes, sizeof(bytes));
	assert_u64(ipv6_parse(bytes, 40, 56, &header), BERTH_DROP_NONE);
	assert_u64(header.traffic_class, 0xab);
	assert_u64(header.flow_label, 0xcdef0);
	assert_u64(header.payload_bytes, 16);
	assert_u64(header.next_header, IP_PROTOCOL_TCP);
	assert_u64(header.hop_limit, 64);
	assert_hex(header.source.byte, 16, SOURCE);
	assert_hex(header.target.byte, 16, TARGET);
	assert_u64(header.source.family, BERTH_FAMILY_IPV6);
	assert_u64(header.source.scope, 0);
	ipv6_emit(&header, written);
	assert_hex(written, sizeof(written), hex);
}

static void random_headers_go_out_and_come_back(void **state)
{
	uint64_t seed = 12;
	unsigned round;

	(void)state;
	for (round = 0; round < 5000; round++) {
		uint8_t written[IPV6_HEADER_BYTES];

		test_random_bytes(&seed, bytes, IPV6_HEADER_BYTES);
		bytes[0] = (uint8_t)(0x60 | (bytes[0] & 15));
		assert_u64(ipv6_parse(bytes, 40, 65575, &header), BERTH_DROP_NONE);
		ipv6_emit(&header, written);
		assert_memory_equal(written, bytes, sizeof(written));
	}
}

static void wrong_headers_are_refused(void **state)
{
	unsigned version;
	size_t length;

	(void)state;
	test_bytes_of_hex("60000000 0010 06 40" SOURCE TARGET, bytes, sizeof(bytes));
	for (length = 0; length < 40; length++) {
		assert_u64(ipv6_parse(bytes, length, 56, &header), BERTH_DROP_IP_TRUNCATED);
		assert_u64(ipv6_parse(bytes, 40, length, &header), BERTH_DROP_IP_TRUNCATED);
		assert_false(ipv6_parse_quoted(bytes, length, &header));
	}
	assert_u64(ipv6_parse(bytes, 40, 55, &header), BERTH_DROP_IP_TRUNCATED);
	assert_u64(ipv6_parse(bytes, 40, 57, &header), BERTH_DROP_NONE); // padding
	assert_true(ipv6_parse_quoted(bytes, 40, &header));
	for (version = 0; version < 16; version++) {
		bytes[0] = (uint8_t)(version << 4);
		if (version == 6)
			continue;
		assert_u64(ipv6_parse(bytes, 40, 56, &header), BERTH_DROP_IP_VERSION);
		assert_false(ipv6_parse_quoted(bytes, 40, &header));
	}
}

// What find_upper says of a packet with these bytes behind the header.
static enum berth_drop judged_towards(const char *target, uint8_t next_header, const char *payload)
{
	size_t length = 40;
	struct ipv6_header made = {.next_header = next_header};

	memset(bytes, 0, sizeof(bytes));
	length += test_bytes_of_hex(payload, bytes + 40, sizeof(bytes) - 40);
	made.payload_bytes = (uint16_t)(length - 40);
	made.source.family = made.target.family = BERTH_FAMILY_IPV6;
	test_bytes_of_hex(target, made.target.byte, 16);
	memset(&upper, 0xff, sizeof(upper));
	return ipv6_find_upper(bytes, length, &made, &upper);
}

static enum berth_drop judged(uint8_t next_header, const char *payload)
{
	return judged_towards(TARGET, next_header, payload);
}

static void assert_upper(uint8_t protocol, uint32_t offset)
{
	assert_u64(upper.protocol, protocol);
	assert_u64(upper.offset, offset);
	assert_u64(upper.unknown_at, 0);
	assert_false(upper.is_fragment);
	assert_false(upper.unknown_is_option);
	assert_false(upper.unknown_is_silent);
}

static void assert_unknown(uint32_t unknown_at, uint8_t code, bool is_option, bool is_silent)
{
	assert_u64(upper.unknown_at, unknown_at);
	assert_u64(upper.problem_code, code);
	assert_u64(upper.unknown_is_option, is_option);
	assert_u64(upper.unknown_is_silent, is_silent);
}

static void without_extensions_the_transport_follows_the_header(void **state)
{
	(void)state;
	assert_u64(judged(6, "00"), BERTH_DROP_NONE);
	assert_upper(6, 40);
	assert_u64(judged(17, ""), BERTH_DROP_NONE);
	assert_upper(17, 40);
	assert_u64(judged(58, ""), BERTH_DROP_NONE);
	assert_upper(58, 40);
	assert_u64(judged(59, ""), BERTH_DROP_NONE);
	assert_upper(59, 40);
}

static void known_extensions_are_passed(void **state)
{
	(void)state;
	assert_u64(judged(0, "0600 0104 00000000"), BERTH_DROP_NONE); // hop-by-hop, PadN
	assert_upper(6, 48);
	assert_u64(judged(60, "1100 000000000000"), BERTH_DROP_NONE); // destination, six Pad1
	assert_upper(17, 48);
	assert_u64(judged(43, "0602 0000 00000000 00000000000000000000000000000000"),
		   BERTH_DROP_NONE); // routing, no segments left
	assert_upper(6, 64);
	assert_u64(judged(44, "0600 0000 12345678"), BERTH_DROP_NONE); // an atomic fragment
	assert_upper(6, 48);
	assert_u64(judged(44, "06ff 0006 12345678"), BERTH_DROP_NONE); // reserved bits do not count
	assert_upper(6, 48);
	assert_u64(judged(0, "3c00 010400000000 2b00 010400000000 2c00 000000000000"
			     "1100 0000 00000001 ff"),
		   BERTH_DROP_NONE); // all four
	assert_upper(17, 72);
}

static void unknown_options_that_may_be_skipped_are(void **state)
{
	(void)state;
	assert_u64(judged(0, "0600 1e04 deadbeef"), BERTH_DROP_NONE);
	assert_upper(6, 48);
	assert_u64(judged(0, "0600 3e00 0000 3e00"), BERTH_DROP_NONE); // without data
	assert_upper(6, 48);
}

static void an_unknown_option_may_ask_for_silence(void **state)
{
	(void)state;
	assert_u64(judged(60, "0600 4104 00000000"), BERTH_DROP_IP_EXTENSION_MALFORMED);
	assert_unknown(42, IPV6_PROBLEM_OPTION, false, true);
}

static void an_unknown_option_may_ask_for_an_error(void **state)
{
	(void)state;
	assert_u64(judged(60, "0600 0100 8102 0000"), BERTH_DROP_IP_EXTENSION_MALFORMED);
	assert_unknown(44, IPV6_PROBLEM_OPTION, true, false);
	assert_u64(judged_towards(GROUP, 60, "0600 8104 00000000"),
		   BERTH_DROP_IP_EXTENSION_MALFORMED);
	assert_unknown(42, IPV6_PROBLEM_OPTION, true, false);
}

static void an_unknown_option_may_ask_for_an_error_unless_sent_to_a_group(void **state)
{
	(void)state;
	assert_u64(judged(60, "0600 c104 00000000"), BERTH_DROP_IP_EXTENSION_MALFORMED);
	assert_unknown(42, IPV6_PROBLEM_OPTION, true, false);
	assert_u64(judged_towards(GROUP, 60, "0600 c104 00000000"),
		   BERTH_DROP_IP_EXTENSION_MALFORMED);
	assert_unknown(42, IPV6_PROBLEM_OPTION, false, true);
}

static void options_beyond_their_header_are_malformed(void **state)
{
	(void)state;
	assert_u64(judged(0, "0600 0105 00000000 0000000000000000"),
		   BERTH_DROP_IP_EXTENSION_MALFORMED);
	assert_unknown(0, 0, false, false);
	assert_u64(judged(0, "0600 0000000000 01 0000000000000000"),
		   BERTH_DROP_IP_EXTENSION_MALFORMED); // no room for the length
	assert_unknown(0, 0, false, false);
}

static void extensions_beyond_the_packet_are_malformed(void **state)
{
	(void)state;
	assert_u64(judged(0, ""), BERTH_DROP_IP_EXTENSION_MALFORMED);
	assert_u64(judged(0, "0600 0104 000000"), BERTH_DROP_IP_EXTENSION_MALFORMED);
	assert_u64(judged(0, "0601 0104 00000000"), BERTH_DROP_IP_EXTENSION_MALFORMED);
	assert_u64(judged(0, "06ff 0104 00000000"), BERTH_DROP_IP_EXTENSION_MALFORMED);
	assert_u64(judged(44, "0600 0000 123456"), BERTH_DROP_IP_EXTENSION_MALFORMED);
}

static void padding_behind_the_packet_is_not_part_of_it(void **state)
{
	(void)state;
	header = (struct ipv6_header){.next_header = 0, .payload_bytes = 7};
	header.target.family = BERTH_FAMILY_IPV6;
	memset(bytes, 0, sizeof(bytes));
	assert_u64(ipv6_find_upper(bytes, 100, &header, &upper), BERTH_DROP_IP_EXTENSION_MALFORMED);
	header.payload_bytes = 60000; // nor is what is not contiguous
	assert_u64(ipv6_find_upper(bytes, 47, &header, &upper), BERTH_DROP_IP_EXTENSION_MALFORMED);
}

static void hop_by_hop_options_elsewhere_than_first_are_unknown(void **state)
{
	(void)state;
	assert_u64(judged(60, "0000 0104 00000000 0600 0104 00000000"), BERTH_DROP_NONE);
	assert_u64(upper.protocol, 0);
	assert_u64(upper.offset, 48);
	assert_unknown(40, IPV6_PROBLEM_NEXT_HEADER, false, false);
}

static void a_routing_header_with_segments_left_is_a_problem_of_its_type(void **state)
{
	(void)state;
	assert_u64(judged(43, "0602 0001 00000000 00000000000000000000000000000000"),
		   BERTH_DROP_IP_EXTENSION_MALFORMED);
	assert_unknown(42, IPV6_PROBLEM_FIELD, false, false);
}

static void fragments_are_recognised(void **state)
{
	(void)state;
	assert_u64(judged(44, "0600 0001 12345678"), BERTH_DROP_IP_FRAGMENT); // the first
	assert_true(upper.is_fragment);
	assert_u64(judged(44, "0600 0008 12345678"), BERTH_DROP_IP_FRAGMENT); // the last
	assert_true(upper.is_fragment);
	assert_u64(judged(44, "0600 fff9 12345678"), BERTH_DROP_IP_FRAGMENT);
	assert_true(upper.is_fragment);
}

static void an_unknown_protocol_is_reported_with_what_named_it(void **state)
{
	(void)state;
	assert_u64(judged(132, "00"), BERTH_DROP_NONE);
	assert_u64(upper.protocol, 132);
	assert_unknown(6, IPV6_PROBLEM_NEXT_HEADER, false, false);
	assert_u64(judged(60, "3c00 010400000000 0100 010400000000"), BERTH_DROP_NONE);
	assert_u64(upper.protocol, IP_PROTOCOL_ICMP); // which is IPv4's
	assert_unknown(48, IPV6_PROBLEM_NEXT_HEADER, false, false);
}

static void more_extensions_than_the_limit_are_refused(void **state)
{
	(void)state;
	assert_u64(IPV6_EXTENSIONS_MAX, 8);
	assert_u64(judged(60, "3c00 010400000000 3c00 010400000000 3c00 010400000000"
			      "3c00 010400000000 3c00 010400000000 3c00 010400000000"
			      "3c00 010400000000 0600 010400000000"),
		   BERTH_DROP_NONE);
	assert_upper(6, 40 + 8 * IPV6_EXTENSIONS_MAX);
	assert_u64(judged(60, "3c00 010400000000 3c00 010400000000 3c00 010400000000"
			      "3c00 010400000000 3c00 010400000000 3c00 010400000000"
			      "3c00 010400000000 3c00 010400000000 0600 010400000000"),
		   BERTH_DROP_IP_EXTENSION_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_header_is_read_and_written),
		cmocka_unit_test(random_headers_go_out_and_come_back),
		cmocka_unit_test(wrong_headers_are_refused),
		cmocka_unit_test(without_extensions_the_transport_follows_the_header),
		cmocka_unit_test(known_extensions_are_passed),
		cmocka_unit_test(unknown_options_that_may_be_skipped_are),
		cmocka_unit_test(an_unknown_option_may_ask_for_silence),
		cmocka_unit_test(an_unknown_option_may_ask_for_an_error),
		cmocka_unit_test(an_unknown_option_may_ask_for_an_error_unless_sent_to_a_group),
		cmocka_unit_test(options_beyond_their_header_are_malformed),
		cmocka_unit_test(extensions_beyond_the_packet_are_malformed),
		cmocka_unit_test(padding_behind_the_packet_is_not_part_of_it),
		cmocka_unit_test(hop_by_hop_options_elsewhere_than_first_are_unknown),
		cmocka_unit_test(a_routing_header_with_segments_left_is_a_problem_of_its_type),
		cmocka_unit_test(fragments_are_recognised),
		cmocka_unit_test(an_unknown_protocol_is_reported_with_what_named_it),
		cmocka_unit_test(more_extensions_than_the_limit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
