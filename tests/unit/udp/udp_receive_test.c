// SPDX-License-Identifier: MIT
//
// A datagram made by hand comes in: is it taken exactly when it is right, and counted exactly when
// not?
#include <errno.h>

#include "../../support/test_host.h"

#define NOW TEST_S

static struct test_host host;
static const struct berth_mac peer_mac = {{2, 0, 0, 0, 0, 9}};

static int open_host(void **state)
{
	(void)state;
	test_host_open(&host, 1, NULL);
	return 0;
}

static int close_host(void **state)
{
	(void)state;
	test_host_close(&host);
	return 0;
}

// From 10.0.0.9 or fd00::9, port 5000, to our port 7.
static void datagram_of(struct test_frame *frame, enum berth_family family, const void *payload,
			uint32_t length)
{
	bool is_ipv4 = family == BERTH_FAMILY_IPV4;
	struct berth_endpoint source = test_endpoint(is_ipv4 ? "10.0.0.9" : "fd00::9", 5000);
	struct berth_endpoint target = test_endpoint(is_ipv4 ? "10.0.0.1" : "fd00::1", 7);

	test_frame_udp(frame, &peer_mac, &host.mac, &source, &target, payload, length);
}

static void expect_nothing(berth_socket socket)
{
	char data[16];

	assert_int_equal(berth_socket_receive(host.host, socket, data, sizeof(data), NOW), -EAGAIN);
}

static void expect_text(berth_socket socket, const char *text)
{
	char data[64];
	int64_t length = berth_socket_receive(host.host, socket, data, sizeof(data), NOW);

	assert_int_equal(length, strlen(text));
	assert_memory_equal(data, text, strlen(text));
}

static void a_datagram_arrives_with_both_of_its_addresses(void **state)
{
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	struct berth_endpoint remote, local;
	struct test_frame frame;
	size_t full = 0;
	char data[8];

	(void)state;
	datagram_of(&frame, BERTH_FAMILY_IPV4, "hello", 5);
	test_give(&host, &frame, NOW);
	assert_int_equal(berth_socket_receive_from(host.host, socket, data, sizeof(data), &remote,
						   &local, &full, NOW),
			 5);
	assert_memory_equal(data, "hello", 5);
	assert_int_equal(full, 5);
	test_assert_endpoint(&remote, "10.0.0.9:5000");
	test_assert_endpoint(&local, "10.0.0.1:7");
	expect_nothing(socket);
}

static void a_datagram_too_long_for_the_program_is_cut_and_says_so(void **state)
{
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP, "", 7);
	struct test_frame frame;
	size_t full = 0;
	char data[3];

	(void)state;
	datagram_of(&frame, BERTH_FAMILY_IPV6, "0123456789", 10);
	test_give(&host, &frame, NOW);
	assert_int_equal(berth_socket_receive_from(host.host, socket, data, sizeof(data), NULL,
						   NULL, &full, NOW),
			 3);
	assert_memory_equal(data, "012", 3);
	assert_int_equal(full, 10);
	expect_nothing(socket); // the rest is gone
}

static void an_empty_datagram_is_a_datagram(void **state)
{
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	struct test_frame frame;
	char data[4];

	(void)state;
	datagram_of(&frame, BERTH_FAMILY_IPV4, NULL, 0);
	test_give(&host, &frame, NOW);
	assert_int_equal(test_events_of(&host, socket), BERTH_EVENT_READABLE);
	assert_int_equal(berth_socket_receive(host.host, socket, data, sizeof(data), NOW), 0);
	expect_nothing(socket);
}

static void a_wrong_checksum_is_dropped_in_both_families(void **state)
{
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP, "", 7);
	struct test_frame frame;

	(void)state;
	datagram_of(&frame, BERTH_FAMILY_IPV4, "hello", 5);
	frame.bytes[frame.length - 1] ^= 1;
	test_give(&host, &frame, NOW);
	assert_int_equal(test_drops(&host, BERTH_DROP_UDP_CHECKSUM), 1);
	datagram_of(&frame, BERTH_FAMILY_IPV6, "hello", 5);
	frame.bytes[frame.length - 1] ^= 1;
	test_give(&host, &frame, NOW);
	assert_int_equal(test_drops(&host, BERTH_DROP_UDP_CHECKSUM), 2);
	expect_nothing(socket);
}

static void no_checksum_is_allowed_in_ipv4_only(void **state)
{
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP, "", 7);
	struct test_frame frame;

	(void)state;
	datagram_of(&frame, BERTH_FAMILY_IPV4, "four", 4);
	memset(test_frame_udp_header(&frame) + 6, 0, 2);
	test_give(&host, &frame, NOW);
	expect_text(socket, "four");
	datagram_of(&frame, BERTH_FAMILY_IPV6, "six", 3);
	memset(test_frame_udp_header(&frame) + 6, 0, 2);
	test_give(&host, &frame, NOW);
	expect_nothing(socket);
	assert_int_equal(test_drops(&host, BERTH_DROP_UDP_CHECKSUM), 1);
}

static void impossible_lengths_are_dropped(void **state)
{
	static const uint16_t lengths[] = {0, 7, 14, 65535}; // of a datagram of 13 bytes
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	struct test_frame frame;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		uint8_t *udp;

		datagram_of(&frame, BERTH_FAMILY_IPV4, "hello", 5);
		udp = test_frame_udp_header(&frame);
		udp[4] = (uint8_t)(lengths[i] >> 8);
		udp[5] = (uint8_t)lengths[i];
		udp[6] = udp[7] = 0; // the checksum is not the reason
		test_give(&host, &frame, NOW);
		assert_int_equal(test_drops(&host, BERTH_DROP_UDP_MALFORMED), i + 1);
	}
	expect_nothing(socket);
}

static void bytes_behind_the_datagram_are_not_part_of_it(void **state)
{
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	struct test_frame frame;
	uint8_t *udp;

	(void)state;
	// The IP packet holds 13 bytes of UDP, UDP says it has 11.
	datagram_of(&frame, BERTH_FAMILY_IPV4, "hello", 5);
	udp = test_frame_udp_header(&frame);
	udp[5] = 11;
	test_frame_sum_udp(&frame);
	test_give(&host, &frame, NOW);
	expect_text(socket, "hel");
}

static void a_datagram_for_no_program_is_answered_with_port_unreachable(void **state)
{
	struct test_frame frame, answer;
	const uint8_t *icmp;

	(void)state;
	test_teach(&host, &(struct berth_address){BERTH_FAMILY_IPV4, 0, {0, 0}, {10, 0, 0, 9}},
		   &peer_mac, NOW);
	datagram_of(&frame, BERTH_FAMILY_IPV4, "hello", 5);
	test_give(&host, &frame, NOW);
	assert_int_equal(test_drops(&host, BERTH_DROP_UDP_NO_PORT), 1);
	assert_true(test_take_packet(&host, &answer, NOW));
	icmp = answer.bytes + TEST_ETHERNET_BYTES + 20;
	assert_int_equal(answer.bytes[TEST_ETHERNET_BYTES + 9], 1);
	assert_int_equal(icmp[0], 3);
	assert_int_equal(icmp[1], 3);
	assert_memory_equal(icmp + 8, frame.bytes + TEST_ETHERNET_BYTES, 33);
	assert_false(test_take_packet(&host, &answer, NOW));
}

static void a_datagram_to_everybody_for_no_program_is_not_answered(void **state)
{
	struct berth_endpoint source = test_endpoint("10.0.0.9", 5000);
	struct berth_endpoint target = test_endpoint("255.255.255.255", 7);
	static const struct berth_mac everybody = {{255, 255, 255, 255, 255, 255}};
	struct berth_address peer = berth_ipv4(10, 0, 0, 9);
	struct test_frame frame, answer;

	(void)state;
	test_teach(&host, &peer, &peer_mac, NOW);
	test_frame_udp(&frame, &peer_mac, &everybody, &source, &target, "hello", 5);
	test_give(&host, &frame, NOW);
	assert_int_equal(test_drops(&host, BERTH_DROP_UDP_NO_PORT), 1);
	assert_false(test_take_packet(&host, &answer, NOW));
}

static void a_queue_takes_datagrams_up_to_its_limit_and_counts_the_rest(void **state)
{
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	struct berth_connection_info info;
	struct test_frame frame;
	int asked = 1, taken = 0;
	char data[16];

	(void)state;
	// 2304 bytes: five small packets of 512 go beyond, no sixth comes in.
	assert_int_equal(berth_socket_set_option(host.host, socket, BERTH_SOL_SOCKET,
						 BERTH_SO_RCVBUF, &asked, sizeof(asked), NOW),
			 0);
	datagram_of(&frame, BERTH_FAMILY_IPV4, "0123456789", 10);
	for (int i = 0; i < 8; i++)
		test_give(&host, &frame, NOW);
	assert_int_equal(test_drops(&host, BERTH_DROP_UDP_QUEUE_FULL), 3);
	assert_int_equal(berth_inspect_socket(host.host, socket, &info), 0);
	assert_int_equal(info.receive_queue, 50);
	while (berth_socket_receive(host.host, socket, data, sizeof(data), NOW) == 10)
		taken++;
	assert_int_equal(taken, 5);
	test_give(&host, &frame, NOW);
	assert_int_equal(berth_socket_receive(host.host, socket, data, sizeof(data), NOW), 10);
}

static void a_queue_exactly_at_its_limit_takes_one_more(void **state)
{
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	struct test_frame frame;
	int asked = 1280; // 2560 bytes: five small packets to the byte

	(void)state;
	assert_int_equal(berth_socket_set_option(host.host, socket, BERTH_SOL_SOCKET,
						 BERTH_SO_RCVBUF, &asked, sizeof(asked), NOW),
			 0);
	datagram_of(&frame, BERTH_FAMILY_IPV4, "0123456789", 10);
	for (int i = 0; i < 8; i++)
		test_give(&host, &frame, NOW);
	assert_int_equal(test_drops(&host, BERTH_DROP_UDP_QUEUE_FULL), 2);
}

static void give_superframe(const struct test_frame *bytes, uint16_t segment_bytes)
{
	struct berth_frame frame = {0};

	frame.slice[0].data = bytes->bytes;
	frame.slice[0].length = bytes->length;
	frame.slice_count = 1;
	frame.length = bytes->length;
	frame.checksum = BERTH_CHECKSUM_PARTIAL;
	frame.segmentation = BERTH_SEGMENTATION_UDP;
	frame.segment_bytes = segment_bytes;
	frame.header_bytes = 42;
	berth_host_receive(host.host, &frame, 1, NOW);
}

static void a_superframe_is_as_many_datagrams_as_segments(void **state)
{
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	struct berth_counters counters;
	struct test_frame frame;

	(void)state;
	datagram_of(&frame, BERTH_FAMILY_IPV4, "aaaabbbbcc", 10);
	give_superframe(&frame, 4);
	expect_text(socket, "aaaa");
	expect_text(socket, "bbbb");
	expect_text(socket, "cc");
	expect_nothing(socket);
	berth_inspect_counters(host.host, &counters);
	assert_int_equal(counters.udp_in, 3);
	// Nonsense: no segment size. It is one datagram, not an endless number.
	give_superframe(&frame, 0);
	expect_text(socket, "aaaabbbbcc");
}

static void payload_in_several_slices_is_put_together(void **state)
{
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	struct berth_frame frame = {0};
	struct test_frame bytes;

	(void)state;
	datagram_of(&bytes, BERTH_FAMILY_IPV4, "0123456789", 10);
	frame.slice[0].data = bytes.bytes;
	frame.slice[0].length = 45;
	frame.slice[1].data = bytes.bytes + 45;
	frame.slice[1].length = 1;
	frame.slice[2].data = bytes.bytes + 46;
	frame.slice[2].length = 6;
	frame.slice_count = 3;
	frame.length = bytes.length;
	berth_host_receive(host.host, &frame, 1, NOW);
	expect_text(socket, "0123456789");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_host, close_host)
	const struct CMUnitTest tests[] = {
		TEST(a_datagram_arrives_with_both_of_its_addresses),
		TEST(a_datagram_too_long_for_the_program_is_cut_and_says_so),
		TEST(an_empty_datagram_is_a_datagram),
		TEST(a_wrong_checksum_is_dropped_in_both_families),
		TEST(no_checksum_is_allowed_in_ipv4_only),
		TEST(impossible_lengths_are_dropped),
		TEST(bytes_behind_the_datagram_are_not_part_of_it),
		TEST(a_datagram_for_no_program_is_answered_with_port_unreachable),
		TEST(a_datagram_to_everybody_for_no_program_is_not_answered),
		TEST(a_queue_takes_datagrams_up_to_its_limit_and_counts_the_rest),
		TEST(a_queue_exactly_at_its_limit_takes_one_more),
		TEST(a_superframe_is_as_many_datagrams_as_segments),
		TEST(payload_in_several_slices_is_put_together),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
