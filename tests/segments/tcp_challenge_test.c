// SPDX-License-Identifier: MIT
//
// What a connection believes: sequence numbers, acknowledgments, timestamps, RST and SYN, and how
// often it says that it does not. RFC 9293 3.10.7.4, RFC 5961, RFC 7323 5.
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

// --- RST
// -------------------------------------------------------------------------------------------

static void a_reset_is_believed_only_at_exactly_the_next_number(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	GIVE(.flags = "R", .seq = 2); // in the window
	test_peer_expect(&peer, "A", 1, 1, 0);
	GIVE(.flags = "R", .seq = 0);       // below
	GIVE(.flags = "R", .seq = 0x20000); // above
	GIVE(.flags = "RA", .seq = 0x7fffffff, .ack = 1);
	test_peer_expect_nothing(&peer);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
	assert_u64(drops(BERTH_DROP_TCP_RST_INVALID), 4);
	GIVE(.flags = "R", .seq = 1);
	test_assert_state(&peer, socket, BERTH_TCP_CLOSED);
	assert_int_equal(test_peer_error(&peer, socket), ECONNRESET);
	assert_u64(drops(BERTH_DROP_TCP_RST_INVALID), 4);
	assert_u64(test_peer_counters(&peer).tcp_resets_in, 1);
}

static void the_edge_of_the_window_is_the_edge_of_the_challenge(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 5), socket;
	struct test_segment syn_ack;

	(void)state;
	GIVE(.flags = "S", .mss = 1460);
	assert_true(test_peer_take(&peer, &syn_ack));
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	socket = test_peer_accept(&peer, listener);
	GIVE(.flags = "R", .seq = 1 + syn_ack.window);
	test_peer_expect_nothing(&peer);
	GIVE(.flags = "R", .seq = syn_ack.window);
	test_peer_expect(&peer, "A", 1, 1, 0);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
}

// --- SYN
// -------------------------------------------------------------------------------------------

static void a_syn_on_a_living_connection_is_challenged_wherever_it_stands(void **state)
{
	static const uint32_t places[] = {0, 1, 500, 0x40000000};
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		GIVE(.flags = "S", .seq = places[i]);
		test_peer_expect(&peer, "A", 1, 1, 0);
		test_peer_wait(&peer, 500 * TEST_MS);
		GIVE(.flags = "SA", .seq = places[i], .ack = 1);
		test_peer_expect(&peer, "A", 1, 1, 0);
		test_peer_wait(&peer, 500 * TEST_MS);
	}
	test_peer_expect_nothing(&peer);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
	// In the window it is a SYN on a living connection, outside merely outside.
	assert_u64(drops(BERTH_DROP_TCP_SYN_CHALLENGED), 4);
	assert_u64(drops(BERTH_DROP_TCP_OUTSIDE_WINDOW), 4);
}

static void a_peer_that_was_restarted_finds_out_by_the_challenge(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	GIVE(.flags = "S", .seq = 5000); // it knows nothing of us
	test_peer_expect(&peer, "A", 1, 1, 0);
	GIVE(.flags = "R", .seq = 1); // and answers our ACK by its number
	assert_int_equal(test_peer_error(&peer, socket), ECONNRESET);
}

// --- ACK
// -------------------------------------------------------------------------------------------

static void an_ack_of_what_was_never_sent_is_challenged(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	GIVE(.flags = "A", .seq = 1, .ack = 2, .length = 10);
	test_peer_expect(&peer, "A", 1, 1, 0);
	assert_u64(drops(BERTH_DROP_TCP_ACK_INVALID), 1);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
}

static void an_ack_is_too_old_when_it_is_older_than_the_largest_window(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	// The peer's largest window was 65,535: so far back an ACK may reach.
	GIVE(.flags = "A", .seq = 1, .ack = 0u - 65534u, .length = 5);
	test_peer_read(&peer, socket, 1, 5);
	assert_u64(drops(BERTH_DROP_TCP_ACK_INVALID), 0);
	GIVE(.flags = "A", .seq = 6, .ack = 0u - 65535u, .length = 5);
	assert_u64(drops(BERTH_DROP_TCP_ACK_INVALID), 1);
}

static void a_segment_without_ack_is_dropped(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	GIVE(.flags = "P", .seq = 1, .length = 10);
	GIVE(.flags = "F", .seq = 1);
	test_peer_expect_nothing(&peer);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
	assert_u64(drops(BERTH_DROP_TCP_NO_ACK), 2);
}

// --- the window
// ------------------------------------------------------------------------------------

static void bytes_outside_the_window_are_always_answered(void **state)
{
	(void)state;
	test_peer_connected(&peer);
	for (int i = 0; i < 3; i++) {
		GIVE(.flags = "A", .seq = 0x30000, .ack = 1, .length = 10);
		test_peer_expect(&peer, "A", 1, 1, 0);
	}
	assert_u64(drops(BERTH_DROP_TCP_OUTSIDE_WINDOW), 3);
}

static void bytes_that_are_here_already_are_acknowledged_again(void **state)
{
	berth_socket socket = test_peer_connected(&peer);

	(void)state;
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 10);
	test_peer_read(&peer, socket, 1, 10);
	test_peer_wait(&peer, TEST_S);
	test_peer_expect(&peer, "A", 1, 11, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 10);
	test_peer_expect(&peer, "A", 1, 11, 0);
	GIVE(.flags = "A", .seq = 5, .ack = 1, .length = 10); // half of it is new
	test_peer_read(&peer, socket, 11, 4);
}

static void a_keepalive_probe_is_answered(void **state)
{
	(void)state;
	test_peer_connected(&peer);
	GIVE(.flags = "A", .seq = 0, .ack = 1);
	test_peer_expect(&peer, "A", 1, 1, 0);
}

static void bytes_for_a_closed_window_are_refused_but_their_ack_counts(void **state)
{
	struct test_host_options options = {
		.config = {.tcp_receive_bytes_max = 8192, .tcp_initial_receive_bytes = 8192}};
	struct test_segment segment;
	berth_socket socket;
	uint32_t at = 1;

	(void)state;
	test_peer_close(&peer);
	test_peer_open(&peer, &options);
	socket = test_peer_connected(&peer);
	do { // fill what the host offers
		GIVE(.flags = "A", .seq = at, .ack = 1, .length = 1024);
		at += 1024;
		assert_in_range(at, 1, 65536);
		assert_true(test_peer_take(&peer, &segment) || at < 65536);
		test_peer_wait(&peer, 50 * TEST_MS);
		while (test_peer_take(&peer, &segment))
			;
	} while (segment.window > 0);
	at = segment.ack;
	test_peer_send(&peer, socket, 100);
	test_peer_expect(&peer, "PA", 1, at, 100);
	GIVE(.flags = "A", .seq = at, .ack = 101, .length = 1); // a window probe
	test_peer_expect(&peer, "A", 101, at, 0);
	assert_u64(drops(BERTH_DROP_TCP_OUTSIDE_WINDOW), 1);
	test_peer_wait(&peer, 10 * TEST_S);
	test_peer_expect_nothing(&peer); // ours were acknowledged: nothing is sent again
	test_peer_read(&peer, socket, 1, at - 1);
}

// --- limits
// ----------------------------------------------------------------------------------------

static void one_connection_is_challenged_twice_a_second_at_most(void **state)
{
	(void)state;
	test_peer_connected(&peer);
	GIVE(.flags = "S", .seq = 1);
	GIVE(.flags = "S", .seq = 1);
	GIVE(.flags = "R", .seq = 2);
	test_peer_expect(&peer, "A", 1, 1, 0);
	test_peer_expect_nothing(&peer);
	assert_u64(drops(BERTH_DROP_TCP_CHALLENGE_LIMITED), 2);
	test_peer_wait(&peer, 500 * TEST_MS);
	GIVE(.flags = "S", .seq = 1);
	test_peer_expect(&peer, "A", 1, 1, 0);
}

static void a_host_answers_a_thousand_strangers_a_second_with_a_reset(void **state)
{
	struct test_segment segment;
	unsigned answers = 0;

	(void)state;
	for (int i = 0; i < 1100; i++) {
		GIVE(.flags = "S", .seq = 0);
		answers += test_peer_take(&peer, &segment);
	}
	assert_u64(answers, 1000);
	assert_u64(drops(BERTH_DROP_TCP_RESET_LIMITED), 100);
	assert_u64(drops(BERTH_DROP_TCP_NO_PORT), 1100);
	test_peer_wait(&peer, TEST_S);
	GIVE(.flags = "S", .seq = 0);
	assert_true(test_peer_take(&peer, &segment));
}

static void a_host_challenges_a_thousand_times_a_second(void **state)
{
	struct test_segment segment;
	unsigned answers = 0;

	(void)state;
	test_peer_listen(&peer, 4096);
	for (uint16_t i = 0; i < 1100; i++) {
		peer.peer_end.port = (uint16_t)(TEST_PEER_PORT + i);
		GIVE(.flags = "S", .mss = 1460);
		test_peer_expect(&peer, "SA", 0, 1, 0);
		GIVE(.flags = "A", .seq = 1, .ack = 1);
		GIVE(.flags = "S", .seq = 1);
		answers += test_peer_take(&peer, &segment);
	}
	assert_u64(answers, 1000);
	assert_u64(drops(BERTH_DROP_TCP_CHALLENGE_LIMITED), 100);
}

// --- PAWS
// ------------------------------------------------------------------------------------------

#define STAMPED(number) .has_timestamps = true, .timestamp = number

static void an_older_timestamp_is_an_old_duplicate(void **state)
{
	berth_socket socket = test_peer_connected_modern(&peer);

	(void)state;
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 10, STAMPED(99));
	test_peer_expect(&peer, "A", 1, 1, 0);
	assert_u64(drops(BERTH_DROP_TCP_PAWS), 1);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 10, STAMPED(100));
	test_peer_read(&peer, socket, 1, 10);
	test_peer_expect(&peer, "A", 1, 11, 0); // only what was acknowledged counts (RFC 7323 4.3)
	GIVE(.flags = "A", .seq = 11, .ack = 1, .length = 10, STAMPED(200));
	test_peer_read(&peer, socket, 11, 10);
	test_peer_expect(&peer, "A", 1, 21, 0);
	GIVE(.flags = "A", .seq = 21, .ack = 1, .length = 10, STAMPED(150));
	assert_u64(drops(BERTH_DROP_TCP_PAWS), 2);
}

static void an_old_timestamp_does_not_save_from_a_reset(void **state)
{
	berth_socket socket = test_peer_connected_modern(&peer);

	(void)state;
	GIVE(.flags = "R", .seq = 1, STAMPED(1));
	assert_int_equal(test_peer_error(&peer, socket), ECONNRESET);
}

static void the_echo_is_the_stamp_of_what_was_acknowledged_last(void **state)
{
	struct test_segment segment;

	(void)state;
	test_peer_connected_modern(&peer);
	GIVE(.flags = "A", .seq = 11, .ack = 1, .length = 10, STAMPED(300)); // after a hole
	assert_true(test_peer_take(&peer, &segment));
	assert_u64(segment.echo, 100);
	assert_u64(segment.ack, 1);
	assert_u64(segment.sack_count, 1);
	assert_u64(segment.sack[0][0], 11);
	assert_u64(segment.sack[0][1], 21);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 10, STAMPED(250)); // fills it
	assert_true(test_peer_take(&peer, &segment));
	assert_u64(segment.echo, 250);
	assert_u64(segment.ack, 21);
}

static void after_24_silent_days_any_timestamp_is_news(void **state)
{
	berth_socket socket = test_peer_connected_modern(&peer);

	(void)state;
	test_peer_wait(&peer, 24ull * 24 * 3600 * TEST_S + TEST_S);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 10, STAMPED(5));
	test_peer_read(&peer, socket, 1, 10);
	assert_u64(drops(BERTH_DROP_TCP_PAWS), 0);
}

static void bytes_received_twice_are_reported_by_dsack(void **state)
{
	berth_socket socket = test_peer_connected_modern(&peer);
	struct test_segment segment;

	(void)state;
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 10, STAMPED(100));
	test_peer_read(&peer, socket, 1, 10);
	test_peer_wait(&peer, TEST_S);
	test_peer_expect(&peer, "A", 1, 11, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 10, STAMPED(101));
	assert_true(test_peer_take(&peer, &segment));
	assert_u64(segment.ack, 11);
	assert_u64(segment.sack_count, 1);
	assert_u64(segment.sack[0][0], 1);
	assert_u64(segment.sack[0][1], 11);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_peer, close_peer)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reset_is_believed_only_at_exactly_the_next_number),
		TEST(the_edge_of_the_window_is_the_edge_of_the_challenge),
		TEST(a_syn_on_a_living_connection_is_challenged_wherever_it_stands),
		TEST(a_peer_that_was_restarted_finds_out_by_the_challenge),
		TEST(an_ack_of_what_was_never_sent_is_challenged),
		TEST(an_ack_is_too_old_when_it_is_older_than_the_largest_window),
		TEST(a_segment_without_ack_is_dropped),
		TEST(bytes_outside_the_window_are_always_answered),
		TEST(bytes_that_are_here_already_are_acknowledged_again),
		TEST(a_keepalive_probe_is_answered),
		TEST(bytes_for_a_closed_window_are_refused_but_their_ack_counts),
		TEST(one_connection_is_challenged_twice_a_second_at_most),
		TEST(a_host_answers_a_thousand_strangers_a_second_with_a_reset),
		TEST(a_host_challenges_a_thousand_times_a_second),
		TEST(an_older_timestamp_is_an_old_duplicate),
		TEST(an_old_timestamp_does_not_save_from_a_reset),
		TEST(the_echo_is_the_stamp_of_what_was_acknowledged_last),
		TEST(after_24_silent_days_any_timestamp_is_news),
		TEST(bytes_received_twice_are_reported_by_dsack),
	};

	return cmocka_run_group_tests_name("tcp_challenge", tests, NULL, NULL);
}
