// SPDX-License-Identifier: MIT
//
// News: once per change, one entry a socket, oldest first, none of the closed.
#include <errno.h>

#include "../../support/test_host.h"

static struct test_pair pair;
static struct berth_endpoint target;

static int open_pair(void **state)
{
	(void)state;
	test_pair_open(&pair, NULL);
	target = test_endpoint("10.0.0.2", 0);
	return 0;
}

static int close_pair(void **state)
{
	(void)state;
	test_pair_close(&pair);
	return 0;
}

static berth_socket receiver(uint16_t port, uint64_t tag)
{
	berth_socket socket =
		test_bound(&pair.right, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", port);

	assert_int_equal(berth_socket_set_tag(pair.right.host, socket, tag), 0);
	return socket;
}

static void throw_at(berth_socket from, uint16_t port)
{
	target.port = port;
	assert_int_equal(berth_socket_send_to(pair.left.host, from, &target, "x", 1, pair.now), 1);
	test_pair_settle(&pair);
}

static void expect_event(berth_socket socket, uint64_t tag, uint32_t what)
{
	struct berth_event event;

	assert_true(berth_host_next_event(pair.right.host, &event));
	assert_int_equal(event.socket, socket);
	assert_int_equal(event.tag, tag);
	assert_int_equal(event.what, what);
	assert_int_equal(event.error, 0);
}

static void expect_no_event(void)
{
	struct berth_event event;

	assert_false(berth_host_next_event(pair.right.host, &event));
}

static void many_changes_of_one_socket_are_one_event(void **state)
{
	berth_socket from = test_socket(&pair.left, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	berth_socket socket = receiver(7, 70);

	(void)state;
	for (int i = 0; i < 5; i++)
		throw_at(from, 7);
	expect_event(socket, 70, BERTH_EVENT_READABLE);
	expect_no_event();
}

static void each_change_after_the_telling_is_told_again(void **state)
{
	berth_socket from = test_socket(&pair.left, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	berth_socket socket = receiver(7, 70);

	(void)state;
	throw_at(from, 7);
	expect_event(socket, 70, BERTH_EVENT_READABLE);
	expect_no_event(); // although nothing was read
	throw_at(from, 7);
	expect_event(socket, 70, BERTH_EVENT_READABLE);
	expect_no_event();
}

static void sockets_are_told_of_in_the_order_of_their_first_news(void **state)
{
	berth_socket from = test_socket(&pair.left, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	berth_socket a = receiver(1, 10), b = receiver(2, 20), c = receiver(3, 30);

	(void)state;
	throw_at(from, 2);
	throw_at(from, 3);
	throw_at(from, 1);
	throw_at(from, 2);
	expect_event(b, 20, BERTH_EVENT_READABLE);
	expect_event(c, 30, BERTH_EVENT_READABLE);
	expect_event(a, 10, BERTH_EVENT_READABLE);
	expect_no_event();
}

static void a_closed_socket_has_no_news(void **state)
{
	berth_socket from = test_socket(&pair.left, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	berth_socket socket = receiver(7, 70), next;

	(void)state;
	throw_at(from, 7);
	assert_int_equal(berth_socket_close(pair.right.host, socket, pair.now), 0);
	expect_no_event();
	next = receiver(7, 71); // in the same slot
	expect_no_event();
	throw_at(from, 7);
	expect_event(next, 71, BERTH_EVENT_READABLE);
}

static void what_was_told_is_not_told_with_the_next_news(void **state)
{
	berth_socket from = test_socket(&pair.left, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	berth_socket socket = receiver(7, 70);

	(void)state;
	assert_int_equal(
		berth_socket_shutdown(pair.right.host, socket, BERTH_SHUTDOWN_READ, pair.now),
		-ENOTCONN);
	expect_event(socket, 70, BERTH_EVENT_READABLE | BERTH_EVENT_FINISHED);
	throw_at(from, 7);
	expect_event(socket, 70, BERTH_EVENT_READABLE);
}

static void shutting_down_reading_wakes_the_reader(void **state)
{
	berth_socket socket = receiver(7, 70);
	char data[4];

	(void)state;
	assert_int_equal(
		berth_socket_shutdown(pair.right.host, socket, BERTH_SHUTDOWN_READ, pair.now),
		-ENOTCONN);
	expect_event(socket, 70, BERTH_EVENT_READABLE | BERTH_EVENT_FINISHED);
	assert_int_equal(berth_socket_receive(pair.right.host, socket, data, 4, pair.now), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)
	const struct CMUnitTest tests[] = {
		TEST(many_changes_of_one_socket_are_one_event),
		TEST(each_change_after_the_telling_is_told_again),
		TEST(sockets_are_told_of_in_the_order_of_their_first_news),
		TEST(a_closed_socket_has_no_news),
		TEST(what_was_told_is_not_told_with_the_next_news),
		TEST(shutting_down_reading_wakes_the_reader),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
