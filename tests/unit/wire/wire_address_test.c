// SPDX-License-Identifier: MIT
//
// Kinds of addresses, at both edges of each range.
#include "../../../lib/wire/wire_address.h"
#include "../../support/unit.h"

static struct berth_address address(const char *text)
{
	struct berth_address parsed;

	assert_true(berth_address_parse(text, &parsed));
	return parsed;
}

static void assert_same(struct berth_address actual, const char *expected)
{
	const struct berth_address wanted = address(expected);
	char text[BERTH_ADDRESS_TEXT_MAX];

	if (!berth_address_equal(&actual, &wanted))
		fail_msg("%s, expected %s", berth_address_print(&actual, text, sizeof(text)),
			 expected);
}

enum kind {
	LOOPBACK = 1,
	MULTICAST = 2,
	BROADCAST = 4,
	LINK_LOCAL = 8,
	MAPPED = 16,
};

static unsigned kinds_of(const struct berth_address *one)
{
	return (address_is_loopback(one) ? LOOPBACK : 0) |
	       (address_is_multicast(one) ? MULTICAST : 0) |
	       (address_is_broadcast(one) ? BROADCAST : 0) |
	       (address_is_link_local(one) ? LINK_LOCAL : 0) |
	       (address_is_mapped(one) ? MAPPED : 0);
}

static void every_address_is_of_its_kinds_and_no_other(void **state)
{
	static const struct {
		const char *text;
		unsigned kinds;
	} table[] = {
		{"126.255.255.255", 0},
		{"127.0.0.0", LOOPBACK},
		{"127.255.255.255", LOOPBACK},
		{"128.0.0.0", 0},
		{"0.0.0.0", 0},
		{"169.253.255.255", 0},
		{"169.254.0.0", LINK_LOCAL},
		{"169.254.255.255", LINK_LOCAL},
		{"169.255.0.0", 0},
		{"223.255.255.255", 0},
		{"224.0.0.0", MULTICAST},
		{"239.255.255.255", MULTICAST},
		{"240.0.0.0", 0},
		{"255.255.255.254", 0},
		{"255.255.255.255", BROADCAST},
		{"::", 0},
		{"::1", LOOPBACK},
		{"::2", 0},
		{"1::1", 0},
		{"fe7f:ffff::", 0},
		{"fe80::", LINK_LOCAL},
		{"febf:ffff::", LINK_LOCAL},
		{"fec0::", 0},
		{"feff::", 0},
		{"ff00::", MULTICAST},
		{"ff02::1", MULTICAST},
		{"::ffff:0:0", MAPPED},
		{"::ffff:127.0.0.1", MAPPED},
		{"::fffe:0:0", 0},
		{"::1:ffff:0:0", 0},
		{"7f00::", 0},
		{"e000::", 0},
	};
	unsigned index;

	(void)state;
	for (index = 0; index < sizeof(table) / sizeof(table[0]); index++) {
		const struct berth_address one = address(table[index].text);

		if (kinds_of(&one) != table[index].kinds)
			fail_msg("%s is of kinds %u, expected %u", table[index].text,
				 kinds_of(&one), table[index].kinds);
	}
}

static void the_address_of_no_family_is_of_no_kind(void **state)
{
	struct berth_address one = address_any(BERTH_FAMILY_NONE);

	(void)state;
	one.byte[0] = 127;
	assert_u64(kinds_of(&one), 0);
	one.byte[0] = 0xff;
	assert_u64(kinds_of(&one), 0);
}

static void mapping_and_unmapping_are_inverse(void **state)
{
	const struct berth_address ipv4 = address("192.0.2.1");
	const struct berth_address mapped = address_map(&ipv4);
	const struct berth_address other = address("2001:db8::1");

	(void)state;
	assert_same(mapped, "::ffff:192.0.2.1");
	assert_same(address_unmap(&mapped), "192.0.2.1");
	assert_same(address_unmap(&other), "2001:db8::1");
	assert_same(address_unmap(&ipv4), "192.0.2.1");
}

static void a_prefix_holds_what_agrees_in_its_bits(void **state)
{
	static const struct {
		const char *address, *prefix;
		uint8_t bits;
		bool is_in;
	} table[] = {
		{"10.1.2.3", "10.0.0.0", 8, true},
		{"11.1.2.3", "10.0.0.0", 8, false},
		{"10.1.2.3", "10.1.2.3", 32, true},
		{"10.1.2.2", "10.1.2.3", 32, false},
		{"10.1.2.2", "10.1.2.3", 31, true},
		{"10.1.2.3", "10.1.2.128", 25, false},
		{"10.1.2.200", "10.1.2.128", 25, true},
		{"255.1.1.1", "0.0.0.0", 0, true},
		{"::1", "0.0.0.0", 0, false},
		{"1.1.1.1", "::", 0, false},
		{"fd00::1", "fd00::", 64, true},
		{"fd00:0:0:1::1", "fd00::", 64, false},
		{"fd00:0:0:1::1", "fd00::", 63, true},
		{"fd00::1", "fd00::1", 128, true},
		{"fd00::2", "fd00::1", 128, false},
		{"fd00::3", "fd00::2", 127, true},
		{"::", "ffff::", 0, true},
		{"febf::1", "fe80::", 10, true},
	};
	unsigned index;

	(void)state;
	for (index = 0; index < sizeof(table) / sizeof(table[0]); index++) {
		const struct berth_address one = address(table[index].address);
		const struct berth_address prefix = address(table[index].prefix);

		if (address_in_prefix(&one, &prefix, table[index].bits) != table[index].is_in)
			fail_msg("%s in %s/%u", table[index].address, table[index].prefix,
				 table[index].bits);
	}
}

static void a_prefix_ignores_the_scope(void **state)
{
	struct berth_address one = address("fe80::1");
	const struct berth_address prefix = address("fe80::");

	(void)state;
	one.scope = 3;
	assert_true(address_in_prefix(&one, &prefix, 64));
}

static void the_solicited_node_group_takes_the_last_three_bytes(void **state)
{
	const struct berth_address one = address("4037::1:800:200e:8c6c"); // RFC 4291 2.7.1

	(void)state;
	assert_same(address_solicited_node(&one), "ff02::1:ff0e:8c6c");
}

static void the_link_local_address_of_a_mac_is_its_eui_64(void **state)
{
	const struct berth_mac mac = {{0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde}};
	const struct berth_mac local = {{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}};

	(void)state;
	assert_same(address_link_local_of_mac(&mac), "fe80::3656:78ff:fe9a:bcde"); // RFC 2464 5
	assert_same(address_link_local_of_mac(&local), "fe80::ff:fe00:1");
}

static void addresses_of_bytes_leave_the_rest_zero(void **state)
{
	const uint8_t bytes[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

	(void)state;
	assert_same(address_of_bytes(BERTH_FAMILY_IPV4, bytes), "1.2.3.4");
	assert_same(address_of_bytes(BERTH_FAMILY_IPV6, bytes), "102:304:506:708:90a:b0c:d0e:f10");
	assert_same(address_any(BERTH_FAMILY_IPV4), "0.0.0.0");
	assert_same(address_any(BERTH_FAMILY_IPV6), "::");
	assert_u64(address_bytes(BERTH_FAMILY_IPV4), 4);
	assert_u64(address_bytes(BERTH_FAMILY_IPV6), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_address_is_of_its_kinds_and_no_other),
		cmocka_unit_test(the_address_of_no_family_is_of_no_kind),
		cmocka_unit_test(mapping_and_unmapping_are_inverse),
		cmocka_unit_test(a_prefix_holds_what_agrees_in_its_bits),
		cmocka_unit_test(a_prefix_ignores_the_scope),
		cmocka_unit_test(the_solicited_node_group_takes_the_last_three_bytes),
		cmocka_unit_test(the_link_local_address_of_a_mac_is_its_eui_64),
		cmocka_unit_test(addresses_of_bytes_leave_the_rest_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
