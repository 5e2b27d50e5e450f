// SPDX-License-Identifier: MIT
//
// ARP byte for byte (RFC 826, RFC 5227).
#include "../../support/test_layers.h"

#define START (50 * NS_PER_S)

#define REQUEST_FOR_TWO                                       \
	"ffffffffffff 020000000001 0806 0001 0800 06 04 0001" \
	"020000000001 0a000001 000000000000 0a000002"
#define REQUEST_FOR_US                                        \
	"ffffffffffff 020000000002 0806 0001 0800 06 04 0001" \
	"020000000002 0a000002 000000000000 0a000001"
#define OUR_REPLY_TO_TWO                                      \
	"020000000002 020000000001 0806 0001 0800 06 04 0002" \
	"020000000001 0a000001 020000000002 0a000002"
#define REPLY_OF_TWO                                          \
	"020000000001 020000000002 0806 0001 0800 06 04 0002" \
	"020000000002 0a000002 020000000001 0a000001"

static void assert_neighbor(const struct test_layers *layers, const char *address, const char *mac,
			    const char *state)
{
	const struct berth_address wanted = test_address(address);
	struct berth_neighbor_info info;
	uint64_t cursor = 0;
	char text[BERTH_MAC_TEXT_MAX];

	while (link_inspect_neighbor(layers->link, &cursor, &info)) {
		if (!berth_address_equal(&info.address, &wanted))
			continue;
		assert_string_equal(info.state, state);
		assert_string_equal(berth_mac_print(&info.mac, text, sizeof(text)), mac);
		return;
	}
	fail_msg("no neighbour %s", address);
}

static void assert_no_neighbor(const struct test_layers *layers)
{
	struct berth_neighbor_info info;
	uint64_t cursor = 0;

	assert_false(link_inspect_neighbor(layers->link, &cursor, &info));
}

static void an_unknown_neighbour_is_asked_for_and_its_packet_follows_the_answer(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	assert_int_equal(test_layers_send(&layers, "10.0.0.2", 17, "\x01\x02\x03\x04", 4, START),
			 BERTH_DROP_NONE);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0, REQUEST_FOR_TWO);
	assert_neighbor(&layers, "10.0.0.2", "00:00:00:00:00:00", "INCOMPLETE");
	test_layers_receive_hex(&layers, REPLY_OF_TWO, START + 1);
	assert_neighbor(&layers, "10.0.0.2", "02:00:00:00:00:02", "REACHABLE");
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0,
		     "020000000002 020000000001 0800"
		     "4500 0018 0000 4000 40 11 26d3 0a000001 0a000002 01020304");
	test_layers_close(&layers);
}

static void the_question_is_repeated_each_second_and_the_packet_given_up_after_three(void **state)
{
	struct test_layers layers;
	struct link_path path;
	struct packet *packet;

	(void)state;
	test_layers_open(&layers);
	test_layers_send(&layers, "10.0.0.2", 17, "\x01\x02\x03\x04", 4, START);
	assert_u64(test_layers_transmit(&layers), 1);
	for (unsigned second = 1; second < 3; second++) {
		assert_u64(link_deadline(layers.link), START + second * NS_PER_S);
		link_advance(layers.link, START + second * NS_PER_S - 1);
		assert_u64(test_layers_transmit(&layers), 0);
		link_advance(layers.link, START + second * NS_PER_S);
		assert_u64(test_layers_transmit(&layers), 1);
		assert_frame(&layers, 0, REQUEST_FOR_TWO);
	}
	assert_null(link_take_unreachable(layers.link, &path));
	link_advance(layers.link, START + 3 * NS_PER_S);
	assert_u64(test_layers_transmit(&layers), 0);
	assert_neighbor(&layers, "10.0.0.2", "00:00:00:00:00:00", "FAILED");
	assert_u64(layers.drops[BERTH_DROP_NEIGHBOR_UNREACHABLE], 1);
	packet = link_take_unreachable(layers.link, &path);
	assert_non_null(packet);
	assert_hex(packet_data(packet), packet_length(packet),
		   "4500 0018 0000 4000 40 11 26d3 0a000001 0a000002 01020304");
	assert_int_equal(path.interface_index, 0);
	packet_release(&layers.packets, packet);
	assert_null(link_take_unreachable(layers.link, &path));
	assert_u64(link_deadline(layers.link), NEVER);
	test_layers_close(&layers);
}

static void a_known_neighbour_is_probed_directly(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	assert_neighbor(&layers, "10.0.0.2", "02:00:00:00:00:02", "STALE");
	test_layers_send(&layers, "10.0.0.2", 17, "\x01\x02\x03\x04", 4, START);
	assert_u64(test_layers_transmit(&layers), 1); // the packet itself
	assert_neighbor(&layers, "10.0.0.2", "02:00:00:00:00:02", "DELAY");
	link_advance(layers.link, START + 5 * NS_PER_S);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0,
		     "020000000002 020000000001 0806 0001 0800 06 04 0001"
		     "020000000001 0a000001 000000000000 0a000002");
	assert_neighbor(&layers, "10.0.0.2", "02:00:00:00:00:02", "PROBE");
	test_layers_receive_hex(&layers, REPLY_OF_TWO, START + 5 * NS_PER_S + 1);
	assert_neighbor(&layers, "10.0.0.2", "02:00:00:00:00:02", "REACHABLE");
	test_layers_close(&layers);
}

static void a_request_for_us_is_answered_and_its_sender_remembered(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_receive_hex(&layers, REQUEST_FOR_US, START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0, OUR_REPLY_TO_TWO);
	assert_neighbor(&layers, "10.0.0.2", "02:00:00:00:00:02", "STALE");
	test_layers_close(&layers);
}

static void a_request_for_us_lets_waiting_packets_go(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_send(&layers, "10.0.0.2", 17, "\x01\x02\x03\x04", 4, START);
	test_layers_transmit(&layers);
	test_layers_receive_hex(&layers, REQUEST_FOR_US, START);
	assert_u64(test_layers_transmit(&layers), 2);
	assert_frame(&layers, 0,
		     "020000000002 020000000001 0800"
		     "4500 0018 0000 4000 40 11 26d3 0a000001 0a000002 01020304");
	assert_frame(&layers, 1, OUR_REPLY_TO_TWO);
	test_layers_close(&layers);
}

static void a_request_for_another_teaches_only_about_whom_we_know(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_receive_hex(&layers,
				"ffffffffffff 020000000003 0806 0001 0800 06 04 0001"
				"020000000003 0a000002 000000000000 0a000063",
				START);
	assert_no_neighbor(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	test_layers_receive_hex(&layers,
				"ffffffffffff 020000000003 0806 0001 0800 06 04 0001"
				"020000000003 0a000002 000000000000 0a000063",
				START);
	assert_neighbor(&layers, "10.0.0.2", "02:00:00:00:00:03", "STALE");
	assert_u64(test_layers_transmit(&layers), 0);
	test_layers_close(&layers);
}

static void a_gratuitous_reply_updates_but_never_inserts(void **state)
{
	struct test_layers layers;
	const char *gratuitous = "ffffffffffff 020000000004 0806 0001 0800 06 04 0002"
				 "020000000004 0a000002 ffffffffffff 0a000002";

	(void)state;
	test_layers_open(&layers);
	test_layers_receive_hex(&layers, gratuitous, START);
	assert_no_neighbor(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	test_layers_receive_hex(&layers, gratuitous, START);
	assert_neighbor(&layers, "10.0.0.2", "02:00:00:00:00:04", "STALE");
	test_layers_close(&layers);
}

static void an_unasked_reply_proves_nothing(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	test_layers_receive_hex(&layers, REPLY_OF_TWO, START);
	assert_neighbor(&layers, "10.0.0.2", "02:00:00:00:00:02", "STALE");
	test_layers_close(&layers);
}

static void a_reply_to_another_is_no_answer_to_us(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_send(&layers, "10.0.0.2", 17, "\x01\x02\x03\x04", 4, START);
	test_layers_receive_hex(&layers,
				"020000000001 020000000002 0806 0001 0800 06 04 0002"
				"020000000002 0a000002 020000000009 0a000009",
				START);
	assert_neighbor(&layers, "10.0.0.2", "02:00:00:00:00:02", "STALE");
	assert_u64(test_layers_transmit(&layers), 2); // the question, then what waited
	test_layers_close(&layers);
}

static void neighbours_of_all_interfaces_are_shown_once(void **state)
{
	struct test_layers layers;
	struct berth_neighbor_info info;
	struct berth_address expected;
	uint64_t cursor = 0;

	(void)state;
	test_layers_open(&layers);
	test_layers_add_interface(&layers, 0x11, 0);
	test_layers_add_interface(&layers, 0x12, 0);
	test_layers_add_address(&layers, 2, "10.2.0.1/24");
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	test_layers_resolve(&layers, "10.0.0.3", 3, START);
	test_layers_send(&layers, "10.2.0.9", 17, "\x01\x02\x03\x04", 4, START);
	for (unsigned number = 0; number < 3; number++) {
		static const char *const addresses[] = {"10.0.0.2", "10.0.0.3", "10.2.0.9"};

		expected = test_address(addresses[number]);
		assert_true(link_inspect_neighbor(layers.link, &cursor, &info));
		assert_true(berth_address_equal(&info.address, &expected));
		assert_int_equal(info.interface_index, number < 2 ? 0 : 2);
	}
	assert_false(link_inspect_neighbor(layers.link, &cursor, &info));
	test_layers_close(&layers);
}

static void a_probe_without_address_is_answered_and_not_remembered(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_receive_hex(&layers,
				"ffffffffffff 020000000002 0806 0001 0800 06 04 0001"
				"020000000002 00000000 000000000000 0a000001",
				START);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0,
		     "020000000002 020000000001 0806 0001 0800 06 04 0002"
		     "020000000001 0a000001 020000000002 00000000");
	assert_no_neighbor(&layers);
	test_layers_close(&layers);
}

static void a_claim_to_our_address_is_counted_and_ignored(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_receive_hex(&layers,
				"ffffffffffff 020000000005 0806 0001 0800 06 04 0001"
				"020000000005 0a000001 000000000000 0a000001",
				START);
	assert_u64(layers.drops[BERTH_DROP_ARP_CONFLICT], 1);
	assert_u64(test_layers_transmit(&layers), 0);
	assert_no_neighbor(&layers);
	test_layers_close(&layers);
}

static void nonsense_is_counted(void **state)
{
	static const char *const nonsense[] = {
		// one byte short
		"ffffffffffff 020000000002 0806 0001 0800 06 04 0001"
		"020000000002 0a000002 000000000000 0a0000",
		// nothing at all
		"ffffffffffff 020000000002 0806",
		// Token Ring
		"ffffffffffff 020000000002 0806 0006 0800 06 04 0001"
		"020000000002 0a000002 000000000000 0a000001",
		// operation 3
		"ffffffffffff 020000000002 0806 0001 0800 06 04 0003"
		"020000000002 0a000002 000000000000 0a000001",
		// a group as sender MAC
		"ffffffffffff 020000000002 0806 0001 0800 06 04 0001"
		"030000000002 0a000002 000000000000 0a000001",
		// a group, everybody, the loopback as sender address
		"ffffffffffff 020000000002 0806 0001 0800 06 04 0001"
		"020000000002 e0000002 000000000000 0a000001",
		"ffffffffffff 020000000002 0806 0001 0800 06 04 0001"
		"020000000002 ffffffff 000000000000 0a000001",
		"ffffffffffff 020000000002 0806 0001 0800 06 04 0001"
		"020000000002 7f000001 000000000000 0a000001",
	};
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	for (unsigned index = 0; index < sizeof(nonsense) / sizeof(nonsense[0]); index++) {
		test_layers_receive_hex(&layers, nonsense[index], START);
		assert_u64(layers.drops[BERTH_DROP_ARP_MALFORMED], index + 1);
	}
	assert_u64(test_layers_transmit(&layers), 0);
	assert_no_neighbor(&layers);
	test_layers_close(&layers);
}

static void a_full_table_is_counted_and_the_answer_still_given(void **state)
{
	struct test_layers layers;
	const struct berth_config config = {.neighbors_max = 1};

	(void)state;
	test_layers_open_bare(&layers, &config);
	test_layers_add_interface(&layers, 1, 0);
	test_layers_add_address(&layers, 0, "10.0.0.1/24");
	test_layers_send(&layers, "10.0.0.9", 17, "\x01\x02\x03\x04", 4, START);
	test_layers_transmit(&layers);
	test_layers_receive_hex(&layers, REQUEST_FOR_US, START);
	assert_u64(layers.drops[BERTH_DROP_NEIGHBOR_TABLE_FULL], 1);
	assert_u64(test_layers_transmit(&layers), 1);
	assert_frame(&layers, 0, OUR_REPLY_TO_TWO);
	test_layers_close(&layers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_unknown_neighbour_is_asked_for_and_its_packet_follows_the_answer),
		cmocka_unit_test(
			the_question_is_repeated_each_second_and_the_packet_given_up_after_three),
		cmocka_unit_test(a_known_neighbour_is_probed_directly),
		cmocka_unit_test(a_request_for_us_is_answered_and_its_sender_remembered),
		cmocka_unit_test(a_request_for_us_lets_waiting_packets_go),
		cmocka_unit_test(a_request_for_another_teaches_only_about_whom_we_know),
		cmocka_unit_test(a_gratuitous_reply_updates_but_never_inserts),
		cmocka_unit_test(an_unasked_reply_proves_nothing),
		cmocka_unit_test(a_reply_to_another_is_no_answer_to_us),
		cmocka_unit_test(neighbours_of_all_interfaces_are_shown_once),
		cmocka_unit_test(a_probe_without_address_is_answered_and_not_remembered),
		cmocka_unit_test(a_claim_to_our_address_is_counted_and_ignored),
		cmocka_unit_test(nonsense_is_counted),
		cmocka_unit_test(a_full_table_is_counted_and_the_answer_still_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
