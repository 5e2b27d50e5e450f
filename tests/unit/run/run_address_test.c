// SPDX-License-Identifier: MIT
//
// sockaddr and endpoint: Linux's lengths, families and mapped addresses, both ways.
#include "../../../run/run_address.h"

#include "../../support/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static struct sockaddr_in ipv4(const char *text, uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

	inet_pton(AF_INET, text, &in.sin_addr);
	return in;
}

static struct sockaddr_in6 ipv6(const char *text, uint16_t port)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	inet_pton(AF_INET6, text, &in6.sin6_addr);
	return in6;
}

static int parse(int domain, const void *address, socklen_t length, enum run_address_use use)
{
	struct berth_endpoint endpoint;

	return run_address_parse(domain, address, length, use, &endpoint);
}

static void an_ipv4_address_becomes_an_endpoint_and_comes_back(void **state)
{
	struct sockaddr_in in = ipv4("10.1.2.3", 8080), back;
	struct berth_endpoint endpoint;
	const uint8_t bytes[16] = {10, 1, 2, 3};
	socklen_t length = sizeof(back);

	(void)state;
	assert_int_equal(run_address_parse(AF_INET, (struct sockaddr *)&in, sizeof(in),
					   RUN_ADDRESS_BIND, &endpoint),
			 0);
	assert_int_equal(endpoint.address.family, BERTH_FAMILY_IPV4);
	assert_memory_equal(endpoint.address.byte, bytes, 16);
	assert_int_equal(endpoint.port, 8080);
	run_address_emit(AF_INET, &endpoint, (struct sockaddr *)&back, &length);
	assert_int_equal(length, 16);
	assert_memory_equal(&back, &in, sizeof(in));
}

static void an_ipv6_address_needs_only_the_24_bytes_of_rfc_2133(void **state)
{
	struct sockaddr_in6 in6 = ipv6("fd00::7", 443);
	struct berth_endpoint endpoint;

	(void)state;
	assert_int_equal(run_address_parse(AF_INET6, (struct sockaddr *)&in6, 24,
					   RUN_ADDRESS_CONNECT, &endpoint),
			 0);
	assert_int_equal(endpoint.address.family, BERTH_FAMILY_IPV6);
	assert_int_equal(endpoint.address.byte[15], 7);
	assert_int_equal(endpoint.port, 443);
	assert_int_equal(parse(AF_INET6, &in6, 23, RUN_ADDRESS_CONNECT), -EINVAL);
}

static void a_scope_counts_for_link_local_addresses_only(void **state)
{
	struct sockaddr_in6 local = ipv6("fe80::1", 1), global = ipv6("fd00::1", 1), back;
	struct berth_endpoint endpoint;
	socklen_t length = sizeof(back);

	(void)state;
	local.sin6_scope_id = global.sin6_scope_id = 3;
	assert_int_equal(run_address_parse(AF_INET6, (struct sockaddr *)&global, sizeof(global),
					   RUN_ADDRESS_SEND, &endpoint),
			 0);
	assert_int_equal(endpoint.address.scope, 0);
	assert_int_equal(run_address_parse(AF_INET6, (struct sockaddr *)&local, sizeof(local),
					   RUN_ADDRESS_SEND, &endpoint),
			 0);
	assert_int_equal(endpoint.address.scope, 3);
	run_address_emit(AF_INET6, &endpoint, (struct sockaddr *)&back, &length);
	assert_int_equal(back.sin6_scope_id, 3);
}

static void an_ipv6_udp_socket_takes_ipv4_addresses_as_mapped_ones(void **state)
{
	struct sockaddr_in in = ipv4("10.1.2.3", 53);
	const uint8_t mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3};
	struct berth_endpoint endpoint;

	(void)state;
	assert_int_equal(run_address_parse(AF_INET6, (struct sockaddr *)&in, sizeof(in),
					   RUN_ADDRESS_SEND, &endpoint),
			 0);
	assert_int_equal(endpoint.address.family, BERTH_FAMILY_IPV6);
	assert_memory_equal(endpoint.address.byte, mapped, 16);
	assert_true(run_endpoint_is_ipv4(&endpoint));
	assert_int_equal(parse(AF_INET6, &in, sizeof(in), RUN_ADDRESS_CONNECT_DATAGRAM), 0);
	assert_int_equal(parse(AF_INET6, &in, sizeof(in), RUN_ADDRESS_CONNECT), -EINVAL);
	assert_int_equal(parse(AF_INET6, &in, sizeof(in), RUN_ADDRESS_BIND), -EINVAL);
}

static void plain_and_mapped_are_shown_as_the_socket_has_them(void **state)
{
	struct berth_endpoint plain = {.address = berth_ipv4(192, 0, 2, 1), .port = 9};
	struct sockaddr_in6 in6;
	struct sockaddr_in in;
	struct berth_endpoint mapped;
	socklen_t length = sizeof(in6);

	(void)state;
	run_address_emit(AF_INET6, &plain, (struct sockaddr *)&in6, &length);
	assert_int_equal(length, 28);
	assert_true(IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr));
	assert_int_equal(run_address_parse(AF_INET6, (struct sockaddr *)&in6, length,
					   RUN_ADDRESS_BIND, &mapped),
			 0);
	assert_true(run_endpoint_equal(&plain, &mapped));
	length = sizeof(in);
	run_address_emit(AF_INET, &mapped, (struct sockaddr *)&in, &length);
	assert_int_equal(ntohl(in.sin_addr.s_addr), 0xc0000201);
}

static void a_short_buffer_gets_the_front_and_the_whole_length(void **state)
{
	struct berth_endpoint endpoint = {.address = berth_ipv4(1, 2, 3, 4), .port = 0x1234};
	uint8_t bytes[8] = {9, 9, 9, 9, 9, 9, 9, 9};
	socklen_t length = 4;

	(void)state;
	run_address_emit(AF_INET, &endpoint, (struct sockaddr *)(void *)bytes, &length);
	assert_int_equal(length, 16);
	assert_int_equal(bytes[2], 0x12);
	assert_int_equal(bytes[3], 0x34);
	assert_int_equal(bytes[4], 9);
}

static void wrong_lengths_and_families_get_linux_errnos(void **state)
{
	const struct sockaddr_storage wide = {.ss_family = AF_UNIX};
	struct sockaddr_in in = ipv4("10.0.0.1", 1);

	(void)state;
	assert_int_equal(parse(AF_INET, NULL, 16, RUN_ADDRESS_BIND), -EFAULT);
	assert_int_equal(parse(AF_INET, &in, 1, RUN_ADDRESS_CONNECT), -EINVAL);
	assert_int_equal(parse(AF_INET, &in, 15, RUN_ADDRESS_CONNECT), -EINVAL);
	in.sin_family = AF_UNIX;
	assert_int_equal(parse(AF_INET, &in, 15, RUN_ADDRESS_BIND), -EINVAL);
	assert_int_equal(parse(AF_INET, &in, 16, RUN_ADDRESS_BIND), -EAFNOSUPPORT);
	assert_int_equal(parse(AF_INET, &in, 16, RUN_ADDRESS_SEND), -EAFNOSUPPORT);
	assert_int_equal(parse(AF_INET6, &wide, 28, RUN_ADDRESS_SEND), -EINVAL);
	in.sin_family = AF_INET6;
	assert_int_equal(parse(AF_INET, &in, 16, RUN_ADDRESS_CONNECT), -EAFNOSUPPORT);
}

static void no_family_dissolves_a_connection_and_binds_to_any(void **state)
{
	const struct sockaddr_storage wide = {.ss_family = AF_UNSPEC};
	struct sockaddr_in in = ipv4("0.0.0.0", 5);
	struct berth_endpoint endpoint;

	(void)state;
	in.sin_family = AF_UNSPEC;
	assert_int_equal(run_address_parse(AF_INET, (struct sockaddr *)&in, 2, RUN_ADDRESS_CONNECT,
					   &endpoint),
			 0);
	assert_int_equal(endpoint.address.family, BERTH_FAMILY_NONE);
	assert_int_equal(run_address_parse(AF_INET, (struct sockaddr *)&in, sizeof(in),
					   RUN_ADDRESS_BIND, &endpoint),
			 0);
	assert_int_equal(endpoint.address.family, BERTH_FAMILY_IPV4);
	assert_int_equal(endpoint.port, 5);
	in.sin_addr.s_addr = htonl(0x0a000001);
	assert_int_equal(parse(AF_INET, &in, sizeof(in), RUN_ADDRESS_BIND), -EAFNOSUPPORT);
	assert_int_equal(parse(AF_INET, &in, sizeof(in), RUN_ADDRESS_SEND), 0);
	assert_int_equal(parse(AF_INET6, &wide, 28, RUN_ADDRESS_SEND), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipv4_address_becomes_an_endpoint_and_comes_back),
		cmocka_unit_test(an_ipv6_address_needs_only_the_24_bytes_of_rfc_2133),
		cmocka_unit_test(a_scope_counts_for_link_local_addresses_only),
		cmocka_unit_test(an_ipv6_udp_socket_takes_ipv4_addresses_as_mapped_ones),
		cmocka_unit_test(plain_and_mapped_are_shown_as_the_socket_has_them),
		cmocka_unit_test(a_short_buffer_gets_the_front_and_the_whole_length),
		cmocka_unit_test(wrong_lengths_and_families_get_linux_errnos),
		cmocka_unit_test(no_family_dissolves_a_connection_and_binds_to_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
