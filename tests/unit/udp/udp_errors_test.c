// SPDX-License-Identifier: MIT
//
// Somebody reports that a datagram got nowhere: who hears of it, and how often? (RFC 1122 4.1.3.3)
#include <errno.h>

#include "../../support/test_host.h"

#define NOW TEST_S

static struct test_host host;
static const struct berth_mac peer_mac = {{2, 0, 0, 0, 0, 9}};
static struct berth_address peer;

static int open_host(void **state)
{
	(void)state;
	peer = berth_ipv4(10, 0, 0, 9);
	test_host_open(&host, 1, NULL);
	test_teach(&host, &peer, &peer_mac, NOW);
	return 0;
}

static int close_host(void **state)
{
	(void)state;
	test_host_close(&host);
	return 0;
}

// Sends a datagram to 10.0.0.9:5000, and the peer answers it with an error.
static void fail_a_datagram(berth_socket socket, bool is_connected, uint8_t code, uint16_t mtu)
{
	struct berth_endpoint remote = test_endpoint("10.0.0.9", 5000);
	struct test_frame sent, error;

	if (is_connected)
		assert_int_equal(berth_socket_send(host.host, socket, "hello", 5, 0, NOW), 5);
	else
		assert_int_equal(berth_socket_send_to(host.host, socket, &remote, "hello", 5, NOW),
				 5);
	assert_true(test_take_packet(&host, &sent, NOW));
	test_frame_icmp4_error(&error, &peer_mac, &peer, 3, code, mtu, &sent);
	test_give(&host, &error, NOW);
}

static berth_socket connected_socket(void)
{
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	struct berth_endpoint remote = test_endpoint("10.0.0.9", 5000);

	assert_int_equal(berth_socket_connect(host.host, socket, &remote, NOW), 0);
	return socket;
}

static int option_error(berth_socket socket)
{
	int error = -1;
	size_t length = sizeof(error);

	assert_int_equal(berth_socket_get_option(host.host, socket, BERTH_SOL_SOCKET,
						 BERTH_SO_ERROR, &error, &length, NOW),
			 0);
	return error;
}

static void a_connected_socket_hears_once_that_nobody_listens(void **state)
{
	berth_socket socket = connected_socket();
	struct berth_event event;
	char data[4];

	(void)state;
	fail_a_datagram(socket, true, 3, 0);
	assert_true(berth_host_next_event(host.host, &event));
	assert_int_equal(event.socket, socket);
	assert_int_equal(event.what, BERTH_EVENT_ERROR);
	assert_int_equal(event.error, ECONNREFUSED);
	assert_false(berth_host_next_event(host.host, &event));
	assert_int_equal(berth_socket_receive(host.host, socket, data, 4, NOW), -ECONNREFUSED);
	assert_int_equal(berth_socket_receive(host.host, socket, data, 4, NOW), -EAGAIN);
	fail_a_datagram(socket, true, 3, 0);
	assert_int_equal(berth_socket_send(host.host, socket, "x", 1, 0, NOW), -ECONNREFUSED);
	assert_int_equal(berth_socket_send(host.host, socket, "x", 1, 0, NOW), 1);
}

static void the_error_can_be_asked_for_and_is_then_gone(void **state)
{
	berth_socket socket = connected_socket();

	(void)state;
	fail_a_datagram(socket, true, 3, 0);
	assert_int_equal(option_error(socket), ECONNREFUSED);
	assert_int_equal(option_error(socket), 0);
}

static void an_unconnected_socket_hears_nothing(void **state)
{
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);

	(void)state;
	fail_a_datagram(socket, false, 3, 0);
	assert_int_equal(test_events_of(&host, socket), 0);
	assert_int_equal(option_error(socket), 0);
}

static void not_now_is_no_error_unless_the_program_asks(void **state)
{
	berth_socket socket = connected_socket();
	int yes = 1;

	(void)state;
	fail_a_datagram(socket, true, 1, 0); // host unreachable
	assert_int_equal(option_error(socket), 0);
	assert_int_equal(berth_socket_set_option(host.host, socket, BERTH_IPPROTO_IP,
						 BERTH_IP_RECVERR, &yes, sizeof(yes), NOW),
			 0);
	fail_a_datagram(socket, true, 1, 0);
	assert_int_equal(option_error(socket), EHOSTUNREACH);
}

static void a_smaller_path_is_told_and_remembered(void **state)
{
	static const uint8_t data[1400];
	berth_socket socket = connected_socket();
	int mtu = 0;
	size_t length = sizeof(mtu);

	(void)state;
	assert_int_equal(berth_socket_send(host.host, socket, data, 1400, 0, NOW), 1400);
	assert_int_equal(berth_socket_get_option(host.host, socket, BERTH_IPPROTO_IP, BERTH_IP_MTU,
						 &mtu, &length, NOW),
			 0);
	assert_int_equal(mtu, 1500);
	{
		struct test_frame sent, error;

		assert_true(test_take_packet(&host, &sent, NOW));
		test_frame_icmp4_error(&error, &peer_mac, &peer, 3, 4, 1300, &sent);
		test_give(&host, &error, NOW);
	}
	assert_int_equal(option_error(socket), EMSGSIZE);
	assert_int_equal(berth_socket_get_option(host.host, socket, BERTH_IPPROTO_IP, BERTH_IP_MTU,
						 &mtu, &length, NOW),
			 0);
	assert_int_equal(mtu, 1300);
	assert_int_equal(berth_socket_send(host.host, socket, data, 1400, 0, NOW), -EMSGSIZE);
	assert_int_equal(berth_socket_send(host.host, socket, data, 1272, 0, NOW), 1272);
}

static void an_error_about_what_was_never_sent_is_counted(void **state)
{
	struct berth_endpoint from = test_endpoint("10.0.0.1", 4444);
	struct berth_endpoint to = test_endpoint("10.0.0.9", 5000);
	struct test_frame never, error;

	(void)state;
	test_frame_udp(&never, &host.mac, &peer_mac, &from, &to, "x", 1);
	test_frame_icmp4_error(&error, &peer_mac, &peer, 3, 3, 0, &never);
	test_give(&host, &error, NOW);
	assert_int_equal(test_drops(&host, BERTH_DROP_ICMP_ERROR_UNRELATED), 1);
}

static void a_host_that_sends_to_itself_hears_within_the_call(void **state)
{
	berth_socket socket = test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	struct berth_endpoint remote = test_endpoint("127.0.0.1", 9);

	(void)state;
	assert_int_equal(berth_socket_connect(host.host, socket, &remote, NOW), 0);
	assert_int_equal(berth_socket_send(host.host, socket, "x", 1, 0, NOW), 1);
	assert_int_equal(test_events_of(&host, socket), BERTH_EVENT_ERROR);
	assert_int_equal(option_error(socket), ECONNREFUSED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_host, close_host)
	const struct CMUnitTest tests[] = {
		TEST(a_connected_socket_hears_once_that_nobody_listens),
		TEST(the_error_can_be_asked_for_and_is_then_gone),
		TEST(an_unconnected_socket_hears_nothing),
		TEST(not_now_is_no_error_unless_the_program_asks),
		TEST(a_smaller_path_is_told_and_remembered),
		TEST(an_error_about_what_was_never_sent_is_counted),
		TEST(a_host_that_sends_to_itself_hears_within_the_call),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
