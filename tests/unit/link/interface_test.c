// SPDX-License-Identifier: MIT
//
// Interfaces: which ones may be, how many, and which frames do they listen to?
#include <errno.h>

#include "../../../lib/link/interface.h"
#include "../../support/test_layers.h"

static void a_group_mac_or_a_tiny_mtu_is_refused(void **state)
{
	struct test_layers layers;
	const struct berth_config limits = {.neighbors_max = 0};
	struct berth_interface_config config = {.mac = {{0x01, 0, 0, 0, 0, 1}}};

	(void)state;
	test_layers_open_bare(&layers, &limits);
	assert_int_equal(link_add_interface(layers.link, &config), -EINVAL);
	config.mac = test_mac(1);
	config.mtu = 1279;
	assert_int_equal(link_add_interface(layers.link, &config), -EINVAL);
	config.mtu = 1280;
	assert_int_equal(link_add_interface(layers.link, &config), 0);
	assert_int_equal(link_interface_count(layers.link), 1);
	test_layers_close(&layers);
}

static void facts_of_an_interface_are_copied_and_defaults_filled_in(void **state)
{
	struct test_layers layers;
	const struct berth_config limits = {.neighbors_max = 0};
	char name[] = "a-name-longer-than-fifteen";
	const struct berth_interface_config config = {
		.mac = test_mac(9), .offloads = 3, .name = name};

	(void)state;
	test_layers_open_bare(&layers, &limits);
	assert_int_equal(link_add_interface(layers.link, &config), 0);
	memset(name, 'x', sizeof(name) - 1);
	assert_string_equal(link_interface(layers.link, 0)->name, "a-name-longer-t");
	assert_u64(link_interface(layers.link, 0)->mtu, 1500);
	assert_u64(link_interface(layers.link, 0)->offloads, 3);
	assert_null(link_interface(layers.link, 1));
	assert_null(link_interface(layers.link, LINK_LOOPBACK));
	test_layers_close(&layers);
}

static void there_are_eight_interfaces_at_most(void **state)
{
	struct test_layers layers;
	const struct berth_config limits = {.neighbors_max = 0};
	struct berth_interface_config config = {.name = NULL};

	(void)state;
	test_layers_open_bare(&layers, &limits);
	for (uint8_t number = 0; number < LINK_INTERFACES_MAX; number++) {
		config.mac = test_mac(number);
		assert_int_equal(link_add_interface(layers.link, &config), number);
	}
	assert_int_equal(link_add_interface(layers.link, &config), -ENOSPC);
	test_layers_close(&layers);
}

static void an_address_is_added_once_and_not_without_end(void **state)
{
	struct test_layers layers;
	struct berth_address address = berth_ipv4(10, 0, 0, 1);

	(void)state;
	test_layers_open(&layers); // gave it three
	assert_int_equal(link_add_address(layers.link, 0, &address), -EEXIST);
	assert_int_equal(link_add_address(layers.link, 1, &address), -ENODEV);
	for (uint8_t number = 0; number < INTERFACE_ADDRESSES_MAX - 3; number++) {
		address = berth_ipv4(10, 1, 0, number);
		assert_int_equal(link_add_address(layers.link, 0, &address), 0);
	}
	address = berth_ipv4(10, 2, 0, 1);
	assert_int_equal(link_add_address(layers.link, 0, &address), -ENOSPC);
	test_layers_close(&layers);
}

static bool listens_to(const struct interface *interface, const char *mac_text)
{
	struct berth_mac mac;

	assert_true(berth_mac_parse(mac_text, &mac));
	return interface_accepts(interface, &mac);
}

static void it_listens_to_its_mac_and_its_groups_only(void **state)
{
	struct interface interface;
	const struct berth_interface_config config = {.mac = test_mac(1)};
	const struct berth_address address = test_address("fd00::12:3456");

	(void)state;
	assert_int_equal(interface_init(&interface, &config), 0);
	assert_true(listens_to(&interface, "02:00:00:00:00:01"));
	assert_true(listens_to(&interface, "ff:ff:ff:ff:ff:ff"));
	assert_true(listens_to(&interface, "33:33:00:00:00:01"));
	assert_true(listens_to(&interface, "01:00:5e:00:00:01"));
	assert_false(listens_to(&interface, "02:00:00:00:00:02"));
	assert_false(listens_to(&interface, "33:33:00:00:00:02"));
	assert_false(listens_to(&interface, "01:00:5e:00:00:fb"));
	assert_false(listens_to(&interface, "33:33:ff:12:34:56"));
	assert_int_equal(interface_add_address(&interface, &address), 0);
	assert_true(listens_to(&interface, "33:33:ff:12:34:56"));
	assert_false(listens_to(&interface, "33:33:ff:12:34:57"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_mac_or_a_tiny_mtu_is_refused),
		cmocka_unit_test(facts_of_an_interface_are_copied_and_defaults_filled_in),
		cmocka_unit_test(there_are_eight_interfaces_at_most),
		cmocka_unit_test(an_address_is_added_once_and_not_without_end),
		cmocka_unit_test(it_listens_to_its_mac_and_its_groups_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
