// SPDX-License-Identifier: MIT
//
// What both ends agree on: offers, answers, MSS, and the timestamps that follow. RFC 9293 3.7.1,
// RFC 7323, RFC 2018.
#include "../../../lib/tcp/tcp_layer.h"
#include "../../../lib/tcp/tcp_options.h"
#include "../../support/unit.h"

static struct tcp_layer layer;
static struct tcp_settings settings;
static struct ip_path path;

static int prepare(void **state)
{
	const uint64_t seed[2] = {5, 6};
	struct random numbers;

	(void)state;
	memset(&layer, 0, sizeof(layer));
	memset(&path, 0, sizeof(path));
	random_init(&numbers, seed, 0);
	tcp_isn_init(&layer.isn, &numbers);
	layer.config.tcp_receive_bytes_max = 6u << 20;
	layer.config.tcp_initial_receive_bytes = 64u << 10;
	tcp_settings_init(&settings, &tcp_congestion_cubic);
	path.source = berth_ipv4(10, 0, 0, 1);
	path.target = berth_ipv4(10, 0, 0, 2);
	path.mtu = 1500;
	return 0;
}

static struct tcp_agreed offered(void)
{
	struct tcp_agreed agreed;

	tcp_negotiate_offer(&layer, &settings, &path, &agreed);
	return agreed;
}

static struct tcp_options everything(void)
{
	struct tcp_options options = {.mss = 1400,
				      .has_window_scale = true,
				      .window_scale = 9,
				      .sack_permitted = true,
				      .has_timestamps = true,
				      .timestamp_value = 1234};

	return options;
}

static void an_offer_has_everything_and_the_mss_of_the_path(void **state)
{
	struct tcp_agreed agreed = offered();
	struct tcp_options options;

	(void)state;
	tcp_offer_options(&agreed, 5 * NS_PER_S, &options);
	assert_u64(options.mss, 1460);
	assert_true(options.has_window_scale);
	assert_u64(options.window_scale, 7); // 6 MiB need 7 bits beyond 16
	assert_true(options.sack_permitted);
	assert_true(options.has_timestamps);
	assert_u64(options.timestamp_value, (uint32_t)(agreed.timestamp_offset + 5000));
	assert_u64(options.timestamp_echo, 0);
}

static void an_ipv6_offer_has_room_for_its_header(void **state)
{
	(void)state;
	path.source.family = path.target.family = BERTH_FAMILY_IPV6;
	assert_u64(offered().mss_receive, 1440);
	path.mtu = 65535;
	assert_u64(offered().mss_receive, 65475);
}

static void the_program_may_offer_less(void **state)
{
	(void)state;
	settings.mss_max = 1000;
	assert_u64(offered().mss_receive, 1000);
}

static void an_answer_with_everything_turns_everything_on(void **state)
{
	struct tcp_agreed agreed = offered();
	struct tcp_options peer = everything(), options;

	(void)state;
	tcp_negotiate_answer(&agreed, &peer, &settings, &path, 7);
	assert_true(agreed.has_scaling);
	assert_u64(agreed.send_scale, 9);
	assert_u64(agreed.receive_scale, 7);
	assert_true(agreed.has_sack);
	assert_true(agreed.has_timestamps);
	assert_u64(agreed.timestamp_recent, 1234);
	assert_u64(agreed.timestamp_recent_at, 7);
	assert_u64(agreed.mss_send, 1400);
	tcp_offer_options(&agreed, 0, &options); // a SYN,ACK now
	assert_u64(options.timestamp_echo, 1234);
}

static void each_option_is_off_unless_the_peer_has_it(void **state)
{
	(void)state;
	for (unsigned without = 0; without < 3; without++) {
		struct tcp_agreed agreed = offered();
		struct tcp_options peer = everything(), options;

		peer.has_window_scale = without != 0;
		peer.sack_permitted = without != 1;
		peer.has_timestamps = without != 2;
		tcp_negotiate_answer(&agreed, &peer, &settings, &path, 0);
		assert_int_equal(agreed.has_scaling, without != 0);
		assert_int_equal(agreed.has_sack, without != 1);
		assert_int_equal(agreed.has_timestamps, without != 2);
		assert_u64(agreed.send_scale, without ? 9 : 0);
		assert_u64(agreed.receive_scale, without ? 7 : 0); // RFC 7323 2.2: both or none
		tcp_offer_options(&agreed, 0, &options);
		assert_int_equal(options.has_window_scale, without != 0);
		assert_int_equal(options.sack_permitted, without != 1);
		assert_int_equal(options.has_timestamps, without != 2);
	}
}

static void a_scale_above_14_is_used_as_14(void **state)
{
	struct tcp_agreed agreed = offered();
	struct tcp_options peer = everything();

	(void)state;
	peer.window_scale = 255;
	tcp_negotiate_answer(&agreed, &peer, &settings, &path, 0);
	assert_u64(agreed.send_scale, 14);
}

static uint16_t mss_for(uint16_t peer_mss)
{
	struct tcp_agreed agreed = offered();
	struct tcp_options peer = {.mss = peer_mss};

	tcp_negotiate_answer(&agreed, &peer, &settings, &path, 0);
	return agreed.mss_send;
}

static void the_mss_is_what_peer_path_and_program_allow(void **state)
{
	(void)state;
	assert_u64(mss_for(1460), 1460);
	assert_u64(mss_for(9000), 1460);
	assert_u64(mss_for(700), 700);
	assert_u64(mss_for(0), 536);
	assert_u64(mss_for(1), 48); // no segments of one byte on request
	settings.mss_max = 500;
	assert_u64(mss_for(1460), 500);
	settings.mss_max = 0;
	path.source.family = path.target.family = BERTH_FAMILY_IPV6;
	assert_u64(mss_for(0), 1220);
	assert_u64(mss_for(1460), 1440);
}

static struct tcp_segment stamped(uint32_t seq, uint32_t timestamp)
{
	struct tcp_segment segment = {.seq = tcp_seq_of(seq)};

	segment.options.has_timestamps = true;
	segment.options.timestamp_value = timestamp;
	return segment;
}

static void an_older_timestamp_is_rejected_unless_it_is_a_reset_or_24_days_passed(void **state)
{
	struct tcp_agreed agreed = {
		.has_timestamps = true, .timestamp_recent = 5, .timestamp_recent_at = NS_PER_S};
	struct tcp_segment older = stamped(0, 4), equal = stamped(0, 5);
	struct tcp_segment newer = stamped(0, 6), wrapped = stamped(0, 0xfffffff0u), plain = {0};
	uint64_t days = 24ull * 24 * 3600 * NS_PER_S;

	(void)state;
	assert_true(tcp_paws_rejects(&agreed, &older, 2 * NS_PER_S));
	assert_true(tcp_paws_rejects(&agreed, &wrapped, 2 * NS_PER_S));
	assert_false(tcp_paws_rejects(&agreed, &equal, 2 * NS_PER_S));
	assert_false(tcp_paws_rejects(&agreed, &newer, 2 * NS_PER_S));
	assert_false(tcp_paws_rejects(&agreed, &plain, 2 * NS_PER_S));
	assert_true(tcp_paws_rejects(&agreed, &older, NS_PER_S + days));
	assert_false(tcp_paws_rejects(&agreed, &older, NS_PER_S + days + 1));
	older.is_rst = true;
	assert_false(tcp_paws_rejects(&agreed, &older, 2 * NS_PER_S));
	older.is_rst = false;
	agreed.has_timestamps = false;
	assert_false(tcp_paws_rejects(&agreed, &older, 2 * NS_PER_S));
}

static void only_a_newer_timestamp_at_or_before_the_last_ack_is_remembered(void **state)
{
	struct tcp_agreed agreed = {.has_timestamps = true, .timestamp_recent = 50};
	struct tcp_segment newer = stamped(100, 60), early = stamped(101, 70);
	struct tcp_segment older = stamped(90, 55);

	(void)state;
	tcp_timestamp_remember(&agreed, &early, tcp_seq_of(100), 9);
	assert_u64(agreed.timestamp_recent, 50);
	tcp_timestamp_remember(&agreed, &newer, tcp_seq_of(100), 9);
	assert_u64(agreed.timestamp_recent, 60);
	assert_u64(agreed.timestamp_recent_at, 9);
	tcp_timestamp_remember(&agreed, &older, tcp_seq_of(100), 10);
	assert_u64(agreed.timestamp_recent, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_offer_has_everything_and_the_mss_of_the_path, prepare),
		cmocka_unit_test_setup(an_ipv6_offer_has_room_for_its_header, prepare),
		cmocka_unit_test_setup(the_program_may_offer_less, prepare),
		cmocka_unit_test_setup(an_answer_with_everything_turns_everything_on, prepare),
		cmocka_unit_test_setup(each_option_is_off_unless_the_peer_has_it, prepare),
		cmocka_unit_test_setup(a_scale_above_14_is_used_as_14, prepare),
		cmocka_unit_test_setup(the_mss_is_what_peer_path_and_program_allow, prepare),
		cmocka_unit_test_setup(
			an_older_timestamp_is_rejected_unless_it_is_a_reset_or_24_days_passed,
			prepare),
		cmocka_unit_test_setup(
			only_a_newer_timestamp_at_or_before_the_last_ack_is_remembered, prepare),
	};

	return cmocka_run_group_tests_name("tcp_negotiate", tests, NULL, NULL);
}
