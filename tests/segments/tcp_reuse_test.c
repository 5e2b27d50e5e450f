// SPDX-License-Identifier: MIT
//
// When may a tuple or a port be used again? TIME-WAIT (RFC 6191), shared local ports of connects
// (RFC 6056), and who holds a port whose listener is gone.
#include <errno.h>

#include "../support/test_segment.h"

static struct test_peer peer;

static int open_peer(void **state)
{
	(void)state;
	test_peer_open(&peer, NULL);
	return 0;
}

static int close_peer(void **state)
{
	(void)state;
	test_peer_close(&peer);
	return 0;
}

static void reopen(const struct berth_config *config)
{
	struct test_host_options options = {.config = *config};

	test_peer_close(&peer);
	test_peer_open(&peer, &options);
}

#define GIVE(...) test_peer_give(&peer, &(struct test_segment){__VA_ARGS__})
#define STAMPED(number) .has_timestamps = true, .timestamp = number

static uint64_t remnants(void)
{
	return test_peer_counters(&peer).tcp_remnants;
}

// A connection from the peer, closed by the host first: a remnant whose peer sent 1 byte of FIN.
static void enter_time_wait(bool modern)
{
	berth_socket socket =
		modern ? test_peer_connected_modern(&peer) : test_peer_connected(&peer);

	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	if (modern)
		GIVE(.flags = "FA", .seq = 1, .ack = 2, STAMPED(200));
	else
		GIVE(.flags = "FA", .seq = 1, .ack = 2);
	test_peer_expect(&peer, "A", 2, 2, 0);
	assert_u64(remnants(), 1);
}

// --- the peer comes back
// ---------------------------------------------------------------------------

static void a_syn_with_a_higher_number_reopens(void **state)
{
	uint32_t old_isn;

	(void)state;
	enter_time_wait(false);
	old_isn = peer.host_isn;
	GIVE(.flags = "S", .seq = 3);
	test_peer_expect(&peer, "SA", 0, 4, 0);
	assert_u64(remnants(), 0);
	// Above everything the last incarnation may have sent.
	assert_true((int32_t)(peer.host_isn - (old_isn + 2 + 65536)) > 0);
}

static void a_syn_with_an_old_number_does_not(void **state)
{
	(void)state;
	enter_time_wait(false);
	GIVE(.flags = "S", .seq = 2);
	test_peer_expect(&peer, "A", 2, 2, 0);
	assert_u64(remnants(), 1);
	GIVE(.flags = "R", .seq = 2); // RFC 1337: not even the answer to our ACK
	assert_u64(remnants(), 1);
}

static void a_newer_timestamp_reopens_with_any_number(void **state)
{
	(void)state;
	enter_time_wait(true);
	GIVE(.flags = "S", .seq = 0x90000000, STAMPED(200));
	test_peer_expect(&peer, "A", 2, 2, 0); // not newer
	assert_u64(remnants(), 1);
	GIVE(.flags = "S", .seq = 0x90000000, STAMPED(201));
	test_peer_expect(&peer, "SA", 0, 0x90000001, 0);
	assert_u64(remnants(), 0);
}

static void without_a_listener_nothing_reopens(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 5), socket;

	(void)state;
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	socket = test_peer_accept(&peer, listener);
	test_peer_let_go(&peer, listener);
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "FA", .seq = 1, .ack = 2);
	test_peer_expect(&peer, "A", 2, 2, 0);
	GIVE(.flags = "S", .seq = 100);
	test_peer_expect(&peer, "A", 2, 2, 0);
	assert_u64(remnants(), 1);
}

static void a_full_queue_does_not_cost_the_remnant(void **state)
{
	(void)state;
	enter_time_wait(false); // its listener has room for 16
	for (uint16_t port = 1; port <= 16; port++) {
		peer.peer_end.port = port;
		GIVE(.flags = "S", .mss = 1460);
		test_peer_expect(&peer, "SA", 0, 1, 0);
		GIVE(.flags = "A", .seq = 1, .ack = 1);
	}
	peer.peer_end.port = TEST_PEER_PORT;
	GIVE(.flags = "S", .seq = 100);
	test_peer_expect_nothing(&peer);
	assert_u64(remnants(), 1);
	assert_u64(test_drops(&peer.test, BERTH_DROP_TCP_BACKLOG_FULL), 1);
}

static void at_the_limit_the_oldest_yields(void **state)
{
	berth_socket listener, socket;
	struct berth_connection_info row;
	uint64_t cursor = 0;
	uint32_t ports = 0;

	(void)state;
	reopen(&(struct berth_config){.remnants_max = 2});
	listener = test_peer_listen(&peer, 5);
	for (uint16_t port = 1; port <= 3; port++) {
		peer.peer_end.port = port;
		GIVE(.flags = "S", .mss = 1460);
		test_peer_expect(&peer, "SA", 0, 1, 0);
		GIVE(.flags = "A", .seq = 1, .ack = 1);
		socket = test_peer_accept(&peer, listener);
		test_peer_let_go(&peer, socket);
		test_peer_expect(&peer, "FA", 1, 1, 0);
		GIVE(.flags = "FA", .seq = 1, .ack = 2);
		test_peer_expect(&peer, "A", 2, 2, 0);
	}
	while (berth_inspect_next(peer.test.host, &cursor, &row))
		if (row.state == BERTH_TCP_TIME_WAIT)
			ports |= 1u << row.remote.port;
	assert_u64(ports, 1u << 2 | 1u << 3);
}

static void the_wait_can_be_configured(void **state)
{
	(void)state;
	reopen(&(struct berth_config){.time_wait_ns = 3 * TEST_S});
	enter_time_wait(false);
	test_peer_wait(&peer, 3 * TEST_S - 1);
	assert_u64(remnants(), 1);
	test_peer_wait(&peer, 1);
	assert_u64(remnants(), 0);
}

// --- we come back
// ----------------------------------------------------------------------------------

static const struct berth_config one_port = {.ephemeral_low = 40000, .ephemeral_high = 40000};

static berth_socket connect_to(uint16_t port, int expected)
{
	berth_socket socket = test_socket(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);

	peer.peer_end.port = port;
	assert_int_equal(berth_socket_connect(peer.test.host, socket, &peer.peer_end, peer.now),
			 expected);
	if (expected == -EINPROGRESS) {
		peer.host_end.port = 40000;
		test_peer_expect(&peer, "S", 0, 0, 0);
	}
	return socket;
}

static void our_connect_takes_a_stamped_tuple_again_after_a_second(void **state)
{
	berth_socket socket;
	uint32_t old_isn;

	(void)state;
	reopen(&one_port);
	socket = connect_to(80, -EINPROGRESS);
	old_isn = peer.host_isn;
	GIVE(.flags = "SA", .ack = 1, STAMPED(7));
	test_peer_expect(&peer, "A", 1, 1, 0);
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "FA", .seq = 1, .ack = 2, STAMPED(8));
	test_peer_expect(&peer, "A", 2, 2, 0);
	assert_u64(remnants(), 1);
	connect_to(80, -EADDRNOTAVAIL);
	test_peer_wait(&peer, TEST_S);
	connect_to(80, -EINPROGRESS);
	assert_u64(remnants(), 0);
	assert_true((int32_t)(peer.host_isn - (old_isn + 2 + 65536)) > 0);
}

static void an_unstamped_tuple_rests_for_the_whole_time(void **state)
{
	berth_socket socket;

	(void)state;
	reopen(&one_port);
	socket = connect_to(80, -EINPROGRESS);
	GIVE(.flags = "SA", .ack = 1);
	test_peer_expect(&peer, "A", 1, 1, 0);
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "FA", .seq = 1, .ack = 2);
	test_peer_expect(&peer, "A", 2, 2, 0);
	test_peer_wait(&peer, 60 * TEST_S - 1);
	connect_to(80, -EADDRNOTAVAIL);
	test_peer_wait(&peer, 1);
	connect_to(80, -EINPROGRESS);
}

// --- ports
// -----------------------------------------------------------------------------------------

static void connections_share_a_port_when_their_remotes_differ(void **state)
{
	(void)state;
	reopen(&one_port);
	connect_to(80, -EINPROGRESS);
	connect_to(81, -EINPROGRESS);
	connect_to(80, -EADDRNOTAVAIL);
	connect_to(82, -EINPROGRESS);
	assert_u64(test_peer_counters(&peer).tcp_connections, 3);
}

static void a_port_that_connects_share_cannot_be_bound(void **state)
{
	struct berth_endpoint local = test_endpoint("", 40000);
	berth_socket first, other;

	(void)state;
	reopen(&one_port);
	first = connect_to(80, -EINPROGRESS);
	other = test_socket(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);
	assert_int_equal(berth_socket_bind(peer.test.host, other, &local, NULL), -EADDRINUSE);
	test_peer_let_go(&peer, first);
	assert_int_equal(berth_socket_bind(peer.test.host, other, &local, NULL), 0);
}

static void a_port_a_program_has_bound_is_not_for_connects(void **state)
{
	(void)state;
	reopen(&one_port);
	test_bound(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP, "", 40000);
	connect_to(80, -EADDRNOTAVAIL);
}

static void a_bound_socket_connects_from_its_port_and_keeps_it(void **state)
{
	berth_socket socket =
		test_bound(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP, "10.0.0.1", 5555);
	struct berth_endpoint local;

	(void)state;
	assert_int_equal(berth_socket_connect(peer.test.host, socket, &peer.peer_end, peer.now),
			 -EINPROGRESS);
	peer.host_end.port = 5555;
	test_peer_expect(&peer, "S", 0, 0, 0);
	GIVE(.flags = "RA", .ack = 1);
	assert_int_equal(test_peer_error(&peer, socket), ECONNREFUSED);
	assert_int_equal(berth_socket_connect(peer.test.host, socket, &peer.peer_end, peer.now),
			 -EINPROGRESS);
	test_peer_expect(&peer, "S", 0, 0, 0);
	assert_int_equal(berth_socket_local(peer.test.host, socket, &local), 0);
	assert_int_equal(local.port, 5555);
}

static void a_port_stays_its_programs_until_the_last_accepted_connection_is_gone(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 5), socket, other;
	struct berth_endpoint local = test_endpoint("", TEST_PORT);
	uint64_t holder = 0;

	(void)state;
	assert_int_equal(berth_socket_set_tag(peer.test.host, listener, 77), 0);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	socket = test_peer_accept(&peer, listener);
	assert_int_equal(berth_socket_set_tag(peer.test.host, socket, 99), 0);
	test_peer_let_go(&peer, listener);
	other = test_socket(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);
	assert_int_equal(berth_socket_bind(peer.test.host, other, &local, &holder), -EADDRINUSE);
	assert_u64(holder, 77);
	GIVE(.flags = "R", .seq = 1);
	assert_int_equal(berth_socket_bind(peer.test.host, other, &local, &holder), 0);
	test_peer_let_go(&peer, socket);
}

static void reuseaddr_lets_a_server_restart_beside_its_old_connections(void **state)
{
	berth_socket listener = test_socket(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);
	struct berth_endpoint local = test_endpoint("", TEST_PORT);
	berth_socket other = test_socket(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);

	(void)state;
	test_peer_set_int(&peer, listener, BERTH_SOL_SOCKET, BERTH_SO_REUSEADDR, 1);
	test_peer_set_int(&peer, other, BERTH_SOL_SOCKET, BERTH_SO_REUSEADDR, 1);
	assert_int_equal(berth_socket_bind(peer.test.host, listener, &local, NULL), 0);
	assert_int_equal(berth_socket_listen(peer.test.host, listener, 5, peer.now), 0);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	assert_int_not_equal(test_peer_accept(&peer, listener), 0);
	assert_int_equal(berth_socket_bind(peer.test.host, other, &local, NULL), -EADDRINUSE);
	test_peer_let_go(&peer, listener);
	assert_int_equal(berth_socket_bind(peer.test.host, other, &local, NULL), 0);
	assert_int_equal(berth_socket_listen(peer.test.host, other, 5, peer.now), 0);
	peer.peer_end.port++;
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
}

static void a_remnant_does_not_hold_its_port(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 5), socket;

	(void)state;
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	socket = test_peer_accept(&peer, listener);
	test_peer_let_go(&peer, listener);
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "FA", .seq = 1, .ack = 2);
	test_peer_expect(&peer, "A", 2, 2, 0);
	assert_u64(remnants(), 1);
	test_peer_listen(&peer, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_peer, close_peer)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_syn_with_a_higher_number_reopens),
		TEST(a_syn_with_an_old_number_does_not),
		TEST(a_newer_timestamp_reopens_with_any_number),
		TEST(without_a_listener_nothing_reopens),
		TEST(a_full_queue_does_not_cost_the_remnant),
		TEST(at_the_limit_the_oldest_yields),
		TEST(the_wait_can_be_configured),
		TEST(our_connect_takes_a_stamped_tuple_again_after_a_second),
		TEST(an_unstamped_tuple_rests_for_the_whole_time),
		TEST(connections_share_a_port_when_their_remotes_differ),
		TEST(a_port_that_connects_share_cannot_be_bound),
		TEST(a_port_a_program_has_bound_is_not_for_connects),
		TEST(a_bound_socket_connects_from_its_port_and_keeps_it),
		TEST(a_port_stays_its_programs_until_the_last_accepted_connection_is_gone),
		TEST(reuseaddr_lets_a_server_restart_beside_its_old_connections),
		TEST(a_remnant_does_not_hold_its_port),
	};

	return cmocka_run_group_tests_name("tcp_reuse", tests, NULL, NULL);
}
