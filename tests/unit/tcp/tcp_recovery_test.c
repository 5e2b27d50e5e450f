// SPDX-License-Identifier: MIT
//
// How much may leave while repairing (RFC 9937), and was the loss real?
#include "../../../lib/tcp/sender/tcp_ack_report.h"
#include "../../../lib/tcp/sender/tcp_recovery.h"
#include "../../support/unit.h"

#define MSS 1000u

static struct tcp_recovery recovery;

static int begin(void **state)
{
	(void)state;
	tcp_recovery_init(&recovery);
	return 0;
}

// --- proportional rate reduction ---------------------------------------------------------------

static uint32_t quota(uint32_t ssthresh, uint32_t in_flight, uint32_t delivered, bool ack_is_safe)
{
	return tcp_recovery_prr_quota(&recovery, ssthresh, in_flight, delivered, MSS, ack_is_safe);
}

static void above_ssthresh_it_sends_in_proportion(void **state)
{
	(void)state;
	recovery.prr_flight_bytes = 20 * MSS;
	recovery.prr_delivered_bytes = 4 * MSS;
	recovery.prr_out_bytes = MSS;
	assert_u64(quota(14 * MSS, 16 * MSS, MSS, true), 1800); // 4 * 14/20 - 1
	recovery.prr_out_bytes = 3 * MSS;
	assert_u64(quota(14 * MSS, 16 * MSS, MSS, true), 0); // already ahead
}

static void a_whole_round_brings_the_flight_exactly_to_ssthresh(void **state)
{
	uint32_t in_flight = 19 * MSS; // one is lost of 20

	(void)state;
	recovery.prr_flight_bytes = 20 * MSS;
	recovery.prr_out_bytes = 0;
	for (uint32_t i = 0; i < 19; i++) {
		uint32_t may;

		in_flight -= MSS;
		recovery.prr_delivered_bytes += MSS;
		may = quota(10 * MSS, in_flight, MSS, false) / MSS * MSS;
		recovery.prr_out_bytes += may;
		in_flight += may;
	}
	assert_in_range(in_flight, 9 * MSS, 10 * MSS);
}

static void the_first_answer_is_always_the_retransmission(void **state)
{
	(void)state;
	recovery.prr_flight_bytes = 20 * MSS;
	assert_u64(quota(14 * MSS, 19 * MSS, 0, false), MSS);
	recovery.prr_out_bytes = 1;
	assert_u64(quota(14 * MSS, 19 * MSS, 0, false), 0);
}

static void below_ssthresh_it_fills_up_one_segment_faster_when_all_goes_well(void **state)
{
	(void)state;
	recovery.prr_flight_bytes = 20 * MSS;
	recovery.prr_delivered_bytes = 5 * MSS;
	recovery.prr_out_bytes = 5 * MSS;
	assert_u64(quota(14 * MSS, 8 * MSS, MSS, true), 2 * MSS);
	assert_u64(quota(14 * MSS, 8 * MSS, MSS, false), MSS);
	assert_u64(quota(14 * MSS, 13500, MSS, true), 500); // never beyond ssthresh
}

static void below_ssthresh_what_was_delivered_and_not_yet_sent_may_leave(void **state)
{
	(void)state;
	recovery.prr_flight_bytes = 20 * MSS;
	recovery.prr_delivered_bytes = 9 * MSS;
	recovery.prr_out_bytes = 5 * MSS;
	assert_u64(quota(14 * MSS, 8 * MSS, MSS, false), 4 * MSS);
}

// --- false alarms ------------------------------------------------------------------------------

// An episode about 1000..9000 in which `segments` were sent again at our time 500.
static void episode(enum tcp_recovery_phase phase, uint32_t segments)
{
	recovery.phase = (uint8_t)phase;
	recovery.until = tcp_seq_of(9000);
	tcp_recovery_undo_begin(&recovery, 20 * MSS, UINT32_MAX, tcp_seq_of(1000));
	for (uint32_t i = 0; i < segments; i++)
		tcp_recovery_note_sent(&recovery, MSS, 1, true, 500 + i, 1);
}

static void an_echo_from_before_the_retransmission_shows_that_the_original_arrived(void **state)
{
	struct tcp_ack_report report = {.acked_bytes = MSS, .has_timestamp_echo = true};

	(void)state;
	episode(TCP_RECOVERY_FAST, 2);
	report.timestamp_echo = 500;
	assert_int_equal(tcp_recovery_undo_decide(&recovery, &report), TCP_UNDO_NONE);
	report.timestamp_echo = 499;
	assert_int_equal(tcp_recovery_undo_decide(&recovery, &report), TCP_UNDO_EIFEL);
	report.acked_bytes = 0; // duplicates say nothing
	assert_int_equal(tcp_recovery_undo_decide(&recovery, &report), TCP_UNDO_NONE);
}

static void before_anything_was_sent_again_nothing_can_be_false(void **state)
{
	struct tcp_ack_report report = {.acked_bytes = MSS,
					.has_timestamp_echo = true,
					.timestamp_echo = 1,
					.has_dsack = true};

	(void)state;
	episode(TCP_RECOVERY_FAST, 0);
	assert_int_equal(tcp_recovery_undo_decide(&recovery, &report), TCP_UNDO_NONE);
}

static enum tcp_undo dsack(uint32_t from, uint32_t to)
{
	struct tcp_ack_report report = {.has_dsack = true};

	report.dsack_begin = tcp_seq_of(from);
	report.dsack_end = tcp_seq_of(to);
	tcp_recovery_undo_note_dsack(&recovery, &report, MSS);
	return tcp_recovery_undo_decide(&recovery, &report);
}

static void only_when_every_retransmission_arrived_twice_was_it_false(void **state)
{
	(void)state;
	episode(TCP_RECOVERY_FAST, 3);
	assert_int_equal(dsack(1000, 2000), TCP_UNDO_NONE);
	assert_int_equal(dsack(100, 1000), TCP_UNDO_NONE);   // from before the episode
	assert_int_equal(dsack(9000, 10000), TCP_UNDO_NONE); // from after it
	assert_int_equal(dsack(2000, 4000), TCP_UNDO_DSACK); // two segments in one
}

static void a_dsack_after_the_episode_still_counts(void **state)
{
	(void)state;
	episode(TCP_RECOVERY_FAST, 1);
	recovery.phase = TCP_RECOVERY_OPEN;
	assert_int_equal(dsack(1000, 2000), TCP_UNDO_DSACK);
}

static void after_the_timer_an_original_delivered_in_the_second_ack_shows_it_was_early(void **state)
{
	struct tcp_ack_report report = {.acked_bytes = MSS, .acked_original = true};

	(void)state;
	episode(TCP_RECOVERY_RTO, 1);
	recovery.frto = TCP_FRTO_WAIT_FIRST;
	assert_int_equal(tcp_recovery_undo_decide(&recovery, &report), TCP_UNDO_NONE);
	recovery.frto = TCP_FRTO_WAIT_SECOND;
	assert_int_equal(tcp_recovery_undo_decide(&recovery, &report), TCP_UNDO_FRTO);
	report.acked_original = false;
	assert_int_equal(tcp_recovery_undo_decide(&recovery, &report), TCP_UNDO_NONE);
}

static void what_is_sent_outside_an_episode_is_not_its_business(void **state)
{
	(void)state;
	tcp_recovery_note_sent(&recovery, MSS, 1, true, 5, 1);
	assert_false(recovery.has_resent);
	assert_u64(recovery.prr_out_bytes, 0);
}

static void stalls_are_counted_until_there_is_progress(void **state)
{
	(void)state;
	tcp_recovery_note_stall(&recovery, 77);
	tcp_recovery_note_stall(&recovery, 99);
	assert_u64(recovery.rto_count, 2);
	assert_u64(recovery.stalled_since_at, 77);
	tcp_recovery_note_progress(&recovery);
	assert_u64(recovery.rto_count, 0);
	assert_u64(recovery.stalled_since_at, 0);
}

#define CASE(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(above_ssthresh_it_sends_in_proportion),
		CASE(a_whole_round_brings_the_flight_exactly_to_ssthresh),
		CASE(the_first_answer_is_always_the_retransmission),
		CASE(below_ssthresh_it_fills_up_one_segment_faster_when_all_goes_well),
		CASE(below_ssthresh_what_was_delivered_and_not_yet_sent_may_leave),
		CASE(an_echo_from_before_the_retransmission_shows_that_the_original_arrived),
		CASE(before_anything_was_sent_again_nothing_can_be_false),
		CASE(only_when_every_retransmission_arrived_twice_was_it_false),
		CASE(a_dsack_after_the_episode_still_counts),
		CASE(after_the_timer_an_original_delivered_in_the_second_ack_shows_it_was_early),
		CASE(what_is_sent_outside_an_episode_is_not_its_business),
		CASE(stalls_are_counted_until_there_is_progress),
	};

	return cmocka_run_group_tests_name("tcp_recovery", tests, NULL, NULL);
}
