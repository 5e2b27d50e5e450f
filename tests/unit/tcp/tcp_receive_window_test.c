// SPDX-License-Identifier: MIT
//
// The window we offer: never back, never by little, growing with its reader.
#include "../../../lib/base/time_units.h"
#include "../../../lib/tcp/receiver/tcp_receive_window.h"
#include "../../support/unit.h"

#define MSS 1000u
#define MS(n) ((n)*NS_PER_MS)

static struct tcp_receive_space rcv;

static void begin_with(uint32_t buffer_bytes, uint32_t max_bytes, uint8_t scale)
{
	tcp_receive_window_init(&rcv, tcp_seq_of(0xfffffffe), buffer_bytes, max_bytes, UINT32_MAX,
				scale);
}

static int begin(void **state)
{
	(void)state;
	begin_with(10000, 10000, 0);
	return 0;
}

static uint32_t decide(uint32_t unread)
{
	return tcp_receive_window_decide(&rcv, unread, MSS);
}

static void the_first_window_is_the_buffer_but_no_more_than_its_field_holds(void **state)
{
	(void)state;
	assert_u64(rcv.nxt.raw, 0xffffffff);
	assert_u64(tcp_receive_window_offered(&rcv), 10000);
	begin_with(100000, 100000, 2);
	assert_u64(tcp_receive_window_offered(&rcv), 65535);
	assert_u64(decide(0), 100000);
}

static void unread_bytes_take_from_it_without_moving_the_edge(void **state)
{
	tcp_seq edge = rcv.edge;

	(void)state;
	tcp_receive_window_advance(&rcv, 4000);
	assert_u64(decide(4000), 6000);
	tcp_receive_window_offer(&rcv, 6000);
	assert_true(tcp_seq_equal(rcv.edge, edge));
}

static void reading_little_does_not_move_it(void **state)
{
	(void)state;
	tcp_receive_window_advance(&rcv, 4000);
	assert_u64(decide(3001), 6000); // 999 more would be silly
	assert_u64(decide(3000), 7000);
}

static void half_of_a_small_buffer_is_enough_to_move_it(void **state)
{
	(void)state;
	begin_with(1200, 1200, 0);
	tcp_receive_window_advance(&rcv, 1200);
	assert_u64(decide(601), 0);
	assert_u64(decide(600), 600);
}

static void a_smaller_buffer_takes_nothing_back(void **state)
{
	(void)state;
	tcp_receive_window_limit(&rcv, 2000, 2000, UINT32_MAX);
	assert_u64(decide(0), 10000);
	tcp_receive_window_advance(&rcv, 9000);
	assert_u64(decide(0), 2000);
}

static void with_a_scale_the_promise_is_rounded_up_never_down(void **state)
{
	(void)state;
	begin_with(60000, 60000, 7);
	tcp_receive_window_advance(&rcv, 1);
	assert_u64(decide(1) % 128, 0);
	assert_in_range(decide(1), 59999, 59999 + 127);
}

static void the_clamp_limits_it(void **state)
{
	(void)state;
	tcp_receive_window_init(&rcv, tcp_seq_of(1), 10000, 10000, 3000, 0);
	assert_u64(tcp_receive_window_offered(&rcv), 3000);
	tcp_receive_window_advance(&rcv, 2000);
	assert_u64(decide(0), 3000);
}

static void an_update_is_due_when_the_window_had_become_small_and_opens_well(void **state)
{
	(void)state;
	tcp_receive_window_advance(&rcv, 4000);
	assert_false(tcp_receive_window_update_is_due(&rcv, 0, MSS)); // 6,000 are still open
	tcp_receive_window_advance(&rcv, 6000);
	assert_false(tcp_receive_window_update_is_due(&rcv, 10000, MSS));
	assert_false(tcp_receive_window_update_is_due(&rcv, 8001, MSS));
	assert_true(tcp_receive_window_update_is_due(&rcv, 8000, MSS)); // two segments
}

static void a_fin_behind_a_full_window_moves_the_edge_with_it(void **state)
{
	(void)state;
	tcp_receive_window_advance(&rcv, 10001);
	assert_u64(tcp_receive_window_offered(&rcv), 0);
}

// --- growth ------------------------------------------------------------------------------------

static void consume(uint32_t bytes, uint64_t now)
{
	tcp_receive_window_on_consumed(&rcv, bytes, MS(10), MSS, now);
}

static void a_fast_reader_gets_more_than_twice_what_it_read_in_a_round_trip(void **state)
{
	(void)state;
	begin_with(20000, 1000000, 4);
	consume(20000, MS(1000));
	assert_u64(rcv.buffer_bytes, 20000);
	consume(10000, MS(1010));
	assert_u64(rcv.buffer_bytes, 2 * 30000 + 2 * 30000 + 16 * MSS);
	consume(60000, MS(1020));
	assert_u64(rcv.buffer_bytes, 2 * 60000 + 2 * 30000 + 16 * MSS);
}

static void a_slow_reader_keeps_its_buffer(void **state)
{
	(void)state;
	begin_with(60000, 1000000, 4);
	for (uint64_t i = 0; i < 50; i++)
		consume(5000, MS(1000 + 10 * i));
	assert_u64(rcv.buffer_bytes, 60000);
}

static void growth_ends_at_its_limit(void **state)
{
	(void)state;
	begin_with(20000, 50000, 4);
	consume(1, MS(1000));
	consume(500000, MS(1010));
	assert_u64(rcv.buffer_bytes, 50000);
}

static void without_timestamps_one_window_of_data_tells_the_round_trip(void **state)
{
	(void)state;
	tcp_receive_window_on_data(&rcv, 0, MS(1000));
	tcp_receive_window_advance(&rcv, 9999);
	tcp_receive_window_on_data(&rcv, 0, MS(1010));
	assert_u64(rcv.rtt_ns, 0);
	tcp_receive_window_advance(&rcv, 1);
	tcp_receive_window_on_data(&rcv, 0, MS(1030));
	assert_u64(rcv.rtt_ns, MS(30));
	tcp_receive_window_on_data(&rcv, MS(5), MS(1031));
	assert_u64(rcv.rtt_ns, MS(5));
}

#define CASE(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_first_window_is_the_buffer_but_no_more_than_its_field_holds),
		CASE(unread_bytes_take_from_it_without_moving_the_edge),
		CASE(reading_little_does_not_move_it),
		CASE(half_of_a_small_buffer_is_enough_to_move_it),
		CASE(a_smaller_buffer_takes_nothing_back),
		CASE(with_a_scale_the_promise_is_rounded_up_never_down),
		CASE(the_clamp_limits_it),
		CASE(an_update_is_due_when_the_window_had_become_small_and_opens_well),
		CASE(a_fin_behind_a_full_window_moves_the_edge_with_it),
		CASE(a_fast_reader_gets_more_than_twice_what_it_read_in_a_round_trip),
		CASE(a_slow_reader_keeps_its_buffer),
		CASE(growth_ends_at_its_limit),
		CASE(without_timestamps_one_window_of_data_tells_the_round_trip),
	};

	return cmocka_run_group_tests_name("tcp_receive_window", tests, NULL, NULL);
}
