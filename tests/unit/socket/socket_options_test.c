// SPDX-License-Identifier: MIT
//
// Options as Linux has them: what is kept for what was set, and what is refused.
#include <errno.h>

#include "../../../lib/base/numbers.h"
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

static int set(berth_socket socket, int level, int name, int number)
{
	return berth_socket_set_option(host.host, socket, level, name, &number, sizeof(number),
				       NOW);
}

static int get(berth_socket socket, int level, int name)
{
	int number = -12345;
	size_t length = sizeof(number);
	int result = berth_socket_get_option(host.host, socket, level, name, &number, &length, NOW);

	if (result < 0)
		return result;
	assert_int_equal(length, sizeof(number));
	return number;
}

struct row {
	int level, name;
	int initial;
	int asked, result, kept; // kept only when result is 0
};

static void check_rows(berth_socket socket, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *row = &rows[i];

		assert_int_equal(get(socket, row->level, row->name), row->initial);
		assert_int_equal(set(socket, row->level, row->name, row->asked), row->result);
		assert_int_equal(get(socket, row->level, row->name),
				 row->result == 0 ? row->kept : row->initial);
	}
}

static void options_of_an_ipv4_datagram_socket_are_as_on_linux(void **state)
{
	static const struct row rows[] = {
		{BERTH_SOL_SOCKET, BERTH_SO_DEBUG, 0, 5, 0, 1},
		{BERTH_SOL_SOCKET, BERTH_SO_REUSEADDR, 0, 7, 0, 1},
		{BERTH_SOL_SOCKET, BERTH_SO_REUSEPORT, 0, -1, 0, 1},
		{BERTH_SOL_SOCKET, BERTH_SO_DONTROUTE, 0, 1, 0, 1},
		{BERTH_SOL_SOCKET, BERTH_SO_BROADCAST, 0, 1, 0, 1},
		{BERTH_SOL_SOCKET, BERTH_SO_KEEPALIVE, 0, 1, 0, 1},
		{BERTH_SOL_SOCKET, BERTH_SO_OOBINLINE, 0, 1, 0, 1},
		{BERTH_SOL_SOCKET, BERTH_SO_PRIORITY, 0, 6, 0, 6},
		{BERTH_SOL_SOCKET, BERTH_SO_PRIORITY, 6, 7, -EPERM, 0},
		{BERTH_SOL_SOCKET, BERTH_SO_SNDBUF, 212992, 100, 0, 4608},
		{BERTH_SOL_SOCKET, BERTH_SO_SNDBUF, 4608, 10000, 0, 20000},
		{BERTH_SOL_SOCKET, BERTH_SO_SNDBUF, 20000, -1, 0, 425984},
		{BERTH_SOL_SOCKET, BERTH_SO_RCVBUF, 212992, 100, 0, 2304},
		{BERTH_SOL_SOCKET, BERTH_SO_RCVBUF, 2304, 2000, 0, 4000},
		{BERTH_SOL_SOCKET, BERTH_SO_RCVBUF, 4000, 1 << 30, 0, 425984},
		{BERTH_SOL_SOCKET, BERTH_SO_RCVLOWAT, 1, 0, 0, 1},
		{BERTH_SOL_SOCKET, BERTH_SO_RCVLOWAT, 1, 100, 0, 100},
		{BERTH_SOL_SOCKET, BERTH_SO_RCVLOWAT, 100, -1, 0, 212992},
		{BERTH_SOL_SOCKET, BERTH_SO_SNDLOWAT, 1, 5, -ENOPROTOOPT, 0},
		{BERTH_SOL_SOCKET, BERTH_SO_TYPE, 2, 1, -ENOPROTOOPT, 0},
		{BERTH_SOL_SOCKET, BERTH_SO_ERROR, 0, 1, -ENOPROTOOPT, 0},
		{BERTH_SOL_SOCKET, BERTH_SO_PROTOCOL, 17, 6, -ENOPROTOOPT, 0},
		{BERTH_SOL_SOCKET, BERTH_SO_DOMAIN, 2, 10, -ENOPROTOOPT, 0},
		{BERTH_SOL_SOCKET, BERTH_SO_ACCEPTCONN, 0, 1, -ENOPROTOOPT, 0},
		{BERTH_IPPROTO_IP, BERTH_IP_TOS, 0, 0x1b8, 0, 0xb8},
		{BERTH_IPPROTO_IP, BERTH_IP_TTL, 64, 1, 0, 1},
		{BERTH_IPPROTO_IP, BERTH_IP_TTL, 1, 0, -EINVAL, 0},
		{BERTH_IPPROTO_IP, BERTH_IP_TTL, 1, 256, -EINVAL, 0},
		{BERTH_IPPROTO_IP, BERTH_IP_TTL, 1, -1, 0, 64},
		{BERTH_IPPROTO_IP, BERTH_IP_PKTINFO, 0, 2, 0, 1},
		{BERTH_IPPROTO_IP, BERTH_IP_RECVERR, 0, 1, 0, 1},
		{BERTH_IPPROTO_IP, BERTH_IP_MTU_DISCOVER, 1, 2, 0, 2},
		{BERTH_IPPROTO_IP, BERTH_IP_MTU_DISCOVER, 2, 0, -EINVAL, 0},
		{BERTH_IPPROTO_IP, BERTH_IP_MTU, -ENOTCONN, 1500, -ENOPROTOOPT, 0},
		// An IPv4 socket has no IPv6 options, a datagram socket none of TCP.
		{BERTH_IPPROTO_IPV6, BERTH_IPV6_V6ONLY, -ENOPROTOOPT, 1, -ENOPROTOOPT, 0},
		{BERTH_IPPROTO_IPV6, BERTH_IPV6_UNICAST_HOPS, -ENOPROTOOPT, 1, -ENOPROTOOPT, 0},
		{BERTH_IPPROTO_TCP, BERTH_TCP_NODELAY, -ENOPROTOOPT, 1, -ENOPROTOOPT, 0},
		// Unknown ones.
		{BERTH_SOL_SOCKET, 9999, -ENOPROTOOPT, 1, -ENOPROTOOPT, 0},
		{BERTH_IPPROTO_IP, 9999, -ENOPROTOOPT, 1, -ENOPROTOOPT, 0},
		{9999, 1, -ENOPROTOOPT, 1, -ENOPROTOOPT, 0},
		{BERTH_IPPROTO_IP, BERTH_IP_FREEBIND, -ENOPROTOOPT, 1, -ENOPROTOOPT, 0},
	};

	(void)state;
	check_rows(test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP), rows,
		   ARRAY_LENGTH(rows));
}

static void options_of_an_ipv6_datagram_socket_are_as_on_linux(void **state)
{
	static const struct row rows[] = {
		{BERTH_SOL_SOCKET, BERTH_SO_DOMAIN, 10, 2, -ENOPROTOOPT, 0},
		{BERTH_IPPROTO_IPV6, BERTH_IPV6_V6ONLY, 0, 5, 0, 1},
		{BERTH_IPPROTO_IPV6, BERTH_IPV6_UNICAST_HOPS, 64, 0, 0, 0},
		{BERTH_IPPROTO_IPV6, BERTH_IPV6_UNICAST_HOPS, 0, -1, 0, 64},
		{BERTH_IPPROTO_IPV6, BERTH_IPV6_UNICAST_HOPS, 64, 256, -EINVAL, 0},
		{BERTH_IPPROTO_IPV6, BERTH_IPV6_UNICAST_HOPS, 64, -2, -EINVAL, 0},
		{BERTH_IPPROTO_IPV6, BERTH_IPV6_TCLASS, 0, 255, 0, 255},
		{BERTH_IPPROTO_IPV6, BERTH_IPV6_TCLASS, 255, -1, 0, 0},
		{BERTH_IPPROTO_IPV6, BERTH_IPV6_TCLASS, 0, 256, -EINVAL, 0},
		{BERTH_IPPROTO_IPV6, BERTH_IPV6_RECVERR, 0, 1, 0, 1},
		{BERTH_IPPROTO_IPV6, BERTH_IPV6_MTU_DISCOVER, 1, 2, 0, 2},
		{BERTH_IPPROTO_IPV6, BERTH_IPV6_MTU, -ENOTCONN, 1500, -ENOPROTOOPT, 0},
		{BERTH_IPPROTO_IP, BERTH_IP_TTL, 64, 5, 0, 5}, // for mapped addresses
	};

	(void)state;
	check_rows(test_socket(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP), rows,
		   ARRAY_LENGTH(rows));
}

static void options_of_a_stream_socket_are_as_on_linux(void **state)
{
	static const struct row rows[] = {
		{BERTH_SOL_SOCKET, BERTH_SO_TYPE, 1, 2, -ENOPROTOOPT, 0},
		{BERTH_SOL_SOCKET, BERTH_SO_PROTOCOL, 6, 17, -ENOPROTOOPT, 0},
		{BERTH_SOL_SOCKET, BERTH_SO_REUSEADDR, 0, 2, 0, 1},
		{BERTH_SOL_SOCKET, BERTH_SO_KEEPALIVE, 0, 2, 0, 1},
		{BERTH_SOL_SOCKET, BERTH_SO_RCVBUF, 65535, 1000, 0, 2304},
		{BERTH_SOL_SOCKET, BERTH_SO_SNDBUF, 16384, 1000, 0, 4608},
		{BERTH_IPPROTO_IP, BERTH_IP_TOS, 0, 0xbb, 0, 0xb8}, // ECN is TCP's
		{BERTH_IPPROTO_IP, BERTH_IP_TTL, 64, 9, 0, 9},
		{BERTH_IPPROTO_IP, BERTH_IP_RECVERR, -ENOPROTOOPT, 1, -ENOPROTOOPT, 0},
		{BERTH_IPPROTO_TCP, BERTH_TCP_NODELAY, 0, 3, 0, 1},
		{BERTH_IPPROTO_TCP, BERTH_TCP_CORK, 0, 3, 0, 1},
		{BERTH_IPPROTO_TCP, BERTH_TCP_KEEPIDLE, 7200, 60, 0, 60},
		{BERTH_IPPROTO_TCP, BERTH_TCP_KEEPINTVL, 75, 10, 0, 10},
		{BERTH_IPPROTO_TCP, BERTH_TCP_KEEPCNT, 9, 3, 0, 3},
		{BERTH_IPPROTO_TCP, BERTH_TCP_KEEPCNT, 3, 0, -EINVAL, 0},
		{BERTH_IPPROTO_TCP, BERTH_TCP_USER_TIMEOUT, 0, 5000, 0, 5000},
		{BERTH_IPPROTO_TCP, 9999, -ENOPROTOOPT, 1, -ENOPROTOOPT, 0},
	};

	(void)state;
	check_rows(test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP), rows,
		   ARRAY_LENGTH(rows));
}

static void values_may_be_short_where_linux_lets_them(void **state)
{
	berth_socket socket = test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	int number = 1;
	uint8_t byte = 9;

	(void)state;
	assert_int_equal(berth_socket_set_option(host.host, socket, BERTH_SOL_SOCKET,
						 BERTH_SO_REUSEADDR, &number, 3, NOW),
			 -EINVAL);
	assert_int_equal(berth_socket_set_option(host.host, socket, BERTH_SOL_SOCKET,
						 BERTH_SO_REUSEADDR, NULL, 4, NOW),
			 -EFAULT);
	assert_int_equal(berth_socket_set_option(host.host, socket, BERTH_IPPROTO_IP, BERTH_IP_TTL,
						 &byte, 1, NOW),
			 0);
	assert_int_equal(get(socket, BERTH_IPPROTO_IP, BERTH_IP_TTL), 9);
}

static void answers_are_cut_to_the_room_there_is(void **state)
{
	berth_socket socket = test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	uint8_t bytes[8];
	size_t length = 2;

	(void)state;
	memset(bytes, 0xee, sizeof(bytes));
	assert_int_equal(berth_socket_get_option(host.host, socket, BERTH_SOL_SOCKET,
						 BERTH_SO_PROTOCOL, bytes, &length, NOW),
			 0);
	assert_int_equal(length, 2);
	assert_int_equal(bytes[0], 17);
	assert_int_equal(bytes[2], 0xee);
	length = sizeof(bytes);
	assert_int_equal(berth_socket_get_option(host.host, socket, BERTH_SOL_SOCKET,
						 BERTH_SO_PROTOCOL, bytes, &length, NOW),
			 0);
	assert_int_equal(length, 4);
	assert_int_equal(bytes[4], 0xee);
	length = 1; // IP level: one byte is enough
	assert_int_equal(berth_socket_get_option(host.host, socket, BERTH_IPPROTO_IP, BERTH_IP_TTL,
						 bytes, &length, NOW),
			 0);
	assert_int_equal(length, 1);
	assert_int_equal(bytes[0], 64);
}

static void linger_is_a_pair(void **state)
{
	berth_socket socket = test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);
	struct berth_linger linger = {2, 30};
	size_t length = sizeof(linger);

	(void)state;
	assert_int_equal(berth_socket_set_option(host.host, socket, BERTH_SOL_SOCKET,
						 BERTH_SO_LINGER, &linger, 4, NOW),
			 -EINVAL);
	assert_int_equal(berth_socket_set_option(host.host, socket, BERTH_SOL_SOCKET,
						 BERTH_SO_LINGER, &linger, sizeof(linger), NOW),
			 0);
	memset(&linger, 0, sizeof(linger));
	assert_int_equal(berth_socket_get_option(host.host, socket, BERTH_SOL_SOCKET,
						 BERTH_SO_LINGER, &linger, &length, NOW),
			 0);
	assert_int_equal(length, sizeof(linger));
	assert_int_equal(linger.enabled, 1);
	assert_int_equal(linger.seconds, 30);
}

static void v6only_is_settled_by_binding(void **state)
{
	berth_socket socket = test_bound(&host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP, "", 7);

	(void)state;
	assert_int_equal(set(socket, BERTH_IPPROTO_IPV6, BERTH_IPV6_V6ONLY, 1), -EINVAL);
	assert_int_equal(get(socket, BERTH_IPPROTO_IPV6, BERTH_IPV6_V6ONLY), 0);
}

static void reuse_set_after_binding_counts_for_the_next_comer(void **state)
{
	berth_socket first = test_bound(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	berth_socket second = test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	struct berth_endpoint local = test_endpoint("", 7);
	uint64_t holder = 0;

	(void)state;
	assert_int_equal(berth_socket_set_tag(host.host, first, 4711), 0);
	assert_int_equal(set(second, BERTH_SOL_SOCKET, BERTH_SO_REUSEADDR, 1), 0);
	assert_int_equal(berth_socket_bind(host.host, second, &local, &holder), -EADDRINUSE);
	assert_int_equal(holder, 4711);
	assert_int_equal(set(first, BERTH_SOL_SOCKET, BERTH_SO_REUSEADDR, 1), 0);
	assert_int_equal(berth_socket_bind(host.host, second, &local, &holder), 0);
}

static void dontroute_keeps_to_the_cable(void **state)
{
	berth_socket socket = test_socket(&host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	struct berth_endpoint near = test_endpoint("10.0.0.2", 7),
			      far = test_endpoint("9.9.9.9", 7);
	struct berth_address everywhere = berth_ipv4(0, 0, 0, 0),
			     gateway = berth_ipv4(10, 0, 0, 254);

	(void)state;
	assert_int_equal(berth_host_add_route(host.host, 0, &everywhere, 0, &gateway), 0);
	assert_int_equal(berth_socket_send_to(host.host, socket, &far, "x", 1, NOW), 1);
	assert_int_equal(set(socket, BERTH_SOL_SOCKET, BERTH_SO_DONTROUTE, 1), 0);
	assert_int_equal(berth_socket_send_to(host.host, socket, &far, "x", 1, NOW), -ENETUNREACH);
	assert_int_equal(berth_socket_connect(host.host, socket, &far, NOW), -ENETUNREACH);
	assert_int_equal(berth_socket_send_to(host.host, socket, &near, "x", 1, NOW), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_host, close_host)
	const struct CMUnitTest tests[] = {
		TEST(options_of_an_ipv4_datagram_socket_are_as_on_linux),
		TEST(options_of_an_ipv6_datagram_socket_are_as_on_linux),
		TEST(options_of_a_stream_socket_are_as_on_linux),
		TEST(values_may_be_short_where_linux_lets_them),
		TEST(answers_are_cut_to_the_room_there_is),
		TEST(linger_is_a_pair),
		TEST(v6only_is_settled_by_binding),
		TEST(reuse_set_after_binding_counts_for_the_next_comer),
		TEST(dontroute_keeps_to_the_cable),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
