// SPDX-License-Identifier: MIT
//
// Segments get lost, late or doubled on their way: what does the sender do, and when exactly?
//
// The peer takes segments of 1,000 bytes; the round trip of the handshake is 40 ms, so RTO is 240
// ms.
#include <errno.h>

#include "../support/test_segment.h"

#define MSS 1000u
#define ROUND_TRIP (40 * TEST_MS)
#define RTO (240 * TEST_MS)

static struct test_peer peer;
static berth_socket conn;
static uint32_t first_echo; // our clock in the SYN,ACK

enum offer { OFFER_NOTHING, OFFER_SACK, OFFER_TIMESTAMPS };

static void give(struct test_segment segment)
{
	test_peer_give(&peer, &segment);
}

static void connect_with(enum offer offer)
{
	struct test_segment syn = {.flags = "S", .mss = MSS}, syn_ack;
	struct test_segment ack = {.flags = "A", .seq = 1, .ack = 1};
	berth_socket listener;

	test_peer_open(&peer, NULL);
	listener = test_peer_listen(&peer, 16);
	if (offer == OFFER_TIMESTAMPS) {
		syn.mss = MSS + 12;
		syn.has_timestamps = ack.has_timestamps = true;
		syn.timestamp = ack.timestamp = 100;
	}
	syn.sack_permitted = offer == OFFER_SACK;
	give(syn);
	assert_true(test_peer_take(&peer, &syn_ack));
	test_peer_wait(&peer, ROUND_TRIP);
	ack.echo = first_echo = syn_ack.timestamp;
	give(ack);
	conn = test_peer_accept(&peer, listener);
	assert_int_not_equal(conn, 0);
	test_peer_expect_nothing(&peer);
}

static int disconnect(void **state)
{
	(void)state;
	test_peer_close(&peer);
	return 0;
}

// Segments number first..last (from 1) go out; only the last of all bytes given carries PSH.
static void expect_segments(uint32_t first, uint32_t last, bool with_push)
{
	for (uint32_t i = first; i <= last; i++)
		test_peer_expect(&peer, with_push && i == last ? "PA" : "A", 1 + (i - 1) * MSS, 1,
				 MSS);
}

static void acknowledge(uint32_t segments)
{
	give((struct test_segment){.flags = "A", .seq = 1, .ack = 1 + segments * MSS});
}

// Segments from..to (from 1, both included) have arrived beyond what is acknowledged.
static void sack(uint32_t acked, uint32_t from, uint32_t to)
{
	give((struct test_segment){.flags = "A",
				   .seq = 1,
				   .ack = 1 + acked * MSS,
				   .sack_count = 1,
				   .sack = {{1 + (from - 1) * MSS, 1 + to * MSS}}});
}

static void send_segments(uint32_t count)
{
	test_peer_send(&peer, conn, count * MSS);
}

static void the_third_sacked_segment_repairs_the_hole_at_once(void **state)
{
	(void)state;
	connect_with(OFFER_SACK);
	send_segments(10);
	expect_segments(1, 10, true);
	test_peer_wait(&peer, ROUND_TRIP);
	sack(0, 2, 2);
	test_peer_expect_nothing(&peer);
	sack(0, 2, 3);
	test_peer_expect_nothing(&peer);
	sack(0, 2, 4);
	test_peer_expect(&peer, "A", 1, 1, MSS);
	test_peer_expect_nothing(&peer);
	acknowledge(10);
	assert_u64(test_peer_counters(&peer).tcp_fast_recoveries, 1);
}

static void without_sack_the_third_duplicate_does(void **state)
{
	(void)state;
	connect_with(OFFER_NOTHING);
	send_segments(10);
	expect_segments(1, 10, true);
	test_peer_wait(&peer, ROUND_TRIP);
	acknowledge(0);
	acknowledge(0);
	test_peer_expect_nothing(&peer);
	acknowledge(0);
	test_peer_expect(&peer, "A", 1, 1, MSS);
	test_peer_expect_nothing(&peer);
	acknowledge(4); // a partial ACK: the fifth is missing too (RFC 6582)
	test_peer_expect(&peer, "A", 1 + 4 * MSS, 1, MSS);
	test_peer_expect_nothing(&peer);
	acknowledge(10);
}

static void limited_transmit_sends_new_segments_for_the_first_duplicates(void **state)
{
	(void)state;
	connect_with(OFFER_NOTHING);
	send_segments(13);
	expect_segments(1, 10, false);
	test_peer_wait(&peer, ROUND_TRIP);
	acknowledge(0);
	test_peer_expect(&peer, "A", 1 + 10 * MSS, 1, MSS);
	test_peer_expect_nothing(&peer);
	acknowledge(0);
	test_peer_expect(&peer, "A", 1 + 11 * MSS, 1, MSS);
	test_peer_expect_nothing(&peer);
	acknowledge(0);
	test_peer_expect(&peer, "A", 1, 1, MSS);
}

static void one_sacked_segment_repairs_the_hole_after_a_quarter_round_trip(void **state)
{
	(void)state;
	connect_with(OFFER_SACK);
	send_segments(4);
	expect_segments(1, 4, true);
	test_peer_wait(&peer, ROUND_TRIP);
	sack(0, 2, 2);
	test_peer_wait(&peer, ROUND_TRIP / 4 - 1);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, 1);
	test_peer_expect(&peer, "A", 1, 1, MSS);
}

static void reordering_within_that_time_repairs_nothing(void **state)
{
	(void)state;
	connect_with(OFFER_SACK);
	send_segments(4);
	expect_segments(1, 4, true);
	test_peer_wait(&peer, ROUND_TRIP);
	sack(0, 2, 2);
	test_peer_wait(&peer, ROUND_TRIP / 8);
	acknowledge(4);
	test_peer_wait(&peer, TEST_S);
	test_peer_expect_nothing(&peer);
	assert_u64(test_peer_counters(&peer).tcp_retransmitted, 0);
}

static void when_the_tail_is_lost_a_probe_asks_after_two_round_trips(void **state)
{
	(void)state;
	connect_with(OFFER_SACK);
	send_segments(3);
	expect_segments(1, 3, true);
	test_peer_wait(&peer, 2 * ROUND_TRIP - 1);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, 1);
	test_peer_expect(&peer, "PA", 1 + 2 * MSS, 1, MSS);
	assert_u64(test_peer_counters(&peer).tcp_loss_probes, 1);
	test_peer_wait(&peer, ROUND_TRIP);
	sack(0, 3, 3); // the probe arrived, the first two had not
	test_peer_expect(&peer, "A", 1, 1, MSS);
	test_peer_wait(&peer, ROUND_TRIP);
	sack(1, 3, 3);
	test_peer_expect(&peer, "A", 1 + MSS, 1, MSS);
	acknowledge(3);
	assert_u64(test_peer_counters(&peer).tcp_rto_fired, 0);
}

static void a_probe_prefers_new_data(void **state)
{
	(void)state;
	connect_with(OFFER_SACK);
	send_segments(12);
	expect_segments(1, 10, false); // the congestion window
	test_peer_wait(&peer, 2 * ROUND_TRIP);
	test_peer_expect(&peer, "A", 1 + 10 * MSS, 1, MSS);
	test_peer_expect_nothing(&peer);
}

static void an_unanswered_probe_is_followed_by_the_retransmission_timer(void **state)
{
	(void)state;
	connect_with(OFFER_SACK);
	send_segments(2);
	expect_segments(1, 2, true);
	test_peer_wait(&peer, 2 * ROUND_TRIP);
	test_peer_expect(&peer, "PA", 1 + MSS, 1, MSS);
	test_peer_wait(&peer, RTO - 1);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, 1);
	test_peer_expect(&peer, "A", 1, 1, MSS);
}

static void the_timer_doubles_with_each_try(void **state)
{
	uint64_t timeout = RTO;

	(void)state;
	connect_with(OFFER_NOTHING);
	send_segments(1);
	expect_segments(1, 1, true);
	for (int i = 0; i < 5; i++, timeout *= 2) {
		test_peer_wait(&peer, timeout - 1);
		test_peer_expect_nothing(&peer);
		test_peer_wait(&peer, 1);
		test_peer_expect(&peer, "PA", 1, 1, MSS);
		test_peer_expect_nothing(&peer);
	}
	assert_u64(test_peer_counters(&peer).tcp_rto_fired, 5);
}

static void after_a_timeout_it_starts_again_from_one_segment(void **state)
{
	(void)state;
	connect_with(OFFER_NOTHING);
	send_segments(6);
	expect_segments(1, 6, true);
	test_peer_wait(&peer, RTO);
	test_peer_expect(&peer, "A", 1, 1, MSS);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, ROUND_TRIP);
	acknowledge(1);
	test_peer_expect(&peer, "A", 1 + MSS, 1, MSS);
	test_peer_expect(&peer, "A", 1 + 2 * MSS, 1, MSS);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, ROUND_TRIP);
	acknowledge(3);
	test_peer_expect(&peer, "A", 1 + 3 * MSS, 1, MSS);
	test_peer_expect(&peer, "A", 1 + 4 * MSS, 1, MSS);
	test_peer_expect(&peer, "PA", 1 + 5 * MSS, 1, MSS);
}

static void an_echo_from_before_the_timeout_undoes_it(void **state)
{
	struct test_segment sent;

	(void)state;
	connect_with(OFFER_TIMESTAMPS);
	send_segments(3);
	assert_true(test_peer_take(&peer, &sent));
	expect_segments(2, 3, true);
	test_peer_wait(&peer, RTO);
	test_peer_expect(&peer, "A", 1, 1, MSS);
	give((struct test_segment){.flags = "A",
				   .seq = 1,
				   .ack = 1 + MSS,
				   .has_timestamps = true,
				   .timestamp = 400,
				   .echo = sent.timestamp});
	test_peer_expect_nothing(&peer); // the others are under way after all
	assert_u64(test_peer_counters(&peer).tcp_spurious_recoveries, 1);
}

static void an_echo_of_the_retransmission_does_not(void **state)
{
	struct test_segment again;

	(void)state;
	connect_with(OFFER_TIMESTAMPS);
	send_segments(3);
	expect_segments(1, 3, true);
	test_peer_wait(&peer, RTO);
	assert_true(test_peer_take(&peer, &again));
	give((struct test_segment){.flags = "A",
				   .seq = 1,
				   .ack = 1 + MSS,
				   .has_timestamps = true,
				   .timestamp = 400,
				   .echo = again.timestamp});
	expect_segments(2, 3, true);
	assert_u64(test_peer_counters(&peer).tcp_spurious_recoveries, 0);
}

// RFC 5682: two ACKs for what was sent only once, the timer was early.
static void forward_rto_recovery_finds_a_timeout_false(void **state)
{
	(void)state;
	connect_with(OFFER_SACK);
	send_segments(13);
	expect_segments(1, 10, false);
	test_peer_wait(&peer, 2 * ROUND_TRIP);
	expect_segments(11, 11, false); // the loss probe
	test_peer_wait(&peer, RTO);
	test_peer_expect(&peer, "A", 1, 1, MSS);
	acknowledge(1);
	expect_segments(12, 13, true); // new data, not old
	test_peer_expect_nothing(&peer);
	acknowledge(2);
	test_peer_expect_nothing(&peer);
	assert_u64(test_peer_counters(&peer).tcp_spurious_recoveries, 1);
	acknowledge(13);
	assert_u64(test_peer_counters(&peer).tcp_retransmitted, 1);
}

static void doubles_of_everything_sent_again_undo_a_recovery(void **state)
{
	(void)state;
	connect_with(OFFER_SACK);
	send_segments(5);
	expect_segments(1, 5, true);
	test_peer_wait(&peer, ROUND_TRIP);
	sack(0, 2, 4);
	test_peer_expect(&peer, "A", 1, 1, MSS);
	acknowledge(5); // the first was only late
	assert_u64(test_peer_counters(&peer).tcp_spurious_recoveries, 0);
	give((struct test_segment){.flags = "A",
				   .seq = 1,
				   .ack = 1 + 5 * MSS,
				   .sack_count = 1,
				   .sack = {{1, 1 + MSS}}});
	assert_u64(test_peer_counters(&peer).tcp_spurious_recoveries, 1);
	send_segments(10); // the window is what it was: ten segments
	for (uint32_t i = 5; i < 14; i++)
		test_peer_expect(&peer, "A", 1 + i * MSS, 1, MSS);
	test_peer_expect(&peer, "PA", 1 + 14 * MSS, 1, MSS);
}

static void a_peer_that_threw_sacked_bytes_away_gets_them_again(void **state)
{
	(void)state;
	connect_with(OFFER_SACK);
	send_segments(3);
	expect_segments(1, 3, true);
	test_peer_wait(&peer, ROUND_TRIP);
	sack(0, 2, 3);
	test_peer_wait(&peer, ROUND_TRIP / 4);
	test_peer_expect(&peer, "A", 1, 1, MSS);
	acknowledge(1); // and says no more of 2 and 3, which it had
	test_peer_wait(&peer, 10 * RTO);
	test_peer_expect(&peer, "A", 1 + MSS, 1, MSS);
}

static void the_programs_patience_ends_the_waiting(void **state)
{
	(void)state;
	connect_with(OFFER_NOTHING);
	test_peer_set_int(&peer, conn, BERTH_IPPROTO_TCP, BERTH_TCP_USER_TIMEOUT, 1000);
	send_segments(1);
	expect_segments(1, 1, true);
	test_peer_wait(&peer, TEST_S - 1);
	assert_int_equal(test_peer_error(&peer, conn), 0);
	test_assert_state(&peer, conn, BERTH_TCP_ESTABLISHED);
	test_peer_wait(&peer, 1);
	assert_int_equal(test_peer_error(&peer, conn), ETIMEDOUT);
}

static void a_peer_that_never_answers_is_given_up_after_fifteen_tries(void **state)
{
	struct test_segment again;
	int tries = 0;

	(void)state;
	connect_with(OFFER_NOTHING);
	send_segments(1);
	expect_segments(1, 1, true);
	for (int i = 0; i < 30; i++) {
		test_peer_wait(&peer, 121 * TEST_S);
		while (test_peer_take(&peer, &again))
			tries++;
	}
	assert_int_equal(test_peer_error(&peer, conn), ETIMEDOUT);
	assert_in_range(tries, 8, 15); // several firings within one wait send once
}

#define CASE(test) cmocka_unit_test_teardown(test, disconnect)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_third_sacked_segment_repairs_the_hole_at_once),
		CASE(without_sack_the_third_duplicate_does),
		CASE(limited_transmit_sends_new_segments_for_the_first_duplicates),
		CASE(one_sacked_segment_repairs_the_hole_after_a_quarter_round_trip),
		CASE(reordering_within_that_time_repairs_nothing),
		CASE(when_the_tail_is_lost_a_probe_asks_after_two_round_trips),
		CASE(a_probe_prefers_new_data),
		CASE(an_unanswered_probe_is_followed_by_the_retransmission_timer),
		CASE(the_timer_doubles_with_each_try),
		CASE(after_a_timeout_it_starts_again_from_one_segment),
		CASE(an_echo_from_before_the_timeout_undoes_it),
		CASE(an_echo_of_the_retransmission_does_not),
		CASE(forward_rto_recovery_finds_a_timeout_false),
		CASE(doubles_of_everything_sent_again_undo_a_recovery),
		CASE(a_peer_that_threw_sacked_bytes_away_gets_them_again),
		CASE(the_programs_patience_ends_the_waiting),
		CASE(a_peer_that_never_answers_is_given_up_after_fifteen_tries),
	};

	return cmocka_run_group_tests_name("tcp_recovering", tests, NULL, NULL);
}
