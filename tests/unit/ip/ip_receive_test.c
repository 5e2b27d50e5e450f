// SPDX-License-Identifier: MIT
//
// Packets in: each reason of ip to drop one, reached by a frame made by hand; and what passes.
#include "../../support/test_layers.h"

#define START (50 * NS_PER_S)
#define ETHERNET 14u

struct frame {
	uint8_t bytes[512];
	size_t length;
};

static struct frame frame_ipv4(const char *source, const char *target, uint8_t protocol)
{
	struct frame frame;

	frame.length = test_build_ipv4(frame.bytes, source, target, protocol, "12345678", 8);
	return frame;
}

static struct frame frame_ipv6(const char *source, const char *target, uint8_t next_header,
			       const char *payload_hex)
{
	struct frame frame;
	uint8_t payload[256];
	const size_t length = test_bytes_of_hex(payload_hex, payload, sizeof(payload));

	frame.length = test_build_ipv6(frame.bytes, source, target, next_header, payload, length);
	return frame;
}

static void sum_ipv4_header(struct frame *frame)
{
	uint8_t *header = frame->bytes + ETHERNET;

	test_put_checksum(header + 10, header, (header[0] & 15u) * 4u, 0);
}

// Exactly this one reason, once. Returns how many frames were sent about it.
static size_t expect_drop(const struct frame *frame, enum berth_drop reason)
{
	struct test_layers layers;
	uint64_t expected[BERTH_DROP_COUNT] = {0};
	size_t answers;

	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	test_layers_resolve(&layers, "fd00::2", 2, START);
	assert_int_equal(test_layers_receive(&layers, frame->bytes, frame->length, START),
			 IP_CONSUMED);
	expected[reason] = 1;
	if (memcmp(layers.drops, expected, sizeof(expected)) != 0)
		print_error("expected %s\n", berth_drop_name(reason));
	assert_memory_equal(layers.drops, expected, sizeof(expected));
	answers = test_layers_transmit(&layers);
	test_layers_close(&layers);
	return answers;
}

static void ipv4_packets_that_are_cut_are_truncated(void **state)
{
	struct frame frame = frame_ipv4("10.0.0.2", "10.0.0.1", 17);

	(void)state;
	frame.length--; // one byte less than the header says
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_TRUNCATED), 0);
	frame.length = ETHERNET + 19;
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_TRUNCATED), 0);
	frame.length = ETHERNET;
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_TRUNCATED), 0);
}

static void a_wrong_version_is_counted(void **state)
{
	struct frame frame = frame_ipv4("10.0.0.2", "10.0.0.1", 17);

	(void)state;
	frame.bytes[ETHERNET] = 0x65;
	expect_drop(&frame, BERTH_DROP_IP_VERSION);
	frame = frame_ipv6("fd00::2", "fd00::1", 17, "3132333435363738");
	frame.bytes[ETHERNET] = 0x45;
	expect_drop(&frame, BERTH_DROP_IP_VERSION);
}

static void an_impossible_header_length_is_counted(void **state)
{
	struct frame frame = frame_ipv4("10.0.0.2", "10.0.0.1", 17);

	(void)state;
	frame.bytes[ETHERNET] = 0x44; // 16 bytes
	expect_drop(&frame, BERTH_DROP_IP_HEADER_LENGTH);
	frame.bytes[ETHERNET] = 0x4f; // 60 bytes of 28
	expect_drop(&frame, BERTH_DROP_IP_HEADER_LENGTH);
}

static void a_wrong_header_checksum_is_counted(void **state)
{
	struct frame frame = frame_ipv4("10.0.0.2", "10.0.0.1", 17);

	(void)state;
	frame.bytes[ETHERNET + 8] ^= 1; // TTL
	expect_drop(&frame, BERTH_DROP_IP_CHECKSUM);
}

static void impossible_sources_are_counted(void **state)
{
	static const char *const sources[] = {"224.0.0.1",  "255.255.255.255", "127.0.0.1",
					      "10.0.0.255", "10.0.0.1",        "0.0.0.0"};
	static const char *const sources6[] = {"ff02::1", "::1", "fd00::1", "::ffff:10.0.0.2"};
	struct frame frame;

	(void)state;
	for (unsigned index = 0; index < sizeof(sources) / sizeof(sources[0]); index++) {
		frame = frame_ipv4(sources[index], "10.0.0.1", 17);
		assert_u64(expect_drop(&frame, BERTH_DROP_IP_SOURCE_INVALID), 0);
	}
	for (unsigned index = 0; index < sizeof(sources6) / sizeof(sources6[0]); index++) {
		frame = frame_ipv6(sources6[index], "fd00::1", 17, "3132333435363738");
		assert_u64(expect_drop(&frame, BERTH_DROP_IP_SOURCE_INVALID), 0);
	}
	frame = frame_ipv6("::", "fd00::1", 17, "3132333435363738");
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_SOURCE_INVALID), 0);
	frame = frame_ipv6("::", "fd00::1", 58, "8000000000000000"); // echo from nobody
	test_put_checksum_ipv6(frame.bytes, frame.length, 2);
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_SOURCE_INVALID), 0);
}

static void packets_for_others_are_counted(void **state)
{
	static const char *const targets[] = {"10.0.0.3", "127.0.0.1", "224.0.0.251", "10.0.1.255",
					      "0.0.0.0"};
	static const char *const targets6[] = {"fd00::3", "::1", "ff02::2", "ff02::1:ff00:9", "::"};
	struct frame frame;

	(void)state;
	for (unsigned index = 0; index < sizeof(targets) / sizeof(targets[0]); index++) {
		frame = frame_ipv4("10.0.0.2", targets[index], 17);
		assert_u64(expect_drop(&frame, BERTH_DROP_IP_DESTINATION_NOT_OURS), 0);
	}
	for (unsigned index = 0; index < sizeof(targets6) / sizeof(targets6[0]); index++) {
		frame = frame_ipv6("fd00::2", targets6[index], 17, "3132333435363738");
		assert_u64(expect_drop(&frame, BERTH_DROP_IP_DESTINATION_NOT_OURS), 0);
	}
}

static void what_came_to_everybody_on_the_cable_must_be_for_everybody(void **state)
{
	struct frame frame = frame_ipv4("10.0.0.2", "10.0.0.1", 17);

	(void)state;
	memset(frame.bytes, 0xff, 6);
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_DESTINATION_NOT_OURS), 0);
}

static void fragments_are_counted(void **state)
{
	struct frame frame = frame_ipv4("10.0.0.2", "10.0.0.1", 17);

	(void)state;
	frame.bytes[ETHERNET + 6] = 0x20; // more fragments
	sum_ipv4_header(&frame);
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_FRAGMENT), 0);
	frame.bytes[ETHERNET + 6] = 0;
	frame.bytes[ETHERNET + 7] = 1; // offset 8
	sum_ipv4_header(&frame);
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_FRAGMENT), 0);
	frame = frame_ipv6("fd00::2", "fd00::1", 44, "1100000100000007 3132333435363738");
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_FRAGMENT), 0);
}

static void an_unknown_protocol_is_counted_and_answered(void **state)
{
	struct frame frame = frame_ipv4("10.0.0.2", "10.0.0.1", 132);

	(void)state;
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_PROTOCOL_UNKNOWN), 1);
	frame = frame_ipv4("10.0.0.2", "10.0.0.1", 58); // ICMPv6 over IPv4
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_PROTOCOL_UNKNOWN), 1);
	frame = frame_ipv4("10.0.0.2", "224.0.0.1", 132); // never about groups
	memcpy(frame.bytes, "\x01\x00\x5e\x00\x00\x01", 6);
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_PROTOCOL_UNKNOWN), 0);
	frame = frame_ipv6("fd00::2", "fd00::1", 132, "3132333435363738");
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_PROTOCOL_UNKNOWN), 1);
	frame = frame_ipv6("fd00::2", "fd00::1", 59, ""); // "no next header" is no fault
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_PROTOCOL_UNKNOWN), 0);
	frame = frame_ipv6("fd00::2", "ff02::1", 132, "3132333435363738");
	memcpy(frame.bytes, "\x33\x33\x00\x00\x00\x01", 6);
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_PROTOCOL_UNKNOWN), 0);
}

static void broken_ipv6_extensions_are_counted(void **state)
{
	struct frame frame;

	(void)state;
	// A destination header longer than the packet.
	frame = frame_ipv6("fd00::2", "fd00::1", 60, "1105010400000000");
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_EXTENSION_MALFORMED), 0);
	// Options that are unknown: 00 passes, 01 is silent, 10 and 11 ask for an answer.
	frame = frame_ipv6("fd00::2", "fd00::1", 60, "1100 5e04 00000000 3132333435363738");
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_EXTENSION_MALFORMED), 0);
	frame = frame_ipv6("fd00::2", "fd00::1", 60, "1100 9e04 00000000 3132333435363738");
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_EXTENSION_MALFORMED), 1);
	frame = frame_ipv6("fd00::2", "fd00::1", 60, "1100 de04 00000000 3132333435363738");
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_EXTENSION_MALFORMED), 1);
	// To a group only 10 is answered (RFC 8200 4.2).
	frame = frame_ipv6("fd00::2", "ff02::1", 60, "1100 9e04 00000000 3132333435363738");
	memcpy(frame.bytes, "\x33\x33\x00\x00\x00\x01", 6);
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_EXTENSION_MALFORMED), 1);
	frame = frame_ipv6("fd00::2", "ff02::1", 60, "1100 de04 00000000 3132333435363738");
	memcpy(frame.bytes, "\x33\x33\x00\x00\x00\x01", 6);
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_EXTENSION_MALFORMED), 0);
	// An ICMPv6 error behind it is never answered, an echo request is.
	frame = frame_ipv6("fd00::2", "fd00::1", 60, "3a00 9e04 00000000 0100000000000000");
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_EXTENSION_MALFORMED), 0);
	frame = frame_ipv6("fd00::2", "fd00::1", 60, "3a00 9e04 00000000 8000000000000000");
	assert_u64(expect_drop(&frame, BERTH_DROP_IP_EXTENSION_MALFORMED), 1);
}

static void padding_and_options_are_cut_off(void **state)
{
	struct test_layers layers;
	uint8_t bytes[80] = {0};

	(void)state;
	test_layers_open(&layers);
	test_bytes_of_hex("020000000001 020000000002 0800"
			  "46a4 001f 0007 0000 11 06 0000 0a000002 0a000001 01010100"
			  "73656776616c75 aaaaaaaa",
			  bytes, sizeof(bytes));
	test_put_checksum(bytes + 24, bytes + 14, 24, 0);
	assert_int_equal(test_layers_receive(&layers, bytes, 49, START), IP_TCP);
	assert_u64(layers.packet.payload.count, 1);
	assert_hex(layers.packet.payload.part[0].data, layers.packet.payload.length,
		   "73656776616c75");
	assert_u64(layers.packet.raw_bytes, 31);
	assert_u64(layers.packet.raw[0], 0x46);
	assert_u64(layers.packet.tos, 0xa4);
	assert_u64(layers.packet.ttl, 0x11);
	assert_false(layers.packet.checksum_is_valid);
	assert_int_equal(layers.packet.interface_index, 0);
	test_layers_close(&layers);
}

static void ipv6_extensions_are_passed(void **state)
{
	struct test_layers layers;
	struct frame frame;

	(void)state;
	test_layers_open(&layers);
	// hop-by-hop, destination with an option to skip, atomic fragment
	frame = frame_ipv6(
		"fd00::2", "fd00::1", 0,
		"3c00 010400000000 2c00 1e0400000000 1100 0000 00000007 6461746162797465");
	assert_int_equal(test_layers_receive(&layers, frame.bytes, frame.length, START), IP_UDP);
	assert_hex(layers.packet.payload.part[0].data, layers.packet.payload.length,
		   "6461746162797465");
	assert_u64(layers.packet.raw_bytes, 40 + 32);
	test_layers_close(&layers);
}

static void any_of_our_addresses_is_accepted_on_any_interface(void **state)
{
	struct test_layers layers;
	struct frame frame = frame_ipv4("10.0.0.2", "172.16.0.1", 6);

	(void)state;
	test_layers_open(&layers);
	test_layers_add_interface(&layers, 0x11, 0);
	test_layers_add_address(&layers, 1, "172.16.0.1/16");
	assert_int_equal(test_layers_receive(&layers, frame.bytes, frame.length, START), IP_TCP);
	test_layers_close(&layers);
}

static void broadcasts_and_our_groups_are_marked_as_groups(void **state)
{
	static const char *const targets[] = {"255.255.255.255", "10.0.0.255", "224.0.0.1"};
	struct test_layers layers;
	struct frame frame;

	(void)state;
	test_layers_open(&layers);
	for (unsigned index = 0; index < 3; index++) {
		frame = frame_ipv4("10.0.0.2", targets[index], 17);
		memset(frame.bytes, 0xff, 6);
		assert_int_equal(test_layers_receive(&layers, frame.bytes, frame.length, START),
				 IP_UDP);
		assert_true(layers.packet.target_is_group);
	}
	frame = frame_ipv4("0.0.0.0", "255.255.255.255", 17); // who asks for an address
	memset(frame.bytes, 0xff, 6);
	assert_int_equal(test_layers_receive(&layers, frame.bytes, frame.length, START), IP_UDP);
	frame = frame_ipv6("fd00::2", "ff02::1:ff00:1", 17, "3132333435363738");
	memcpy(frame.bytes, "\x33\x33\xff\x00\x00\x01", 6);
	assert_int_equal(test_layers_receive(&layers, frame.bytes, frame.length, START), IP_UDP);
	assert_true(layers.packet.target_is_group);
	frame = frame_ipv4("10.0.0.2", "10.0.0.1", 17);
	assert_int_equal(test_layers_receive(&layers, frame.bytes, frame.length, START), IP_UDP);
	assert_false(layers.packet.target_is_group);
	test_layers_close(&layers);
}

static void link_local_addresses_get_the_scope_of_their_interface(void **state)
{
	struct test_layers layers;
	struct frame frame = frame_ipv6("fe80::2", "fe80::ff:fe00:1", 17, "3132333435363738");

	(void)state;
	test_layers_open(&layers);
	assert_int_equal(test_layers_receive(&layers, frame.bytes, frame.length, START), IP_UDP);
	assert_u64(layers.packet.source.scope, 1);
	assert_u64(layers.packet.target.scope, 1);
	test_layers_close(&layers);
}

static void facts_of_the_frame_are_passed_on(void **state)
{
	struct test_layers layers;
	struct frame made = frame_ipv4("10.0.0.2", "10.0.0.1", 6);
	struct berth_frame frame = {
		.slice = {{made.bytes, 34}, {made.bytes + 34, 8}},
		.slice_count = 2,
		.length = 42,
		.checksum = BERTH_CHECKSUM_PARTIAL,
		.segmentation = BERTH_SEGMENTATION_TCP4,
		.segment_bytes = 1448,
	};

	(void)state;
	test_layers_open(&layers);
	assert_int_equal(test_layers_receive_frame(&layers, &frame, START), IP_TCP);
	assert_true(layers.packet.checksum_is_valid);
	assert_u64(layers.packet.segmentation, BERTH_SEGMENTATION_TCP4);
	assert_u64(layers.packet.segment_bytes, 1448);
	assert_u64(layers.packet.payload.length, 8);
	assert_ptr_equal(layers.packet.payload.part[0].data, made.bytes + 34);
	assert_u64(layers.packet.raw_bytes, 20); // contiguous there
	frame.checksum = BERTH_CHECKSUM_VALID;
	test_layers_receive_frame(&layers, &frame, START);
	assert_true(layers.packet.checksum_is_valid);
	test_layers_close(&layers);
}

static void a_transport_checksum_is_verified_over_all_slices(void **state)
{
	struct test_layers layers;
	struct frame made = frame_ipv6("fd00::2", "fd00::1", 17, "0fa0 0009 000b 0000 616263");
	struct berth_frame frame = {
		.slice = {{made.bytes, 55}, {made.bytes + 55, 9}, {made.bytes + 64, 1}},
		.slice_count = 3,
		.length = 65,
	};

	(void)state;
	test_put_checksum_ipv6(made.bytes, made.length, 6);
	test_layers_open(&layers);
	assert_int_equal(test_layers_receive_frame(&layers, &frame, START), IP_UDP);
	assert_true(ip_checksum_is_right(&layers.packet, 17));
	assert_false(ip_checksum_is_right(&layers.packet, 6));
	made.bytes[64] ^= 1;
	assert_false(ip_checksum_is_right(&layers.packet, 17));
	test_layers_close(&layers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_packets_that_are_cut_are_truncated),
		cmocka_unit_test(a_wrong_version_is_counted),
		cmocka_unit_test(an_impossible_header_length_is_counted),
		cmocka_unit_test(a_wrong_header_checksum_is_counted),
		cmocka_unit_test(impossible_sources_are_counted),
		cmocka_unit_test(packets_for_others_are_counted),
		cmocka_unit_test(what_came_to_everybody_on_the_cable_must_be_for_everybody),
		cmocka_unit_test(fragments_are_counted),
		cmocka_unit_test(an_unknown_protocol_is_counted_and_answered),
		cmocka_unit_test(broken_ipv6_extensions_are_counted),
		cmocka_unit_test(padding_and_options_are_cut_off),
		cmocka_unit_test(ipv6_extensions_are_passed),
		cmocka_unit_test(any_of_our_addresses_is_accepted_on_any_interface),
		cmocka_unit_test(broadcasts_and_our_groups_are_marked_as_groups),
		cmocka_unit_test(link_local_addresses_get_the_scope_of_their_interface),
		cmocka_unit_test(facts_of_the_frame_are_passed_on),
		cmocka_unit_test(a_transport_checksum_is_verified_over_all_slices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
