// SPDX-License-Identifier: MIT
//
// TCP between two whole hosts on a wire: connect, speak, hear, end properly. The first thing that
// must work, and the last that may break.
#include <errno.h>

#include "../support/test_host.h"

struct talk {
	struct test_pair pair;
	berth_socket listener, server, client;
};

static void connect_both(struct talk *talk, const struct test_host_options *options,
			 enum berth_family family, const char *address)
{
	struct berth_endpoint to = test_endpoint(address, 7);
	struct test_pair *pair = &talk->pair;
	struct berth_connection_info info;
	struct berth_endpoint remote, local;

	test_pair_open(pair, options);
	talk->listener = test_bound(&pair->right, family, BERTH_PROTOCOL_TCP, "", 7);
	assert_int_equal(berth_socket_set_tag(pair->right.host, talk->listener, 99), 0);
	assert_int_equal(berth_socket_listen(pair->right.host, talk->listener, 5, pair->now), 0);
	talk->client = test_socket(&pair->left, family, BERTH_PROTOCOL_TCP);
	assert_int_equal(berth_socket_connect(pair->left.host, talk->client, &to, pair->now),
			 -EINPROGRESS);
	assert_int_equal(berth_socket_connect(pair->left.host, talk->client, &to, pair->now),
			 -EALREADY);
	assert_int_equal(berth_socket_accept(pair->right.host, talk->listener, &talk->server, NULL,
					     pair->now),
			 -EAGAIN);
	test_pair_settle(pair);
	assert_int_equal(test_events_of(&pair->left, talk->client), BERTH_EVENT_WRITABLE);
	assert_int_equal(test_events_of(&pair->right, talk->listener), BERTH_EVENT_ACCEPTABLE);
	assert_int_equal(berth_socket_accept(pair->right.host, talk->listener, &talk->server,
					     &remote, pair->now),
			 0);
	assert_int_equal(berth_socket_local(pair->left.host, talk->client, &local), 0);
	assert_true(berth_address_equal(&local.address, &remote.address));
	assert_int_equal(local.port, remote.port);
	assert_int_equal(berth_inspect_socket(pair->right.host, talk->server, &info), 0);
	assert_int_equal(info.tag, 99); // its listener's
	assert_int_equal(info.inbound, 1);
	assert_int_equal(info.has_next_hop, 1);
	assert_int_equal(test_events_of(&pair->right, talk->server), BERTH_EVENT_WRITABLE);
}

static enum berth_tcp_state state_of(struct test_host *test, berth_socket socket)
{
	struct berth_connection_info info;

	assert_int_equal(berth_inspect_socket(test->host, socket, &info), 0);
	return (enum berth_tcp_state)info.state;
}

// From one to the other until all of it is there.
static void send_bytes(struct talk *talk, struct test_host *from, berth_socket out,
		       struct test_host *to, berth_socket in, size_t total)
{
	static uint8_t data[65536], got[65536];
	uint64_t give = 1, expect = 1;
	size_t sent = 0, received = 0, waiting = 0;
	uint64_t end = talk->pair.now + 60 * TEST_S;

	while (received < total) {
		int64_t count = 0;

		if (waiting == 0 && sent < total) {
			waiting = total - sent < sizeof(data) ? total - sent : sizeof(data);
			test_random_bytes(&give, data, waiting);
			memmove(data + sizeof(data) - waiting, data, waiting);
		}
		if (waiting)
			count = berth_socket_send(from->host, out, data + sizeof(data) - waiting,
						  waiting, 0, talk->pair.now);
		assert_true(count >= 0 || count == -EAGAIN);
		if (count > 0) {
			sent += (size_t)count;
			waiting -= (size_t)count;
		}
		test_pair_settle(&talk->pair);
		while ((count = berth_socket_receive(to->host, in, got, sizeof(got),
						     talk->pair.now)) > 0) {
			static uint8_t right[65536];
			static size_t right_left;

			for (size_t i = 0; i < (size_t)count; i++, right_left--) {
				if (right_left == 0) {
					right_left = total - received < sizeof(right)
							     ? total - received
							     : sizeof(right);
					test_random_bytes(&expect, right, right_left);
					memmove(right + sizeof(right) - right_left, right,
						right_left);
				}
				assert_int_equal(got[i], right[sizeof(right) - right_left]);
				received++;
			}
		}
		assert_int_equal(count, -EAGAIN);
		if (received < total)
			test_pair_run(&talk->pair, TEST_MS);
		assert_true(talk->pair.now < end);
	}
}

static void close_both(struct talk *talk)
{
	struct test_pair *pair = &talk->pair;
	struct berth_connection_info info;
	uint64_t cursor = 0;
	int time_wait = 0;
	char data[4];

	assert_int_equal(berth_socket_shutdown(pair->left.host, talk->client, BERTH_SHUTDOWN_WRITE,
					       pair->now),
			 0);
	test_pair_run(pair, TEST_S);
	assert_int_equal(state_of(&pair->left, talk->client), BERTH_TCP_FIN_WAIT_2);
	assert_int_equal(state_of(&pair->right, talk->server), BERTH_TCP_CLOSE_WAIT);
	assert_true(test_events_of(&pair->right, talk->server) & BERTH_EVENT_FINISHED);
	assert_int_equal(berth_socket_receive(pair->right.host, talk->server, data, 4, pair->now),
			 0);
	assert_int_equal(berth_socket_close(pair->right.host, talk->server, pair->now), 0);
	test_pair_run(pair, TEST_MS);
	assert_int_equal(berth_socket_receive(pair->left.host, talk->client, data, 4, pair->now),
			 0);
	assert_int_equal(berth_socket_close(pair->left.host, talk->client, pair->now), 0);
	while (berth_inspect_next(pair->left.host, &cursor, &info))
		time_wait += info.state == BERTH_TCP_TIME_WAIT && info.socket == 0;
	assert_int_equal(time_wait, 1);
	test_pair_run(pair, 61 * TEST_S);
	cursor = 0;
	assert_false(berth_inspect_next(pair->left.host, &cursor, &info));
	assert_int_equal(berth_socket_close(pair->right.host, talk->listener, pair->now), 0);
	test_pair_close(pair);
}

static void speak_both_ways(const struct test_host_options *options, enum berth_family family,
			    const char *address, size_t total)
{
	struct talk talk;

	connect_both(&talk, options, family, address);
	assert_int_equal(state_of(&talk.pair.left, talk.client), BERTH_TCP_ESTABLISHED);
	assert_int_equal(state_of(&talk.pair.right, talk.server), BERTH_TCP_ESTABLISHED);
	send_bytes(&talk, &talk.pair.left, talk.client, &talk.pair.right, talk.server, total);
	send_bytes(&talk, &talk.pair.right, talk.server, &talk.pair.left, talk.client, total);
	close_both(&talk);
}

static void a_few_bytes_over_ipv4(void **state)
{
	(void)state;
	speak_both_ways(NULL, BERTH_FAMILY_IPV4, "10.0.0.2", 5);
}

static void a_few_bytes_over_ipv6(void **state)
{
	(void)state;
	speak_both_ways(NULL, BERTH_FAMILY_IPV6, "fd00::2", 5);
}

static void a_dual_stack_listener_takes_mapped_connections(void **state)
{
	(void)state;
	speak_both_ways(NULL, BERTH_FAMILY_IPV6, "::ffff:10.0.0.2", 5);
}

static void many_bytes_arrive_whole(void **state)
{
	(void)state;
	speak_both_ways(NULL, BERTH_FAMILY_IPV4, "10.0.0.2", 5000000);
}

static void superframes_arrive_whole(void **state)
{
	struct test_host_options options = {.offloads = BERTH_OFFLOAD_CHECKSUM |
							BERTH_OFFLOAD_SEGMENT_TCP4 |
							BERTH_OFFLOAD_SEGMENT_TCP6};

	(void)state;
	speak_both_ways(&options, BERTH_FAMILY_IPV4, "10.0.0.2", 5000000);
	speak_both_ways(&options, BERTH_FAMILY_IPV6, "fd00::2", 5000000);
}

static void nobody_listening_is_an_answer(void **state)
{
	struct berth_endpoint to = test_endpoint("10.0.0.2", 7);
	struct test_pair pair;
	berth_socket client;
	struct berth_event event;
	int error = 0;
	size_t length = sizeof(error);

	(void)state;
	test_pair_open(&pair, NULL);
	client = test_socket(&pair.left, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);
	assert_int_equal(berth_socket_connect(pair.left.host, client, &to, pair.now), -EINPROGRESS);
	test_pair_settle(&pair);
	assert_true(berth_host_next_event(pair.left.host, &event));
	assert_int_equal(event.socket, client);
	assert_true(event.what & BERTH_EVENT_ERROR);
	assert_int_equal(event.error, ECONNREFUSED);
	assert_int_equal(berth_socket_get_option(pair.left.host, client, BERTH_SOL_SOCKET,
						 BERTH_SO_ERROR, &error, &length, pair.now),
			 0);
	assert_int_equal(error, ECONNREFUSED);
	assert_int_equal(test_drops(&pair.right, BERTH_DROP_TCP_NO_PORT), 1);
	test_pair_close(&pair);
}

static void a_host_connects_to_itself(void **state)
{
	struct berth_endpoint to = test_endpoint("127.0.0.1", 7);
	struct berth_frame frame;
	struct test_host test;
	berth_socket listener, server, client;
	char data[8];

	(void)state;
	test_host_open(&test, 1, NULL);
	while (berth_host_transmit(test.host, &frame, 1, 0))
		;
	listener = test_bound(&test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP, "", 7);
	assert_int_equal(berth_socket_listen(test.host, listener, 5, 0), 0);
	client = test_socket(&test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);
	assert_int_equal(berth_socket_connect(test.host, client, &to, 0), -EINPROGRESS);
	assert_int_equal(berth_host_deadline(test.host), 0);
	assert_int_equal(berth_host_transmit(test.host, &frame, 1, 0), 0);
	assert_int_equal(berth_socket_accept(test.host, listener, &server, NULL, 0), 0);
	assert_int_equal(berth_socket_send(test.host, client, "hello", 5, 0, 0), 5);
	assert_int_equal(berth_host_transmit(test.host, &frame, 1, 0), 0);
	assert_int_equal(berth_socket_receive(test.host, server, data, sizeof(data), 0), 5);
	assert_memory_equal(data, "hello", 5);
	assert_int_equal(berth_socket_abort(test.host, client, 0), 0);
	assert_int_equal(berth_host_transmit(test.host, &frame, 1, 0), 0);
	assert_int_equal(berth_socket_receive(test.host, server, data, sizeof(data), 0),
			 -ECONNRESET);
	test_host_close(&test);
}

static void a_listener_that_stops_reading_stops_listening(void **state)
{
	struct berth_endpoint to = test_endpoint("10.0.0.2", 7);
	struct test_pair pair;
	berth_socket listener, server, client;

	(void)state;
	test_pair_open(&pair, NULL);
	listener = test_bound(&pair.right, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP, "", 7);
	assert_int_equal(berth_socket_listen(pair.right.host, listener, 5, pair.now), 0);
	assert_int_equal(
		berth_socket_shutdown(pair.right.host, listener, BERTH_SHUTDOWN_READ, pair.now), 0);
	assert_int_equal(test_events_of(&pair.right, listener), BERTH_EVENT_ACCEPTABLE);
	assert_int_equal(berth_socket_accept(pair.right.host, listener, &server, NULL, pair.now),
			 -EINVAL);
	client = test_socket(&pair.left, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);
	assert_int_equal(berth_socket_connect(pair.left.host, client, &to, pair.now), -EINPROGRESS);
	test_pair_settle(&pair);
	assert_true(test_events_of(&pair.left, client) & BERTH_EVENT_ERROR);
	test_pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_few_bytes_over_ipv4),
		cmocka_unit_test(a_few_bytes_over_ipv6),
		cmocka_unit_test(a_dual_stack_listener_takes_mapped_connections),
		cmocka_unit_test(many_bytes_arrive_whole),
		cmocka_unit_test(superframes_arrive_whole),
		cmocka_unit_test(nobody_listening_is_an_answer),
		cmocka_unit_test(a_host_connects_to_itself),
		cmocka_unit_test(a_listener_that_stops_reading_stops_listening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
