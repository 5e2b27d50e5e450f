// SPDX-License-Identifier: MIT
//
// The connection table of a host: every socket once, with its owner and the next machine on the
// way.
#include <errno.h>

#include "../../support/test_host.h"

static void every_socket_has_one_row_with_its_owner(void **state)
{
	struct test_host test;
	berth_socket sockets[150];
	bool is_seen[150] = {false};
	struct berth_connection_info info;
	uint64_t cursor = 0;
	int rows = 0;

	(void)state;
	test_host_open(&test, 1, NULL);
	for (uint16_t i = 0; i < 150; i++) {
		sockets[i] = test_bound(&test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "",
					(uint16_t)(1000 + i));
		assert_int_equal(berth_socket_set_tag(test.host, sockets[i], 5000u + i), 0);
	}
	assert_int_equal(berth_socket_close(test.host, sockets[40], 0), 0);
	while (berth_inspect_next(test.host, &cursor, &info)) {
		uint16_t i = (uint16_t)(info.local.port - 1000);

		assert_in_range(i, 0, 149);
		assert_false(is_seen[i]);
		is_seen[i] = true;
		assert_int_equal(info.socket, sockets[i]);
		assert_int_equal(info.tag, 5000 + i);
		assert_int_equal(info.protocol, BERTH_PROTOCOL_UDP);
		assert_int_equal(info.state, BERTH_TCP_CLOSED);
		assert_int_equal(info.remote.port, 0);
		assert_int_equal(info.interface_index, -1);
		assert_int_equal(info.has_next_hop, 0);
		assert_u64(info.timer_deadline_ns, BERTH_NEVER);
		rows++;
	}
	assert_int_equal(rows, 149);
	assert_false(is_seen[40]);
	assert_false(berth_inspect_next(test.host, &cursor, &info)); // and stays at the end
	test_host_close(&test);
}

static void a_connected_row_shows_all_three_addresses(void **state)
{
	struct test_pair pair;
	berth_socket socket;
	struct berth_endpoint far = test_endpoint("192.0.2.7", 53);
	struct berth_address everywhere = berth_ipv4(0, 0, 0, 0);
	struct berth_connection_info info;
	char text[BERTH_MAC_TEXT_MAX];

	(void)state;
	test_pair_open(&pair, NULL);
	assert_int_equal(berth_host_add_route(pair.left.host, 0, &everywhere, 0, &pair.right.ipv4),
			 0);
	socket = test_socket(&pair.left, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	assert_int_equal(berth_socket_connect(pair.left.host, socket, &far, pair.now), 0);
	assert_int_equal(berth_inspect_socket(pair.left.host, socket, &info), 0);
	assert_int_equal(info.state, BERTH_TCP_ESTABLISHED);
	assert_int_equal(info.has_next_hop, 0); // nobody has asked yet
	assert_int_equal(berth_socket_send(pair.left.host, socket, "x", 1, 0, pair.now), 1);
	test_pair_settle(&pair);
	assert_int_equal(berth_inspect_socket(pair.left.host, socket, &info), 0);
	test_assert_endpoint(&info.remote, "192.0.2.7:53");
	assert_int_equal(info.local.address.byte[3], 1);
	assert_int_equal(info.interface_index, 0);
	assert_true(berth_address_equal(&info.next_hop_address, &pair.right.ipv4));
	assert_int_equal(info.has_next_hop, 1);
	assert_string_equal(berth_mac_print(&info.next_hop, text, sizeof(text)),
			    "02:00:00:00:00:02");
	test_pair_close(&pair);
}

static void counters_count_what_crosses_the_cable(void **state)
{
	struct test_pair pair;
	struct berth_counters left, right;
	struct berth_endpoint to = test_endpoint("10.0.0.2", 7);
	berth_socket from;

	(void)state;
	test_pair_open(&pair, NULL);
	from = test_socket(&pair.left, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	test_bound(&pair.right, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			berth_socket_send_to(pair.left.host, from, &to, "hello", 5, pair.now), 5);
	test_pair_settle(&pair);
	berth_inspect_counters(pair.left.host, &left);
	berth_inspect_counters(pair.right.host, &right);
	assert_u64(left.udp_out, 3);
	assert_u64(right.udp_in, 3);
	assert_u64(left.frames_out, right.frames_in);
	assert_u64(left.bytes_out, right.bytes_in);
	assert_u64(left.frames_out + right.frames_out, pair.frames);
	assert_true(left.memory_bytes > 1000);
	for (int reason = 0; reason < BERTH_DROP_COUNT; reason++)
		assert_u64(left.dropped[reason] + right.dropped[reason], 0);
	test_pair_close(&pair);
}

static void a_dump_says_what_there_is(void **state)
{
	struct test_host test;
	berth_socket socket;
	char text[512], tiny[8];

	(void)state;
	test_host_open(&test, 1, NULL);
	socket = test_bound(&test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "10.0.0.1", 7);
	assert_ptr_equal(berth_inspect_dump(test.host, socket, text, sizeof(text), 0), text);
	assert_string_equal(text, "UDP IPv4\n"
				  "  local            10.0.0.1:7\n"
				  "  remote           *:*\n"
				  "  waiting to read  0 bytes\n"
				  "  pending error    0\n");
	assert_string_equal(berth_inspect_dump(test.host, 12345, text, sizeof(text), 0),
			    "no such socket is open\n");
	assert_string_equal(berth_inspect_dump(test.host, socket, tiny, sizeof(tiny), 0),
			    "UDP IPv");
	test_host_close(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_socket_has_one_row_with_its_owner),
		cmocka_unit_test(a_connected_row_shows_all_three_addresses),
		cmocka_unit_test(counters_count_what_crosses_the_cable),
		cmocka_unit_test(a_dump_says_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
