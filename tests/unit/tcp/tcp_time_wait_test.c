// SPDX-License-Identifier: MIT
//
// What does a segment mean in TIME-WAIT? RFC 9293 3.10.7.4, RFC 1337, RFC 5961, RFC 6191.
#include "../../../lib/base/time_units.h"
#include "../../../lib/tcp/closing/tcp_time_wait.h"
#include "../../../lib/tcp/tcp_segment.h"
#include "../../support/unit.h"

#define RCV_NXT 5000u
#define SND_NXT 9000u
#define TS_RECENT 700u

static struct tcp_remnant remnant_of(bool has_timestamps)
{
	struct tcp_remnant remnant = {.snd_nxt = tcp_seq_of(SND_NXT),
				      .rcv_nxt = tcp_seq_of(RCV_NXT),
				      .has_timestamps = has_timestamps,
				      .timestamp_recent = TS_RECENT};

	return remnant;
}

struct flags {
	const char *letters; // S F R A
	uint32_t seq, length;
	int timestamp; // -1: none
};

static struct tcp_segment segment_of(struct flags flags)
{
	struct tcp_segment segment = {.seq = tcp_seq_of(flags.seq), .length = flags.length};

	segment.is_syn = strchr(flags.letters, 'S') != NULL;
	segment.is_fin = strchr(flags.letters, 'F') != NULL;
	segment.is_rst = strchr(flags.letters, 'R') != NULL;
	segment.has_ack = strchr(flags.letters, 'A') != NULL;
	if (flags.timestamp >= 0) {
		segment.options.has_timestamps = true;
		segment.options.timestamp_value = (uint32_t)flags.timestamp;
	}
	return segment;
}

static void check(bool has_timestamps, struct flags flags, enum tcp_time_wait_choice expected)
{
	struct tcp_remnant remnant = remnant_of(has_timestamps);
	struct tcp_segment segment = segment_of(flags);
	enum tcp_time_wait_choice choice = tcp_time_wait_decide(&remnant, &segment);

	if (choice != expected)
		fail_msg("%s seq %u length %u timestamp %d: choice %d, not %d", flags.letters,
			 flags.seq, flags.length, flags.timestamp, (int)choice, (int)expected);
}

static void a_reset_never_ends_the_wait(void **state)
{
	(void)state;
	check(false, (struct flags){"R", RCV_NXT, 0, -1}, TCP_TIME_WAIT_IGNORE);
	check(false, (struct flags){"RA", RCV_NXT, 0, -1}, TCP_TIME_WAIT_IGNORE);
	check(true, (struct flags){"R", RCV_NXT, 0, TS_RECENT + 1}, TCP_TIME_WAIT_IGNORE);
}

static void without_timestamps_a_syn_must_have_a_higher_number(void **state)
{
	(void)state;
	check(false, (struct flags){"S", RCV_NXT + 1, 0, -1}, TCP_TIME_WAIT_REOPEN);
	check(false, (struct flags){"S", RCV_NXT, 0, -1}, TCP_TIME_WAIT_ACK);
	check(false, (struct flags){"S", RCV_NXT - 1, 0, -1}, TCP_TIME_WAIT_ACK);
	check(false, (struct flags){"S", RCV_NXT + 0x80000001u, 0, -1}, TCP_TIME_WAIT_ACK);
}

static void a_newer_timestamp_reopens_whatever_the_number(void **state)
{
	(void)state;
	check(true, (struct flags){"S", RCV_NXT - 1000, 0, TS_RECENT + 1}, TCP_TIME_WAIT_REOPEN);
	check(true, (struct flags){"S", RCV_NXT + 1, 0, TS_RECENT}, TCP_TIME_WAIT_REOPEN);
	check(true, (struct flags){"S", RCV_NXT, 0, TS_RECENT}, TCP_TIME_WAIT_ACK);
	check(true, (struct flags){"S", RCV_NXT + 1, 0, TS_RECENT - 1}, TCP_TIME_WAIT_ACK);
	check(true, (struct flags){"S", RCV_NXT + 1, 0, -1}, TCP_TIME_WAIT_REOPEN);
	check(true, (struct flags){"S", RCV_NXT - 1, 0, -1}, TCP_TIME_WAIT_ACK);
	// The last incarnation had none: the new one's are proof enough.
	check(false, (struct flags){"S", RCV_NXT - 1, 0, 0}, TCP_TIME_WAIT_REOPEN);
}

static void a_syn_ack_is_challenged(void **state)
{
	(void)state;
	check(false, (struct flags){"SA", RCV_NXT + 1, 0, -1}, TCP_TIME_WAIT_ACK);
}

static void the_peers_fin_again_is_acknowledged_and_renews_the_wait(void **state)
{
	(void)state;
	check(false, (struct flags){"FA", RCV_NXT - 1, 0, -1}, TCP_TIME_WAIT_RENEW);
	check(false, (struct flags){"FA", RCV_NXT - 101, 100, -1}, TCP_TIME_WAIT_RENEW);
	check(true, (struct flags){"FA", RCV_NXT - 1, 0, TS_RECENT}, TCP_TIME_WAIT_RENEW);
	check(true, (struct flags){"FA", RCV_NXT - 1, 0, TS_RECENT - 1}, TCP_TIME_WAIT_ACK);
	check(false, (struct flags){"FA", RCV_NXT, 0, -1}, TCP_TIME_WAIT_ACK);
	check(false, (struct flags){"F", RCV_NXT - 1, 0, -1}, TCP_TIME_WAIT_IGNORE);
}

static void old_bytes_are_answered_and_a_bare_ack_in_place_is_not(void **state)
{
	(void)state;
	check(false, (struct flags){"A", RCV_NXT - 101, 100, -1}, TCP_TIME_WAIT_ACK);
	check(false, (struct flags){"A", RCV_NXT, 10, -1}, TCP_TIME_WAIT_ACK);
	check(false, (struct flags){"A", RCV_NXT, 0, -1}, TCP_TIME_WAIT_IGNORE);
	check(false, (struct flags){"A", RCV_NXT - 1, 0, -1}, TCP_TIME_WAIT_ACK);
	check(false, (struct flags){"", RCV_NXT, 10, -1}, TCP_TIME_WAIT_IGNORE);
}

static void our_own_connect_takes_the_tuple_after_a_second_if_timestamps_protect_it(void **state)
{
	struct tcp_remnants remnants = {.wait_ns = 60 * NS_PER_S};
	struct tcp_remnant remnant = remnant_of(true);

	(void)state;
	remnant.expires_at = 100 * NS_PER_S; // entered at 40 s
	assert_false(tcp_time_wait_may_reuse(&remnants, &remnant, 41 * NS_PER_S - 1));
	assert_true(tcp_time_wait_may_reuse(&remnants, &remnant, 41 * NS_PER_S));
	remnant.has_timestamps = false;
	assert_false(tcp_time_wait_may_reuse(&remnants, &remnant, 99 * NS_PER_S));
	assert_u64(tcp_time_wait_next_iss(&remnant).raw, SND_NXT + 65537u);
}

static void a_remnant_is_small(void **state)
{
	(void)state;
	assert_true(sizeof(struct tcp_remnant) <= 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reset_never_ends_the_wait),
		cmocka_unit_test(without_timestamps_a_syn_must_have_a_higher_number),
		cmocka_unit_test(a_newer_timestamp_reopens_whatever_the_number),
		cmocka_unit_test(a_syn_ack_is_challenged),
		cmocka_unit_test(the_peers_fin_again_is_acknowledged_and_renews_the_wait),
		cmocka_unit_test(old_bytes_are_answered_and_a_bare_ack_in_place_is_not),
		cmocka_unit_test(
			our_own_connect_takes_the_tuple_after_a_second_if_timestamps_protect_it),
		cmocka_unit_test(a_remnant_is_small),
	};

	return cmocka_run_group_tests_name("tcp_time_wait", tests, NULL, NULL);
}
