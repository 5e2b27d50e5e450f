// SPDX-License-Identifier: MIT
//
// Which segments are lost: RACK and its window, DupThresh, the count of duplicates without SACK,
// the timer.
#include "../../../lib/base/time_units.h"
#include "../../../lib/tcp/sender/tcp_ack_report.h"
#include "../../../lib/tcp/sender/tcp_loss.h"
#include "../../../lib/tcp/sender/tcp_rate.h"
#include "../../../lib/tcp/sender/tcp_rtt.h"
#include "../../../lib/tcp/sender/tcp_sent.h"
#include "../../../lib/tcp/tcp_segment.h"
#include "../../support/unit.h"

#define MSS 1000u
#define MS(n) ((n)*NS_PER_MS)

static struct memory memory;
static struct buffer_pool buffers;
static struct tcp_sent sent;
static struct tcp_rate rate;
static struct tcp_rtt rtt;
static struct tcp_loss loss;
static struct tcp_loss_view view;
static struct tcp_ack_report report;

// Round trip 40 ms: the reordering window is 10 ms.
static int begin(void **state)
{
	struct berth_allocator allocator = test_allocator();

	(void)state;
	memory_init(&memory, &allocator);
	buffer_pool_init(&buffers, &memory, 0);
	view = (struct tcp_loss_view){.mss_bytes = MSS, .has_sack = true};
	view.una = view.nxt = tcp_seq_of(5000);
	view.until = tcp_seq_of(4999);
	tcp_sent_init(&sent, view.una);
	tcp_rate_init(&rate);
	tcp_rtt_init(&rtt);
	tcp_loss_init(&loss);
	return 0;
}

static int end(void **state)
{
	(void)state;
	tcp_sent_release(&sent, &buffers);
	buffer_pool_clear(&buffers);
	assert_u64(memory.bytes_held, 0);
	return 0;
}

static void transmit(uint64_t now)
{
	assert_true(tcp_sent_reserve(&sent, &buffers));
	tcp_sent_record(&sent, view.nxt, MSS, false, false, MSS, &rate, now);
	view.nxt = tcp_seq_add(view.nxt, MSS);
}

// Segments are counted from SND.UNA; from == to: no block.
static void hear(uint32_t acked, uint32_t from, uint32_t to, uint64_t now)
{
	struct tcp_segment seg = {.ack = tcp_seq_add(view.una, acked * MSS), .has_ack = true};

	if (from != to) {
		seg.options.sack_count = 1;
		seg.options.sack[0].begin = tcp_seq_add(view.una, from * MSS);
		seg.options.sack[0].end = tcp_seq_add(view.una, to * MSS);
	}
	report = (struct tcp_ack_report){.is_duplicate = acked == 0};
	tcp_sent_apply_ack(&sent, &buffers, view.una, view.nxt, &seg, MSS, view.has_sack, &report);
	view.una = report.ack;
	if (report.oldest_sent_at)
		report.rtt_ns = now - report.oldest_sent_at;
	tcp_rtt_on_ack(&rtt, &report, 1, now);
	tcp_loss_detect(&loss, &sent, &buffers, &rtt, &view, now, &report);
}

static enum tcp_sent_fate fate(uint32_t index)
{
	return (enum tcp_sent_fate)tcp_sent_at(&sent, index)->fate;
}

static void flight_of(uint32_t segments)
{
	for (uint32_t i = 0; i < segments; i++)
		transmit(MS(1000) + i);
}

static void the_third_sacked_segment_makes_the_hole_below_lost(void **state)
{
	(void)state;
	flight_of(6);
	hear(0, 1, 2, MS(1040) + 1);
	assert_u64(report.lost_bytes, 0);
	hear(0, 1, 3, MS(1040) + 2);
	assert_u64(report.lost_bytes, 0);
	hear(0, 1, 4, MS(1040) + 3);
	assert_u64(report.lost_bytes, MSS);
	assert_u64(fate(0), TCP_SENT_LOST);
	assert_u64(fate(4), TCP_SENT_IN_FLIGHT); // sent later than anything delivered
	assert_u64(fate(5), TCP_SENT_IN_FLIGHT);
}

static void before_that_a_quarter_round_trip_of_grace_runs(void **state)
{
	(void)state;
	flight_of(4);
	hear(0, 1, 2, MS(1040) + 1);
	assert_u64(report.lost_bytes, 0);
	assert_u64(loss.next_at, MS(1000) + MS(40) + MS(10));
	assert_u64(tcp_loss_on_reordering_timer(&loss, &sent, &rtt, &view, MS(1050) - 1), 0);
	assert_u64(tcp_loss_on_reordering_timer(&loss, &sent, &rtt, &view, MS(1050)), MSS);
	assert_u64(fate(0), TCP_SENT_LOST);
	assert_u64(loss.next_at, NEVER);
}

static void where_reordering_was_seen_three_sacks_are_not_enough(void **state)
{
	(void)state;
	flight_of(8);
	hear(0, 2, 3, MS(1040) + 2);
	hear(0, 1, 3, MS(1041)); // the second came after the third
	assert_true(loss.reordering_seen);
	hear(0, 1, 5, MS(1042));
	assert_u64(report.lost_bytes, 0);
	assert_u64(fate(0), TCP_SENT_IN_FLIGHT);
	// The round trip of the fifth, and the grace.
	assert_u64(loss.next_at, MS(1000) + (MS(42) - 4) + MS(10));
	tcp_loss_on_reordering_timer(&loss, &sent, &rtt, &view, loss.next_at);
	assert_u64(fate(0), TCP_SENT_LOST);
}

static void in_recovery_without_reordering_there_is_no_grace(void **state)
{
	(void)state;
	flight_of(4);
	view.in_recovery = true;
	hear(0, 1, 2, MS(1040) + 1);
	assert_u64(fate(0), TCP_SENT_LOST);
}

static void a_dsack_widens_the_window_once_a_round_trip_for_sixteen_recoveries(void **state)
{
	(void)state;
	flight_of(2);
	tcp_rtt_on_sample(&rtt, MS(400), 1, MS(1000));
	hear(1, 0, 0, MS(1040));
	loss.reordering_seen = true;
	assert_u64(tcp_loss_reordering_window_ns(&loss, &sent, &rtt, false), MS(10));
	report = (struct tcp_ack_report){.has_dsack = true};
	tcp_loss_detect(&loss, &sent, &buffers, &rtt, &view, MS(1041), &report);
	assert_u64(tcp_loss_reordering_window_ns(&loss, &sent, &rtt, false), MS(20));
	tcp_loss_detect(&loss, &sent, &buffers, &rtt, &view, MS(1042), &report);
	assert_u64(tcp_loss_reordering_window_ns(&loss, &sent, &rtt, false), MS(20));
	view.una = view.nxt;
	tcp_loss_detect(&loss, &sent, &buffers, &rtt, &view, MS(1043), &report);
	assert_u64(tcp_loss_reordering_window_ns(&loss, &sent, &rtt, false), MS(30));
	for (int i = 0; i < 15; i++)
		tcp_loss_on_recovery_end(&loss);
	assert_u64(tcp_loss_reordering_window_ns(&loss, &sent, &rtt, false), MS(30));
	tcp_loss_on_recovery_end(&loss);
	assert_u64(tcp_loss_reordering_window_ns(&loss, &sent, &rtt, false), MS(10));
}

static void a_retransmission_is_lost_when_one_sent_after_it_arrives(void **state)
{
	(void)state;
	flight_of(4);
	hear(0, 1, 4, MS(1040));
	assert_u64(fate(0), TCP_SENT_LOST);
	view.in_recovery = true;
	assert_true(tcp_sent_reserve(&sent, &buffers));
	tcp_sent_record_again(&sent, 0, MSS, MSS, &rate, MS(1041));
	transmit(MS(1042));
	hear(0, 4, 5, MS(1082));
	assert_u64(fate(0), TCP_SENT_LOST);
}

static void an_answer_faster_than_any_round_trip_is_not_believed_of_a_retransmission(void **state)
{
	(void)state;
	flight_of(4);
	hear(0, 1, 4, MS(1040));
	view.in_recovery = true;
	assert_true(tcp_sent_reserve(&sent, &buffers));
	tcp_sent_record_again(&sent, 0, MSS, MSS, &rate, MS(1060));
	transmit(MS(1059));
	hear(1, 0, 0, MS(1061)); // 1 ms after: it was the first transmission
	assert_u64(loss.rack_sent_at, MS(1000) + 3);
}

static void without_sack_the_third_duplicate_marks_the_first_segment(void **state)
{
	(void)state;
	view.has_sack = false;
	flight_of(6);
	hear(0, 0, 0, MS(1040));
	hear(0, 0, 0, MS(1040));
	assert_u64(report.lost_bytes, 0);
	hear(0, 0, 0, MS(1040));
	assert_u64(report.lost_bytes, MSS);
	assert_u64(fate(0), TCP_SENT_LOST);
	assert_u64(fate(1), TCP_SENT_IN_FLIGHT);
}

static void without_sack_each_partial_ack_in_recovery_marks_the_next(void **state)
{
	(void)state;
	view.has_sack = false;
	flight_of(6);
	view.in_recovery = true;
	view.until = view.nxt;
	hear(2, 0, 0, MS(1080));
	assert_u64(report.lost_bytes, MSS);
	assert_u64(fate(0), TCP_SENT_LOST);
}

static void without_sack_duplicates_of_the_last_repair_start_no_new_one(void **state)
{
	(void)state;
	view.has_sack = false;
	flight_of(6);
	view.until = tcp_seq_add(view.una, 2 * MSS);
	for (int i = 0; i < 5; i++)
		hear(0, 0, 0, MS(1040));
	assert_u64(sent.lost_bytes, 0);
}

static void the_timer_spares_what_was_sent_only_now(void **state)
{
	(void)state;
	flight_of(3);
	hear(1, 0, 0, MS(1040));
	transmit(MS(1290));
	assert_u64(tcp_loss_on_rto(&loss, &sent, &rtt, &view, MS(1300)), 2 * MSS);
	assert_u64(fate(0), TCP_SENT_LOST);
	assert_u64(fate(1), TCP_SENT_LOST);
	assert_u64(fate(2), TCP_SENT_IN_FLIGHT);
}

static void without_sack_the_timer_marks_everything(void **state)
{
	(void)state;
	view.has_sack = false;
	flight_of(3);
	assert_u64(tcp_loss_on_rto(&loss, &sent, &rtt, &view, MS(1001)), 3 * MSS);
}

// --- tail loss probe, RFC 8985 7.4.2 -----------------------------------------------------------

static bool probe_hears(uint32_t ack, bool has_dsack, bool is_duplicate)
{
	struct tcp_ack_report heard = {.ack = tcp_seq_of(ack),
				       .has_dsack = has_dsack,
				       .dsack_end = tcp_seq_of(9000),
				       .is_duplicate = is_duplicate};

	return tcp_loss_probe_on_ack(&loss, &heard);
}

static void a_probe_that_filled_a_hole_must_be_answered_for(void **state)
{
	(void)state;
	tcp_loss_probe_sent(&loss, tcp_seq_of(9000), true);
	assert_false(probe_hears(8000, false, false));
	assert_false(probe_hears(9000, false, false));
	assert_true(loss.probe_is_out); // the copy, or the original? The next ACK tells
	assert_true(probe_hears(9001, false, false));
	assert_false(loss.probe_is_out);
}

static void a_probe_that_arrived_twice_repaired_nothing(void **state)
{
	(void)state;
	tcp_loss_probe_sent(&loss, tcp_seq_of(9000), true);
	assert_false(probe_hears(9000, true, true));
	assert_false(loss.probe_is_out);
	tcp_loss_probe_sent(&loss, tcp_seq_of(9000), true);
	assert_false(probe_hears(9000, false, true)); // without DSACK: a plain duplicate
	assert_false(loss.probe_is_out);
}

static void a_probe_of_new_data_repairs_nothing(void **state)
{
	(void)state;
	tcp_loss_probe_sent(&loss, tcp_seq_of(9000), false);
	assert_false(probe_hears(9000, false, false));
	assert_false(loss.probe_is_out);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_third_sacked_segment_makes_the_hole_below_lost),
		CASE(before_that_a_quarter_round_trip_of_grace_runs),
		CASE(where_reordering_was_seen_three_sacks_are_not_enough),
		CASE(in_recovery_without_reordering_there_is_no_grace),
		CASE(a_dsack_widens_the_window_once_a_round_trip_for_sixteen_recoveries),
		CASE(a_retransmission_is_lost_when_one_sent_after_it_arrives),
		CASE(an_answer_faster_than_any_round_trip_is_not_believed_of_a_retransmission),
		CASE(without_sack_the_third_duplicate_marks_the_first_segment),
		CASE(without_sack_each_partial_ack_in_recovery_marks_the_next),
		CASE(without_sack_duplicates_of_the_last_repair_start_no_new_one),
		CASE(the_timer_spares_what_was_sent_only_now),
		CASE(without_sack_the_timer_marks_everything),
		CASE(a_probe_that_filled_a_hole_must_be_answered_for),
		CASE(a_probe_that_arrived_twice_repaired_nothing),
		CASE(a_probe_of_new_data_repairs_nothing),
	};

	return cmocka_run_group_tests_name("tcp_loss", tests, NULL, NULL);
}
