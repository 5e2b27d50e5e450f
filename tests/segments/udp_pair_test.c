// SPDX-License-Identifier: MIT
//
// UDP between two whole hosts on a wire: thrown, taken, answered, in both families, with and
// without what a cable can do for a host.
#include <errno.h>

#include "../support/test_host.h"

static void echo_once(struct test_pair *pair, berth_socket server, berth_socket client,
		      const struct berth_endpoint *to, const uint8_t *data, size_t length)
{
	static uint8_t got[65536];
	struct berth_endpoint from;

	assert_int_equal(berth_socket_send_to(pair->left.host, client, to, data, length, pair->now),
			 length);
	test_pair_settle(pair);
	assert_int_equal(test_events_of(&pair->right, server), BERTH_EVENT_READABLE);
	assert_int_equal(berth_socket_receive_from(pair->right.host, server, got, sizeof(got),
						   &from, NULL, NULL, pair->now),
			 length);
	assert_memory_equal(got, data, length);
	assert_int_equal(
		berth_socket_send_to(pair->right.host, server, &from, got, length, pair->now),
		length);
	test_pair_settle(pair);
	memset(got, 0, length);
	assert_int_equal(berth_socket_receive_from(pair->left.host, client, got, sizeof(got), &from,
						   NULL, NULL, pair->now),
			 length);
	assert_memory_equal(got, data, length);
	assert_int_equal(from.port, to->port);
}

static void echo_all_lengths(uint32_t offloads, enum berth_family family, const char *address,
			     size_t longest)
{
	struct test_host_options options = {.offloads = offloads};
	struct berth_endpoint to = test_endpoint(address, 7);
	berth_socket server, client;
	struct test_pair pair;
	uint8_t data[1500];
	uint64_t seed = 1;

	test_random_bytes(&seed, data, sizeof(data));
	test_pair_open(&pair, &options);
	server = test_bound(&pair.right, family, BERTH_PROTOCOL_UDP, "", 7);
	client = test_socket(&pair.left, family, BERTH_PROTOCOL_UDP);
	for (size_t length = 0; length <= longest; length += length < 64 ? 1 : 37)
		echo_once(&pair, server, client, &to, data, length);
	echo_once(&pair, server, client, &to, data, longest);
	assert_int_equal(
		berth_socket_send_to(pair.left.host, client, &to, data, longest + 1, pair.now),
		-EMSGSIZE);
	assert_int_equal(test_drops(&pair.right, BERTH_DROP_UDP_CHECKSUM), 0);
	test_pair_close(&pair);
}

static void ipv4_echoes_every_length(void **state)
{
	(void)state;
	echo_all_lengths(0, BERTH_FAMILY_IPV4, "10.0.0.2", 1472);
}

static void ipv6_echoes_every_length(void **state)
{
	(void)state;
	echo_all_lengths(0, BERTH_FAMILY_IPV6, "fd00::2", 1452);
}

static void mapped_addresses_echo_over_ipv4(void **state)
{
	(void)state;
	echo_all_lengths(0, BERTH_FAMILY_IPV6, "::ffff:10.0.0.2", 1472);
}

static void a_cable_that_sums_may_leave_sums_open(void **state)
{
	(void)state;
	echo_all_lengths(BERTH_OFFLOAD_CHECKSUM, BERTH_FAMILY_IPV4, "10.0.0.2", 1472);
	echo_all_lengths(BERTH_OFFLOAD_CHECKSUM, BERTH_FAMILY_IPV6, "fd00::2", 1452);
}

static void nobody_at_the_other_end_is_an_answer(void **state)
{
	struct berth_endpoint to = test_endpoint("10.0.0.2", 7);
	struct test_pair pair;
	berth_socket client;
	char data[4];

	(void)state;
	test_pair_open(&pair, NULL);
	client = test_socket(&pair.left, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	assert_int_equal(berth_socket_connect(pair.left.host, client, &to, pair.now), 0);
	assert_int_equal(berth_socket_send(pair.left.host, client, "x", 1, 0, pair.now), 1);
	test_pair_settle(&pair);
	assert_int_equal(test_events_of(&pair.left, client), BERTH_EVENT_ERROR);
	assert_int_equal(berth_socket_receive(pair.left.host, client, data, 4, pair.now),
			 -ECONNREFUSED);
	assert_int_equal(test_drops(&pair.right, BERTH_DROP_UDP_NO_PORT), 1);
	test_pair_close(&pair);
}

static void a_machine_that_is_not_there_is_given_up(void **state)
{
	struct berth_endpoint to = test_endpoint("10.0.0.77", 7);
	struct test_pair pair;
	berth_socket client;
	int yes = 1;
	char data[4];

	(void)state;
	test_pair_open(&pair, NULL);
	client = test_socket(&pair.left, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	assert_int_equal(berth_socket_set_option(pair.left.host, client, BERTH_IPPROTO_IP,
						 BERTH_IP_RECVERR, &yes, sizeof(yes), pair.now),
			 0);
	assert_int_equal(berth_socket_connect(pair.left.host, client, &to, pair.now), 0);
	assert_int_equal(berth_socket_send(pair.left.host, client, "x", 1, 0, pair.now), 1);
	test_pair_run(&pair, 10 * TEST_S);
	assert_int_equal(test_events_of(&pair.left, client), BERTH_EVENT_ERROR);
	assert_int_equal(berth_socket_receive(pair.left.host, client, data, 4, pair.now),
			 -EHOSTUNREACH);
	assert_int_equal(test_drops(&pair.left, BERTH_DROP_NEIGHBOR_UNREACHABLE), 1);
	test_pair_close(&pair);
}

static void a_port_has_one_holder_until_it_lets_go(void **state)
{
	struct berth_endpoint port = test_endpoint("", 7), to = test_endpoint("10.0.0.2", 7);
	struct test_pair pair;
	berth_socket first, second, client;
	uint64_t holder = 0;
	char data[4];

	(void)state;
	test_pair_open(&pair, NULL);
	first = test_bound(&pair.right, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	second = test_socket(&pair.right, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	client = test_socket(&pair.left, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	assert_int_equal(berth_socket_set_tag(pair.right.host, first, 1234), 0);
	assert_int_equal(berth_socket_bind(pair.right.host, second, &port, &holder), -EADDRINUSE);
	assert_u64(holder, 1234);
	assert_int_equal(berth_socket_close(pair.right.host, first, pair.now), 0);
	assert_int_equal(berth_socket_bind(pair.right.host, second, &port, &holder), 0);
	assert_int_equal(berth_socket_send_to(pair.left.host, client, &to, "x", 1, pair.now), 1);
	test_pair_settle(&pair);
	assert_int_equal(berth_socket_receive(pair.right.host, second, data, 4, pair.now), 1);
	test_pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_echoes_every_length),
		cmocka_unit_test(ipv6_echoes_every_length),
		cmocka_unit_test(mapped_addresses_echo_over_ipv4),
		cmocka_unit_test(a_cable_that_sums_may_leave_sums_open),
		cmocka_unit_test(nobody_at_the_other_end_is_an_answer),
		cmocka_unit_test(a_machine_that_is_not_there_is_given_up),
		cmocka_unit_test(a_port_has_one_holder_until_it_lets_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
