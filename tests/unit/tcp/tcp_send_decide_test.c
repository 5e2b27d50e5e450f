// SPDX-License-Identifier: MIT
//
// Must a segment that is not full wait? Every rule of it, and which one wins.
#include "../../../lib/tcp/sender/tcp_send_decide.h"
#include "../../support/unit.h"

static struct tcp_hold_view view;

// 300 bytes to send, a wide window, one small segment in flight.
static int begin(void **state)
{
	(void)state;
	view = (struct tcp_hold_view){.usable_bytes = 20000,
				      .unsent_bytes = 300,
				      .mss_bytes = 1000,
				      .window_max_bytes = 20000,
				      .small_in_flight = true};
	return 0;
}

static enum tcp_hold decide(void)
{
	return tcp_send_hold_decide(&view);
}

static void a_full_segment_never_waits(void **state)
{
	(void)state;
	view.unsent_bytes = 1000;
	view.cork = view.more = true;
	assert_int_equal(decide(), TCP_HOLD_NO);
}

static void nagle_holds_a_small_one_behind_a_small_one(void **state)
{
	(void)state;
	assert_int_equal(decide(), TCP_HOLD_NAGLE);
	view.unsent_bytes = 999;
	assert_int_equal(decide(), TCP_HOLD_NAGLE);
}

static void behind_full_segments_only_it_goes(void **state)
{
	(void)state;
	view.small_in_flight = false;
	assert_int_equal(decide(), TCP_HOLD_NO);
}

static void with_nothing_in_flight_it_goes(void **state)
{
	(void)state;
	view.nothing_in_flight = true;
	assert_int_equal(decide(), TCP_HOLD_NO);
}

static void nodelay_lets_it_go(void **state)
{
	(void)state;
	view.nodelay = true;
	assert_int_equal(decide(), TCP_HOLD_NO);
}

static void cork_and_more_hold_it_even_with_nothing_in_flight(void **state)
{
	(void)state;
	view.nothing_in_flight = view.nodelay = true;
	view.cork = true;
	assert_int_equal(decide(), TCP_HOLD_CORK);
	view.cork = false;
	view.more = true;
	assert_int_equal(decide(), TCP_HOLD_CORK);
}

static void the_end_of_the_stream_goes_whatever_they_say(void **state)
{
	(void)state;
	view.cork = view.more = view.fin = true;
	assert_int_equal(decide(), TCP_HOLD_NO);
}

static void when_the_timer_says_so_everything_goes(void **state)
{
	(void)state;
	view.cork = view.override_hold = true;
	assert_int_equal(decide(), TCP_HOLD_NO);
	view.usable_bytes = 10;
	assert_int_equal(decide(), TCP_HOLD_NO);
}

static void a_window_that_cuts_the_segment_short_is_silly(void **state)
{
	(void)state;
	view.unsent_bytes = 5000;
	view.nodelay = view.nothing_in_flight = true;
	view.usable_bytes = 999;
	assert_int_equal(decide(), TCP_HOLD_SILLY);
	view.usable_bytes = 0;
	assert_int_equal(decide(), TCP_HOLD_SILLY);
}

static void half_of_the_largest_window_is_worth_it(void **state)
{
	(void)state;
	view.unsent_bytes = 5000;
	view.window_max_bytes = 600;
	view.usable_bytes = 299;
	assert_int_equal(decide(), TCP_HOLD_SILLY);
	view.usable_bytes = 300;
	assert_int_equal(decide(), TCP_HOLD_NO);
}

#define CASE(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_full_segment_never_waits),
		CASE(nagle_holds_a_small_one_behind_a_small_one),
		CASE(behind_full_segments_only_it_goes),
		CASE(with_nothing_in_flight_it_goes),
		CASE(nodelay_lets_it_go),
		CASE(cork_and_more_hold_it_even_with_nothing_in_flight),
		CASE(the_end_of_the_stream_goes_whatever_they_say),
		CASE(when_the_timer_says_so_everything_goes),
		CASE(a_window_that_cuts_the_segment_short_is_silly),
		CASE(half_of_the_largest_window_is_worth_it),
	};

	return cmocka_run_group_tests_name("tcp_send_decide", tests, NULL, NULL);
}
