// SPDX-License-Identifier: MIT
//
// Reno, and what all algorithms share: initial window, slow start, validation of the window,
// restart.
#include "../../../lib/base/time_units.h"
#include "../../../lib/tcp/congestion/tcp_congestion.h"
#include "../../../lib/tcp/sender/tcp_ack_report.h"
#include "../../../lib/tcp/sender/tcp_rtt.h"
#include "../../support/unit.h"

#define MSS 1000u

static struct tcp_congestion congestion;
static struct tcp_rtt rtt;

static int begin(void **state)
{
	(void)state;
	tcp_congestion_init(&congestion, &tcp_congestion_reno, MSS);
	tcp_rtt_init(&rtt);
	return 0;
}

static void ack(uint32_t bytes)
{
	struct tcp_ack_report report = {.acked_bytes = bytes, .delivered_bytes = bytes};

	congestion.ops->on_ack(&congestion, &report, &rtt, NS_PER_S);
}

static void the_initial_window_is_ten_segments_or_what_rfc_6928_says(void **state)
{
	(void)state;
	assert_u64(tcp_congestion_initial_window(536), 5360);
	assert_u64(tcp_congestion_initial_window(1460), 14600);
	assert_u64(tcp_congestion_initial_window(4000), 14600);
	assert_u64(tcp_congestion_initial_window(8960), 17920);
}

static void in_slow_start_every_acked_byte_is_one_more(void **state)
{
	(void)state;
	ack(2 * MSS);
	assert_u64(congestion.cwnd_bytes, 12 * MSS);
	ack(12 * MSS);
	assert_u64(congestion.cwnd_bytes, 24 * MSS);
}

static void beyond_ssthresh_a_whole_window_is_one_segment(void **state)
{
	(void)state;
	congestion.ssthresh_bytes = 10 * MSS;
	for (int i = 0; i < 9; i++)
		ack(MSS);
	assert_u64(congestion.cwnd_bytes, 10 * MSS);
	ack(MSS);
	assert_u64(congestion.cwnd_bytes, 11 * MSS);
	for (int i = 0; i < 11; i++)
		ack(MSS);
	assert_u64(congestion.cwnd_bytes, 12 * MSS);
}

static void slow_start_stops_exactly_at_ssthresh(void **state)
{
	(void)state;
	congestion.ssthresh_bytes = 11 * MSS;
	ack(3 * MSS);
	assert_u64(congestion.cwnd_bytes, 11 * MSS);
	ack(9 * MSS); // with the 2 left over: a window
	assert_u64(congestion.cwnd_bytes, 12 * MSS);
}

static void a_loss_halves_the_flight_but_not_what_was_sent_above_the_window(void **state)
{
	(void)state;
	tcp_congestion_set_cwnd(&congestion, 20 * MSS);
	congestion.ops->on_loss_episode(&congestion, 12 * MSS, NS_PER_S);
	assert_u64(congestion.ssthresh_bytes, 6 * MSS);
	congestion.ops->on_loss_episode(&congestion, 22 * MSS, NS_PER_S);
	assert_u64(congestion.ssthresh_bytes, 10 * MSS);
	congestion.ops->on_rto(&congestion, MSS, NS_PER_S);
	assert_u64(congestion.ssthresh_bytes, 2 * MSS);
}

static void the_window_never_falls_below_a_segment(void **state)
{
	(void)state;
	tcp_congestion_set_cwnd(&congestion, 0);
	assert_u64(congestion.cwnd_bytes, MSS);
}

static void note(uint32_t in_flight, uint32_t una, uint32_t nxt, bool limited)
{
	tcp_congestion_note_flight(&congestion, in_flight, tcp_seq_of(una), tcp_seq_of(nxt),
				   limited);
}

static void a_window_that_was_not_used_does_not_grow(void **state)
{
	(void)state;
	note(MSS, 0, MSS, false);
	assert_false(tcp_congestion_may_grow(&congestion));
	note(5 * MSS, 0, 5 * MSS, false);
	assert_false(tcp_congestion_may_grow(&congestion)); // half of it is not more than half
	note(6 * MSS, 0, 6 * MSS, false);
	assert_true(tcp_congestion_may_grow(&congestion)); // slow start: twice what was used
	congestion.ssthresh_bytes = MSS;
	assert_false(tcp_congestion_may_grow(&congestion)); // avoidance: only when it held back
	note(6 * MSS, 0, 7 * MSS, true);
	assert_true(tcp_congestion_may_grow(&congestion));
	note(MSS, 3 * MSS, 8 * MSS, false); // still the same round trip
	assert_true(tcp_congestion_may_grow(&congestion));
	note(MSS, 7 * MSS, 8 * MSS, false);
	assert_false(tcp_congestion_may_grow(&congestion));
}

static void a_pause_halves_the_window_for_each_timeout_down_to_the_initial_one(void **state)
{
	(void)state;
	tcp_congestion_set_cwnd(&congestion, 80 * MSS);
	tcp_congestion_after_idle(&congestion, 2 * NS_PER_S, NS_PER_S);
	assert_u64(congestion.cwnd_bytes, 20 * MSS);
	assert_u64(congestion.ssthresh_bytes, UINT32_MAX);
	congestion.ssthresh_bytes = 5 * MSS;
	tcp_congestion_after_idle(&congestion, 60 * NS_PER_S, NS_PER_S);
	assert_u64(congestion.cwnd_bytes, 10 * MSS);
	assert_u64(congestion.ssthresh_bytes, 15 * MSS); // three quarters of what it was
}

static void algorithms_are_found_by_their_names(void **state)
{
	(void)state;
	assert_ptr_equal(tcp_congestion_find("reno", 4), &tcp_congestion_reno);
	assert_ptr_equal(tcp_congestion_find("cubic", 5), &tcp_congestion_cubic);
	assert_null(tcp_congestion_find("cub", 3));
	assert_null(tcp_congestion_find("bbr", 3));
}

static void a_switch_keeps_the_window(void **state)
{
	(void)state;
	tcp_congestion_set_cwnd(&congestion, 33 * MSS);
	congestion.ssthresh_bytes = 20 * MSS;
	tcp_congestion_switch(&congestion, &tcp_congestion_cubic);
	assert_u64(congestion.cwnd_bytes, 33 * MSS);
	assert_u64(congestion.ssthresh_bytes, 20 * MSS);
	assert_u64(congestion.cubic.epoch_at, NEVER);
}

#define CASE(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_initial_window_is_ten_segments_or_what_rfc_6928_says),
		CASE(in_slow_start_every_acked_byte_is_one_more),
		CASE(beyond_ssthresh_a_whole_window_is_one_segment),
		CASE(slow_start_stops_exactly_at_ssthresh),
		CASE(a_loss_halves_the_flight_but_not_what_was_sent_above_the_window),
		CASE(the_window_never_falls_below_a_segment),
		CASE(a_window_that_was_not_used_does_not_grow),
		CASE(a_pause_halves_the_window_for_each_timeout_down_to_the_initial_one),
		CASE(algorithms_are_found_by_their_names),
		CASE(a_switch_keeps_the_window),
	};

	return cmocka_run_group_tests_name("tcp_congestion_reno", tests, NULL, NULL);
}
