// SPDX-License-Identifier: MIT
//
// When is an ACK due? (RFC 9293 3.8.6.3)
#include "../../../lib/tcp/receiver/tcp_ack_policy.h"
#include "../../../lib/tcp/tcp_limits.h"
#include "../../support/unit.h"

static struct tcp_ack_policy policy;

static int begin(void **state)
{
	(void)state;
	tcp_ack_policy_init(&policy);
	policy.quick_left = 0;
	return 0;
}

static enum tcp_ack_urgency after(uint32_t bytes, uint32_t segment_bytes)
{
	tcp_ack_policy_note_data(&policy, bytes, segment_bytes);
	return tcp_ack_policy_decide(&policy, false, false);
}

static void every_second_full_segment_is_acknowledged_at_once(void **state)
{
	(void)state;
	assert_int_equal(after(1460, 1460), TCP_ACK_LATER);
	assert_int_equal(after(1459, 1459), TCP_ACK_LATER);
	assert_int_equal(after(1, 1), TCP_ACK_NOW);
}

static void small_segments_gather_until_they_make_two_of_the_smallest_mss(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(after(100, 100), TCP_ACK_LATER);
	assert_int_equal(after(72, 72), TCP_ACK_NOW); // 2 * 536
}

static void a_hole_or_the_program_wants_it_at_once(void **state)
{
	(void)state;
	tcp_ack_policy_note_data(&policy, 1, 1);
	assert_int_equal(tcp_ack_policy_decide(&policy, false, true), TCP_ACK_NOW);
	assert_int_equal(tcp_ack_policy_decide(&policy, true, false), TCP_ACK_NOW);
	assert_int_equal(tcp_ack_policy_decide(&policy, false, false), TCP_ACK_LATER);
}

static void the_first_segments_are_acknowledged_at_once_unless_the_program_answers(void **state)
{
	(void)state;
	tcp_ack_policy_init(&policy);
	assert_u64(policy.quick_left, TCP_QUICK_ACKS);
	assert_int_equal(after(1, 1), TCP_ACK_NOW);
	policy.is_interactive = true;
	assert_int_equal(after(1, 1), TCP_ACK_LATER);
}

#define CASE(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_second_full_segment_is_acknowledged_at_once),
		CASE(small_segments_gather_until_they_make_two_of_the_smallest_mss),
		CASE(a_hole_or_the_program_wants_it_at_once),
		CASE(the_first_segments_are_acknowledged_at_once_unless_the_program_answers),
	};

	return cmocka_run_group_tests_name("tcp_ack_policy", tests, NULL, NULL);
}
