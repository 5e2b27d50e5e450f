// SPDX-License-Identifier: MIT
//
// Round trip and timeout by RFC 6298's own arithmetic.
#include "../../../lib/base/time_units.h"
#include "../../../lib/tcp/sender/tcp_ack_report.h"
#include "../../../lib/tcp/sender/tcp_rtt.h"
#include "../../support/unit.h"

#define MS(n) ((n)*NS_PER_MS)

static struct tcp_rtt rtt;

static int begin(void **state)
{
	(void)state;
	tcp_rtt_init(&rtt);
	return 0;
}

static void before_any_sample_the_timeout_is_one_second(void **state)
{
	(void)state;
	assert_u64(tcp_rtt_rto_ns(&rtt), NS_PER_S);
	assert_u64(tcp_rtt_min_ns(&rtt), NEVER);
}

static void the_first_sample_sets_srtt_and_half_of_it_as_variance(void **state)
{
	(void)state;
	tcp_rtt_on_sample(&rtt, MS(100), 1, 0);
	assert_u64(rtt.srtt_ns, MS(100));
	assert_u64(rtt.rttvar_ns, MS(50));
	assert_u64(tcp_rtt_rto_ns(&rtt), MS(300));
}

static void later_samples_move_by_an_eighth_and_a_quarter(void **state)
{
	(void)state;
	tcp_rtt_on_sample(&rtt, MS(100), 1, 0);
	tcp_rtt_on_sample(&rtt, MS(200), 1, 0);
	assert_u64(rtt.rttvar_ns, 62500000);
	assert_u64(rtt.srtt_ns, 112500000);
	assert_u64(tcp_rtt_rto_ns(&rtt), 362500000);
	tcp_rtt_on_sample(&rtt, MS(50), 1, 0);
	assert_u64(rtt.rttvar_ns, 62500000); // |112.5 - 50| is what it was
	assert_u64(rtt.srtt_ns, 104687500);
}

static void many_samples_in_a_round_trip_count_for_one(void **state)
{
	(void)state;
	tcp_rtt_on_sample(&rtt, MS(100), 1, 0);
	tcp_rtt_on_sample(&rtt, MS(164), 8, 0);
	assert_u64(rtt.srtt_ns, MS(101));    // 64 / (8 * 8)
	assert_u64(rtt.rttvar_ns, 50437500); // 14 / (4 * 8)
}

static void the_variance_term_has_a_floor_of_200_ms(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++)
		tcp_rtt_on_sample(&rtt, MS(10), 1, 0);
	assert_u64(tcp_rtt_rto_ns(&rtt), MS(210));
}

static void the_timeout_never_exceeds_two_minutes(void **state)
{
	(void)state;
	tcp_rtt_on_sample(&rtt, 100 * NS_PER_S, 1, 0);
	assert_u64(tcp_rtt_rto_ns(&rtt), 120 * NS_PER_S);
}

static void each_backing_off_doubles_until_a_sample_ends_it(void **state)
{
	(void)state;
	tcp_rtt_on_sample(&rtt, MS(100), 1, 0);
	tcp_rtt_back_off(&rtt);
	assert_u64(tcp_rtt_rto_ns(&rtt), MS(600));
	tcp_rtt_back_off(&rtt);
	assert_u64(tcp_rtt_rto_ns(&rtt), MS(1200));
	for (int i = 0; i < 40; i++)
		tcp_rtt_back_off(&rtt);
	assert_u64(tcp_rtt_rto_ns(&rtt), 120 * NS_PER_S);
	tcp_rtt_on_sample(&rtt, MS(100), 1, 0);
	assert_u64(tcp_rtt_rto_ns(&rtt), MS(250) + MS(50)); // srtt 100, rttvar 37.5: the floor
}

static void after_a_repeated_syn_without_a_sample_data_waits_three_seconds(void **state)
{
	(void)state;
	tcp_rtt_back_off(&rtt);
	tcp_rtt_distrust_handshake(&rtt);
	assert_u64(tcp_rtt_rto_ns(&rtt), 3 * NS_PER_S);
	tcp_rtt_on_sample(&rtt, MS(100), 1, 0);
	tcp_rtt_distrust_handshake(&rtt);
	assert_u64(tcp_rtt_rto_ns(&rtt), MS(300));
}

static void deliver(uint64_t sent_at, bool again, uint64_t now)
{
	struct tcp_ack_report report = {.newest_sent_at = sent_at,
					.newest_was_retransmitted = again};

	tcp_rtt_on_ack(&rtt, &report, 1, now);
}

static void the_minimum_forgets_what_is_older_than_its_window(void **state)
{
	(void)state;
	deliver(NS_PER_S, false, NS_PER_S + MS(5));
	deliver(NS_PER_S, false, NS_PER_S + MS(9));
	assert_u64(tcp_rtt_min_ns(&rtt), MS(5));
	deliver(200 * NS_PER_S, false, 200 * NS_PER_S + MS(8));
	assert_u64(tcp_rtt_min_ns(&rtt), MS(5)); // the half window before counts too
	deliver(400 * NS_PER_S, false, 400 * NS_PER_S + MS(7));
	assert_u64(tcp_rtt_min_ns(&rtt), MS(7));
	deliver(600 * NS_PER_S, false, 600 * NS_PER_S + MS(9));
	deliver(800 * NS_PER_S, false, 800 * NS_PER_S + MS(9));
	assert_u64(tcp_rtt_min_ns(&rtt), MS(9));
}

static void what_was_sent_twice_says_nothing_about_the_minimum(void **state)
{
	(void)state;
	deliver(NS_PER_S, true, NS_PER_S + MS(1));
	assert_u64(tcp_rtt_min_ns(&rtt), NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(before_any_sample_the_timeout_is_one_second, begin),
		cmocka_unit_test_setup(the_first_sample_sets_srtt_and_half_of_it_as_variance,
				       begin),
		cmocka_unit_test_setup(later_samples_move_by_an_eighth_and_a_quarter, begin),
		cmocka_unit_test_setup(many_samples_in_a_round_trip_count_for_one, begin),
		cmocka_unit_test_setup(the_variance_term_has_a_floor_of_200_ms, begin),
		cmocka_unit_test_setup(the_timeout_never_exceeds_two_minutes, begin),
		cmocka_unit_test_setup(each_backing_off_doubles_until_a_sample_ends_it, begin),
		cmocka_unit_test_setup(
			after_a_repeated_syn_without_a_sample_data_waits_three_seconds, begin),
		cmocka_unit_test_setup(the_minimum_forgets_what_is_older_than_its_window, begin),
		cmocka_unit_test_setup(what_was_sent_twice_says_nothing_about_the_minimum, begin),
	};

	return cmocka_run_group_tests_name("tcp_rtt", tests, NULL, NULL);
}
