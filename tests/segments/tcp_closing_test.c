// SPDX-License-Identifier: MIT
//
// How a connection ends: in every order, by halves, at once, by force, and with nobody left to
// care. RFC 9293 3.6, 3.10.4, 3.10.5; RFC 1337; RFC 2525 2.17.
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

#define GIVE(...) test_peer_give(&peer, &(struct test_segment){__VA_ARGS__})

static uint64_t drops(enum berth_drop reason)
{
	return test_drops(&peer.test, reason);
}

// Rows of the connection table in this state, whoever holds them.
static unsigned rows_in(enum berth_tcp_state state)
{
	struct berth_connection_info row;
	uint64_t cursor = 0;
	unsigned count = 0;

	while (berth_inspect_next(peer.test.host, &cursor, &row))
		count += row.state == state;
	return count;
}

static void assert_nothing_is_left(void)
{
	struct berth_counters counters = test_peer_counters(&peer);

	assert_u64(counters.tcp_connections, 0);
	assert_u64(counters.tcp_remnants, 0);
	assert_u64(counters.tcp_embryos, 0);
}

// --- in order
// --------------------------------------------------------------------------------------

static void who_closes_first_passes_fin_wait_1_and_2_and_time_wait(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	test_peer_shutdown(&peer, socket, BERTH_SHUTDOWN_WRITE);
	test_assert_state(&peer, socket, BERTH_TCP_FIN_WAIT_1);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 2);
	test_assert_state(&peer, socket, BERTH_TCP_FIN_WAIT_2);
	test_peer_expect_nothing(&peer);
	GIVE(.flags = "FA", .seq = 1, .ack = 2);
	test_peer_expect(&peer, "A", 2, 2, 0);
	assert_u64(rows_in(BERTH_TCP_TIME_WAIT), 1);
	assert_u64(test_events_of(&peer.test, socket), BERTH_EVENT_WRITABLE | BERTH_EVENT_READABLE |
							       BERTH_EVENT_FINISHED |
							       BERTH_EVENT_CLOSED);
	test_peer_let_go(&peer, socket);
	assert_u64(rows_in(BERTH_TCP_TIME_WAIT), 1);
	test_peer_wait(&peer, 60 * TEST_S - TEST_MS);
	assert_u64(rows_in(BERTH_TCP_TIME_WAIT), 1);
	test_peer_wait(&peer, TEST_MS);
	assert_nothing_is_left();
	test_peer_expect_nothing(&peer);
}

static void a_fin_that_acknowledges_ours_leads_to_time_wait_at_once(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	assert_u64(rows_in(BERTH_TCP_FIN_WAIT_1), 1); // nobody's, but there
	GIVE(.flags = "FA", .seq = 1, .ack = 2);
	test_peer_expect(&peer, "A", 2, 2, 0);
	assert_u64(rows_in(BERTH_TCP_TIME_WAIT), 1);
	assert_u64(test_peer_counters(&peer).tcp_connections, 0);
}

static void who_closes_second_passes_close_wait_and_last_ack_and_leaves_nothing(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	GIVE(.flags = "FA", .seq = 1, .ack = 1);
	test_assert_state(&peer, socket, BERTH_TCP_CLOSE_WAIT);
	test_peer_expect(&peer, "A", 1, 2, 0);
	assert_u64(test_events_of(&peer.test, socket),
		   BERTH_EVENT_WRITABLE | BERTH_EVENT_READABLE | BERTH_EVENT_FINISHED);
	test_peer_read(&peer, socket, 0, 0); // the end of the stream
	test_peer_shutdown(&peer, socket, BERTH_SHUTDOWN_WRITE);
	test_assert_state(&peer, socket, BERTH_TCP_LAST_ACK);
	test_peer_expect(&peer, "FA", 1, 2, 0);
	GIVE(.flags = "A", .seq = 2, .ack = 2);
	test_assert_state(&peer, socket, BERTH_TCP_CLOSED);
	assert_true(test_events_of(&peer.test, socket) & BERTH_EVENT_CLOSED);
	assert_nothing_is_left();
	assert_int_equal(test_peer_error(&peer, socket), 0);
	test_peer_let_go(&peer, socket);
}

static void two_fins_that_cross_pass_closing_on_both_sides(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	test_peer_shutdown(&peer, socket, BERTH_SHUTDOWN_WRITE);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "FA", .seq = 1, .ack = 1);
	test_assert_state(&peer, socket, BERTH_TCP_CLOSING);
	test_peer_expect(&peer, "A", 2, 2, 0);
	GIVE(.flags = "A", .seq = 2, .ack = 2);
	test_peer_expect_nothing(&peer);
	assert_u64(rows_in(BERTH_TCP_TIME_WAIT), 1);
	test_assert_state(&peer, socket, BERTH_TCP_CLOSED);
}

static void bytes_go_before_the_fin_and_both_may_share_a_segment(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	test_peer_send(&peer, socket, 2000);
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "A", 1, 1, 1460);
	test_peer_expect(&peer, "FPA", 1461, 1, 540);
	GIVE(.flags = "A", .seq = 1, .ack = 2002);
	assert_u64(rows_in(BERTH_TCP_FIN_WAIT_2), 1);
}

static void an_early_fin_waits_for_the_bytes_before_it(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	GIVE(.flags = "FA", .seq = 101, .ack = 1, .length = 50);
	test_peer_expect(&peer, "A", 1, 1, 0);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 100);
	test_assert_state(&peer, socket, BERTH_TCP_CLOSE_WAIT);
	test_peer_expect(&peer, "A", 1, 152, 0);
	test_peer_read(&peer, socket, 1, 150);
	test_peer_read(&peer, socket, 0, 0);
}

static void a_lost_fin_is_sent_again(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	test_peer_wait(&peer, 2 * TEST_S);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "FA", .seq = 1, .ack = 2);
	test_peer_expect(&peer, "A", 2, 2, 0);
}

// --- by halves
// -------------------------------------------------------------------------------------

static void after_our_fin_the_peers_bytes_still_arrive(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	test_peer_shutdown(&peer, socket, BERTH_SHUTDOWN_WRITE);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 30); // FIN-WAIT-1
	test_peer_read(&peer, socket, 1, 30);
	GIVE(.flags = "A", .seq = 31, .ack = 2, .length = 30); // FIN-WAIT-2
	test_peer_read(&peer, socket, 31, 30);
	assert_int_equal(berth_socket_send(peer.test.host, socket, "x", 1, 0, peer.now), -EPIPE);
	test_peer_wait(&peer, 3600 * TEST_S); // a program may wait as long as it likes
	test_assert_state(&peer, socket, BERTH_TCP_FIN_WAIT_2);
	test_peer_expect(&peer, "A", 2, 61, 0);
	GIVE(.flags = "FA", .seq = 61, .ack = 2, .length = 5);
	test_peer_expect(&peer, "A", 2, 67, 0);
	test_peer_read(&peer, socket, 61, 5);
	test_peer_read(&peer, socket, 0, 0);
}

static void after_the_peers_fin_our_bytes_still_leave(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	GIVE(.flags = "FA", .seq = 1, .ack = 1);
	test_peer_expect(&peer, "A", 1, 2, 0);
	test_peer_send(&peer, socket, 100);
	test_peer_expect(&peer, "PA", 1, 2, 100);
	GIVE(.flags = "A", .seq = 2, .ack = 101);
	test_peer_shutdown(&peer, socket, BERTH_SHUTDOWN_WRITE);
	test_peer_expect(&peer, "FA", 101, 2, 0);
}

static void bytes_after_the_peers_fin_are_ignored(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	GIVE(.flags = "FA", .seq = 1, .ack = 1);
	test_peer_expect(&peer, "A", 1, 2, 0);
	GIVE(.flags = "A", .seq = 2, .ack = 1, .length = 10);
	test_assert_state(&peer, socket, BERTH_TCP_CLOSE_WAIT);
	test_peer_read(&peer, socket, 0, 0);
	assert_u64(drops(BERTH_DROP_TCP_OUTSIDE_WINDOW), 1);
}

static void shutdown_twice_and_on_what_is_closed(void **state)
{
	berth_socket socket = test_peer_connected(&peer);
	berth_socket fresh = test_socket(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);

	(void)state;
	test_peer_shutdown(&peer, socket, BERTH_SHUTDOWN_WRITE);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	test_peer_shutdown(&peer, socket, BERTH_SHUTDOWN_WRITE);
	test_peer_expect_nothing(&peer);
	assert_int_equal(
		berth_socket_shutdown(peer.test.host, fresh, BERTH_SHUTDOWN_BOTH, peer.now),
		-ENOTCONN);
}

// --- with nobody to read
// ---------------------------------------------------------------------------

static void bytes_for_a_closed_program_are_answered_with_a_reset(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 2, .length = 10);
	test_peer_expect(&peer, "RA", 2, 1, 0);
	assert_nothing_is_left();
	assert_u64(drops(BERTH_DROP_TCP_DATA_AFTER_CLOSE), 1);
}

static void bytes_after_shutdown_of_both_sides_are_answered_with_a_reset(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	test_peer_shutdown(&peer, socket, BERTH_SHUTDOWN_BOTH);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 10);
	test_peer_expect(&peer, "RA", 2, 1, 0);
	test_assert_state(&peer, socket, BERTH_TCP_CLOSED);
	assert_int_equal(test_peer_error(&peer, socket), ECONNRESET);
}

static void closing_with_unread_bytes_is_a_reset(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 10);
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "RA", 1, 11, 0);
	test_peer_expect_nothing(&peer);
	assert_nothing_is_left();
}

static void linger_of_no_seconds_is_a_reset(void **state)
{
	berth_socket socket = test_peer_connected(&peer);
	struct berth_linger linger = {1, 0};

	(void)state;
	test_peer_send(&peer, socket, 100);
	assert_int_equal(berth_socket_set_option(peer.test.host, socket, BERTH_SOL_SOCKET,
						 BERTH_SO_LINGER, &linger, sizeof(linger),
						 peer.now),
			 0);
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "RA", 1, 1, 0); // the bytes never left
	test_peer_expect_nothing(&peer);
	assert_nothing_is_left();
}

static void abort_is_a_reset_and_leaves_nothing(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	assert_int_equal(berth_socket_abort(peer.test.host, socket, peer.now), 0);
	test_peer_expect(&peer, "RA", 1, 1, 0);
	assert_nothing_is_left();
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	test_peer_expect(&peer, "R", 1, 0, 0);
}

// --- orphans
// ---------------------------------------------------------------------------------------

static void an_orphan_waits_sixty_seconds_for_the_peers_fin(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 2);
	test_peer_wait(&peer, 60 * TEST_S - TEST_MS);
	assert_u64(rows_in(BERTH_TCP_FIN_WAIT_2), 1);
	test_peer_wait(&peer, TEST_MS);
	assert_nothing_is_left();
	test_peer_expect_nothing(&peer);
	GIVE(.flags = "FA", .seq = 1, .ack = 2); // too late
	test_peer_expect(&peer, "R", 2, 0, 0);
}

static void a_program_that_closes_in_fin_wait_2_starts_the_same_wait(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	test_peer_shutdown(&peer, socket, BERTH_SHUTDOWN_WRITE);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 2);
	test_peer_wait(&peer, 100 * TEST_S);
	test_peer_let_go(&peer, socket);
	test_peer_wait(&peer, 60 * TEST_S - TEST_MS);
	assert_u64(rows_in(BERTH_TCP_FIN_WAIT_2), 1);
	test_peer_wait(&peer, TEST_MS);
	assert_nothing_is_left();
}

static void tcp_linger2_shortens_it_or_refuses_it(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	test_peer_set_int(&peer, socket, BERTH_IPPROTO_TCP, BERTH_TCP_LINGER2, 5);
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 2);
	test_peer_wait(&peer, 5 * TEST_S - TEST_MS);
	assert_u64(rows_in(BERTH_TCP_FIN_WAIT_2), 1);
	test_peer_wait(&peer, TEST_MS);
	assert_nothing_is_left();

	test_peer_close(&peer);
	test_peer_open(&peer, NULL);
	socket = test_peer_connected(&peer);
	test_peer_set_int(&peer, socket, BERTH_IPPROTO_TCP, BERTH_TCP_LINGER2, -1);
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 2);
	test_peer_expect(&peer, "RA", 2, 1, 0);
	assert_nothing_is_left();
}

static void an_orphan_whose_fin_is_never_acknowledged_gives_up(void **state)
{
	berth_socket socket = test_peer_connected(&peer);
	struct test_segment segment;
	unsigned sent = 0;

	(void)state;
	test_peer_let_go(&peer, socket);
	for (int second = 0; second < 1200; second++) {
		while (test_peer_take(&peer, &segment)) {
			assert_string_equal(segment.flags, "FA");
			sent++;
		}
		test_peer_wait(&peer, TEST_S);
	}
	assert_in_range(sent, 9, 10); // first, at most a loss probe, and eight more
	assert_nothing_is_left();
}

// --- TIME-WAIT
// -------------------------------------------------------------------------------------

static void enter_time_wait(void)
{
	berth_socket socket = test_peer_connected(&peer);

	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "FA", .seq = 1, .ack = 2);
	test_peer_expect(&peer, "A", 2, 2, 0);
	assert_u64(rows_in(BERTH_TCP_TIME_WAIT), 1);
}

static void the_peers_fin_again_is_acknowledged_again_and_the_wait_begins_anew(void **state)
{
	(void)state;
	enter_time_wait();
	test_peer_wait(&peer, 30 * TEST_S);
	GIVE(.flags = "FA", .seq = 1, .ack = 2);
	test_peer_expect(&peer, "A", 2, 2, 0);
	test_peer_wait(&peer, 60 * TEST_S - TEST_MS);
	assert_u64(rows_in(BERTH_TCP_TIME_WAIT), 1);
	test_peer_wait(&peer, TEST_MS);
	assert_nothing_is_left();
	assert_u64(drops(BERTH_DROP_TCP_TIME_WAIT), 1);
}

static void a_reset_does_not_end_time_wait(void **state)
{
	(void)state;
	enter_time_wait();
	GIVE(.flags = "R", .seq = 2);
	GIVE(.flags = "RA", .seq = 2, .ack = 2);
	test_peer_expect_nothing(&peer);
	assert_u64(rows_in(BERTH_TCP_TIME_WAIT), 1);
}

static void old_bytes_in_time_wait_are_answered_twice_a_second_at_most(void **state)
{
	(void)state;
	enter_time_wait();
	for (int i = 0; i < 5; i++) {
		GIVE(.flags = "A", .seq = 2, .ack = 2, .length = 10);
		test_peer_wait(&peer, 100 * TEST_MS);
	}
	GIVE(.flags = "A", .seq = 2, .ack = 2, .length = 10);
	test_peer_expect(&peer, "A", 2, 2, 0);
	test_peer_expect(&peer, "A", 2, 2, 0);
	test_peer_expect_nothing(&peer);
	assert_u64(drops(BERTH_DROP_TCP_CHALLENGE_LIMITED), 4);
	// In place and empty: no answer, or two of them never stop.
	GIVE(.flags = "A", .seq = 2, .ack = 2);
	test_peer_expect_nothing(&peer);
}

static void received_bytes_can_be_read_in_time_wait_until_the_program_closes(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	test_peer_shutdown(&peer, socket, BERTH_SHUTDOWN_WRITE);
	test_peer_expect(&peer, "FA", 1, 1, 0);
	GIVE(.flags = "FA", .seq = 1, .ack = 2, .length = 40);
	test_peer_expect(&peer, "A", 2, 42, 0);
	test_peer_wait(&peer, 61 * TEST_S);
	assert_nothing_is_left();
	test_peer_read(&peer, socket, 1, 40);
	test_peer_read(&peer, socket, 0, 0);
	test_peer_let_go(&peer, socket);
	test_peer_expect_nothing(&peer);
}

// --- a reset in every state
// ------------------------------------------------------------------------

enum { IN_ESTABLISHED, IN_FIN_WAIT_1, IN_FIN_WAIT_2, IN_CLOSE_WAIT, IN_CLOSING, IN_LAST_ACK };

static berth_socket reach(int which)
{
	berth_socket socket = test_peer_connected(&peer);
	bool peer_first = which == IN_CLOSE_WAIT || which == IN_LAST_ACK;
	struct test_segment segment;

	if (peer_first)
		GIVE(.flags = "FA", .seq = 1, .ack = 1);
	if (which != IN_ESTABLISHED && which != IN_CLOSE_WAIT)
		test_peer_shutdown(&peer, socket, BERTH_SHUTDOWN_WRITE);
	while (test_peer_take(&peer, &segment))
		;
	if (which == IN_FIN_WAIT_2)
		GIVE(.flags = "A", .seq = 1, .ack = 2);
	if (which == IN_CLOSING)
		GIVE(.flags = "FA", .seq = 1, .ack = 1);
	while (test_peer_take(&peer, &segment))
		;
	return socket;
}

static void a_reset_ends_every_state_with_the_error_linux_gives(void **state)
{
	static const struct {
		enum berth_tcp_state state;
		uint32_t seq;
		int error;
	} cases[] = {
		[IN_ESTABLISHED] = {BERTH_TCP_ESTABLISHED, 1, ECONNRESET},
		[IN_FIN_WAIT_1] = {BERTH_TCP_FIN_WAIT_1, 1, ECONNRESET},
		[IN_FIN_WAIT_2] = {BERTH_TCP_FIN_WAIT_2, 1, ECONNRESET},
		[IN_CLOSE_WAIT] = {BERTH_TCP_CLOSE_WAIT, 2, EPIPE},
		[IN_CLOSING] = {BERTH_TCP_CLOSING, 2, ECONNRESET},
		[IN_LAST_ACK] = {BERTH_TCP_LAST_ACK, 2, ECONNRESET},
	};

	(void)state;
	for (int i = 0; i < 6; i++) {
		berth_socket socket = reach(i);

		test_assert_state(&peer, socket, cases[i].state);
		test_events_of(&peer.test, socket);
		GIVE(.flags = "R", .seq = cases[i].seq);
		test_assert_state(&peer, socket, BERTH_TCP_CLOSED);
		assert_true(test_events_of(&peer.test, socket) & BERTH_EVENT_RESET);
		assert_int_equal(test_peer_error(&peer, socket), cases[i].error);
		test_peer_expect_nothing(&peer);
		assert_nothing_is_left();
		test_peer_close(&peer);
		test_peer_open(&peer, NULL);
	}
}

static void bytes_that_came_before_a_reset_can_still_be_read(void **state)
{
	berth_socket socket = test_peer_connected(&peer);
	uint8_t byte;

	(void)state;
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 10);
	GIVE(.flags = "R", .seq = 11);
	test_peer_read(&peer, socket, 1, 10);
	assert_int_equal(berth_socket_receive(peer.test.host, socket, &byte, 1, peer.now),
			 -ECONNRESET);
	assert_int_equal(berth_socket_receive(peer.test.host, socket, &byte, 1, peer.now), 0);
	assert_int_equal(berth_socket_send(peer.test.host, socket, "x", 1, 0, peer.now), -EPIPE);
}

static void closing_in_each_late_state_ends_it_in_order(void **state)
{
	static const int late[] = {IN_CLOSING, IN_LAST_ACK};

	(void)state;
	for (int i = 0; i < 2; i++) {
		berth_socket socket = reach(late[i]);

		test_peer_let_go(&peer, socket);
		test_peer_expect_nothing(&peer);
		GIVE(.flags = "A", .seq = 2, .ack = 2);
		assert_u64(test_peer_counters(&peer).tcp_connections, 0);
		assert_u64(rows_in(BERTH_TCP_TIME_WAIT), late[i] == IN_CLOSING);
		test_peer_close(&peer);
		test_peer_open(&peer, NULL);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_peer, close_peer)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_closes_first_passes_fin_wait_1_and_2_and_time_wait),
		TEST(a_fin_that_acknowledges_ours_leads_to_time_wait_at_once),
		TEST(who_closes_second_passes_close_wait_and_last_ack_and_leaves_nothing),
		TEST(two_fins_that_cross_pass_closing_on_both_sides),
		TEST(bytes_go_before_the_fin_and_both_may_share_a_segment),
		TEST(an_early_fin_waits_for_the_bytes_before_it),
		TEST(a_lost_fin_is_sent_again),
		TEST(after_our_fin_the_peers_bytes_still_arrive),
		TEST(after_the_peers_fin_our_bytes_still_leave),
		TEST(bytes_after_the_peers_fin_are_ignored),
		TEST(shutdown_twice_and_on_what_is_closed),
		TEST(bytes_for_a_closed_program_are_answered_with_a_reset),
		TEST(bytes_after_shutdown_of_both_sides_are_answered_with_a_reset),
		TEST(closing_with_unread_bytes_is_a_reset),
		TEST(linger_of_no_seconds_is_a_reset),
		TEST(abort_is_a_reset_and_leaves_nothing),
		TEST(an_orphan_waits_sixty_seconds_for_the_peers_fin),
		TEST(a_program_that_closes_in_fin_wait_2_starts_the_same_wait),
		TEST(tcp_linger2_shortens_it_or_refuses_it),
		TEST(an_orphan_whose_fin_is_never_acknowledged_gives_up),
		TEST(the_peers_fin_again_is_acknowledged_again_and_the_wait_begins_anew),
		TEST(a_reset_does_not_end_time_wait),
		TEST(old_bytes_in_time_wait_are_answered_twice_a_second_at_most),
		TEST(received_bytes_can_be_read_in_time_wait_until_the_program_closes),
		TEST(a_reset_ends_every_state_with_the_error_linux_gives),
		TEST(bytes_that_came_before_a_reset_can_still_be_read),
		TEST(closing_in_each_late_state_ends_it_in_order),
	};

	return cmocka_run_group_tests_name("tcp_closing", tests, NULL, NULL);
}
