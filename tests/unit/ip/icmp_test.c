// SPDX-License-Identifier: MIT
//
// ICMP messages to us and from us, byte for byte (RFC 792, RFC 4443).
#include "../../support/test_layers.h"

#define START (50 * NS_PER_S)

#define ECHO_DATA "6162636465666768696a6b6c6d6e6f70 71727374757677616263646566676869"

#define ECHO_REQUEST_4                                                                    \
	"020000000001 020000000002 0800 4549 003c 0077 4000 40 01 25ff 0a000002 0a000001" \
	"0800 3b21 1234 0007" ECHO_DATA
#define ECHO_REPLY_4                                                                      \
	"020000000002 020000000001 0800 4548 003c 0000 4000 40 01 2677 0a000001 0a000002" \
	"0000 4321 1234 0007" ECHO_DATA
#define ECHO_REQUEST_6                                                      \
	"020000000001 020000000002 86dd 64900000 0028 3a 40"                \
	"fd000000000000000000000000000002 fd000000000000000000000000000001" \
	"8000 c8b9 1234 0007" ECHO_DATA
#define ECHO_REPLY_6                                                        \
	"020000000002 020000000001 86dd 64800000 0028 3a 40"                \
	"fd000000000000000000000000000001 fd000000000000000000000000000002" \
	"8100 c7b9 1234 0007" ECHO_DATA

#define DATAGRAM_4 "4500 0021 0000 4000 40 11 26ca 0a000002 0a000001 0fa0 0009 000d 0000 68656c6c6f"
#define DATAGRAM_6                                                          \
	"60000000 000d 11 40"                                               \
	"fd000000000000000000000000000002 fd000000000000000000000000000001" \
	"0fa0 0009 000d 0000 68656c6c6f"

static void open_with_neighbors(struct test_layers *layers)
{
	test_layers_open(layers);
	test_layers_resolve(layers, "10.0.0.2", 2, START);
	test_layers_resolve(layers, "fd00::2", 2, START);
}

// The flow label is a secret hash: it must be there, then it is taken out.
static void assert_frame_without_label(struct test_layers *layers, const char *hex)
{
	uint8_t bytes[1400];
	const struct berth_slice *slice = &layers->frames[0].slice[0];

	assert_u64(layers->frames[0].slice_count, 1);
	assert_true(slice->length <= sizeof(bytes));
	memcpy(bytes, slice->data, slice->length);
	assert_true((bytes[15] & 0x0f) || bytes[16] || bytes[17]);
	bytes[15] &= 0xf0;
	bytes[16] = bytes[17] = 0;
	assert_hex(bytes, slice->length, hex);
}

static void an_ipv4_echo_request_comes_back_with_its_data(void **state)
{
	struct test_layers layers;
	uint64_t icmp_in;

	(void)state;
	open_with_neighbors(&layers);
	icmp_in = ip_icmp_in(layers.ip);
	assert_int_equal(test_layers_receive_hex(&layers, ECHO_REQUEST_4, START), IP_CONSUMED);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0, ECHO_REPLY_4);
	assert_u64(ip_icmp_in(layers.ip), icmp_in + 1);
	assert_u64(ip_icmp_out(layers.ip), 1);
	test_layers_close(&layers);
}

static void an_ipv6_echo_request_comes_back_with_its_data(void **state)
{
	struct test_layers layers;

	(void)state;
	open_with_neighbors(&layers);
	assert_int_equal(test_layers_receive_hex(&layers, ECHO_REQUEST_6, START), IP_CONSUMED);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame_without_label(&layers, ECHO_REPLY_6);
	test_layers_close(&layers);
}

static void an_echo_request_in_slices_comes_back_whole(void **state)
{
	struct test_layers layers;
	uint8_t bytes[128];
	const size_t length = test_bytes_of_hex(ECHO_REQUEST_4, bytes, sizeof(bytes));
	const struct berth_frame frame = {
		.slice = {{bytes, 42}, {bytes + 42, 3}, {bytes + 45, (uint32_t)length - 45}},
		.slice_count = 3,
		.length = (uint32_t)length,
	};

	(void)state;
	open_with_neighbors(&layers);
	test_layers_receive_frame(&layers, &frame, START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0, ECHO_REPLY_4);
	test_layers_close(&layers);
}

static void an_echo_to_all_nodes_is_answered_from_our_own_address(void **state)
{
	struct test_layers layers;

	(void)state;
	open_with_neighbors(&layers);
	test_layers_receive_hex(&layers,
				"333300000001 020000000002 86dd 60000000 0028 3a 40"
				"fd000000000000000000000000000002"
				"ff020000000000000000000000000001"
				"8000 c6b7 1234 0007" ECHO_DATA,
				START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame_without_label(
		&layers, "020000000002 020000000001 86dd 60000000 0028 3a 40"
			 "fd000000000000000000000000000001 fd000000000000000000000000000002"
			 "8100 c7b9 1234 0007" ECHO_DATA);
	test_layers_close(&layers);
}

static void an_echo_to_an_ipv4_broadcast_is_not_answered(void **state)
{
	struct test_layers layers;
	uint8_t frame[64];
	const size_t length = test_build_ipv4(frame, "10.0.0.2", "10.0.0.255", 1,
					      "\x08\x00\xf7\xff\x00\x00\x00\x00", 8);

	(void)state;
	open_with_neighbors(&layers);
	memset(frame, 0xff, 6);
	test_layers_receive(&layers, frame, length, START);
	assert_u64(test_layers_transmit(&layers), 0);
	assert_u64(layers.drops[BERTH_DROP_ICMP_TYPE_UNKNOWN], 1);
	test_layers_close(&layers);
}

static void an_echo_over_the_loopback_works_too(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_send(&layers, "127.0.0.1", 1, "\x08\x00\xf7\xff\x00\x00\x00\x00", 8, START);
	assert_int_equal(test_layers_receive_loopback(&layers, START), IP_CONSUMED);
	assert_u64(ip_icmp_out(layers.ip), 1);
	assert_int_equal(test_layers_receive_loopback(&layers, START), IP_CONSUMED);
	assert_u64(layers.drops[BERTH_DROP_ICMP_TYPE_UNKNOWN], 1); // a reply nobody waits for
	test_layers_close(&layers);
}

static void broken_messages_are_counted(void **state)
{
	struct test_layers layers;
	uint8_t frame[128];
	size_t length;

	(void)state;
	open_with_neighbors(&layers);
	length = test_build_ipv4(frame, "10.0.0.2", "10.0.0.1", 1, "\x08\x00\xf7\xff\x00\x00\x00",
				 7);
	test_layers_receive(&layers, frame, length, START);
	length = test_build_ipv4(frame, "10.0.0.2", "10.0.0.1", 1, "", 0);
	test_layers_receive(&layers, frame, length, START);
	length = test_build_ipv6(frame, "fd00::2", "fd00::1", 58, "\x80\x00\x00\x00", 4);
	test_layers_receive(&layers, frame, length, START);
	assert_u64(layers.drops[BERTH_DROP_ICMP_MALFORMED], 3);
	length = test_build_ipv4(frame, "10.0.0.2", "10.0.0.1", 1,
				 "\x08\x00\xf7\xfe\x00\x00\x00\x00", 8);
	test_layers_receive(&layers, frame, length, START);
	length = test_build_ipv6(frame, "fd00::2", "fd00::1", 58,
				 "\x80\x00\x00\x00\x00\x00\x00\x00", 8);
	test_layers_receive(&layers, frame, length, START);
	assert_u64(layers.drops[BERTH_DROP_ICMP_CHECKSUM], 2);
	length = test_build_ipv4(frame, "10.0.0.2", "10.0.0.1", 1,
				 "\x0d\x00\xf2\xff\x00\x00\x00\x00",
				 8); // timestamp request
	test_layers_receive(&layers, frame, length, START);
	length =
		test_build_ipv6(frame, "fd00::2", "fd00::1", 58, "\x85\x00\x00\x00\x00\x00\x00\x00",
				8); // router solicitation
	test_put_checksum_ipv6(frame, length, 2);
	test_layers_receive(&layers, frame, length, START);
	assert_u64(layers.drops[BERTH_DROP_ICMP_TYPE_UNKNOWN], 2);
	assert_u64(test_layers_transmit(&layers), 0);
	test_layers_close(&layers);
}

static void an_ipv4_port_unreachable_quotes_the_datagram(void **state)
{
	struct test_layers layers;

	(void)state;
	open_with_neighbors(&layers);
	assert_int_equal(test_layers_receive_hex(&layers,
						 "020000000001 020000000002 0800" DATAGRAM_4
						 "0000000000000000", // padding
						 START),
			 IP_UDP);
	ip_send_port_unreachable(layers.ip, &layers.packet, START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(
		&layers, 0,
		"020000000002 020000000001 0800"
		"45c0 003d 0000 4000 40 01 25fe 0a000001 0a000002 0303 a974 00000000" DATAGRAM_4);
	test_layers_close(&layers);
}

static void an_ipv6_port_unreachable_quotes_the_datagram(void **state)
{
	struct test_layers layers;

	(void)state;
	open_with_neighbors(&layers);
	assert_int_equal(test_layers_receive_hex(
				 &layers, "020000000001 020000000002 86dd" DATAGRAM_6, START),
			 IP_UDP);
	ip_send_port_unreachable(layers.ip, &layers.packet, START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame_without_label(
		&layers, "020000000002 020000000001 86dd 60000000 003d 3a 40"
			 "fd000000000000000000000000000001 fd000000000000000000000000000002"
			 "0104 45a5 00000000" DATAGRAM_6);
	test_layers_close(&layers);
}

static void an_unknown_protocol_is_named_in_the_answer(void **state)
{
	struct test_layers layers;

	(void)state;
	open_with_neighbors(&layers);
	test_layers_receive_hex(&layers,
				"020000000001 020000000002 0800"
				"4500 001c 0000 4000 40 84 265c 0a000002 0a000001 3132333435363738",
				START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0,
		     "020000000002 020000000001 0800"
		     "45c0 0038 0000 4000 40 01 2603 0a000001 0a000002 0302 2c29 00000000"
		     "4500 001c 0000 4000 40 84 265c 0a000002 0a000001 3132333435363738");
	test_layers_receive_hex(&layers,
				"020000000001 020000000002 86dd 60000000 0008 84 40"
				"fd000000000000000000000000000002"
				"fd000000000000000000000000000001 3132333435363738",
				START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame_without_label(
		&layers, "020000000002 020000000001 86dd 60000000 0038 3a 40"
			 "fd000000000000000000000000000001 fd000000000000000000000000000002"
			 "0401 525f 00000006 60000000 0008 84 40"
			 "fd000000000000000000000000000002 fd000000000000000000000000000001"
			 "3132333435363738");
	test_layers_close(&layers);
}

static void a_long_packet_is_quoted_up_to_the_least_mtu(void **state)
{
	struct test_layers layers;
	static uint8_t frame[1514], payload[1460];

	(void)state;
	open_with_neighbors(&layers);
	test_layers_receive(&layers, frame,
			    test_build_ipv4(frame, "10.0.0.2", "10.0.0.1", 17, payload, 1460),
			    START);
	ip_send_port_unreachable(layers.ip, &layers.packet, START);
	test_layers_receive(&layers, frame,
			    test_build_ipv6(frame, "fd00::2", "fd00::1", 17, payload, 1460), START);
	ip_send_port_unreachable(layers.ip, &layers.packet, START);
	assert_u64(test_layers_transmit(&layers), 2);
	assert_u64(layers.frames[0].length, 14 + 576);
	assert_u64(layers.frames[1].length, 14 + 1280);
	test_layers_close(&layers);
}

static void errors_are_rate_limited(void **state)
{
	struct test_layers layers;

	(void)state;
	open_with_neighbors(&layers);
	test_layers_receive_hex(&layers, "020000000001 020000000002 0800" DATAGRAM_4, START);
	for (unsigned number = 0; number < 53; number++)
		ip_send_port_unreachable(layers.ip, &layers.packet, START);
	assert_u64(layers.drops[BERTH_DROP_ICMP_RATE_LIMITED], 3);
	assert_u64(ip_icmp_out(layers.ip), 50);
	ip_send_port_unreachable(layers.ip, &layers.packet, START + NS_PER_MS);
	assert_u64(ip_icmp_out(layers.ip), 51);
	assert_u64(layers.drops[BERTH_DROP_ICMP_RATE_LIMITED], 3);
	// Echo is not an error.
	test_layers_receive_hex(&layers, ECHO_REQUEST_4, START + NS_PER_MS);
	assert_u64(ip_icmp_out(layers.ip), 52);
	assert_u64(test_layers_transmit(&layers), 52);
	test_layers_close(&layers);
}

static void an_answer_nobody_can_reach_is_counted(void **state)
{
	struct test_layers layers;
	uint8_t frame[64];

	(void)state;
	test_layers_open(&layers);
	test_layers_receive(&layers, frame,
			    test_build_ipv4(frame, "192.0.2.9", "10.0.0.1", 17, "12345678", 8),
			    START);
	ip_send_port_unreachable(layers.ip, &layers.packet, START);
	assert_u64(layers.drops[BERTH_DROP_IP_NO_ROUTE], 1);
	test_layers_receive(&layers, frame,
			    test_build_ipv4(frame, "192.0.2.9", "10.0.0.1", 1,
					    "\x08\x00\xf7\xff\x00\x00\x00\x00", 8),
			    START);
	assert_u64(layers.drops[BERTH_DROP_IP_NO_ROUTE], 2);
	assert_u64(test_layers_transmit(&layers), 0);
	test_layers_close(&layers);
}

static void a_reply_without_memory_is_counted(void **state)
{
	struct test_layers layers;

	(void)state;
	open_with_neighbors(&layers);
	test_layers_transmit(&layers);
	assert_u64(layers.packets.used, 0);
	layers.packets.used_max = 1;
	test_layers_receive_hex(&layers, ECHO_REQUEST_4, START);
	test_layers_receive_hex(&layers, ECHO_REQUEST_4, START);
	test_layers_receive_hex(&layers, "020000000001 020000000002 0800" DATAGRAM_4, START);
	ip_send_port_unreachable(layers.ip, &layers.packet, START);
	assert_u64(layers.drops[BERTH_DROP_PACKET_MEMORY], 2);
	assert_u64(test_layers_transmit(&layers), 1);
	test_layers_close(&layers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipv4_echo_request_comes_back_with_its_data),
		cmocka_unit_test(an_ipv6_echo_request_comes_back_with_its_data),
		cmocka_unit_test(an_echo_request_in_slices_comes_back_whole),
		cmocka_unit_test(an_echo_to_all_nodes_is_answered_from_our_own_address),
		cmocka_unit_test(an_echo_to_an_ipv4_broadcast_is_not_answered),
		cmocka_unit_test(an_echo_over_the_loopback_works_too),
		cmocka_unit_test(broken_messages_are_counted),
		cmocka_unit_test(an_ipv4_port_unreachable_quotes_the_datagram),
		cmocka_unit_test(an_ipv6_port_unreachable_quotes_the_datagram),
		cmocka_unit_test(an_unknown_protocol_is_named_in_the_answer),
		cmocka_unit_test(a_long_packet_is_quoted_up_to_the_least_mtu),
		cmocka_unit_test(errors_are_rate_limited),
		cmocka_unit_test(an_answer_nobody_can_reach_is_counted),
		cmocka_unit_test(a_reply_without_memory_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
