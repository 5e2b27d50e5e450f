// SPDX-License-Identifier: MIT
//
// What leaves when, while nothing gets lost: Nagle, CORK, windows small and closed, PSH, FIN,
// silence.
//
// The peer takes segments of 1,000 bytes; the round trip of the handshake is 40 ms, so RTO is 240
// ms.
#include <errno.h>

#include "../support/test_segment.h"

#define MSS 1000u
#define RTO (240 * TEST_MS)

static struct test_peer peer;
static berth_socket conn;

static void give(struct test_segment segment)
{
	test_peer_give(&peer, &segment);
}

// The window in the SYN is the largest the host will have seen.
static void connect_with_window(uint32_t window)
{
	berth_socket listener;

	test_peer_open(&peer, NULL);
	listener = test_peer_listen(&peer, 16);
	give((struct test_segment){.flags = "S", .mss = MSS, .window = window});
	test_peer_expect(&peer, "SA", 0, 1, 0);
	test_peer_wait(&peer, 40 * TEST_MS);
	give((struct test_segment){.flags = "A", .seq = 1, .ack = 1, .window = window});
	conn = test_peer_accept(&peer, listener);
	assert_int_not_equal(conn, 0);
	test_peer_expect_nothing(&peer);
}

static int connect_wide(void **state)
{
	(void)state;
	connect_with_window(65535);
	return 0;
}

static int disconnect(void **state)
{
	(void)state;
	test_peer_close(&peer);
	return 0;
}

static void set_tcp(int name, int value)
{
	test_peer_set_int(&peer, conn, BERTH_IPPROTO_TCP, name, value);
}

static void acknowledge(uint32_t bytes)
{
	give((struct test_segment){.flags = "A", .seq = 1, .ack = 1 + bytes});
}

static void acknowledge_with_window(uint32_t bytes, uint32_t window)
{
	give((struct test_segment){.flags = "A",
				   .seq = 1,
				   .ack = 1 + bytes,
				   .window = window,
				   .has_zero_window = window == 0});
}

static void nagle_holds_the_second_small_segment_until_the_first_is_acknowledged(void **state)
{
	(void)state;
	test_peer_send(&peer, conn, 100);
	test_peer_expect(&peer, "PA", 1, 1, 100);
	test_peer_send(&peer, conn, 100);
	test_peer_send(&peer, conn, 50);
	test_peer_expect_nothing(&peer);
	acknowledge(100);
	test_peer_expect(&peer, "PA", 101, 1, 150);
}

static void nagle_lets_full_segments_pass(void **state)
{
	(void)state;
	test_peer_send(&peer, conn, 100);
	test_peer_expect(&peer, "PA", 1, 1, 100);
	test_peer_send(&peer, conn, 2300);
	test_peer_expect(&peer, "A", 101, 1, MSS);
	test_peer_expect(&peer, "A", 1101, 1, MSS);
	test_peer_expect_nothing(&peer);
	acknowledge(100); // no small one is out any more, as Minshall reads it
	test_peer_expect(&peer, "PA", 2101, 1, 300);
}

static void behind_full_segments_a_small_one_goes_at_once(void **state)
{
	(void)state;
	test_peer_send(&peer, conn, 1500);
	test_peer_expect(&peer, "A", 1, 1, MSS);
	test_peer_expect(&peer, "PA", 1001, 1, 500);
	test_peer_expect_nothing(&peer);
}

static void nodelay_sends_everything_at_once(void **state)
{
	(void)state;
	set_tcp(BERTH_TCP_NODELAY, 1);
	test_peer_send(&peer, conn, 100);
	test_peer_expect(&peer, "PA", 1, 1, 100);
	test_peer_send(&peer, conn, 1);
	test_peer_expect(&peer, "PA", 101, 1, 1);
}

static void nodelay_set_later_releases_what_was_held(void **state)
{
	(void)state;
	test_peer_send(&peer, conn, 100);
	test_peer_send(&peer, conn, 20);
	test_peer_expect(&peer, "PA", 1, 1, 120); // both before anything left
	test_peer_send(&peer, conn, 30);
	test_peer_expect_nothing(&peer);
	set_tcp(BERTH_TCP_NODELAY, 1);
	test_peer_expect(&peer, "PA", 121, 1, 30);
}

static void cork_holds_until_it_is_pulled(void **state)
{
	(void)state;
	set_tcp(BERTH_TCP_CORK, 1);
	test_peer_send(&peer, conn, 1300);
	test_peer_expect(&peer, "A", 1, 1, MSS);
	test_peer_expect_nothing(&peer);
	set_tcp(BERTH_TCP_CORK, 0);
	test_peer_expect(&peer, "PA", 1001, 1, 300);
}

static void cork_gives_way_after_200_ms(void **state)
{
	(void)state;
	set_tcp(BERTH_TCP_CORK, 1);
	test_peer_send(&peer, conn, 300);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, 200 * TEST_MS - 1);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, 1);
	test_peer_expect(&peer, "PA", 1, 1, 300);
}

static void more_holds_until_the_send_without_it(void **state)
{
	static const uint8_t bytes[100];

	(void)state;
	assert_int_equal(
		berth_socket_send(peer.test.host, conn, bytes, 100, BERTH_MSG_MORE, peer.now), 100);
	test_peer_expect_nothing(&peer);
	assert_int_equal(berth_socket_send(peer.test.host, conn, bytes, 50, 0, peer.now), 50);
	test_peer_expect(&peer, "PA", 1, 1, 150);
}

static void fin_travels_with_the_last_bytes(void **state)
{
	(void)state;
	test_peer_send(&peer, conn, 1100);
	test_peer_shutdown(&peer, conn, BERTH_SHUTDOWN_WRITE);
	test_peer_expect(&peer, "A", 1, 1, MSS);
	test_peer_expect(&peer, "FPA", 1001, 1, 100);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, RTO);
	test_peer_expect(&peer, "A", 1, 1, MSS);
	acknowledge(1000);
	test_peer_expect(&peer, "FPA", 1001, 1, 100);
	acknowledge(1101);
	test_peer_expect_nothing(&peer);
	test_assert_state(&peer, conn, BERTH_TCP_FIN_WAIT_2);
}

// --- windows -----------------------------------------------------------------------------------

static void no_more_is_sent_than_the_peer_takes(void **state)
{
	(void)state;
	connect_with_window(2500);
	test_peer_send(&peer, conn, 5000);
	test_peer_expect(&peer, "A", 1, 1, MSS);
	test_peer_expect(&peer, "A", 1001, 1, MSS);
	test_peer_expect_nothing(&peer); // 500 of it would be silly
	acknowledge_with_window(1000, 2500);
	test_peer_expect(&peer, "A", 2001, 1, MSS);
	test_peer_expect_nothing(&peer);
}

static void a_silly_window_is_used_only_when_time_passes(void **state)
{
	(void)state;
	test_peer_send(&peer, conn, 2000);
	test_peer_expect(&peer, "A", 1, 1, MSS);
	test_peer_expect(&peer, "PA", 1001, 1, MSS);
	test_peer_send(&peer, conn, 2000);
	test_peer_expect(&peer, "A", 2001, 1, MSS);
	test_peer_expect(&peer, "PA", 3001, 1, MSS);
	test_peer_send(&peer, conn, 2000);
	test_peer_expect(&peer, "A", 4001, 1, MSS);
	test_peer_expect(&peer, "PA", 5001, 1, MSS);
	test_peer_send(&peer, conn, 6000);
	acknowledge_with_window(6000, 300);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, 200 * TEST_MS - 1);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, 1);
	test_peer_expect(&peer, "A", 6001, 1, 300);
	test_peer_expect_nothing(&peer);
}

static void half_of_the_largest_window_is_used_at_once(void **state)
{
	(void)state;
	connect_with_window(600);
	test_peer_send(&peer, conn, 2000);
	test_peer_expect(&peer, "A", 1, 1, 600);
	acknowledge_with_window(600, 299);
	test_peer_expect_nothing(&peer);
	acknowledge_with_window(600, 300);
	test_peer_expect(&peer, "A", 601, 1, 300);
}

static void a_closed_window_is_asked_less_and_less_often(void **state)
{
	uint64_t wait = RTO;

	(void)state;
	test_peer_send(&peer, conn, 100);
	test_peer_expect(&peer, "PA", 1, 1, 100);
	test_peer_wait(&peer, 40 * TEST_MS);
	acknowledge_with_window(100, 0);
	test_peer_send(&peer, conn, 300);
	test_peer_expect_nothing(&peer);
	for (int i = 0; i < 6; i++, wait *= 2) {
		test_peer_wait(&peer, wait - 1);
		test_peer_expect_nothing(&peer);
		test_peer_wait(&peer, 1);
		test_peer_expect(&peer, "A", 100, 1, 0); // a byte below what it awaits
		acknowledge_with_window(100, 0);
		test_peer_expect_nothing(&peer);
	}
	acknowledge_with_window(100, 65535);
	test_peer_expect(&peer, "PA", 101, 1, 300);
	acknowledge(400);
	test_peer_wait(&peer, 200 * TEST_S);
	test_peer_expect_nothing(&peer);
}

static void the_probes_never_pause_longer_than_a_minute(void **state)
{
	struct test_segment probe;

	(void)state;
	acknowledge_with_window(0, 0);
	test_peer_send(&peer, conn, 300);
	test_peer_expect_nothing(&peer);
	for (int i = 0; i < 40; i++) {
		test_peer_wait(&peer, 60 * TEST_S);
		assert_true(test_peer_take(&peer, &probe));
		acknowledge_with_window(0, 0);
		while (test_peer_take(&peer, &probe))
			;
	}
	test_assert_state(&peer, conn, BERTH_TCP_ESTABLISHED); // it answers: it is alive
}

static void a_fin_waits_for_the_window_too(void **state)
{
	(void)state;
	acknowledge_with_window(0, 0);
	test_peer_shutdown(&peer, conn, BERTH_SHUTDOWN_WRITE);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, RTO);
	test_peer_expect(&peer, "A", 0, 1, 0);
	acknowledge_with_window(0, 1000);
	test_peer_expect(&peer, "FA", 1, 1, 0);
}

static void an_old_segment_does_not_change_the_window(void **state)
{
	(void)state;
	give((struct test_segment){.flags = "PA", .seq = 1, .ack = 1, .length = 10});
	test_peer_expect(&peer, "A", 1, 11, 0);
	give((struct test_segment){.flags = "A", .seq = 11, .ack = 1, .has_zero_window = true});
	give((struct test_segment){.flags = "A", .seq = 5, .ack = 1}); // sent before, arrives later
	test_peer_send(&peer, conn, 100);
	test_peer_expect(&peer, "A", 1, 11, 0); // only the answer to the old one
	test_peer_expect_nothing(&peer);
}

// --- congestion window -------------------------------------------------------------------------

static void the_first_flight_is_ten_segments_and_each_ack_lets_out_as_much_and_more(void **state)
{
	(void)state;
	test_peer_send(&peer, conn, 14000);
	for (uint32_t i = 0; i < 10; i++)
		test_peer_expect(&peer, "A", 1 + i * MSS, 1, MSS);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, 40 * TEST_MS);
	acknowledge(2000);
	for (uint32_t i = 10; i < 13; i++)
		test_peer_expect(&peer, "A", 1 + i * MSS, 1, MSS);
	test_peer_expect(&peer, "PA", 13001, 1, MSS);
	test_peer_expect_nothing(&peer);
}

// --- the writer --------------------------------------------------------------------------------

static int64_t try_to_send(uint32_t length)
{
	static const uint8_t bytes[65536];

	return berth_socket_send(peer.test.host, conn, bytes, length, 0, peer.now);
}

static void the_buffer_begins_small_and_the_writer_hears_when_it_has_grown(void **state)
{
	(void)state;
	test_events_of(&peer.test, conn);
	assert_int_equal(try_to_send(65536), 16384);
	assert_int_equal(try_to_send(1), -EAGAIN);
	for (uint32_t i = 0; i < 10; i++) // ten segments in flight: the buffer is 20,000 now
		test_peer_expect(&peer, "A", 1 + i * MSS, 1, MSS);
	assert_int_equal(try_to_send(65536), 20000 - 16384);
	assert_int_equal(test_events_of(&peer.test, conn), 0);
	acknowledge(10000);
	assert_int_equal(test_events_of(&peer.test, conn), BERTH_EVENT_WRITABLE);
}

static void below_the_low_water_of_unsent_bytes_the_writer_is_told(void **state)
{
	(void)state;
	set_tcp(BERTH_TCP_NOTSENT_LOWAT, 4000);
	test_events_of(&peer.test, conn);
	assert_int_equal(try_to_send(16000), 16000);
	for (uint32_t i = 0; i < 10; i++)
		test_peer_expect(&peer, "A", 1 + i * MSS, 1, MSS);
	assert_int_equal(try_to_send(1), -EAGAIN); // 6,000 unsent, though there is room
	assert_int_equal(test_events_of(&peer.test, conn), 0);
	acknowledge(2000); // four more leave: 2,000 unsent
	for (uint32_t i = 10; i < 14; i++)
		test_peer_expect(&peer, "A", 1 + i * MSS, 1, MSS);
	assert_int_equal(test_events_of(&peer.test, conn), BERTH_EVENT_WRITABLE);
	assert_true(try_to_send(1000) > 0);
}

// --- silence -----------------------------------------------------------------------------------

static void a_silent_peer_is_asked_and_then_given_up(void **state)
{
	(void)state;
	set_tcp(BERTH_TCP_KEEPIDLE, 10);
	set_tcp(BERTH_TCP_KEEPINTVL, 5);
	set_tcp(BERTH_TCP_KEEPCNT, 2);
	test_peer_set_int(&peer, conn, BERTH_SOL_SOCKET, BERTH_SO_KEEPALIVE, 1);
	test_peer_wait(&peer, 10 * TEST_S - 1);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, 1);
	test_peer_expect(&peer, "A", 0, 1, 0);
	test_peer_wait(&peer, 5 * TEST_S);
	test_peer_expect(&peer, "A", 0, 1, 0);
	test_peer_wait(&peer, 5 * TEST_S);
	test_peer_expect(&peer, "RA", 1, 1, 0);
	assert_int_equal(test_peer_error(&peer, conn), ETIMEDOUT);
}

static void a_peer_that_answers_is_asked_again_only_after_the_idle_time(void **state)
{
	(void)state;
	set_tcp(BERTH_TCP_KEEPIDLE, 10);
	set_tcp(BERTH_TCP_KEEPINTVL, 5);
	set_tcp(BERTH_TCP_KEEPCNT, 2);
	test_peer_set_int(&peer, conn, BERTH_SOL_SOCKET, BERTH_SO_KEEPALIVE, 1);
	for (int i = 0; i < 3; i++) {
		test_peer_wait(&peer, 10 * TEST_S);
		test_peer_expect(&peer, "A", 0, 1, 0);
		acknowledge(0);
		test_peer_wait(&peer, 5 * TEST_S);
		test_peer_expect_nothing(&peer);
		test_peer_wait(&peer, 5 * TEST_S);
		test_peer_expect(&peer, "A", 0, 1, 0);
		acknowledge(0);
	}
	test_assert_state(&peer, conn, BERTH_TCP_ESTABLISHED);
}

static void without_the_option_silence_is_no_matter(void **state)
{
	(void)state;
	test_peer_wait(&peer, 30000 * TEST_S);
	test_peer_expect_nothing(&peer);
	test_assert_state(&peer, conn, BERTH_TCP_ESTABLISHED);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, connect_wide, disconnect)
#define ALONE(test) cmocka_unit_test_teardown(test, disconnect)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nagle_holds_the_second_small_segment_until_the_first_is_acknowledged),
		CASE(nagle_lets_full_segments_pass),
		CASE(behind_full_segments_a_small_one_goes_at_once),
		CASE(nodelay_sends_everything_at_once),
		CASE(nodelay_set_later_releases_what_was_held),
		CASE(cork_holds_until_it_is_pulled),
		CASE(cork_gives_way_after_200_ms),
		CASE(more_holds_until_the_send_without_it),
		CASE(fin_travels_with_the_last_bytes),
		ALONE(no_more_is_sent_than_the_peer_takes),
		CASE(a_silly_window_is_used_only_when_time_passes),
		ALONE(half_of_the_largest_window_is_used_at_once),
		CASE(a_closed_window_is_asked_less_and_less_often),
		CASE(the_probes_never_pause_longer_than_a_minute),
		CASE(a_fin_waits_for_the_window_too),
		CASE(an_old_segment_does_not_change_the_window),
		CASE(the_first_flight_is_ten_segments_and_each_ack_lets_out_as_much_and_more),
		CASE(the_buffer_begins_small_and_the_writer_hears_when_it_has_grown),
		CASE(below_the_low_water_of_unsent_bytes_the_writer_is_told),
		CASE(a_silent_peer_is_asked_and_then_given_up),
		CASE(a_peer_that_answers_is_asked_again_only_after_the_idle_time),
		CASE(without_the_option_silence_is_no_matter),
	};

	return cmocka_run_group_tests_name("tcp_sending", tests, NULL, NULL);
}
