// SPDX-License-Identifier: MIT
//
// From which of our addresses? Each rule of RFC 6724 5 that has something to choose from.
#include <errno.h>

#include "../../../lib/ip/source_address.h"
#include "../../support/test_layers.h"

static void add(struct ip_addresses *addresses, int interface_index, const char *prefix)
{
	struct berth_address address;
	uint8_t bits;

	assert_true(berth_prefix_parse(prefix, &address, &bits));
	if (address_needs_scope(&address))
		address.scope = (uint8_t)(interface_index + 1);
	assert_int_equal(ip_addresses_add(addresses, interface_index, &address, bits), 0);
}

static void expect_source(const struct ip_addresses *addresses, int interface_index,
			  const char *target, const char *next_hop, const char *expected)
{
	const struct berth_address to = test_address(target);
	const struct berth_address hop = test_address(next_hop ? next_hop : target);
	const struct berth_address *source =
		source_address_choose(addresses, interface_index, &to, &hop);
	char text[BERTH_ADDRESS_TEXT_MAX];
	struct berth_address bare;

	if (!expected) {
		assert_null(source);
		return;
	}
	assert_non_null(source);
	bare = *source;
	bare.scope = 0;
	assert_string_equal(berth_address_print(&bare, text, sizeof(text)), expected);
}

static void ipv4_takes_the_address_of_the_same_subnet_then_the_first_of_the_interface(void **state)
{
	struct ip_addresses addresses = {.count = 0};

	(void)state;
	expect_source(&addresses, 0, "10.0.0.2", NULL, NULL);
	add(&addresses, 1, "172.16.0.1/16");
	expect_source(&addresses, 0, "10.0.0.2", NULL, "172.16.0.1"); // any is better than none
	add(&addresses, 0, "10.0.0.1/24");
	add(&addresses, 0, "10.0.1.1/24");
	expect_source(&addresses, 0, "10.0.0.2", NULL, "10.0.0.1");
	expect_source(&addresses, 0, "10.0.1.2", NULL, "10.0.1.1");
	expect_source(&addresses, 0, "8.8.8.8", "10.0.1.254", "10.0.1.1");
	expect_source(&addresses, 0, "8.8.8.8", NULL, "10.0.0.1");
	expect_source(&addresses, 0, "172.16.0.9", NULL, "10.0.0.1");
	add(&addresses, 0, "fd00::1/64");
	expect_source(&addresses, 0, "2001:db8::1", NULL, "fd00::1");
}

static void rule_2_prefers_a_scope_that_is_wide_enough_and_no_wider(void **state)
{
	struct ip_addresses addresses = {.count = 0};

	(void)state;
	add(&addresses, 0, "fe80::1/64");
	expect_source(&addresses, 0, "2001:db8::9", NULL, "fe80::1");
	add(&addresses, 0, "2001:db8:1::1/64");
	expect_source(&addresses, 0, "2001:db8:2::9", NULL, "2001:db8:1::1");
	expect_source(&addresses, 0, "fe80::9", NULL, "fe80::1");
	expect_source(&addresses, 0, "ff02::1", NULL, "fe80::1");
	expect_source(&addresses, 0, "ff0e::1", NULL, "2001:db8:1::1");
	expect_source(&addresses, 0, "fec0::9", NULL, "2001:db8:1::1");
	add(&addresses, 0, "fec0::1/64");
	expect_source(&addresses, 0, "fec0::9", NULL, "fec0::1");
	expect_source(&addresses, 0, "2001:db8:2::9", NULL, "2001:db8:1::1");
}

static void rule_5_prefers_the_outgoing_interface(void **state)
{
	struct ip_addresses addresses = {.count = 0};

	(void)state;
	add(&addresses, 0, "2001:db8:1::1/64");
	add(&addresses, 1, "2001:db8:2::1/64");
	expect_source(&addresses, 0, "2001:db8:2::9", NULL, "2001:db8:1::1");
	expect_source(&addresses, 1, "2001:db8:1::9", NULL, "2001:db8:2::1");
}

static void a_link_local_address_of_another_interface_is_no_candidate(void **state)
{
	struct ip_addresses addresses = {.count = 0};

	(void)state;
	add(&addresses, 0, "fe80::1/64");
	expect_source(&addresses, 1, "fe80::9", NULL, NULL);
	add(&addresses, 1, "fe80::2/64");
	expect_source(&addresses, 1, "fe80::9", NULL, "fe80::2");
}

static void rule_6_prefers_the_same_label(void **state)
{
	struct ip_addresses addresses = {.count = 0};

	(void)state;
	add(&addresses, 0, "fd00::1/64");
	add(&addresses, 0, "2001:db8::1/64");
	add(&addresses, 0, "2002:c000:201::1/64");
	add(&addresses, 0, "2001::1/64");
	expect_source(&addresses, 0, "fd99::9", NULL, "fd00::1");
	expect_source(&addresses, 0, "2606::9", NULL, "2001:db8::1");
	expect_source(&addresses, 0, "2002:1::9", NULL, "2002:c000:201::1");
	expect_source(&addresses, 0, "2001:0:1::9", NULL, "2001::1");
}

static void rule_8_prefers_the_longest_matching_prefix_then_the_first(void **state)
{
	struct ip_addresses addresses = {.count = 0};

	(void)state;
	add(&addresses, 0, "2001:db8:8000::1/64");
	add(&addresses, 0, "2001:db8:1::1/64");
	expect_source(&addresses, 0, "2001:db8:0:1::9", NULL, "2001:db8:1::1");
	expect_source(&addresses, 0, "2001:db8:8001::9", NULL, "2001:db8:8000::1");
	expect_source(&addresses, 0, "2606::9", NULL, "2001:db8:8000::1");
	// Beyond the prefix nothing counts: both match 64 bits.
	add(&addresses, 0, "2001:db8:1::ffff/64");
	expect_source(&addresses, 0, "2001:db8:1::fffe", NULL, "2001:db8:1::1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			ipv4_takes_the_address_of_the_same_subnet_then_the_first_of_the_interface),
		cmocka_unit_test(rule_2_prefers_a_scope_that_is_wide_enough_and_no_wider),
		cmocka_unit_test(rule_5_prefers_the_outgoing_interface),
		cmocka_unit_test(a_link_local_address_of_another_interface_is_no_candidate),
		cmocka_unit_test(rule_6_prefers_the_same_label),
		cmocka_unit_test(rule_8_prefers_the_longest_matching_prefix_then_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
