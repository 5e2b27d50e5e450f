// SPDX-License-Identifier: MIT
//
// Addresses and routes given by the embedder: what is refused, and with which word?
#include <errno.h>

#include "../../../lib/ip/ip_addresses.h"
#include "../../../lib/ip/route_table.h"
#include "../../support/test_layers.h"

static int add_address(struct test_layers *layers, int interface_index, const char *prefix)
{
	struct berth_address address;
	uint8_t bits;

	assert_true(berth_prefix_parse(prefix, &address, &bits));
	return ip_add_address(layers->ip, interface_index, &address, bits);
}

static int add_route(struct test_layers *layers, int interface_index, const char *prefix,
		     const char *gateway)
{
	struct berth_address destination, hop;
	uint8_t bits;

	assert_true(berth_prefix_parse(prefix, &destination, &bits));
	if (gateway)
		hop = test_address(gateway);
	return ip_add_route(layers->ip, interface_index, &destination, bits, gateway ? &hop : NULL);
}

static void impossible_addresses_are_refused(void **state)
{
	struct test_layers layers;
	const struct berth_address address = berth_ipv4(10, 9, 0, 1);
	const struct berth_address none = {.family = BERTH_FAMILY_NONE};

	(void)state;
	test_layers_open(&layers);
	assert_int_equal(add_address(&layers, 1, "10.9.0.1/24"), -ENODEV);
	assert_int_equal(add_address(&layers, LINK_LOOPBACK, "10.9.0.1/24"), -ENODEV);
	assert_int_equal(add_address(&layers, 0, "0.0.0.0/24"), -EINVAL);
	assert_int_equal(add_address(&layers, 0, "::/64"), -EINVAL);
	assert_int_equal(add_address(&layers, 0, "224.0.0.5/24"), -EINVAL);
	assert_int_equal(add_address(&layers, 0, "ff02::5/64"), -EINVAL);
	assert_int_equal(add_address(&layers, 0, "255.255.255.255/32"), -EINVAL);
	assert_int_equal(add_address(&layers, 0, "127.0.0.1/8"), -EINVAL);
	assert_int_equal(add_address(&layers, 0, "::1/128"), -EINVAL);
	assert_int_equal(add_address(&layers, 0, "::ffff:10.0.0.1/128"), -EINVAL);
	assert_int_equal(ip_add_address(layers.ip, 0, &address, 33), -EINVAL);
	assert_int_equal(ip_add_address(layers.ip, 0, &none, 0), -EINVAL);
	assert_int_equal(add_address(&layers, 0, "10.0.0.1/24"), -EEXIST);
	assert_int_equal(add_address(&layers, 0, "10.0.0.3/24"), 0); // same subnet
	test_layers_close(&layers);
}

static void ours_are_the_loopback_and_what_was_added(void **state)
{
	static const struct {
		const char *address;
		bool is_ours;
	} cases[] = {
		{"127.0.0.1", true}, {"127.255.0.9", true},      {"::1", true},
		{"10.0.0.1", true},  {"fd00::1", true},          {"fe80::ff:fe00:1", true},
		{"10.0.0.2", false}, {"fe80::ff:fe00:2", false}, {"0.0.0.0", false},
		{"::", false},       {"10.0.0.255", false},
	};
	struct test_layers layers;
	struct berth_address scoped = test_address("fe80::ff:fe00:1");

	(void)state;
	test_layers_open(&layers);
	for (unsigned index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
		const struct berth_address address = test_address(cases[index].address);

		assert_int_equal(ip_address_is_ours(layers.ip, &address), cases[index].is_ours);
	}
	scoped.scope = 1;
	assert_true(ip_address_is_ours(layers.ip, &scoped));
	scoped.scope = 2;
	assert_false(ip_address_is_ours(layers.ip, &scoped));
	test_layers_close(&layers);
}

static void the_number_of_addresses_is_bounded(void **state)
{
	struct test_layers layers;
	struct berth_address address = berth_ipv4(10, 3, 0, 0);

	(void)state;
	test_layers_open(&layers); // gave it three
	test_layers_add_interface(&layers, 2, 0);
	test_layers_add_interface(&layers, 3, 0);
	for (unsigned number = 0; number < IP_ADDRESSES_MAX - 5; number++) {
		address.byte[3] = (uint8_t)(number + 1);
		assert_int_equal(ip_add_address(layers.ip, (int)(number % 3), &address, 32), 0);
	}
	address.byte[3] = 200;
	assert_int_equal(ip_add_address(layers.ip, 1, &address, 32), -ENOSPC);
	test_layers_close(&layers);
}

static void impossible_routes_are_refused(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	assert_int_equal(add_route(&layers, 1, "10.9.0.0/24", NULL), -ENODEV);
	assert_int_equal(add_route(&layers, 0, "224.0.0.0/8", NULL), -EINVAL);
	assert_int_equal(add_route(&layers, 0, "127.0.0.0/8", NULL), -EINVAL);
	assert_int_equal(add_route(&layers, 0, "fe80::/64", NULL), -EINVAL);
	assert_int_equal(add_route(&layers, 0, "10.9.0.0/24", "fd00::2"), -EINVAL);
	assert_int_equal(add_route(&layers, 0, "10.9.0.0/24", "10.0.0.1"), -EINVAL); // ourselves
	assert_int_equal(add_route(&layers, 0, "10.9.0.0/24", "0.0.0.0"), -EINVAL);
	assert_int_equal(add_route(&layers, 0, "10.9.0.0/24", "10.0.1.2"), -ENETUNREACH);
	assert_int_equal(add_route(&layers, 0, "10.9.0.0/24", "10.0.0.2"), 0);
	assert_int_equal(add_route(&layers, 0, "10.9.0.0/24", "10.0.0.2"), -EEXIST);
	assert_int_equal(add_route(&layers, 0, "10.8.0.0/24", "10.9.0.1"), -ENETUNREACH);
	assert_int_equal(add_route(&layers, 0, "::/0", "fe80::2"), 0);
	assert_int_equal(add_route(&layers, 0, "10.7.0.0/24", NULL), 0);
	test_layers_close(&layers);
}

static void every_change_makes_kept_paths_old(void **state)
{
	struct test_layers layers;
	const struct berth_address target = test_address("10.0.0.2");
	const struct berth_address any = {.family = BERTH_FAMILY_NONE};
	struct ip_path path;

	(void)state;
	test_layers_open(&layers);
	assert_int_equal(ip_find_path(layers.ip, &target, &any, &path), 0);
	assert_true(ip_path_is_current(layers.ip, &path));
	test_layers_add_address(&layers, 0, "10.4.0.1/24");
	assert_false(ip_path_is_current(layers.ip, &path));
	assert_int_equal(ip_find_path(layers.ip, &target, &any, &path), 0);
	assert_true(ip_path_is_current(layers.ip, &path));
	test_layers_add_route(&layers, 0, "0.0.0.0/0", "10.0.0.254");
	assert_false(ip_path_is_current(layers.ip, &path));
	assert_int_equal(ip_find_path(layers.ip, &target, &any, &path), 0);
	ip_path_mtu_learn(layers.ip, &target, 1400, 1);
	assert_false(ip_path_is_current(layers.ip, &path));
	assert_int_equal(ip_find_path(layers.ip, &target, &any, &path), 0);
	ip_path_mtu_learn(layers.ip, &target, 1400, 1); // no news
	assert_true(ip_path_is_current(layers.ip, &path));
	test_layers_close(&layers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(impossible_addresses_are_refused),
		cmocka_unit_test(ours_are_the_loopback_and_what_was_added),
		cmocka_unit_test(the_number_of_addresses_is_bounded),
		cmocka_unit_test(impossible_routes_are_refused),
		cmocka_unit_test(every_change_makes_kept_paths_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
