// SPDX-License-Identifier: MIT
//
// Who waits to be accepted, and what happens when too many do. Linux's semantics of listen(2).
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

static uint64_t drops(enum berth_drop reason)
{
	return test_drops(&peer.test, reason);
}

static void from_port(uint16_t port)
{
	peer.peer_end.port = port;
}

static void shake_hands_from(uint16_t port)
{
	from_port(port);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
}

static uint16_t accept_port(berth_socket listener)
{
	struct berth_endpoint remote;
	berth_socket socket;

	if (berth_socket_accept(peer.test.host, listener, &socket, &remote, peer.now) < 0)
		return 0;
	return remote.port;
}

// --- the accept queue
// ------------------------------------------------------------------------------

static void a_full_queue_drops_syns_until_somebody_is_accepted(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 2);

	(void)state;
	shake_hands_from(1);
	shake_hands_from(2);
	from_port(3);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect_nothing(&peer);
	assert_u64(drops(BERTH_DROP_TCP_BACKLOG_FULL), 1);
	assert_int_equal(accept_port(listener), 1);
	GIVE(.flags = "S", .mss = 1460); // the peer tries again
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	assert_int_equal(accept_port(listener), 2);
	assert_int_equal(accept_port(listener), 3);
	assert_int_equal(accept_port(listener), 0);
}

static void a_last_ack_that_finds_the_queue_full_is_asked_for_again(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 1);
	uint32_t first_isn;

	(void)state;
	from_port(1);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	first_isn = peer.host_isn;
	shake_hands_from(2); // the queue is full now
	from_port(1);
	peer.host_isn = first_isn;
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	assert_u64(drops(BERTH_DROP_TCP_BACKLOG_FULL), 1);
	assert_int_equal(accept_port(listener), 2);
	assert_int_equal(accept_port(listener), 0);
	test_peer_wait(&peer, TEST_S);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	assert_u64(peer.host_isn, first_isn);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	assert_int_equal(accept_port(listener), 1);
}

static void backlog_0_counts_as_1_and_listening_again_changes_it(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 0);

	(void)state;
	shake_hands_from(1);
	from_port(2);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect_nothing(&peer);
	assert_int_equal(berth_socket_listen(peer.test.host, listener, 2, peer.now), 0);
	shake_hands_from(2);
	assert_int_equal(accept_port(listener), 1);
	assert_int_equal(accept_port(listener), 2);
}

static void who_was_reset_while_waiting_is_accepted_with_the_error(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 5), socket;

	(void)state;
	shake_hands_from(1);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 5);
	GIVE(.flags = "R", .seq = 6);
	socket = test_peer_accept(&peer, listener);
	assert_int_not_equal(socket, 0);
	test_peer_read(&peer, socket, 1, 5);
	assert_int_equal(test_peer_error(&peer, socket), ECONNRESET);
}

static void closing_the_listener_resets_who_waits_and_forgets_who_half_came(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 5);

	(void)state;
	from_port(2);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	shake_hands_from(1);
	test_peer_let_go(&peer, listener);
	test_peer_expect(&peer, "RA", 1, 1, 0);
	test_peer_expect_nothing(&peer);
	assert_u64(test_peer_counters(&peer).tcp_embryos, 0);
	assert_u64(test_peer_counters(&peer).tcp_connections, 0);
}

static void bytes_that_come_before_accept_wait_for_it(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 5), socket;

	(void)state;
	shake_hands_from(1);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 100);
	test_peer_expect(&peer, "A", 1, 101, 0);
	GIVE(.flags = "FA", .seq = 101, .ack = 1);
	socket = test_peer_accept(&peer, listener);
	assert_u64(test_events_of(&peer.test, socket),
		   BERTH_EVENT_READABLE | BERTH_EVENT_WRITABLE | BERTH_EVENT_FINISHED);
	test_peer_read(&peer, socket, 1, 100);
}

// --- half-open connections
// -------------------------------------------------------------------------

static void half_open_connections_are_limited(void **state)
{
	(void)state;
	reopen(&(struct berth_config){.embryos_max = 3});
	test_peer_listen(&peer, 100);
	for (uint16_t port = 1; port <= 5; port++) {
		from_port(port);
		GIVE(.flags = "S", .mss = 1460);
		if (port <= 3)
			test_peer_expect(&peer, "SA", 0, 1, 0);
		else
			test_peer_expect_nothing(&peer);
	}
	assert_u64(drops(BERTH_DROP_TCP_EMBRYO_LIMIT), 2);
}

static void connections_are_limited(void **state)
{
	berth_socket listener;

	(void)state;
	reopen(&(struct berth_config){.connections_max = 2});
	listener = test_peer_listen(&peer, 100);
	from_port(3);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	shake_hands_from(1);
	assert_int_equal(accept_port(listener), 1);
	shake_hands_from(2);
	from_port(4);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect_nothing(&peer);
	assert_u64(drops(BERTH_DROP_TCP_CONNECTION_LIMIT), 1);
}

static void a_reset_must_be_exact_to_end_a_half_open_connection(void **state)
{
	(void)state;
	test_peer_listen(&peer, 5);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "R", .seq = 100);
	test_peer_expect(&peer, "A", 1, 1, 0);
	GIVE(.flags = "R", .seq = 0x50000);
	test_peer_expect_nothing(&peer);
	assert_u64(test_peer_counters(&peer).tcp_embryos, 1);
	GIVE(.flags = "R", .seq = 1);
	assert_u64(test_peer_counters(&peer).tcp_embryos, 0);
	assert_u64(drops(BERTH_DROP_TCP_RST_INVALID), 2);
}

static void what_does_not_fit_a_half_open_connection_is_answered(void **state)
{
	(void)state;
	test_peer_listen(&peer, 5);
	GIVE(.flags = "S", .mss = 1460, .has_timestamps = true, .timestamp = 50);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 2); // never sent
	test_peer_expect(&peer, "R", 2, 0, 0);
	GIVE(.flags = "A", .seq = 0x50000, .ack = 1); // outside
	test_peer_expect(&peer, "A", 1, 1, 0);
	test_peer_wait(&peer, 600 * TEST_MS);
	GIVE(.flags = "S", .seq = 9); // another SYN
	test_peer_expect(&peer, "A", 1, 1, 0);
	test_peer_wait(&peer, 300 * TEST_MS);
	GIVE(.flags = "P", .seq = 1, .length = 3);
	test_peer_expect_nothing(&peer);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .has_timestamps = true, .timestamp = 49);
	test_peer_expect_nothing(&peer); // answered less than half a second ago
	assert_u64(drops(BERTH_DROP_TCP_ACK_INVALID), 1);
	assert_u64(drops(BERTH_DROP_TCP_OUTSIDE_WINDOW), 1);
	assert_u64(drops(BERTH_DROP_TCP_SYN_CHALLENGED), 1);
	assert_u64(drops(BERTH_DROP_TCP_NO_ACK), 1);
	assert_u64(drops(BERTH_DROP_TCP_PAWS), 1);
	assert_u64(test_peer_counters(&peer).tcp_embryos, 1);
}

static void half_open_connections_have_rows(void **state)
{
	struct berth_connection_info row;
	uint64_t cursor = 0;
	unsigned half_open = 0, listening = 0;

	(void)state;
	test_peer_listen(&peer, 7);
	GIVE(.flags = "S", .mss = 1460);
	while (berth_inspect_next(peer.test.host, &cursor, &row)) {
		if (row.state == BERTH_TCP_LISTEN) {
			listening++;
			assert_u64(row.send_queue, 7);
			continue;
		}
		assert_int_equal(row.state, BERTH_TCP_SYN_RECEIVED);
		assert_u64(row.socket, 0);
		assert_u64(row.inbound, 1);
		assert_u64(row.timer, BERTH_TIMER_RETRANSMIT);
		assert_u64(row.timer_deadline_ns, peer.now + TEST_S);
		test_assert_endpoint(&row.remote, "10.0.0.2:4000");
		half_open++;
	}
	assert_u64(half_open, 1);
	assert_u64(listening, 1);
}

// --- TCP_DEFER_ACCEPT
// ------------------------------------------------------------------------------

static void a_deferred_connection_is_offered_when_its_first_bytes_come(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 5), socket;

	(void)state;
	test_peer_set_int(&peer, listener, BERTH_IPPROTO_TCP, BERTH_TCP_DEFER_ACCEPT, 5);
	shake_hands_from(1);
	assert_int_equal(test_peer_accept(&peer, listener), 0);
	test_peer_wait(&peer, 2 * TEST_S);
	test_peer_expect_nothing(&peer); // the handshake is done: nothing is repeated
	GIVE(.flags = "PA", .seq = 1, .ack = 1, .length = 8);
	socket = test_peer_accept(&peer, listener);
	test_peer_read(&peer, socket, 1, 8);
}

static void a_deferred_connection_is_offered_without_bytes_when_the_time_is_over(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 5);

	(void)state;
	test_peer_set_int(&peer, listener, BERTH_IPPROTO_TCP, BERTH_TCP_DEFER_ACCEPT, 2);
	shake_hands_from(1);
	test_peer_wait(&peer, 3 * TEST_S);
	test_peer_expect(&peer, "SA", 0, 1, 0); // asked for once more
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	assert_int_equal(accept_port(listener), 1);
}

// --- groups
// ----------------------------------------------------------------------------------------

static berth_socket listen_in_group(const char *address)
{
	berth_socket listener = test_socket(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);
	struct berth_endpoint local = test_endpoint(address, TEST_PORT);

	test_peer_set_int(&peer, listener, BERTH_SOL_SOCKET, BERTH_SO_REUSEPORT, 1);
	assert_int_equal(berth_socket_bind(peer.test.host, listener, &local, NULL), 0);
	assert_int_equal(berth_socket_listen(peer.test.host, listener, 4096, peer.now), 0);
	return listener;
}

static void a_group_of_listeners_shares_the_connections(void **state)
{
	berth_socket group[4];
	unsigned counts[4] = {0}, total = 0;

	(void)state;
	for (int i = 0; i < 4; i++)
		group[i] = listen_in_group("");
	for (uint16_t port = 1; port <= 400; port++)
		shake_hands_from(port);
	for (int i = 0; i < 4; i++) {
		while (accept_port(group[i]))
			counts[i]++;
		total += counts[i];
		assert_in_range(counts[i], 60, 140); // binomial: 100 +- 9 each
	}
	assert_u64(total, 400);
}

static void a_listener_on_the_very_address_goes_before_one_on_any(void **state)
{
	berth_socket any = listen_in_group(""), exact = listen_in_group("10.0.0.1");

	(void)state;
	for (uint16_t port = 1; port <= 20; port++)
		shake_hands_from(port);
	for (uint16_t port = 1; port <= 20; port++)
		assert_int_equal(accept_port(exact), port);
	assert_int_equal(accept_port(any), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_peer, close_peer)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_full_queue_drops_syns_until_somebody_is_accepted),
		TEST(a_last_ack_that_finds_the_queue_full_is_asked_for_again),
		TEST(backlog_0_counts_as_1_and_listening_again_changes_it),
		TEST(who_was_reset_while_waiting_is_accepted_with_the_error),
		TEST(closing_the_listener_resets_who_waits_and_forgets_who_half_came),
		TEST(bytes_that_come_before_accept_wait_for_it),
		TEST(half_open_connections_are_limited),
		TEST(connections_are_limited),
		TEST(a_reset_must_be_exact_to_end_a_half_open_connection),
		TEST(what_does_not_fit_a_half_open_connection_is_answered),
		TEST(half_open_connections_have_rows),
		TEST(a_deferred_connection_is_offered_when_its_first_bytes_come),
		TEST(a_deferred_connection_is_offered_without_bytes_when_the_time_is_over),
		TEST(a_group_of_listeners_shares_the_connections),
		TEST(a_listener_on_the_very_address_goes_before_one_on_any),
	};

	return cmocka_run_group_tests_name("tcp_backlog", tests, NULL, NULL);
}
