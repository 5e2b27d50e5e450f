// SPDX-License-Identifier: MIT
//
// Neighbour discovery byte for byte, checksums included (RFC 4861 7.1, 7.2).
#include "../../support/test_layers.h"

#define START (50 * NS_PER_S)

#define SOLICIT_GROUP_OF_TWO                                                \
	"3333ff000002 020000000001 86dd 60000000 0020 3a ff"                \
	"fd000000000000000000000000000001 ff0200000000000000000001ff000002" \
	"8700 7d97 00000000 fd000000000000000000000000000002 0101 020000000001"
#define SOLICIT_TWO_ITSELF                                                  \
	"020000000002 020000000001 86dd 60000000 0020 3a ff"                \
	"fd000000000000000000000000000001 fd000000000000000000000000000002" \
	"8700 7e9b 00000000 fd000000000000000000000000000002 0101 020000000001"
#define TWO_SOLICITS_US                                                     \
	"3333ff000001 020000000002 86dd 60000000 0020 3a ff"                \
	"fd000000000000000000000000000002 ff0200000000000000000001ff000001" \
	"8700 7d97 00000000 fd000000000000000000000000000001 0101 020000000002"
#define OUR_ADVERTISEMENT_TO_TWO                                            \
	"020000000002 020000000001 86dd 60000000 0020 3a ff"                \
	"fd000000000000000000000000000001 fd000000000000000000000000000002" \
	"8800 1c9c 60000000 fd000000000000000000000000000001 0201 020000000001"
#define ADVERTISEMENT_OF_TWO                                                \
	"020000000001 020000000002 86dd 60000000 0020 3a ff"                \
	"fd000000000000000000000000000002 fd000000000000000000000000000001" \
	"8800 1c9a 60000000 fd000000000000000000000000000002 0201 020000000002"

static const char *neighbor_state_of(const struct test_layers *layers, const char *address,
				     struct berth_mac *ret_mac)
{
	const struct berth_address wanted = test_address(address);
	struct berth_neighbor_info info;
	uint64_t cursor = 0;

	while (link_inspect_neighbor(layers->link, &cursor, &info)) {
		if (!berth_address_equal(&info.address, &wanted))
			continue;
		*ret_mac = info.mac;
		return info.state;
	}
	return "none";
}

static void assert_neighbor(const struct test_layers *layers, const char *address,
			    uint8_t mac_number, const char *state)
{
	const struct berth_mac expected = test_mac(mac_number);
	struct berth_mac mac = {{0}};

	assert_string_equal(neighbor_state_of(layers, address, &mac), state);
	if (mac_number)
		assert_memory_equal(&mac, &expected, sizeof(mac));
}

static void an_unknown_neighbour_is_solicited_by_its_group(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_send(&layers, "fd00::2", 59, "data", 4, START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0, SOLICIT_GROUP_OF_TWO);
	link_advance(layers.link, START + NS_PER_S);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0, SOLICIT_GROUP_OF_TWO);
	test_layers_receive_hex(&layers, ADVERTISEMENT_OF_TWO, START + NS_PER_S + 1);
	assert_neighbor(&layers, "fd00::2", 2, "REACHABLE");
	assert_u64(test_layers_transmit(&layers), 1); // what waited
	assert_u64(layers.frames[0].length, 14 + 40 + 4);
	test_layers_close(&layers);
}

static void a_known_neighbour_is_solicited_directly(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "fd00::2", 2, START);
	assert_neighbor(&layers, "fd00::2", 2, "STALE");
	test_layers_send(&layers, "fd00::2", 59, "data", 4, START);
	assert_u64(test_layers_transmit(&layers), 1);
	link_advance(layers.link, START + 5 * NS_PER_S);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0, SOLICIT_TWO_ITSELF);
	test_layers_close(&layers);
}

static void a_solicitation_for_us_is_answered_with_solicited_and_override(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_receive_hex(&layers, TWO_SOLICITS_US, START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0, OUR_ADVERTISEMENT_TO_TWO);
	assert_neighbor(&layers, "fd00::2", 2, "STALE");
	assert_u64(ip_icmp_in(layers.ip), 1);
	test_layers_close(&layers);
}

static void a_link_local_address_is_answered_for_too(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_receive_hex(
		&layers,
		"3333ff000001 020000000002 86dd 60000000 0020 3a ff"
		"fe80000000000000000000fffe000002 ff0200000000000000000001ff000001"
		"8700 7c97 00000000 fe80000000000000000000fffe000001 0101 020000000002",
		START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0,
		     "020000000002 020000000001 86dd 60000000 0020 3a ff"
		     "fe80000000000000000000fffe000001 fe80000000000000000000fffe000002"
		     "8800 1b1c 60000000 fe80000000000000000000fffe000001 0201 020000000001");
	test_layers_close(&layers);
}

static void duplicate_address_detection_is_answered_to_all_nodes(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_receive_hex(&layers,
				"3333ff000001 020000000002 86dd 60000000 0018 3a ff"
				"00000000000000000000000000000000"
				"ff0200000000000000000001ff000001"
				"8700 7da5 00000000 fd000000000000000000000000000001",
				START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0,
		     "333300000001 020000000001 86dd 60000000 0020 3a ff"
		     "fd000000000000000000000000000001 ff020000000000000000000000000001"
		     "8800 5a9b 20000000 fd000000000000000000000000000001 0201 020000000001");
	assert_neighbor(&layers, "fd00::2", 0, "none");
	test_layers_close(&layers);
}

static void who_solicits_without_telling_its_mac_is_solicited_in_turn(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_receive_hex(&layers,
				"020000000001 020000000002 86dd 60000000 0018 3a ff"
				"fd000000000000000000000000000002"
				"fd000000000000000000000000000001"
				"8700 81a6 00000000 fd000000000000000000000000000001",
				START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0, SOLICIT_GROUP_OF_TWO);
	test_layers_receive_hex(&layers, ADVERTISEMENT_OF_TWO, START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0, OUR_ADVERTISEMENT_TO_TWO);
	test_layers_close(&layers);
}

static void a_solicitation_of_our_group_for_another_is_let_pass(void **state)
{
	struct test_layers layers;
	const uint64_t none[BERTH_DROP_COUNT] = {0};

	(void)state;
	test_layers_open(&layers);
	test_layers_receive_hex(
		&layers,
		"3333ff000001 020000000002 86dd 60000000 0020 3a ff"
		"fd000000000000000000000000000002 ff0200000000000000000001ff000001"
		"8700 7d92 00000000 fd000000000000000000000500000001 0101 020000000002",
		START);
	assert_u64(test_layers_transmit(&layers), 0);
	assert_neighbor(&layers, "fd00::2", 0, "none");
	assert_memory_equal(layers.drops, none, sizeof(none));
	test_layers_close(&layers);
}

static void an_advertisement_nobody_asked_for_makes_no_entry(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_receive_hex(&layers, ADVERTISEMENT_OF_TWO, START);
	assert_neighbor(&layers, "fd00::2", 0, "none");
	test_layers_close(&layers);
}

static void a_changed_mac_announced_to_all_makes_stale(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_send(&layers, "fd00::2", 59, "data", 4, START);
	test_layers_receive_hex(&layers, ADVERTISEMENT_OF_TWO, START);
	assert_neighbor(&layers, "fd00::2", 2, "REACHABLE");
	test_layers_receive_hex(
		&layers,
		"333300000001 020000000003 86dd 60000000 0020 3a ff"
		"fd000000000000000000000000000002 ff020000000000000000000000000001"
		"8800 5a97 20000000 fd000000000000000000000000000002 0201 020000000003",
		START);
	assert_neighbor(&layers, "fd00::2", 3, "STALE");
	test_layers_close(&layers);
}

static void messages_that_break_a_rule_are_counted_and_ignored(void **state)
{
	static const char *const broken[] = {
		// hop limit 254
		"3333ff000001 020000000002 86dd 60000000 0020 3a fe"
		"fd000000000000000000000000000002 ff0200000000000000000001ff000001"
		"8700 7d97 00000000 fd000000000000000000000000000001 0101 020000000002",
		// from nobody, but with a MAC
		"3333ff000001 020000000002 86dd 60000000 0020 3a ff"
		"00000000000000000000000000000000 ff0200000000000000000001ff000001"
		"8700 7a9a 00000000 fd000000000000000000000000000001 0101 020000000002",
		// from nobody, to one computer; to all nodes
		"020000000001 020000000002 86dd 60000000 0018 3a ff"
		"00000000000000000000000000000000 fd000000000000000000000000000001"
		"8700 7ea9 00000000 fd000000000000000000000000000001",
		"333300000001 020000000002 86dd 60000000 0018 3a ff"
		"00000000000000000000000000000000 ff020000000000000000000000000001"
		"8700 7ca7 00000000 fd000000000000000000000000000001",
		// solicited, but to a group
		"333300000001 020000000002 86dd 60000000 0020 3a ff"
		"fd000000000000000000000000000002 ff020000000000000000000000000001"
		"8800 1a98 60000000 fd000000000000000000000000000002 0201 020000000002",
		// option of length 0
		"3333ff000001 020000000002 86dd 60000000 0020 3a ff"
		"fd000000000000000000000000000002 ff0200000000000000000001ff000001"
		"8700 7d98 00000000 fd000000000000000000000000000001 0100 020000000002",
		// a group as target
		"3333ff000001 020000000002 86dd 60000000 0020 3a ff"
		"fd000000000000000000000000000002 ff0200000000000000000001ff000001"
		"8700 7c93 00000000 ff0200000000000000000001ff000001 0101 020000000002",
		// code 1
		"3333ff000001 020000000002 86dd 60000000 0020 3a ff"
		"fd000000000000000000000000000002 ff0200000000000000000001ff000001"
		"8701 7d96 00000000 fd000000000000000000000000000001 0101 020000000002",
		// a group as MAC
		"3333ff000001 020000000002 86dd 60000000 0020 3a ff"
		"fd000000000000000000000000000002 ff0200000000000000000001ff000001"
		"8700 7e97 00000000 fd000000000000000000000000000001 0101 010000000002",
	};
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	for (unsigned index = 0; index < sizeof(broken) / sizeof(broken[0]); index++) {
		test_layers_receive_hex(&layers, broken[index], START);
		assert_u64(layers.drops[BERTH_DROP_NDP_MALFORMED], index + 1);
	}
	assert_u64(layers.drops[BERTH_DROP_ICMP_CHECKSUM], 0);
	assert_u64(test_layers_transmit(&layers), 0);
	assert_neighbor(&layers, "fd00::2", 0, "none");
	test_layers_close(&layers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_neighbour_is_solicited_by_its_group),
		cmocka_unit_test(a_known_neighbour_is_solicited_directly),
		cmocka_unit_test(a_solicitation_for_us_is_answered_with_solicited_and_override),
		cmocka_unit_test(a_link_local_address_is_answered_for_too),
		cmocka_unit_test(duplicate_address_detection_is_answered_to_all_nodes),
		cmocka_unit_test(who_solicits_without_telling_its_mac_is_solicited_in_turn),
		cmocka_unit_test(a_solicitation_of_our_group_for_another_is_let_pass),
		cmocka_unit_test(an_advertisement_nobody_asked_for_makes_no_entry),
		cmocka_unit_test(a_changed_mac_announced_to_all_makes_stale),
		cmocka_unit_test(messages_that_break_a_rule_are_counted_and_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
