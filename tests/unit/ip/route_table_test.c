// SPDX-License-Identifier: MIT
//
// Routes: does the longest prefix win?
#include <errno.h>

#include "../../../lib/ip/route_table.h"
#include "../../support/test_layers.h"

static int add_route(struct route_table *table, int interface_index, const char *prefix,
		     const char *gateway)
{
	struct berth_address destination, hop;
	uint8_t bits;

	assert_true(berth_prefix_parse(prefix, &destination, &bits));
	if (gateway)
		hop = test_address(gateway);
	return route_table_add(table, interface_index, &destination, bits, gateway ? &hop : NULL);
}

static void assert_route(const struct route_table *table, const char *target, int prefix_bits,
			 int interface_index)
{
	const struct berth_address address = test_address(target);
	const struct route *route = route_table_lookup(table, &address);

	assert_non_null(route);
	assert_int_equal(route->prefix_bits, prefix_bits);
	assert_int_equal(route->interface_index, interface_index);
}

static void the_longest_prefix_wins_whatever_the_order(void **state)
{
	struct route_table table = {.count = 0};

	(void)state;
	assert_int_equal(add_route(&table, 1, "0.0.0.0/0", "10.0.0.254"), 0);
	assert_int_equal(add_route(&table, 2, "10.1.2.0/24", NULL), 0);
	assert_int_equal(add_route(&table, 3, "10.0.0.0/8", NULL), 0);
	assert_int_equal(add_route(&table, 4, "10.1.2.128/25", NULL), 0);
	assert_int_equal(add_route(&table, 5, "10.1.2.129/32", NULL), 0);
	assert_route(&table, "10.1.2.129", 32, 5);
	assert_route(&table, "10.1.2.130", 25, 4);
	assert_route(&table, "10.1.2.127", 24, 2);
	assert_route(&table, "10.1.3.1", 8, 3);
	assert_route(&table, "11.0.0.0", 0, 1);
}

static void families_do_not_mix(void **state)
{
	struct route_table table = {.count = 0};
	const struct berth_address ipv6 = test_address("2001:db8::1");
	const struct berth_address ipv4 = test_address("192.0.2.1");

	(void)state;
	add_route(&table, 0, "0.0.0.0/0", "10.0.0.254");
	assert_null(route_table_lookup(&table, &ipv6));
	add_route(&table, 1, "::/0", "fe80::1");
	assert_route(&table, "2001:db8::1", 0, 1);
	assert_route(&table, "192.0.2.1", 0, 0);
	add_route(&table, 2, "2001:db8::/61", NULL);
	assert_route(&table, "2001:db8:0:7::1", 61, 2);
	assert_route(&table, "2001:db8:0:8::1", 0, 1);
	assert_true(route_table_is_on_link(&table, 2, &ipv6));
	assert_false(route_table_is_on_link(&table, 1, &ipv6));
	assert_false(route_table_is_on_link(&table, 0, &ipv4));
}

static void of_equal_routes_the_first_wins_and_a_twin_is_refused(void **state)
{
	struct route_table table = {.count = 0};

	(void)state;
	assert_int_equal(add_route(&table, 0, "10.0.0.0/24", NULL), 0);
	assert_int_equal(add_route(&table, 1, "10.0.0.0/24", NULL), 0);
	assert_route(&table, "10.0.0.5", 24, 0);
	assert_int_equal(add_route(&table, 0, "10.0.0.77/24", NULL), -EEXIST); // same prefix
	assert_int_equal(add_route(&table, 0, "10.0.0.0/24", "10.0.0.9"), 0);
	assert_route(&table, "10.0.0.5", 24, 0);
	assert_u64(table.count, 3);
}

static void the_table_is_bounded(void **state)
{
	struct route_table table = {.count = 0};
	struct berth_address destination = berth_ipv4(10, 0, 0, 0);

	(void)state;
	for (unsigned number = 0; number < ROUTES_MAX; number++) {
		destination.byte[1] = (uint8_t)number;
		assert_int_equal(route_table_add(&table, 0, &destination, 16, NULL), 0);
	}
	destination.byte[0] = 11;
	assert_int_equal(route_table_add(&table, 0, &destination, 16, NULL), -ENOSPC);
	assert_route(&table, "10.255.0.1", 16, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_wins_whatever_the_order),
		cmocka_unit_test(families_do_not_mix),
		cmocka_unit_test(of_equal_routes_the_first_wins_and_a_twin_is_refused),
		cmocka_unit_test(the_table_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
