// SPDX-License-Identifier: MIT
//
// One connection watched, segment by segment: numbers, windows, round trips, and each remark where
// it is due and only there.
#include "../../../lib/trace/trace_flow.h"
#include "../../support/unit.h"

#define MS UINT64_C(1000000)
#define CLIENT 0u
#define SERVER 1u
#define CLIENT_ISN 0xfffffff0u // wraps soon
#define SERVER_ISN 5000u

#define FIN TCP_FLAG_FIN
#define SYN TCP_FLAG_SYN
#define RST TCP_FLAG_RST
#define ACK TCP_FLAG_ACK

static struct trace_flow flow;
static struct berth_trace_line line;

static int fresh_flow(void **state)
{
	(void)state;
	memset(&flow, 0, sizeof(flow));
	return 0;
}

static enum trace_remark watch(unsigned from, struct tcp_header *header, uint32_t length,
			       uint64_t at_ns)
{
	memset(&line, 0, sizeof(line));
	line.payload_bytes = length;
	return trace_flow_watch(&flow, from, header, at_ns, &line);
}

// A segment with relative numbers and a window of 100.
static enum trace_remark pass_window(unsigned from, uint8_t flags, uint32_t seq, uint32_t ack,
				     uint32_t length, uint16_t window, uint64_t at_ns)
{
	struct tcp_header header = {.flags = flags, .window = window};

	header.sequence.raw = seq + (from == CLIENT ? CLIENT_ISN : SERVER_ISN);
	if (flags & ACK)
		header.acknowledgment.raw = ack + (from == CLIENT ? SERVER_ISN : CLIENT_ISN);
	return watch(from, &header, length, at_ns);
}

static enum trace_remark pass(unsigned from, uint8_t flags, uint32_t seq, uint32_t ack,
			      uint32_t length, uint64_t at_ns)
{
	return pass_window(from, flags, seq, ack, length, 100, at_ns);
}

static void check_nothing_remarked(void)
{
	assert_false(line.retransmission);
	assert_false(line.duplicate_ack);
	assert_false(line.out_of_order);
	assert_false(line.zero_window);
	assert_false(line.keepalive);
	assert_false(line.window_update);
}

static void shake_hands(void)
{
	assert_int_equal(pass(CLIENT, SYN, 0, 0, 0, 0), TRACE_REMARK_NONE);
	check_nothing_remarked();
	assert_u64(line.sequence, 0);
	pass(SERVER, SYN | ACK, 0, 1, 0, 10 * MS);
	check_nothing_remarked();
	assert_u64(line.acknowledgment, 1);
	assert_u64(line.round_trip_ns, 10 * MS);
	pass(CLIENT, ACK, 1, 1, 0, 11 * MS);
	check_nothing_remarked();
	assert_u64(line.sequence, 1);
	assert_u64(line.acknowledgment, 1);
	assert_u64(line.round_trip_ns, MS);
}

static void a_handshake_is_numbered_from_zero(void **state)
{
	(void)state;
	shake_hands();
}

static void data_is_acknowledged_after_its_round_trip(void **state)
{
	(void)state;
	shake_hands();
	pass(CLIENT, ACK, 1, 1, 100, 20 * MS); // its numbers wrap
	check_nothing_remarked();
	assert_u64(line.sequence, 1);
	pass(CLIENT, ACK, 101, 1, 100, 21 * MS);
	pass(SERVER, ACK, 1, 201, 0, 30 * MS);
	check_nothing_remarked();
	assert_u64(line.acknowledgment, 201);
	assert_u64(line.round_trip_ns, 9 * MS); // of the newest it covers
	pass(SERVER, ACK, 1, 201, 50, 31 * MS);
	check_nothing_remarked();
	assert_u64(line.round_trip_ns, 0);
	pass(CLIENT, ACK | FIN, 201, 51, 0, 33 * MS);
	check_nothing_remarked();
	assert_u64(line.round_trip_ns, 2 * MS);
	pass(SERVER, ACK, 51, 202, 0, 34 * MS);
	assert_u64(line.round_trip_ns, MS);
}

static void a_superframe_is_answered_in_pieces(void **state)
{
	(void)state;
	shake_hands();
	pass(CLIENT, ACK, 1, 1, 64000, 20 * MS);
	pass(SERVER, ACK, 1, 1449, 0, 23 * MS);
	assert_u64(line.round_trip_ns, 3 * MS);
	pass(SERVER, ACK, 1, 64001, 0, 24 * MS);
	assert_u64(line.round_trip_ns, 4 * MS);
}

static void what_passes_twice_was_sent_again(void **state)
{
	(void)state;
	shake_hands();
	pass(CLIENT, ACK, 1, 1, 100, 20 * MS);
	pass(CLIENT, ACK, 1, 1, 100, 320 * MS);
	assert_true(line.retransmission);
	assert_false(line.keepalive);
	pass(SERVER, ACK, 1, 101, 0, 330 * MS);
	assert_u64(line.round_trip_ns, 0);      // which of the two was it?
	pass(CLIENT, ACK, 1, 1, 200, 340 * MS); // old and new bytes
	assert_true(line.retransmission);
	pass(SERVER, ACK, 1, 201, 0, 345 * MS);
	assert_u64(line.round_trip_ns, 5 * MS); // of the new ones
}

static void a_syn_and_a_fin_sent_again_are_retransmissions_too(void **state)
{
	(void)state;
	pass(CLIENT, SYN, 0, 0, 0, 0);
	pass(CLIENT, SYN, 0, 0, 0, 1000 * MS);
	assert_true(line.retransmission);
	pass(SERVER, SYN | ACK, 0, 1, 0, 1001 * MS);
	assert_false(line.retransmission);
	assert_u64(line.round_trip_ns, 0);
	pass(CLIENT, ACK | FIN, 1, 1, 0, 1002 * MS);
	assert_false(line.retransmission);
	pass(CLIENT, ACK | FIN, 1, 1, 0, 1500 * MS);
	assert_true(line.retransmission);
}

static void a_duplicate_ack_says_that_something_is_missing(void **state)
{
	(void)state;
	shake_hands();
	pass(CLIENT, ACK, 1, 1, 100, 20 * MS);
	pass(CLIENT, ACK, 101, 1, 100, 20 * MS);
	pass(SERVER, ACK, 1, 101, 0, 30 * MS);
	assert_false(line.duplicate_ack);
	pass(SERVER, ACK, 1, 101, 0, 31 * MS);
	assert_true(line.duplicate_ack);
	pass(SERVER, ACK, 1, 101, 10, 31 * MS); // carries data
	assert_false(line.duplicate_ack);
	pass_window(SERVER, ACK, 11, 101, 0, 200, 32 * MS); // says something else
	assert_false(line.duplicate_ack);
	assert_true(line.window_update);
	pass(SERVER, ACK, 11, 201, 0, 33 * MS);
	pass_window(SERVER, ACK, 11, 201, 0, 100, 34 * MS); // nothing is under way
	assert_false(line.duplicate_ack);
	assert_false(line.window_update);
}

static void an_ack_with_sack_blocks_is_a_duplicate_whatever_its_window(void **state)
{
	struct tcp_header header = {.flags = ACK,
				    .window = 90,
				    .sequence = {SERVER_ISN + 1},
				    .acknowledgment = {CLIENT_ISN + 1},
				    .options = {.sack_count = 1}};

	(void)state;
	shake_hands();
	pass(CLIENT, ACK, 1, 1, 100, 20 * MS);
	pass(CLIENT, ACK, 101, 1, 100, 20 * MS);
	watch(SERVER, &header, 0, 30 * MS);
	assert_true(line.duplicate_ack);
}

static void a_skipped_segment_that_comes_soon_was_out_of_order(void **state)
{
	(void)state;
	shake_hands();
	assert_int_equal(pass(CLIENT, ACK, 101, 1, 100, 20 * MS), TRACE_REMARK_AFTER_GAP);
	check_nothing_remarked();
	assert_int_equal(pass(CLIENT, ACK, 1, 1, 100, 20 * MS + 500000), TRACE_REMARK_NONE);
	assert_true(line.out_of_order);
	assert_false(line.retransmission);
	pass(CLIENT, ACK, 1, 1, 100, 21 * MS); // and once more
	assert_true(line.retransmission);
	assert_false(line.out_of_order);
}

static void a_skipped_segment_that_was_asked_for_was_sent_again(void **state)
{
	(void)state;
	shake_hands(); // a round trip of 1 ms to the client
	pass(SERVER, ACK, 1, 1, 0, 11 * MS);
	pass(CLIENT, ACK, 101, 1, 100, 20 * MS);
	pass(SERVER, ACK, 1, 1, 0, 20 * MS);
	assert_true(line.duplicate_ack);
	pass(CLIENT, ACK, 201, 1, 100, 20 * MS);
	pass(SERVER, ACK, 1, 1, 0, 20 * MS);
	pass(CLIENT, ACK, 1, 1, 100, 21 * MS);
	assert_true(line.retransmission);
	assert_false(line.out_of_order);
}

static void a_skipped_segment_that_comes_very_late_was_sent_again(void **state)
{
	(void)state;
	shake_hands();
	pass(CLIENT, ACK, 101, 1, 100, 20 * MS);
	pass(CLIENT, ACK, 1, 1, 100, 220 * MS);
	assert_true(line.retransmission);
}

static void the_parts_of_a_hole_fill_one_by_one(void **state)
{
	(void)state;
	shake_hands();
	pass(CLIENT, ACK, 301, 1, 100, 20 * MS);
	pass(CLIENT, ACK, 1, 1, 100, 20 * MS);
	assert_true(line.out_of_order);
	pass(CLIENT, ACK, 201, 1, 100, 20 * MS);
	assert_true(line.out_of_order);
	pass(CLIENT, ACK, 101, 1, 100, 20 * MS);
	assert_true(line.out_of_order);
	pass(CLIENT, ACK, 101, 1, 100, 20 * MS);
	assert_true(line.retransmission);
}

static void more_holes_than_can_be_remembered_are_harmless(void **state)
{
	uint32_t i;

	(void)state;
	shake_hands();
	for (i = 0; i < 10; i++)
		assert_int_equal(pass(CLIENT, ACK, 101 + 200 * i, 1, 100, 20 * MS),
				 TRACE_REMARK_AFTER_GAP);
	pass(CLIENT, ACK, 1, 1, 100, 20 * MS); // its hole was forgotten
	assert_true(line.retransmission);
	pass(CLIENT, ACK, 1801, 1, 100, 20 * MS);
	assert_true(line.out_of_order);
}

static void a_keepalive_is_one_below_and_its_answer_is_no_duplicate(void **state)
{
	(void)state;
	shake_hands();
	pass(CLIENT, ACK, 1, 1, 100, 20 * MS);
	pass(SERVER, ACK, 1, 101, 0, 30 * MS);
	assert_int_equal(pass(CLIENT, ACK, 100, 1, 0, 5000 * MS), TRACE_REMARK_NONE);
	assert_true(line.keepalive);
	assert_false(line.retransmission);
	assert_int_equal(pass(SERVER, ACK, 1, 101, 0, 5010 * MS), TRACE_REMARK_PROBE_ANSWER);
	check_nothing_remarked();
	pass(CLIENT, ACK, 100, 1, 1, 9000 * MS); // with the last byte in it
	assert_true(line.keepalive);
	assert_false(line.retransmission);
}

static void one_byte_sent_again_is_no_keepalive(void **state)
{
	(void)state;
	shake_hands();
	pass(CLIENT, ACK, 1, 1, 1, 20 * MS);
	pass(CLIENT, ACK, 1, 1, 1, 320 * MS);
	assert_false(line.keepalive);
	assert_true(line.retransmission);
}

static void a_zero_window_is_probed_and_opened(void **state)
{
	(void)state;
	shake_hands();
	pass(CLIENT, ACK, 1, 1, 100, 20 * MS);
	pass_window(SERVER, ACK, 1, 101, 0, 0, 21 * MS);
	assert_true(line.zero_window);
	assert_false(line.window_update);
	assert_int_equal(pass(CLIENT, ACK, 100, 1, 0, 300 * MS), TRACE_REMARK_WINDOW_PROBE);
	assert_false(line.keepalive);
	assert_int_equal(pass_window(SERVER, ACK, 1, 101, 0, 0, 301 * MS),
			 TRACE_REMARK_PROBE_ANSWER);
	assert_true(line.zero_window);
	pass_window(CLIENT, ACK, 101, 1, 0, 100, 400 * MS);
	pass_window(SERVER, ACK, 1, 101, 0, 50, 500 * MS);
	assert_true(line.window_update);
	assert_false(line.zero_window);
}

static void a_reset_is_no_zero_window_and_no_retransmission(void **state)
{
	(void)state;
	shake_hands();
	pass_window(SERVER, RST | ACK, 1, 1, 0, 0, 20 * MS);
	check_nothing_remarked();
}

static void a_refusal_is_numbered_zero(void **state)
{
	struct tcp_header header = {.flags = RST | ACK, .acknowledgment = {CLIENT_ISN + 1}};

	(void)state;
	pass(CLIENT, SYN, 0, 0, 0, 0);
	watch(SERVER, &header, 0, 1);
	assert_u64(line.sequence, 0);
	assert_u64(line.acknowledgment, 1);
}

static void windows_are_scaled_when_both_sides_offered_it(void **state)
{
	struct tcp_header syn = {.flags = SYN,
				 .window = 1000,
				 .sequence = {CLIENT_ISN},
				 .options = {.has_window_scale = true, .window_scale = 7}};
	struct tcp_header syn_ack = {.flags = SYN | ACK,
				     .window = 1000,
				     .sequence = {SERVER_ISN},
				     .acknowledgment = {CLIENT_ISN + 1},
				     .options = {.has_window_scale = true, .window_scale = 200}};

	(void)state;
	watch(CLIENT, &syn, 0, 0);
	assert_u64(line.window_bytes, 1000);
	watch(SERVER, &syn_ack, 0, 0);
	assert_u64(line.window_bytes, 1000);
	pass_window(CLIENT, ACK, 1, 1, 0, 3, 0);
	assert_u64(line.window_bytes, 3 << 7);
	pass_window(SERVER, ACK, 1, 1, 0, 3, 0);
	assert_u64(line.window_bytes, 3 << 14); // RFC 7323: no more than 14
	memset(&flow, 0, sizeof(flow));
	watch(CLIENT, &syn, 0, 0);
	syn_ack.options.has_window_scale = false;
	watch(SERVER, &syn_ack, 0, 0);
	pass_window(CLIENT, ACK, 1, 1, 0, 3, 0);
	assert_u64(line.window_bytes, 3);
}

static void a_connection_joined_late_begins_at_one(void **state)
{
	(void)state;
	pass(SERVER, ACK, 70000, 300, 100, 0);
	check_nothing_remarked();
	assert_u64(line.sequence, 1);
	assert_u64(line.acknowledgment, 1);
	pass(CLIENT, ACK, 300, 70100, 0, MS);
	assert_u64(line.sequence, 1);
	assert_u64(line.acknowledgment, 101);
	assert_u64(line.round_trip_ns, MS);
	check_nothing_remarked();
}

static void ports_used_again_begin_anew(void **state)
{
	struct tcp_header syn = {.flags = SYN, .sequence = {123456}};

	(void)state;
	shake_hands();
	pass(CLIENT, ACK, 1, 1, 100, 20 * MS);
	watch(CLIENT, &syn, 0, 60000 * MS);
	check_nothing_remarked();
	assert_u64(line.sequence, 0);
	syn = (struct tcp_header){.flags = SYN | ACK, .sequence = {77}, .acknowledgment = {123457}};
	watch(SERVER, &syn, 0, 60001 * MS);
	check_nothing_remarked();
	assert_u64(line.sequence, 0);
	assert_u64(line.acknowledgment, 1);
	assert_u64(line.round_trip_ns, MS);
}

static void more_in_flight_than_can_be_remembered_is_measured_less_often(void **state)
{
	uint32_t i;

	(void)state;
	shake_hands();
	for (i = 0; i < 100; i++)
		pass(CLIENT, ACK, 1 + 10 * i, 1, 10, 20 * MS);
	pass(SERVER, ACK, 1, 321, 0, 25 * MS); // the last that was remembered
	assert_u64(line.round_trip_ns, 5 * MS);
	pass(SERVER, ACK, 1, 1001, 0, 26 * MS);
	assert_u64(line.round_trip_ns, 0);
	check_nothing_remarked();
}

static void time_running_backwards_is_harmless(void **state)
{
	(void)state;
	shake_hands();
	pass(CLIENT, ACK, 1, 1, 100, 20 * MS);
	pass(SERVER, ACK, 1, 101, 0, 19 * MS);
	assert_u64(line.round_trip_ns, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fresh_flow)
	const struct CMUnitTest tests[] = {
		TEST(a_handshake_is_numbered_from_zero),
		TEST(data_is_acknowledged_after_its_round_trip),
		TEST(a_superframe_is_answered_in_pieces),
		TEST(what_passes_twice_was_sent_again),
		TEST(a_syn_and_a_fin_sent_again_are_retransmissions_too),
		TEST(a_duplicate_ack_says_that_something_is_missing),
		TEST(an_ack_with_sack_blocks_is_a_duplicate_whatever_its_window),
		TEST(a_skipped_segment_that_comes_soon_was_out_of_order),
		TEST(a_skipped_segment_that_was_asked_for_was_sent_again),
		TEST(a_skipped_segment_that_comes_very_late_was_sent_again),
		TEST(the_parts_of_a_hole_fill_one_by_one),
		TEST(more_holes_than_can_be_remembered_are_harmless),
		TEST(a_keepalive_is_one_below_and_its_answer_is_no_duplicate),
		TEST(one_byte_sent_again_is_no_keepalive),
		TEST(a_zero_window_is_probed_and_opened),
		TEST(a_reset_is_no_zero_window_and_no_retransmission),
		TEST(a_refusal_is_numbered_zero),
		TEST(windows_are_scaled_when_both_sides_offered_it),
		TEST(a_connection_joined_late_begins_at_one),
		TEST(ports_used_again_begin_anew),
		TEST(more_in_flight_than_can_be_remembered_is_measured_less_often),
		TEST(time_running_backwards_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
