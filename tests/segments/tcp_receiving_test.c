// SPDX-License-Identifier: MIT
//
// What the receiver answers: when it acknowledges, what it says of holes and doubles, which window
// it shows.
#include "../support/test_segment.h"

#define MSS 1000u

static struct test_peer peer;
static berth_socket conn;

static void give(struct test_segment segment)
{
	test_peer_give(&peer, &segment);
}

static int connect_with_sack(void **state)
{
	berth_socket listener;

	(void)state;
	test_peer_open(&peer, NULL);
	listener = test_peer_listen(&peer, 16);
	give((struct test_segment){.flags = "S", .mss = MSS, .sack_permitted = true});
	test_peer_expect(&peer, "SA", 0, 1, 0);
	give((struct test_segment){.flags = "A", .seq = 1, .ack = 1});
	conn = test_peer_accept(&peer, listener);
	assert_int_not_equal(conn, 0);
	return 0;
}

static int disconnect(void **state)
{
	(void)state;
	test_peer_close(&peer);
	return 0;
}

// Segment number i (from 0) of the peer's stream.
static void data(uint32_t i)
{
	give((struct test_segment){.flags = "A", .seq = 1 + i * MSS, .ack = 1, .length = MSS});
}

static void expect_ack(uint32_t segments)
{
	test_peer_expect(&peer, "A", 1, 1 + segments * MSS, 0);
}

// The quick ACKs of the beginning are used up.
static void use_up_quick_acks(void)
{
	for (uint32_t i = 0; i < 16; i++) {
		data(i);
		expect_ack(i + 1);
	}
}

// An ACK with exactly these blocks, in segments.
static void expect_sack(uint32_t acked, uint8_t count, const uint32_t (*blocks)[2])
{
	struct test_segment ack;

	assert_true(test_peer_take(&peer, &ack));
	assert_u64(ack.ack, 1 + acked * MSS);
	assert_u64(ack.length, 0);
	assert_u64(ack.sack_count, count);
	for (uint8_t i = 0; i < count; i++) {
		assert_u64(ack.sack[i][0], 1 + blocks[i][0] * MSS);
		assert_u64(ack.sack[i][1], 1 + blocks[i][1] * MSS);
	}
	test_peer_expect_nothing(&peer);
}

static void a_single_segment_is_acknowledged_after_40_ms(void **state)
{
	(void)state;
	use_up_quick_acks();
	data(16);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, 40 * TEST_MS - 1);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, 1);
	expect_ack(17);
	test_peer_wait(&peer, TEST_S);
	test_peer_expect_nothing(&peer);
}

static void the_second_full_segment_is_acknowledged_at_once(void **state)
{
	(void)state;
	use_up_quick_acks();
	data(16);
	data(17);
	expect_ack(18);
	test_peer_expect_nothing(&peer);
	data(18);
	test_peer_expect_nothing(&peer);
	data(19);
	expect_ack(20);
	test_peer_wait(&peer, TEST_S);
	test_peer_expect_nothing(&peer);
}

static void a_burst_shares_one_ack(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		data(i);
	expect_ack(10);
	test_peer_expect_nothing(&peer);
}

static void an_answer_carries_the_ack_and_later_ones_wait_for_the_next(void **state)
{
	(void)state;
	data(0);
	test_peer_send(&peer, conn, 100);
	test_peer_expect(&peer, "PA", 1, 1 + MSS, 100);
	test_peer_expect_nothing(&peer);
	give((struct test_segment){.flags = "A", .seq = 1 + MSS, .ack = 101, .length = MSS});
	test_peer_expect_nothing(&peer); // an interactive program will answer this too
	test_peer_send(&peer, conn, 100);
	test_peer_expect(&peer, "PA", 101, 1 + 2 * MSS, 100);
}

static void quickack_acknowledges_each_segment(void **state)
{
	(void)state;
	use_up_quick_acks();
	test_peer_set_int(&peer, conn, BERTH_IPPROTO_TCP, BERTH_TCP_QUICKACK, 1);
	data(16);
	expect_ack(17);
	data(17);
	expect_ack(18);
}

static void a_hole_is_reported_at_once_and_its_filling_too(void **state)
{
	static const uint32_t first[][2] = {{17, 18}}, second[][2] = {{19, 20}, {17, 18}};
	static const uint32_t after[][2] = {{19, 20}};

	(void)state;
	use_up_quick_acks();
	data(17);
	expect_sack(16, 1, first);
	data(19);
	expect_sack(16, 2, second);
	data(16);
	expect_sack(18, 1, after);
	data(18);
	expect_sack(20, 0, NULL);
	test_peer_read(&peer, conn, 1, 20 * MSS);
}

static void a_segment_that_was_here_is_reported_as_double_once(void **state)
{
	static const uint32_t doubled[][2] = {{1, 2}}, hole[][2] = {{4, 5}};
	static const uint32_t in_hole[][2] = {{4, 5}, {4, 5}};

	(void)state;
	data(0);
	data(1);
	data(2);
	expect_sack(3, 0, NULL);
	data(1);
	expect_sack(3, 1, doubled);
	data(4);
	expect_sack(3, 1, hole);
	data(4);
	expect_sack(3, 2, in_hole);
}

static void part_of_a_segment_that_was_here_is_cut_off(void **state)
{
	(void)state;
	data(0);
	expect_ack(1);
	give((struct test_segment){.flags = "A", .seq = 501, .ack = 1, .length = MSS});
	test_peer_expect(&peer, "A", 1, 1501, 0);
	test_peer_read(&peer, conn, 1, 1500);
}

static void without_permission_no_block_is_told(void **state)
{
	struct test_segment ack;

	(void)state;
	test_peer_open(&peer, NULL);
	conn = test_peer_connected(&peer);
	data(2);
	assert_true(test_peer_take(&peer, &ack));
	assert_u64(ack.sack_count, 0);
}

static void a_fin_is_acknowledged_at_once_and_one_ahead_of_a_hole_is_remembered(void **state)
{
	(void)state;
	use_up_quick_acks();
	give((struct test_segment){.flags = "FA", .seq = 1 + 17 * MSS, .ack = 1, .length = MSS});
	test_assert_state(&peer, conn, BERTH_TCP_ESTABLISHED);
	test_peer_expect(&peer, "A", 1, 1 + 16 * MSS, 0);
	data(16);
	test_peer_expect(&peer, "A", 1, 2 + 18 * MSS, 0);
	test_assert_state(&peer, conn, BERTH_TCP_CLOSE_WAIT);
}

// --- the window --------------------------------------------------------------------------------

static void a_full_buffer_closes_the_window_and_reading_opens_it(void **state)
{
	struct test_segment ack = {0};

	(void)state;
	for (uint32_t i = 0; i < 66; i++) {
		data(i); // 66,000 bytes into 65,535
		while (test_peer_take(&peer, &ack))
			;
	}
	assert_u64(ack.ack, 1 + 65535);
	assert_u64(ack.window, 0);
	test_peer_read(&peer, conn, 1, 1500); // less than two segments: not worth a word
	test_peer_expect_nothing(&peer);
	test_peer_read(&peer, conn, 1501, 60000);
	assert_true(test_peer_take(&peer, &ack));
	assert_u64(ack.ack, 1 + 65535);
	assert_in_range(ack.window, 60000, 65535);
	test_peer_expect_nothing(&peer);
}

static void a_probe_of_the_closed_window_is_answered(void **state)
{
	struct test_segment ack = {0};

	(void)state;
	for (uint32_t i = 0; i < 66; i++)
		data(i);
	while (test_peer_take(&peer, &ack))
		;
	give((struct test_segment){.flags = "A", .seq = 1 + 65535, .ack = 1, .length = 1});
	assert_true(test_peer_take(&peer, &ack));
	assert_u64(ack.ack, 1 + 65535);
	assert_u64(ack.window, 0);
	give((struct test_segment){.flags = "A", .seq = 65535, .ack = 1}); // ours are like this
	assert_true(test_peer_take(&peer, &ack));
	assert_u64(ack.ack, 1 + 65535);
}

static void the_window_never_moves_back_while_bytes_wait(void **state)
{
	struct test_segment ack = {0};
	uint32_t edge = 0;

	(void)state;
	for (uint32_t i = 0; i < 60; i++) {
		data(i);
		if (!test_peer_take(&peer, &ack))
			continue;
		assert_true(ack.ack + ack.window >= edge);
		edge = ack.ack + ack.window;
	}
	assert_u64(edge, 1 + 65535);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, connect_with_sack, disconnect)
#define ALONE(test) cmocka_unit_test_teardown(test, disconnect)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_single_segment_is_acknowledged_after_40_ms),
		CASE(the_second_full_segment_is_acknowledged_at_once),
		CASE(a_burst_shares_one_ack),
		CASE(an_answer_carries_the_ack_and_later_ones_wait_for_the_next),
		CASE(quickack_acknowledges_each_segment),
		CASE(a_hole_is_reported_at_once_and_its_filling_too),
		CASE(a_segment_that_was_here_is_reported_as_double_once),
		CASE(part_of_a_segment_that_was_here_is_cut_off),
		ALONE(without_permission_no_block_is_told),
		CASE(a_fin_is_acknowledged_at_once_and_one_ahead_of_a_hole_is_remembered),
		CASE(a_full_buffer_closes_the_window_and_reading_opens_it),
		CASE(a_probe_of_the_closed_window_is_answered),
		CASE(the_window_never_moves_back_while_bytes_wait),
	};

	return cmocka_run_group_tests_name("tcp_receiving", tests, NULL, NULL);
}
