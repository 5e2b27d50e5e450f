// SPDX-License-Identifier: MIT
//
// Addresses as text: what is read, what is refused, what is printed (RFC 4291 2.2, RFC 5952).
#include <arpa/inet.h>
#include <berth/address.h>

#include "../../support/unit.h"

static const char *printed(const struct berth_address *address)
{
	static char text[BERTH_ADDRESS_TEXT_MAX];

	return berth_address_print(address, text, sizeof(text));
}

static void assert_prints(const char *text, const char *expected)
{
	struct berth_address address;

	if (!berth_address_parse(text, &address))
		fail_msg("%s is refused", text);
	assert_string_equal(printed(&address), expected);
}

static void ipv4_addresses_are_four_numbers(void **state)
{
	const struct berth_address expected = berth_ipv4(192, 0, 2, 255);
	struct berth_address address;

	(void)state;
	assert_true(berth_address_parse("192.0.2.255", &address));
	assert_memory_equal(&address, &expected, sizeof(address));
	assert_prints("0.0.0.0", "0.0.0.0");
	assert_prints("255.255.255.255", "255.255.255.255");
}

static void ipv6_texts_of_rfc_4291_are_read(void **state)
{
	(void)state;
	assert_prints("ABCD:EF01:2345:6789:ABCD:EF01:2345:6789",
		      "abcd:ef01:2345:6789:abcd:ef01:2345:6789");
	assert_prints("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a");
	assert_prints("FF01:0:0:0:0:0:0:101", "ff01::101");
	assert_prints("0:0:0:0:0:0:0:1", "::1");
	assert_prints("0:0:0:0:0:0:0:0", "::");
	assert_prints("2001:DB8::8:800:200C:417A", "2001:db8::8:800:200c:417a");
	assert_prints("0:0:0:0:0:FFFF:129.144.52.38", "::ffff:129.144.52.38");
	assert_prints("::FFFF:129.144.52.38", "::ffff:129.144.52.38");
	assert_prints("::13.1.68.3", "::d01:4403");
	assert_prints("1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a");
	assert_prints("1::1.2.3.4", "1::102:304");
	assert_prints("1::", "1::");
	assert_prints("::", "::");
	assert_prints("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
	assert_prints("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8");
}

// Each of the ways of RFC 5952 section 2 to write one address, and what section 4 makes of it.
static void ipv6_prints_as_rfc_5952_section_4_asks(void **state)
{
	(void)state;
	// 4.1: no leading zeros
	assert_prints("2001:0db8::0001", "2001:db8::1");
	assert_prints("2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001",
		      "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1");
	assert_prints("2001:db8::0000:0:00", "2001:db8::");
	// 4.2.1: shorten as much as possible
	assert_prints("2001:db8:0:0:0:0:2:1", "2001:db8::2:1");
	assert_prints("2001:db8::0:1", "2001:db8::1");
	// 4.2.2: one group alone is not shortened
	assert_prints("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
	assert_prints("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
	// 4.2.3: the longest run; of equal ones the first
	assert_prints("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
	assert_prints("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
	assert_prints("0:0:0:1:0:0:0:0", "0:0:0:1::");
	assert_prints("0:0:1:0:0:1:0:0", "::1:0:0:1:0:0");
	assert_prints("0:1:0:1:0:1:0:1", "0:1:0:1:0:1:0:1");
	// 4.3: lower case
	assert_prints("2001:DB8::ABCD:EF", "2001:db8::abcd:ef");
	// 5: dotted decimal inside the mapped prefix only
	assert_prints("::ffff:c000:201", "::ffff:192.0.2.1");
	assert_prints("::ffff:0:0", "::ffff:0.0.0.0");
	assert_prints("64:ff9b::192.0.2.1", "64:ff9b::c000:201");
	assert_prints("::fffe:192.0.2.1", "::fffe:c000:201");
}

static void everything_else_is_refused_and_the_result_untouched(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"a",
		"1",
		"1.2",
		"1.2.3",
		"1.2.3.",
		"1.2.3.4.",
		"1.2.3.4.5",
		".1.2.3",
		"1..2.3",
		"256.1.1.1",
		"1.1.1.256",
		"1.2.3.4567890123456789012345",
		"01.2.3.4",
		"1.2.3.04",
		"00.0.0.0",
		"1.2.3.4 ",
		" 1.2.3.4",
		"1.2.3.4x",
		"+1.2.3.4",
		"-1.2.3.4",
		"0x1.2.3.4",
		"1,2,3,4",
		"1.2.3.4/24",
		":",
		":::",
		":1",
		"1:",
		"1:2",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:",
		"1:2:3:4:5:6:7:8:",
		"1:2:3:4:5:6:7:8:9",
		":1:2:3:4:5:6:7:8",
		"1::2::3",
		"::1::",
		"1:::2",
		"::::",
		"12345::",
		"1::g",
		"1::%1",
		"fe80::1%eth0",
		"[::1]",
		"::1/128",
		"::1 ",
		" ::1",
		"1:2:3:4:5:6:7::8",
		"::1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8::",
		"1:2:3:4::5:6:7:8",
		"::1.2.3",
		"::1.2.3.4.5",
		"::1.2.3.256",
		"::01.2.3.4",
		"::1.2.3.4:5",
		"1.2.3.4::",
		"1:2:3:4:5:6:7:1.2.3.4",
		"::1:2:3:4:5:6:1.2.3.4",
		"1:2:3:4:5:1.2.3.4",
		"::ffff:1.2.3.",
		"::.1.2.3",
		"::1.2:3.4",
		"::-1",
		"::0x1",
	};
	unsigned index;

	(void)state;
	for (index = 0; index < sizeof(texts) / sizeof(texts[0]); index++) {
		struct berth_address address = berth_ipv4(9, 9, 9, 9);
		const struct berth_address before = address;

		if (berth_address_parse(texts[index], &address))
			fail_msg("\"%s\" was read as %s", texts[index], printed(&address));
		assert_memory_equal(&address, &before, sizeof(address));
	}
}

// Random addresses with many zero groups: what we print, we and the C library read the same.
static void what_is_printed_is_read_back_by_us_and_by_the_c_library(void **state)
{
	uint64_t seed = 9;
	unsigned round, index;

	(void)state;
	for (round = 0; round < 20000; round++) {
		struct berth_address address, parsed;
		uint8_t theirs[16];

		memset(&address, 0, sizeof(address));
		address.family = round % 4 == 0 ? BERTH_FAMILY_IPV4 : BERTH_FAMILY_IPV6;
		for (index = 0; index < (address.family == BERTH_FAMILY_IPV4 ? 4u : 16u); index++)
			if (test_random_below(&seed, 3) == 0)
				address.byte[index] = (uint8_t)test_random(&seed);
		if (!berth_address_parse(printed(&address), &parsed))
			fail_msg("%s is not read back", printed(&address));
		assert_memory_equal(&parsed, &address, sizeof(address));
		assert_int_equal(inet_pton(address.family == BERTH_FAMILY_IPV4 ? AF_INET : AF_INET6,
					   printed(&address), theirs),
				 1);
		assert_memory_equal(theirs, address.byte,
				    address.family == BERTH_FAMILY_IPV4 ? 4 : 16);
	}
}

// Random texts of the letters addresses are made of: we read what the C library reads.
static void random_texts_are_judged_as_the_c_library_does(void **state)
{
	static const char letters[] = "0123456789afF::::....";
	uint64_t seed = 10;
	unsigned round, index, accepted = 0;

	(void)state;
	for (round = 0; round < 300000; round++) {
		const unsigned length = 2 + test_random_below(&seed, 12);
		char text[20] = {0};
		struct berth_address address;
		uint8_t theirs[16] = {0};
		bool they_read, we_read;

		for (index = 0; index < length; index++)
			text[index] = letters[test_random_below(&seed, sizeof(letters) - 1)];
		they_read = inet_pton(AF_INET, text, theirs) == 1 ||
			    inet_pton(AF_INET6, text, theirs) == 1;
		we_read = berth_address_parse(text, &address);
		if (we_read != they_read)
			fail_msg("\"%s\": we %d, they %d", text, we_read, they_read);
		if (we_read)
			assert_memory_equal(address.byte, theirs,
					    address.family == BERTH_FAMILY_IPV4 ? 4 : 16);
		accepted += we_read;
	}
	assert_true(accepted > 1000);
}

static void a_scope_prints_behind_a_percent_sign(void **state)
{
	struct berth_address address;

	(void)state;
	assert_true(berth_address_parse("fe80::1", &address));
	address.scope = 255;
	assert_string_equal(printed(&address), "fe80::1%255");
}

static void the_address_of_no_family_prints_as_a_star(void **state)
{
	const struct berth_address none = {0};

	(void)state;
	assert_string_equal(printed(&none), "*");
}

static void a_text_too_long_for_its_room_is_cut(void **state)
{
	const struct berth_address address = berth_ipv4(192, 0, 2, 1);
	char text[6] = "#####";

	(void)state;
	assert_ptr_equal(berth_address_print(&address, text, 5), text);
	assert_string_equal(text, "192.");
	assert_string_equal(berth_address_print(&address, text, 1), "");
}

static void the_longest_texts_fit_their_room(void **state)
{
	struct berth_endpoint endpoint = {.port = 65535};
	char text[BERTH_ENDPOINT_TEXT_MAX];

	(void)state;
	assert_true(
		berth_address_parse("fe80:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &endpoint.address));
	endpoint.address.scope = 255;
	assert_string_equal(berth_endpoint_print(&endpoint, text, sizeof(text)),
			    "[fe80:ffff:ffff:ffff:ffff:ffff:ffff:ffff%255]:65535");
}

static void prefixes_have_as_many_bits_as_they_say_or_all(void **state)
{
	static const struct {
		const char *text, *address;
		unsigned bits;
	} table[] = {
		{"10.0.0.1/24", "10.0.0.1", 24},
		{"10.0.0.1", "10.0.0.1", 32},
		{"0.0.0.0/0", "0.0.0.0", 0},
		{"10.0.0.1/32", "10.0.0.1", 32},
		{"fd00::1/64", "fd00::1", 64},
		{"fd00::1", "fd00::1", 128},
		{"::/0", "::", 0},
		{"::1/128", "::1", 128},
	};
	unsigned index;

	(void)state;
	for (index = 0; index < sizeof(table) / sizeof(table[0]); index++) {
		struct berth_address address;
		uint8_t bits;

		assert_true(berth_prefix_parse(table[index].text, &address, &bits));
		assert_string_equal(printed(&address), table[index].address);
		assert_u64(bits, table[index].bits);
	}
}

static void wrong_prefixes_are_refused_and_the_results_untouched(void **state)
{
	static const char *const texts[] = {
		"",
		"/",
		"/24",
		"10.0.0.1/",
		"10.0.0.1/33",
		"10.0.0/24",
		"::1/129",
		"::1/",
		"10.0.0.1/024",
		"10.0.0.1/00",
		"10.0.0.1//",
		"10.0.0.1/-1",
		"10.0.0.1/+1",
		"10.0.0.1/ 8",
		"10.0.0.1/8 ",
		"10.0.0.1/a",
		"::1/1000000000000000000000",
		"10.0.0.1/8/8",
		"10.0.0.1 /8",
	};
	unsigned index;

	(void)state;
	for (index = 0; index < sizeof(texts) / sizeof(texts[0]); index++) {
		struct berth_address address = berth_ipv4(9, 9, 9, 9);
		const struct berth_address before = address;
		uint8_t bits = 99;

		if (berth_prefix_parse(texts[index], &address, &bits))
			fail_msg("\"%s\" was read", texts[index]);
		assert_memory_equal(&address, &before, sizeof(address));
		assert_u64(bits, 99);
	}
}

static void macs_are_read_and_printed(void **state)
{
	struct berth_mac mac;
	char text[BERTH_MAC_TEXT_MAX];

	(void)state;
	assert_true(berth_mac_parse("02:00:aB:Cd:ef:09", &mac));
	assert_hex(&mac, sizeof(mac), "0200abcdef09");
	assert_string_equal(berth_mac_print(&mac, text, sizeof(text)), "02:00:ab:cd:ef:09");
	assert_string_equal(berth_mac_print(&mac, text, 6), "02:00");
}

static void wrong_macs_are_refused_and_the_result_untouched(void **state)
{
	static const char *const texts[] = {
		"",
		"02:00:00:00:00",
		"02:00:00:00:00:",
		"02:00:00:00:00:1",
		"2:00:00:00:00:01",
		"02:00:00:00:00:01:",
		"02:00:00:00:00:01:02",
		"02-00-00-00-00-01",
		"02:00:00:00:00:0g",
		"020000000001",
		" 02:00:00:00:00:01",
		"02:00:00:00:00:001",
	};
	unsigned index;

	(void)state;
	for (index = 0; index < sizeof(texts) / sizeof(texts[0]); index++) {
		struct berth_mac mac = {{9, 9, 9, 9, 9, 9}};

		if (berth_mac_parse(texts[index], &mac))
			fail_msg("\"%s\" was read", texts[index]);
		assert_hex(&mac, sizeof(mac), "090909090909");
	}
}

static void endpoints_print_with_brackets_and_stars(void **state)
{
	static const struct {
		const char *address;
		uint16_t port;
		const char *expected;
	} table[] = {
		{"10.0.0.1", 80, "10.0.0.1:80"},
		{"10.0.0.1", 0, "10.0.0.1:*"},
		{"fd00::1", 80, "[fd00::1]:80"},
		{"::ffff:1.2.3.4", 65535, "[::ffff:1.2.3.4]:65535"},
		{"0.0.0.0", 80, "*:80"},
		{"::", 80, "*:80"},
		{"::", 0, "*:*"},
	};
	const struct berth_endpoint none = {0};
	char text[BERTH_ENDPOINT_TEXT_MAX];
	unsigned index;

	(void)state;
	for (index = 0; index < sizeof(table) / sizeof(table[0]); index++) {
		struct berth_endpoint endpoint = {.port = table[index].port};

		assert_true(berth_address_parse(table[index].address, &endpoint.address));
		assert_string_equal(berth_endpoint_print(&endpoint, text, sizeof(text)),
				    table[index].expected);
	}
	assert_string_equal(berth_endpoint_print(&none, text, sizeof(text)), "*:*");
}

static void addresses_are_equal_in_family_bytes_and_scope(void **state)
{
	const struct berth_address one = berth_ipv4(10, 0, 0, 1);
	struct berth_address other = one;

	(void)state;
	assert_true(berth_address_equal(&one, &other));
	other.reserved[0] = 1;
	assert_true(berth_address_equal(&one, &other));
	other.scope = 1;
	assert_false(berth_address_equal(&one, &other));
	other = one;
	other.family = BERTH_FAMILY_IPV6;
	assert_false(berth_address_equal(&one, &other));
	other = one;
	other.byte[15] = 1;
	assert_false(berth_address_equal(&one, &other));
}

static void any_is_all_zeros_of_every_family(void **state)
{
	struct berth_address address = {0};

	(void)state;
	assert_true(berth_address_is_any(&address));
	address.family = BERTH_FAMILY_IPV4;
	assert_true(berth_address_is_any(&address));
	address.family = BERTH_FAMILY_IPV6;
	assert_true(berth_address_is_any(&address));
	address.byte[15] = 1;
	assert_false(berth_address_is_any(&address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_addresses_are_four_numbers),
		cmocka_unit_test(ipv6_texts_of_rfc_4291_are_read),
		cmocka_unit_test(ipv6_prints_as_rfc_5952_section_4_asks),
		cmocka_unit_test(everything_else_is_refused_and_the_result_untouched),
		cmocka_unit_test(what_is_printed_is_read_back_by_us_and_by_the_c_library),
		cmocka_unit_test(random_texts_are_judged_as_the_c_library_does),
		cmocka_unit_test(a_scope_prints_behind_a_percent_sign),
		cmocka_unit_test(the_address_of_no_family_prints_as_a_star),
		cmocka_unit_test(a_text_too_long_for_its_room_is_cut),
		cmocka_unit_test(the_longest_texts_fit_their_room),
		cmocka_unit_test(prefixes_have_as_many_bits_as_they_say_or_all),
		cmocka_unit_test(wrong_prefixes_are_refused_and_the_results_untouched),
		cmocka_unit_test(macs_are_read_and_printed),
		cmocka_unit_test(wrong_macs_are_refused_and_the_result_untouched),
		cmocka_unit_test(endpoints_print_with_brackets_and_stars),
		cmocka_unit_test(addresses_are_equal_in_family_bytes_and_scope),
		cmocka_unit_test(any_is_all_zeros_of_every_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
