// SPDX-License-Identifier: MIT
//
// Every TCP drop reason can be reached, by the nonsense its sentence describes, and each piece of
// nonsense is counted once, under one name.
#include <errno.h>

#include "../support/test_segment.h"

static struct test_peer peer;

#define GIVE(...) test_peer_give(&peer, &(struct test_segment){__VA_ARGS__})

static void take_all(void)
{
	struct test_segment segment;

	while (test_peer_take(&peer, &segment))
		;
}

// Give a segment after `spoil` changed its TCP header.
static void give_spoilt(const struct test_segment *segment, void (*spoil)(uint8_t *tcp),
			bool sum_again)
{
	struct test_frame frame;

	test_peer_build(&peer, segment, &frame);
	spoil(test_peer_tcp(&frame));
	if (sum_again)
		test_peer_sum(&frame);
	test_give(&peer.test, &frame, peer.now);
}

static void shorten_header(uint8_t *tcp)
{
	tcp[12] = 4 << 4;
}

static void lengthen_option(uint8_t *tcp)
{
	tcp[21] = 9; // the MSS option, running past the header
}

static void flip_checksum(uint8_t *tcp)
{
	tcp[16] ^= 1;
}

static void cause_malformed(void)
{
	test_peer_listen(&peer, 5);
	give_spoilt(&(struct test_segment){.flags = "S", .mss = 1460}, lengthen_option, true);
}

static void cause_malformed_again(void)
{
	test_peer_listen(&peer, 5);
	give_spoilt(&(struct test_segment){.flags = "S"}, shorten_header, true);
}

static void cause_checksum(void)
{
	test_peer_listen(&peer, 5);
	give_spoilt(&(struct test_segment){.flags = "S"}, flip_checksum, false);
}

static void cause_no_port(void)
{
	GIVE(.flags = "S");
}

static void cause_flags_invalid(void)
{
	test_peer_listen(&peer, 5);
	GIVE(.flags = "SF");
}

static void cause_flags_invalid_by_reset(void)
{
	test_peer_connected(&peer);
	GIVE(.flags = "SR", .seq = 1);
}

static void cause_outside_window(void)
{
	test_peer_connected(&peer);
	GIVE(.flags = "A", .seq = 0x100000, .ack = 1, .length = 1);
}

static void cause_paws(void)
{
	test_peer_connected_modern(&peer);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 1, .has_timestamps = true, .timestamp = 1);
}

static void cause_ack_invalid(void)
{
	test_peer_connected(&peer);
	GIVE(.flags = "A", .seq = 1, .ack = 1000);
}

static void cause_no_ack(void)
{
	test_peer_connected(&peer);
	GIVE(.flags = "P", .seq = 1, .length = 1);
}

static void cause_rst_invalid(void)
{
	test_peer_connected(&peer);
	GIVE(.flags = "R", .seq = 5);
}

static void cause_syn_challenged(void)
{
	test_peer_connected(&peer);
	GIVE(.flags = "S", .seq = 5);
}

static void cause_data_after_close(void)
{
	test_peer_let_go(&peer, test_peer_connected(&peer));
	take_all();
	GIVE(.flags = "A", .seq = 1, .ack = 2, .length = 1);
}

static void cause_backlog_full(void)
{
	test_peer_listen(&peer, 1);
	GIVE(.flags = "S");
	take_all();
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	peer.peer_end.port++;
	GIVE(.flags = "S");
}

static void cause_embryo_limit(void)
{
	test_peer_listen(&peer, 5);
	GIVE(.flags = "S");
	peer.peer_end.port++;
	GIVE(.flags = "S");
}

static void cause_connection_limit(void)
{
	test_peer_listen(&peer, 5);
	test_socket(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);
	GIVE(.flags = "S");
}

static void cause_time_wait(void)
{
	test_peer_let_go(&peer, test_peer_connected(&peer));
	take_all();
	GIVE(.flags = "FA", .seq = 1, .ack = 2);
	GIVE(.flags = "FA", .seq = 1, .ack = 2);
}

static void cause_challenge_limited(void)
{
	test_peer_connected(&peer);
	GIVE(.flags = "A", .seq = 0, .ack = 1);
	GIVE(.flags = "A", .seq = 0, .ack = 1);
}

static void cause_reset_limited(void)
{
	for (int i = 0; i < 1001; i++) {
		GIVE(.flags = "S");
		take_all();
	}
}

static void cause_receive_memory(void)
{
	test_peer_connected(&peer);
	test_allocator_refuse(true);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 1000);
	test_allocator_refuse(false);
}

static void cause_out_of_order_limit(void)
{
	test_peer_connected(&peer);
	for (uint32_t i = 0; i < 257; i++)
		GIVE(.flags = "A", .seq = 3 + 2 * i, .ack = 1, .length = 1);
}

struct cause {
	enum berth_drop reason;
	void (*cause)(void);
	struct berth_config config;
	enum berth_drop company; // another reason that must come along; NONE
	uint64_t company_count;
};

#define ALONE .company = BERTH_DROP_NONE

static const struct cause causes[] = {
	{BERTH_DROP_TCP_MALFORMED, cause_malformed, ALONE},
	{BERTH_DROP_TCP_MALFORMED, cause_malformed_again, ALONE},
	{BERTH_DROP_TCP_CHECKSUM, cause_checksum, ALONE},
	{BERTH_DROP_TCP_NO_PORT, cause_no_port, ALONE},
	{BERTH_DROP_TCP_FLAGS_INVALID, cause_flags_invalid, ALONE},
	{BERTH_DROP_TCP_FLAGS_INVALID, cause_flags_invalid_by_reset, ALONE},
	{BERTH_DROP_TCP_OUTSIDE_WINDOW, cause_outside_window, ALONE},
	{BERTH_DROP_TCP_PAWS, cause_paws, ALONE},
	{BERTH_DROP_TCP_ACK_INVALID, cause_ack_invalid, ALONE},
	{BERTH_DROP_TCP_NO_ACK, cause_no_ack, ALONE},
	{BERTH_DROP_TCP_RST_INVALID, cause_rst_invalid, ALONE},
	{BERTH_DROP_TCP_SYN_CHALLENGED, cause_syn_challenged, ALONE},
	{BERTH_DROP_TCP_DATA_AFTER_CLOSE, cause_data_after_close, ALONE},
	{BERTH_DROP_TCP_BACKLOG_FULL, cause_backlog_full, ALONE},
	{BERTH_DROP_TCP_EMBRYO_LIMIT, cause_embryo_limit, ALONE, .config.embryos_max = 1},
	{BERTH_DROP_TCP_CONNECTION_LIMIT, cause_connection_limit, ALONE,
	 .config.connections_max = 1},
	{BERTH_DROP_TCP_TIME_WAIT, cause_time_wait, ALONE},
	{BERTH_DROP_TCP_CHALLENGE_LIMITED, cause_challenge_limited,
	 .company = BERTH_DROP_TCP_OUTSIDE_WINDOW, .company_count = 2},
	{BERTH_DROP_TCP_RESET_LIMITED, cause_reset_limited, .company = BERTH_DROP_TCP_NO_PORT,
	 .company_count = 1001},
	{BERTH_DROP_TCP_RECEIVE_MEMORY, cause_receive_memory, ALONE},
	{BERTH_DROP_TCP_OUT_OF_ORDER_LIMIT, cause_out_of_order_limit, ALONE},
};

static void check_cause(const struct cause *cause)
{
	struct test_host_options options = {.config = cause->config};
	struct berth_counters counters;

	test_peer_open(&peer, &options);
	cause->cause();
	counters = test_peer_counters(&peer);
	for (int reason = 0; reason < BERTH_DROP_COUNT; reason++) {
		uint64_t expected = reason == (int)cause->reason;

		if (reason == (int)cause->company)
			expected = cause->company_count;
		if (counters.dropped[reason] != expected)
			fail_msg("%s: %s is %llu, not %llu", berth_drop_name(cause->reason),
				 berth_drop_name((enum berth_drop)reason),
				 (unsigned long long)counters.dropped[reason],
				 (unsigned long long)expected);
	}
	test_peer_close(&peer);
}

static void each_reason_counts_its_own_nonsense_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		check_cause(&causes[i]);
}

static void no_tcp_reason_is_left_out(void **state)
{
	(void)state;
	for (int reason = BERTH_DROP_TCP_MALFORMED; reason <= BERTH_DROP_TCP_OUT_OF_ORDER_LIMIT;
	     reason++) {
		bool found = false;

		for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
			found = found || (int)causes[i].reason == reason;
		if (!found)
			fail_msg("%s", berth_drop_name((enum berth_drop)reason));
	}
}

static void segments_to_a_group_are_never_answered(void **state)
{
	struct test_frame frame;

	(void)state;
	test_peer_open(&peer, NULL);
	test_peer_listen(&peer, 5);
	peer.host_end = test_endpoint("255.255.255.255", TEST_PORT);
	test_peer_build(&peer, &(struct test_segment){.flags = "S"}, &frame);
	memset(frame.bytes, 0xff, 6);
	test_give(&peer.test, &frame, peer.now);
	test_peer_expect_nothing(&peer);
	assert_u64(test_peer_counters(&peer).tcp_embryos, 0);
	test_peer_close(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_counts_its_own_nonsense_once),
		cmocka_unit_test(no_tcp_reason_is_left_out),
		cmocka_unit_test(segments_to_a_group_are_never_answered),
	};

	return cmocka_run_group_tests_name("tcp_drops", tests, NULL, NULL);
}
