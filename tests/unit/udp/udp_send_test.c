// SPDX-License-Identifier: MIT
//
// A datagram goes out: are its bytes exact, and is refused what cannot be sent?
#include <errno.h>

#include "../../support/test_host.h"

#define NOW TEST_S

static struct test_host host;
static const struct berth_mac peer_mac = {{2, 0, 0, 0, 0, 9}};

static void open_with(uint32_t offloads, uint16_t mtu)
{
	struct test_host_options options = {.offloads = offloads, .mtu = mtu};
	struct berth_address four = berth_ipv4(10, 0, 0, 9);
	struct berth_endpoint six = test_endpoint("fd00::9", 0);

	test_host_open(&host, 1, &options);
	test_teach(&host, &four, &peer_mac, NOW);
	test_teach(&host, &six.address, &peer_mac, NOW);
}

static int64_t send_to(berth_socket socket, const char *address, uint16_t port, const void *data,
		       size_t length)
{
	struct berth_endpoint remote = test_endpoint(address, port);

	return berth_socket_send_to(host.host, socket, &remote, data, length, NOW);
}

// What comes out is what we would have made by hand.
static void expect_datagram(const char *source, const char *target, const char *text)
{
	struct berth_endpoint from = test_endpoint(source, 7), to = test_endpoint(target, 5000);
	struct test_frame expected, actual;
	uint32_t ip_and_beyond;

	test_frame_udp(&expected, &host.mac, &peer_mac, &from, &to, text, (uint32_t)strlen(text));
	assert_true(test_take_packet(&host, &actual, NOW));
	assert_int_equal(actual.length, expected.length);
	ip_and_beyond = TEST_ETHERNET_BYTES + (from.address.family == BERTH_FAMILY_IPV4 ? 0 : 4);
	assert_memory_equal(actual.bytes, expected.bytes, TEST_ETHERNET_BYTES);
	// The flow label of IPv6 is anything.
	assert_memory_equal(actual.bytes + ip_and_beyond, expected.bytes + ip_and_beyond,
			    expected.length - ip_and_beyond);
}

static void datagrams_of_both_families_leave_as_the_rfcs_want_them(void **state)
{
	berth_socket four, six;

	(void)state;
	open_with(0, 0);
	four = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "10.0.0.1", 7);
	six = test_bound(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP, "fd00::1", 7);
	assert_int_equal(send_to(four, "10.0.0.9", 5000, "hello", 5), 5);
	expect_datagram("10.0.0.1", "10.0.0.9", "hello");
	assert_int_equal(send_to(six, "fd00::9", 5000, "hello!", 6), 6);
	expect_datagram("fd00::1", "fd00::9", "hello!");
	assert_int_equal(send_to(four, "10.0.0.9", 5000, NULL, 0), 0);
	expect_datagram("10.0.0.1", "10.0.0.9", "");
	test_host_close(&host);
}

static void a_sum_of_zero_is_sent_as_ffff(void **state)
{
	struct berth_endpoint from = test_endpoint("10.0.0.1", 7);
	struct berth_endpoint to = test_endpoint("10.0.0.9", 5000);
	struct test_frame frame;
	uint8_t payload[2] = {0, 0}, *udp;
	uint16_t sum;
	berth_socket socket;

	(void)state;
	open_with(0, 0);
	socket = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "10.0.0.1", 7);
	// With payload 0 the checksum is some number; with that number as payload it is 0.
	test_frame_udp(&frame, &host.mac, &peer_mac, &from, &to, payload, 2);
	udp = test_frame_udp_header(&frame);
	memcpy(payload, udp + 6, 2);
	assert_int_equal(send_to(socket, "10.0.0.9", 5000, payload, 2), 2);
	assert_true(test_take_packet(&host, &frame, NOW));
	udp = test_frame_udp_header(&frame);
	memcpy(&sum, udp + 6, 2);
	assert_int_equal(sum, 0xffff);
	test_host_close(&host);
}

static void an_offloading_cable_gets_the_pseudo_sum_and_the_offsets(void **state)
{
	struct berth_frame frame;
	berth_socket socket;
	const uint8_t *bytes;

	(void)state;
	open_with(BERTH_OFFLOAD_CHECKSUM, 0);
	socket = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "10.0.0.1", 7);
	assert_int_equal(send_to(socket, "10.0.0.9", 5000, "hello", 5), 5);
	assert_int_equal(berth_host_transmit(host.host, &frame, 1, NOW), 1);
	assert_int_equal(frame.checksum, BERTH_CHECKSUM_PARTIAL);
	assert_int_equal(frame.checksum_start, 34);
	assert_int_equal(frame.checksum_offset, 6);
	assert_int_equal(frame.header_bytes, 42);
	bytes = frame.slice[0].data;
	// 0a00 + 0001 + 0a00 + 0009 + 17 + 13 = 0x1428
	assert_int_equal(bytes[40] << 8 | bytes[41], 0x1428);
	test_host_close(&host);
}

static void what_exceeds_the_mtu_is_refused(void **state)
{
	static uint8_t data[70000];
	berth_socket four, six;
	struct test_frame frame;

	(void)state;
	open_with(0, 1300);
	four = test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	six = test_socket(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP);
	assert_int_equal(send_to(four, "10.0.0.9", 5000, data, 1273), -EMSGSIZE);
	assert_int_equal(send_to(four, "10.0.0.9", 5000, data, sizeof(data)), -EMSGSIZE);
	assert_int_equal(send_to(six, "fd00::9", 5000, data, 1253), -EMSGSIZE);
	assert_false(test_take_packet(&host, &frame, NOW));
	assert_int_equal(send_to(four, "10.0.0.9", 5000, data, 1272), 1272);
	assert_true(test_take_packet(&host, &frame, NOW));
	assert_int_equal(frame.length, 14 + 1300);
	assert_int_equal(send_to(six, "fd00::9", 5000, data, 1252), 1252);
	assert_true(test_take_packet(&host, &frame, NOW));
	assert_int_equal(frame.length, 14 + 1300);
	test_host_close(&host);
}

static void a_socket_that_may_not_or_cannot_reach_is_told_so(void **state)
{
	struct berth_endpoint nowhere = test_endpoint("192.0.2.1", 5000);
	berth_socket socket, bound;
	int yes = 1;

	(void)state;
	open_with(0, 0);
	socket = test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	bound = test_bound(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP, "fd00::1", 7);
	assert_int_equal(berth_socket_send(host.host, socket, "x", 1, 0, NOW), -EDESTADDRREQ);
	assert_int_equal(send_to(socket, "10.0.0.9", 0, "x", 1), -EINVAL);
	assert_int_equal(send_to(socket, "fd00::9", 5000, "x", 1), -EAFNOSUPPORT);
	assert_int_equal(send_to(socket, "192.0.2.1", 5000, "x", 1), -ENETUNREACH);
	assert_int_equal(berth_socket_connect(host.host, socket, &nowhere, NOW), -ENETUNREACH);
	assert_int_equal(send_to(bound, "::ffff:10.0.0.9", 5000, "x", 1), -ENETUNREACH);
	assert_int_equal(send_to(socket, "255.255.255.255", 5000, "x", 1), -EACCES);
	assert_int_equal(send_to(socket, "10.0.0.255", 5000, "x", 1), -EACCES);
	assert_int_equal(berth_socket_set_option(host.host, socket, BERTH_SOL_SOCKET,
						 BERTH_SO_BROADCAST, &yes, sizeof(yes), NOW),
			 0);
	assert_int_equal(send_to(socket, "255.255.255.255", 5000, "x", 1), 1);
	assert_int_equal(send_to(socket, "10.0.0.255", 5000, "x", 1), 1);
	assert_int_equal(berth_socket_shutdown(host.host, socket, BERTH_SHUTDOWN_WRITE, NOW),
			 -ENOTCONN);
	assert_int_equal(send_to(socket, "10.0.0.9", 5000, "x", 1), -EPIPE);
	test_host_close(&host);
}

static void a_program_faster_than_its_cable_waits_and_is_called(void **state)
{
	struct test_host_options options = {.config = {.queued_packets_max = 16}};
	struct berth_address peer = berth_ipv4(10, 0, 0, 9);
	struct test_frame frame;
	berth_socket socket;
	int sent = 0;

	(void)state;
	test_host_open(&host, 1, &options);
	test_teach(&host, &peer, &peer_mac, NOW);
	assert_false(test_take(&host, &frame, NOW));
	socket = test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	while (send_to(socket, "10.0.0.9", 5000, "x", 1) == 1)
		sent++;
	assert_int_equal(sent, 12); // three quarters: the rest is for those who cannot wait
	assert_int_equal(send_to(socket, "10.0.0.9", 5000, "x", 1), -EAGAIN);
	assert_int_equal(test_events_of(&host, socket), 0);
	assert_int_equal(test_drops(&host, BERTH_DROP_OUTPUT_QUEUE_FULL), 0);
	// The frame taken last is still the host's: after seven takes half of the twelve are gone.
	for (int taken = 0; taken < 6; taken++)
		assert_true(test_take_packet(&host, &frame, NOW));
	assert_int_equal(test_events_of(&host, socket), 0);
	assert_true(test_take_packet(&host, &frame, NOW));
	assert_int_equal(test_events_of(&host, socket), BERTH_EVENT_WRITABLE);
	assert_int_equal(send_to(socket, "10.0.0.9", 5000, "x", 1), 1);
	test_host_close(&host);
}

static void ttl_and_tos_are_as_the_program_set_them(void **state)
{
	struct test_frame frame;
	berth_socket socket;
	int ttl = 3, tos = 0xb8;

	(void)state;
	open_with(0, 0);
	socket = test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	assert_int_equal(send_to(socket, "10.0.0.9", 5000, "x", 1), 1);
	assert_true(test_take_packet(&host, &frame, NOW));
	assert_int_equal(frame.bytes[TEST_ETHERNET_BYTES + 8], 64);
	assert_int_equal(frame.bytes[TEST_ETHERNET_BYTES + 1], 0);
	assert_int_equal(berth_socket_set_option(host.host, socket, BERTH_IPPROTO_IP, BERTH_IP_TTL,
						 &ttl, sizeof(ttl), NOW),
			 0);
	assert_int_equal(berth_socket_set_option(host.host, socket, BERTH_IPPROTO_IP, BERTH_IP_TOS,
						 &tos, sizeof(tos), NOW),
			 0);
	assert_int_equal(send_to(socket, "10.0.0.9", 5000, "x", 1), 1);
	assert_true(test_take_packet(&host, &frame, NOW));
	assert_int_equal(frame.bytes[TEST_ETHERNET_BYTES + 8], 3);
	assert_int_equal(frame.bytes[TEST_ETHERNET_BYTES + 1], 0xb8);
	test_host_close(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(datagrams_of_both_families_leave_as_the_rfcs_want_them),
		cmocka_unit_test(a_sum_of_zero_is_sent_as_ffff),
		cmocka_unit_test(an_offloading_cable_gets_the_pseudo_sum_and_the_offsets),
		cmocka_unit_test(what_exceeds_the_mtu_is_refused),
		cmocka_unit_test(a_socket_that_may_not_or_cannot_reach_is_told_so),
		cmocka_unit_test(a_program_faster_than_its_cable_waits_and_is_called),
		cmocka_unit_test(ttl_and_tos_are_as_the_program_set_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
