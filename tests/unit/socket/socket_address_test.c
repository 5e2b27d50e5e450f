// SPDX-License-Identifier: MIT
//
// What a socket's family allows: which addresses it binds and reaches, and how it sees them.
#include <errno.h>

#include "../../support/test_host.h"

#define NOW TEST_S

static struct test_host host;

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

static int bind_to(enum berth_family family, enum berth_protocol protocol, const char *address,
		   uint16_t port)
{
	berth_socket socket = test_socket(&host, family, protocol);
	struct berth_endpoint local = test_endpoint(address, port);

	return berth_socket_bind(host.host, socket, &local, NULL);
}

static void binding_takes_our_addresses_of_the_right_family(void **state)
{
	static const enum berth_protocol protocols[] = {BERTH_PROTOCOL_UDP, BERTH_PROTOCOL_TCP};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		enum berth_protocol protocol = protocols[i];

		assert_int_equal(bind_to(BERTH_FAMILY_IPV4, protocol, "10.0.0.1", 1), 0);
		assert_int_equal(bind_to(BERTH_FAMILY_IPV4, protocol, "127.0.0.1", 1), 0);
		assert_int_equal(bind_to(BERTH_FAMILY_IPV4, protocol, "0.0.0.0", 2), 0);
		assert_int_equal(bind_to(BERTH_FAMILY_IPV4, protocol, "", 3), 0);
		assert_int_equal(bind_to(BERTH_FAMILY_IPV6, protocol, "fd00::1", 4), 0);
		assert_int_equal(bind_to(BERTH_FAMILY_IPV6, protocol, "::ffff:10.0.0.1", 5), 0);
		assert_int_equal(bind_to(BERTH_FAMILY_IPV4, protocol, "10.0.0.2", 6),
				 -EADDRNOTAVAIL);
		assert_int_equal(bind_to(BERTH_FAMILY_IPV6, protocol, "fd00::2", 6),
				 -EADDRNOTAVAIL);
		assert_int_equal(bind_to(BERTH_FAMILY_IPV4, protocol, "fd00::1", 6), -EAFNOSUPPORT);
		assert_int_equal(bind_to(BERTH_FAMILY_IPV6, protocol, "10.0.0.1", 6),
				 -EAFNOSUPPORT);
		// A mapped address is that IPv4 address: 5 is taken.
		assert_int_equal(bind_to(BERTH_FAMILY_IPV4, protocol, "10.0.0.1", 5), -EADDRINUSE);
	}
}

static void a_socket_binds_once(void **state)
{
	berth_socket udp = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	berth_socket tcp = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP, "", 7);
	struct berth_endpoint local = test_endpoint("", 8);

	(void)state;
	assert_int_equal(berth_socket_bind(host.host, udp, &local, NULL), -EINVAL);
	assert_int_equal(berth_socket_bind(host.host, tcp, &local, NULL), -EINVAL);
}

static void v6only_refuses_mapped_addresses(void **state)
{
	berth_socket socket = test_socket(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP);
	struct berth_endpoint local = test_endpoint("::ffff:10.0.0.1", 7);
	struct berth_endpoint remote = test_endpoint("::ffff:10.0.0.2", 7);
	int yes = 1;

	(void)state;
	assert_int_equal(berth_socket_set_option(host.host, socket, BERTH_IPPROTO_IPV6,
						 BERTH_IPV6_V6ONLY, &yes, sizeof(yes), NOW),
			 0);
	assert_int_equal(berth_socket_bind(host.host, socket, &local, NULL), -EINVAL);
	assert_int_equal(berth_socket_connect(host.host, socket, &remote, NOW), -ENETUNREACH);
	assert_int_equal(berth_socket_send_to(host.host, socket, &remote, "x", 1, NOW),
			 -ENETUNREACH);
}

static void an_ipv6_socket_sees_ipv6_only(void **state)
{
	berth_socket socket =
		test_bound(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP, "::ffff:10.0.0.1", 7);
	berth_socket fresh = test_socket(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP);
	struct berth_endpoint remote = test_endpoint("::ffff:10.0.0.2", 9), seen;
	struct berth_connection_info info;

	(void)state;
	assert_int_equal(berth_socket_local(host.host, socket, &seen), 0);
	test_assert_endpoint(&seen, "[::ffff:10.0.0.1]:7");
	assert_int_equal(berth_socket_connect(host.host, socket, &remote, NOW), 0);
	assert_int_equal(berth_socket_remote(host.host, socket, &seen), 0);
	test_assert_endpoint(&seen, "[::ffff:10.0.0.2]:9");
	assert_int_equal(berth_inspect_socket(host.host, socket, &info), 0);
	assert_int_equal(info.family, BERTH_FAMILY_IPV6);
	test_assert_endpoint(&info.local, "[::ffff:10.0.0.1]:7");
	test_assert_endpoint(&info.remote, "[::ffff:10.0.0.2]:9");
	assert_int_equal(info.next_hop_address.byte[3], 2);
	assert_int_equal(info.interface_index, 0);
	assert_int_equal(berth_socket_local(host.host, fresh, &seen), 0);
	assert_int_equal(seen.address.family, BERTH_FAMILY_IPV6);
	assert_int_equal(seen.port, 0);
}

static void any_as_a_destination_is_this_computer(void **state)
{
	berth_socket taker = test_bound(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP, "", 7);
	berth_socket four = test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	berth_socket six = test_socket(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP);
	struct berth_endpoint any4 = test_endpoint("0.0.0.0", 7), any6 = test_endpoint("::", 7);
	struct berth_endpoint from, to;
	char data[4];

	(void)state;
	assert_int_equal(berth_socket_send_to(host.host, four, &any4, "a", 1, NOW), 1);
	assert_int_equal(
		berth_socket_receive_from(host.host, taker, data, 4, &from, &to, NULL, NOW), 1);
	test_assert_endpoint(&to, "[::ffff:127.0.0.1]:7");
	assert_int_equal(berth_socket_send_to(host.host, six, &any6, "b", 1, NOW), 1);
	assert_int_equal(
		berth_socket_receive_from(host.host, taker, data, 4, &from, &to, NULL, NOW), 1);
	test_assert_endpoint(&to, "[::1]:7");
}

static void what_is_no_socket_cannot_be_opened(void **state)
{
	berth_socket socket = 77;

	(void)state;
	assert_int_equal(
		berth_socket_open(host.host, BERTH_FAMILY_NONE, BERTH_PROTOCOL_UDP, &socket),
		-EAFNOSUPPORT);
	assert_int_equal(
		berth_socket_open(host.host, BERTH_FAMILY_IPV4, (enum berth_protocol)1, &socket),
		-EPROTONOSUPPORT);
	assert_int_equal(socket, 77);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_host, close_host)
	const struct CMUnitTest tests[] = {
		TEST(binding_takes_our_addresses_of_the_right_family),
		TEST(a_socket_binds_once),
		TEST(v6only_refuses_mapped_addresses),
		TEST(an_ipv6_socket_sees_ipv6_only),
		TEST(any_as_a_destination_is_this_computer),
		TEST(what_is_no_socket_cannot_be_opened),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
