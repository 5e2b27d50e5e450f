// SPDX-License-Identifier: MIT
//
// CUBIC by the numbers of RFC 9438, and HyStart++ by those of RFC 9406.
#include "../../../lib/base/time_units.h"
#include "../../../lib/tcp/congestion/tcp_congestion.h"
#include "../../../lib/tcp/sender/tcp_ack_report.h"
#include "../../../lib/tcp/sender/tcp_rtt.h"
#include "../../support/unit.h"

#define MSS 1000u
#define MS(n) ((n)*NS_PER_MS)

static struct tcp_congestion congestion;
static struct tcp_rtt rtt;

static int begin(void **state)
{
	(void)state;
	tcp_congestion_init(&congestion, &tcp_congestion_cubic, MSS);
	tcp_rtt_init(&rtt);
	return 0;
}

static void ack_at(uint32_t bytes, uint64_t now)
{
	struct tcp_ack_report report = {.acked_bytes = bytes, .delivered_bytes = bytes};

	congestion.ops->on_ack(&congestion, &report, &rtt, now);
}

// Loss at this window, and recovery is over at once.
static void lose_at(uint32_t cwnd_bytes, uint64_t now)
{
	tcp_congestion_set_cwnd(&congestion, cwnd_bytes);
	congestion.ops->on_loss_episode(&congestion, cwnd_bytes, now);
	tcp_congestion_set_cwnd(&congestion, congestion.ssthresh_bytes);
}

static void a_loss_leaves_seven_tenths(void **state)
{
	(void)state;
	lose_at(100000, MS(1000));
	assert_u64(congestion.ssthresh_bytes, 70000);
	assert_u64(congestion.cubic.w_max_bytes, 100000);
}

static void ssthresh_never_falls_below_two_segments(void **state)
{
	(void)state;
	lose_at(MSS, MS(1000));
	assert_u64(congestion.ssthresh_bytes, 2 * MSS);
}

static void k_is_the_cube_root_of_the_distance_over_c(void **state)
{
	(void)state;
	lose_at(100000, MS(1000));
	ack_at(1, MS(1000));
	assert_u64(congestion.cubic.k_ms, 4217); // cbrt(30 / 0.4) = 4.2172 s
}

static void after_k_the_window_is_back_where_loss_struck(void **state)
{
	(void)state;
	lose_at(100000, MS(1000));
	ack_at(1, MS(1000));
	ack_at(congestion.cwnd_bytes, MS(1000 + 4217)); // a whole window acked: all the way
	assert_u64(congestion.cwnd_bytes, 100000);
}

static void two_seconds_later_it_has_grown_by_c_times_eight(void **state)
{
	(void)state;
	lose_at(100000, MS(1000));
	ack_at(1, MS(1000));
	ack_at(congestion.cwnd_bytes, MS(1000 + 4217));
	ack_at(congestion.cwnd_bytes, MS(1000 + 4217 + 2000));
	assert_u64(congestion.cwnd_bytes, 103200); // 0.4 * 2^3 segments
}

static void the_aim_is_where_the_curve_will_be_in_one_round_trip(void **state)
{
	(void)state;
	rtt.srtt_ns = MS(2000);
	lose_at(100000, MS(1000));
	ack_at(1, MS(1000));
	ack_at(congestion.cwnd_bytes, MS(1000 + 4217));
	assert_u64(congestion.cwnd_bytes, 103200);
}

static void no_step_takes_it_beyond_half_as_much_again(void **state)
{
	(void)state;
	lose_at(100000, MS(1000));
	ack_at(1, MS(1000));
	ack_at(congestion.cwnd_bytes, MS(60 * 1000));
	assert_u64(congestion.cwnd_bytes, 105000);
}

static void an_acked_part_of_the_window_goes_that_part_of_the_way(void **state)
{
	(void)state;
	lose_at(100000, MS(1000));
	ack_at(1, MS(1000));
	tcp_congestion_set_cwnd(&congestion, 80000);
	ack_at(20000, MS(1000 + 4217)); // a quarter of 80,000: a quarter of the way to 100,000
	assert_u64(congestion.cwnd_bytes, 85000);
}

static void a_second_loss_below_the_last_makes_room_for_others(void **state)
{
	(void)state;
	lose_at(100000, MS(1000));
	lose_at(80000, MS(2000));
	assert_u64(congestion.cubic.w_max_bytes, 68000); // 80,000 * (1 + 0.7) / 2
	assert_u64(congestion.ssthresh_bytes, 56000);
}

static void with_short_round_trips_it_is_no_slower_than_reno(void **state)
{
	(void)state;
	rtt.srtt_ns = MS(1);
	lose_at(10000, MS(1000));
	for (uint64_t i = 0; i < 5; i++)
		ack_at(congestion.cwnd_bytes, MS(1000 + i));
	// 9/17 of a segment in each round trip: 5 * 529.4 bytes.
	assert_in_range(congestion.cwnd_bytes, 9640, 9650);
	for (uint64_t i = 5; i < 9; i++)
		ack_at(congestion.cwnd_bytes, MS(1000 + i));
	// 10,000 reached by the sixth; from then on a whole segment.
	assert_in_range(congestion.cwnd_bytes, 13150, 13180);
}

static void after_a_timeout_the_curve_begins_at_the_window_itself(void **state)
{
	(void)state;
	tcp_congestion_set_cwnd(&congestion, 100000);
	congestion.ops->on_rto(&congestion, 100000, MS(1000));
	assert_u64(congestion.ssthresh_bytes, 70000);
	tcp_congestion_set_cwnd(&congestion, 70000);
	ack_at(1, MS(2000));
	assert_u64(congestion.cubic.k_ms, 0);
	assert_u64(congestion.cubic.w_max_bytes, 70000);
}

static void a_false_alarm_leaves_no_trace_on_the_curve(void **state)
{
	struct tcp_cubic before;

	(void)state;
	lose_at(100000, MS(1000));
	ack_at(1, MS(1000));
	before = congestion.cubic;
	lose_at(50000, MS(3000));
	congestion.ops->on_undo(&congestion);
	assert_u64(congestion.cubic.w_max_bytes, before.w_max_bytes);
	assert_u64(congestion.cubic.k_ms, before.k_ms);
	assert_u64(congestion.cubic.epoch_at, before.epoch_at);
	assert_u64(congestion.cubic.w_est_q10, before.w_est_q10);
}

static void the_curve_stands_still_while_nothing_is_sent(void **state)
{
	(void)state;
	lose_at(100000, MS(1000));
	ack_at(1, MS(1000));
	congestion.ops->on_idle(&congestion, MS(5000));
	ack_at(congestion.cwnd_bytes, MS(1000 + 5000 + 4217));
	assert_u64(congestion.cwnd_bytes, 100000);
}

// --- slow start --------------------------------------------------------------------------------

static uint32_t acked;

// One round of ten segments, each ACK with this round trip.
static void slow_start_round(uint64_t rtt_ns)
{
	uint32_t round_end = acked + 10 * MSS;

	while (acked != round_end) {
		struct tcp_ack_report report = {.acked_bytes = MSS, .delivered_bytes = MSS};

		acked += MSS;
		report.ack = tcp_seq_of(acked);
		report.nxt = tcp_seq_of(acked + 10 * MSS);
		report.rtt_ns = rtt_ns;
		congestion.ops->on_ack(&congestion, &report, &rtt, MS(1000));
	}
}

static int begin_slow_start(void **state)
{
	begin(state);
	acked = 0;
	return 0;
}

static void with_steady_round_trips_every_acked_byte_counts(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		slow_start_round(MS(50));
	assert_u64(congestion.cwnd_bytes, 10 * MSS + 50 * MSS);
	assert_u64(congestion.ssthresh_bytes, UINT32_MAX);
}

static void longer_round_trips_slow_it_to_a_quarter_and_end_it_after_five_rounds(void **state)
{
	uint32_t before;

	(void)state;
	slow_start_round(MS(50));
	slow_start_round(MS(50));
	slow_start_round(MS(60)); // more than 50 + 50/8
	before = congestion.cwnd_bytes;
	slow_start_round(MS(60));
	assert_u64(congestion.cwnd_bytes - before, 10 * MSS / 4);
	assert_u64(congestion.ssthresh_bytes, UINT32_MAX);
	for (int i = 0; i < 5; i++)
		slow_start_round(MS(60));
	assert_true(congestion.ssthresh_bytes != UINT32_MAX);
	assert_false(tcp_congestion_in_slow_start(&congestion));
}

static void a_jump_that_goes_away_was_jitter(void **state)
{
	uint32_t before;

	(void)state;
	slow_start_round(MS(50));
	slow_start_round(MS(50));
	slow_start_round(MS(60));
	slow_start_round(MS(50));
	before = congestion.cwnd_bytes;
	slow_start_round(MS(50));
	assert_u64(congestion.cwnd_bytes - before, 10 * MSS);
}

#define CASE(test) cmocka_unit_test_setup(test, begin)
#define SLOW_START(test) cmocka_unit_test_setup(test, begin_slow_start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_loss_leaves_seven_tenths),
		CASE(ssthresh_never_falls_below_two_segments),
		CASE(k_is_the_cube_root_of_the_distance_over_c),
		CASE(after_k_the_window_is_back_where_loss_struck),
		CASE(two_seconds_later_it_has_grown_by_c_times_eight),
		CASE(the_aim_is_where_the_curve_will_be_in_one_round_trip),
		CASE(no_step_takes_it_beyond_half_as_much_again),
		CASE(an_acked_part_of_the_window_goes_that_part_of_the_way),
		CASE(a_second_loss_below_the_last_makes_room_for_others),
		CASE(with_short_round_trips_it_is_no_slower_than_reno),
		CASE(after_a_timeout_the_curve_begins_at_the_window_itself),
		CASE(a_false_alarm_leaves_no_trace_on_the_curve),
		CASE(the_curve_stands_still_while_nothing_is_sent),
		SLOW_START(with_steady_round_trips_every_acked_byte_counts),
		SLOW_START(longer_round_trips_slow_it_to_a_quarter_and_end_it_after_five_rounds),
		SLOW_START(a_jump_that_goes_away_was_jitter),
	};

	return cmocka_run_group_tests_name("tcp_congestion_cubic", tests, NULL, NULL);
}
