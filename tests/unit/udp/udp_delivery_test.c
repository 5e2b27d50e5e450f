// SPDX-License-Identifier: MIT
//
// Several sockets could take a datagram: does the right one get it?
#include <errno.h>

#include "../../support/test_host.h"

#define NOW TEST_S

static struct test_host host;
static const struct berth_mac peer_mac = {{2, 0, 0, 0, 0, 9}};
static const struct berth_mac everybody = {{255, 255, 255, 255, 255, 255}};

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

static void give(const char *source, uint16_t source_port, const char *target, uint16_t target_port)
{
	struct berth_endpoint from = test_endpoint(source, source_port);
	struct berth_endpoint to = test_endpoint(target, target_port);
	bool is_broadcast = strcmp(target, "255.255.255.255") == 0;
	struct test_frame frame;

	test_frame_udp(&frame, &peer_mac, is_broadcast ? &everybody : &host.mac, &from, &to, "x",
		       1);
	test_give(&host, &frame, NOW);
}

static bool got_one(berth_socket socket)
{
	char data[4];
	int64_t length = berth_socket_receive(host.host, socket, data, sizeof(data), NOW);

	assert_true(length == 1 || length == -EAGAIN);
	return length == 1;
}

static berth_socket bound_with(enum berth_family family, int option, const char *address,
			       uint16_t port)
{
	berth_socket socket = test_socket(&host, family, BERTH_PROTOCOL_UDP);
	struct berth_endpoint local = test_endpoint(address, port);
	int level = option == BERTH_IPV6_V6ONLY ? BERTH_IPPROTO_IPV6 : BERTH_SOL_SOCKET;
	int yes = 1;

	if (option)
		assert_int_equal(berth_socket_set_option(host.host, socket, level, option, &yes,
							 sizeof(yes), NOW),
				 0);
	assert_int_equal(berth_socket_bind(host.host, socket, &local, NULL), 0);
	return socket;
}

static void connect_to(berth_socket socket, const char *address, uint16_t port)
{
	struct berth_endpoint remote = test_endpoint(address, port);

	assert_int_equal(berth_socket_connect(host.host, socket, &remote, NOW), 0);
}

static void connected_goes_before_specific_before_any(void **state)
{
	berth_socket any = bound_with(BERTH_FAMILY_IPV4, BERTH_SO_REUSEADDR, "", 7);
	berth_socket specific = bound_with(BERTH_FAMILY_IPV4, BERTH_SO_REUSEADDR, "10.0.0.1", 7);
	berth_socket connected = bound_with(BERTH_FAMILY_IPV4, BERTH_SO_REUSEADDR, "10.0.0.1", 7);

	(void)state;
	connect_to(connected, "10.0.0.9", 5000);
	give("10.0.0.9", 5000, "10.0.0.1", 7);
	assert_true(got_one(connected));
	assert_false(got_one(specific) || got_one(any));
	give("10.0.0.9", 5001, "10.0.0.1", 7); // not its peer
	assert_true(got_one(specific));
	assert_false(got_one(connected) || got_one(any));
	assert_int_equal(berth_socket_close(host.host, specific, NOW), 0);
	give("10.0.0.9", 5001, "10.0.0.1", 7);
	assert_true(got_one(any));
	assert_false(got_one(connected));
}

static void a_dual_stack_socket_gets_ipv4_as_mapped(void **state)
{
	berth_socket dual = bound_with(BERTH_FAMILY_IPV6, 0, "::", 7);
	struct berth_endpoint remote, local;
	char data[4];

	(void)state;
	give("10.0.0.9", 5000, "10.0.0.1", 7);
	assert_int_equal(berth_socket_receive_from(host.host, dual, data, sizeof(data), &remote,
						   &local, NULL, NOW),
			 1);
	test_assert_endpoint(&remote, "[::ffff:10.0.0.9]:5000");
	test_assert_endpoint(&local, "[::ffff:10.0.0.1]:7");
	give("fd00::9", 5000, "fd00::1", 7);
	assert_int_equal(berth_socket_receive_from(host.host, dual, data, sizeof(data), &remote,
						   &local, NULL, NOW),
			 1);
	test_assert_endpoint(&remote, "[fd00::9]:5000");
}

static void a_v6only_socket_gets_no_ipv4_and_leaves_it_to_another(void **state)
{
	berth_socket six = bound_with(BERTH_FAMILY_IPV6, BERTH_IPV6_V6ONLY, "::", 7);
	berth_socket four;

	(void)state;
	give("10.0.0.9", 5000, "10.0.0.1", 7);
	assert_false(got_one(six));
	assert_int_equal(test_drops(&host, BERTH_DROP_UDP_NO_PORT), 1);
	four = bound_with(BERTH_FAMILY_IPV4, 0, "", 7);
	give("10.0.0.9", 5000, "10.0.0.1", 7);
	assert_true(got_one(four));
	give("fd00::9", 5000, "fd00::1", 7);
	assert_true(got_one(six));
}

static void an_ipv4_socket_goes_before_a_dual_stack_one(void **state)
{
	berth_socket four = bound_with(BERTH_FAMILY_IPV4, BERTH_SO_REUSEADDR, "", 7);
	berth_socket dual = bound_with(BERTH_FAMILY_IPV6, BERTH_SO_REUSEADDR, "::", 7);

	(void)state;
	give("10.0.0.9", 5000, "10.0.0.1", 7);
	assert_true(got_one(four));
	assert_false(got_one(dual));
}

static void with_reuseaddr_alone_the_last_comer_gets_it(void **state)
{
	berth_socket first = bound_with(BERTH_FAMILY_IPV4, BERTH_SO_REUSEADDR, "", 7);
	berth_socket last = bound_with(BERTH_FAMILY_IPV4, BERTH_SO_REUSEADDR, "", 7);

	(void)state;
	give("10.0.0.9", 5000, "10.0.0.1", 7);
	assert_true(got_one(last));
	assert_false(got_one(first));
}

static void reuseport_spreads_flows_and_keeps_each_where_it_is(void **state)
{
	berth_socket group[4];
	unsigned counts[4] = {0};
	size_t home[400];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		group[i] = bound_with(BERTH_FAMILY_IPV4, BERTH_SO_REUSEPORT, "", 7);
	for (uint16_t flow = 0; flow < 400; flow++) {
		home[flow] = 4;
		give("10.0.0.9", (uint16_t)(5000 + flow), "10.0.0.1", 7);
		for (size_t i = 0; i < 4; i++) {
			if (got_one(group[i])) {
				assert_int_equal(home[flow], 4);
				home[flow] = i;
				counts[i]++;
			}
		}
		assert_in_range(home[flow], 0, 3);
	}
	for (size_t i = 0; i < 4; i++)
		assert_in_range(counts[i], 60, 140);
	// One leaves: only its flows move.
	assert_int_equal(berth_socket_close(host.host, group[2], NOW), 0);
	for (uint16_t flow = 0; flow < 400; flow++) {
		unsigned taken = 0;

		give("10.0.0.9", (uint16_t)(5000 + flow), "10.0.0.1", 7);
		for (size_t i = 0; i < 4; i++) {
			if (i != 2 && got_one(group[i])) {
				taken++;
				assert_true(home[flow] == i || home[flow] == 2);
			}
		}
		assert_int_equal(taken, 1);
	}
}

static void a_datagram_to_everybody_goes_to_every_matching_socket(void **state)
{
	berth_socket any = bound_with(BERTH_FAMILY_IPV4, BERTH_SO_REUSEADDR, "", 7);
	berth_socket dual = bound_with(BERTH_FAMILY_IPV6, BERTH_SO_REUSEADDR, "::", 7);
	berth_socket group =
		bound_with(BERTH_FAMILY_IPV4, BERTH_SO_REUSEADDR, "255.255.255.255", 7);
	berth_socket specific = bound_with(BERTH_FAMILY_IPV4, BERTH_SO_REUSEADDR, "10.0.0.1", 7);
	berth_socket elsewhere = bound_with(BERTH_FAMILY_IPV4, 0, "", 8);

	(void)state;
	give("10.0.0.9", 5000, "255.255.255.255", 7);
	assert_true(got_one(any));
	assert_true(got_one(dual));
	assert_true(got_one(group));
	assert_false(got_one(specific)); // bound to one address of ours
	assert_false(got_one(elsewhere));
	give("10.0.0.9", 5000, "10.0.0.1", 7);
	assert_false(got_one(group));
	assert_true(got_one(specific));
}

static void dissolving_gives_back_what_connecting_took(void **state)
{
	berth_socket bound = bound_with(BERTH_FAMILY_IPV4, 0, "", 7);
	berth_socket unbound = test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	struct berth_endpoint nobody = {0}, local;

	(void)state;
	connect_to(bound, "10.0.0.9", 5000);
	assert_int_equal(berth_socket_local(host.host, bound, &local), 0);
	test_assert_endpoint(&local, "10.0.0.1:7");
	give("10.0.0.9", 6000, "10.0.0.1", 7);
	assert_false(got_one(bound));
	assert_int_equal(berth_socket_connect(host.host, bound, &nobody, NOW), 0);
	assert_int_equal(berth_socket_local(host.host, bound, &local), 0);
	test_assert_endpoint(&local, "*:7");
	give("10.0.0.9", 6000, "10.0.0.1", 7);
	assert_true(got_one(bound));

	connect_to(unbound, "10.0.0.9", 5000);
	assert_int_equal(berth_socket_local(host.host, unbound, &local), 0);
	assert_int_equal(local.address.byte[3], 1);
	assert_in_range(local.port, 32768, 60999);
	assert_int_equal(berth_socket_connect(host.host, unbound, &nobody, NOW), 0);
	assert_int_equal(berth_socket_local(host.host, unbound, &local), 0);
	assert_int_equal(local.port, 0);
	assert_int_equal(berth_socket_remote(host.host, unbound, &local), -ENOTCONN);
}

// getaddrinfo asks so which source address a destination would get.
static void connecting_to_port_0_tells_the_source_address(void **state)
{
	berth_socket socket = test_socket(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP);
	struct berth_endpoint local;

	(void)state;
	connect_to(socket, "::ffff:10.0.0.9", 0);
	assert_int_equal(berth_socket_local(host.host, socket, &local), 0);
	assert_int_equal(local.address.byte[10], 0xff);
	assert_int_equal(local.address.byte[15], 1);
	assert_int_equal(berth_socket_remote(host.host, socket, &local), -ENOTCONN);
	connect_to(socket, "fd00::9", 5000);
	assert_int_equal(berth_socket_local(host.host, socket, &local), 0);
	assert_int_equal(local.address.byte[0], 0xfd);
	assert_int_equal(berth_socket_remote(host.host, socket, &local), 0);
	test_assert_endpoint(&local, "[fd00::9]:5000");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_host, close_host)
	const struct CMUnitTest tests[] = {
		TEST(connected_goes_before_specific_before_any),
		TEST(a_dual_stack_socket_gets_ipv4_as_mapped),
		TEST(a_v6only_socket_gets_no_ipv4_and_leaves_it_to_another),
		TEST(an_ipv4_socket_goes_before_a_dual_stack_one),
		TEST(with_reuseaddr_alone_the_last_comer_gets_it),
		TEST(reuseport_spreads_flows_and_keeps_each_where_it_is),
		TEST(a_datagram_to_everybody_goes_to_every_matching_socket),
		TEST(dissolving_gives_back_what_connecting_took),
		TEST(connecting_to_port_0_tells_the_source_address),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
