// SPDX-License-Identifier: MIT
//
// How a connection opens: both ways, at once, again and again, and not at all. RFC 9293 3.5,
// 3.10.7.2, 3.10.7.3.
#include <errno.h>

#include "../support/test_segment.h"

static struct test_peer peer;

static int open_peer(void **state)
{
	(void)state;
	test_peer_open(&peer, NULL);
	return 0;
}

static int close_peer(void **state)
{
	(void)state;
	test_peer_close(&peer);
	return 0;
}

#define GIVE(...) test_peer_give(&peer, &(struct test_segment){__VA_ARGS__})

static uint64_t drops(enum berth_drop reason)
{
	return test_drops(&peer.test, reason);
}

// --- passive
// ---------------------------------------------------------------------------------------

static void a_listener_answers_a_syn_and_offers_the_connection_after_the_ack(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 5), socket = 0;
	struct berth_endpoint remote;

	(void)state;
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	assert_u64(test_events_of(&peer.test, listener), 0);
	assert_u64(test_peer_counters(&peer).tcp_embryos, 1);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	assert_u64(test_events_of(&peer.test, listener), BERTH_EVENT_ACCEPTABLE);
	assert_int_equal(berth_socket_accept(peer.test.host, listener, &socket, &remote, peer.now),
			 0);
	test_assert_endpoint(&remote, "10.0.0.2:4000");
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
	assert_u64(test_peer_counters(&peer).tcp_embryos, 0);
	assert_u64(test_peer_counters(&peer).tcp_opened_passive, 1);
	assert_int_equal(test_peer_accept(&peer, listener), 0);
	test_peer_expect_nothing(&peer);
}

static void a_syn_ack_offers_only_what_the_syn_did(void **state)
{
	struct test_segment answer;

	(void)state;
	test_peer_listen(&peer, 5);
	GIVE(.flags = "S", .mss = 1000);
	assert_true(test_peer_take(&peer, &answer));
	assert_u64(answer.mss, 1460);
	assert_false(answer.has_window_scale);
	assert_false(answer.sack_permitted);
	assert_false(answer.has_timestamps);

	peer.peer_end.port++;
	GIVE(.flags = "S", .mss = 1000, .sack_permitted = true, .has_window_scale = true,
	     .window_scale = 3, .has_timestamps = true, .timestamp = 77);
	assert_true(test_peer_take(&peer, &answer));
	assert_true(answer.has_window_scale);
	assert_true(answer.sack_permitted);
	assert_true(answer.has_timestamps);
	assert_u64(answer.echo, 77);
}

static void a_peer_that_names_no_mss_gets_the_default(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 5), socket;

	(void)state;
	GIVE(.flags = "S");
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	socket = test_peer_accept(&peer, listener);
	test_peer_send(&peer, socket, 1000);
	test_peer_expect(&peer, "A", 1, 1, 536);
}

static void a_syn_ack_is_repeated_after_1_2_4_8_and_16_seconds_and_then_forgotten(void **state)
{
	static const uint64_t waits[] = {1, 2, 4, 8, 16};

	(void)state;
	test_peer_listen(&peer, 5);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	for (size_t i = 0; i < 5; i++) {
		test_peer_wait(&peer, waits[i] * TEST_S - TEST_MS);
		test_peer_expect_nothing(&peer);
		test_peer_wait(&peer, TEST_MS);
		test_peer_expect(&peer, "SA", 0, 1, 0);
		test_peer_expect_nothing(&peer);
	}
	test_peer_wait(&peer, 32 * TEST_S - TEST_MS);
	assert_u64(test_peer_counters(&peer).tcp_embryos, 1);
	test_peer_wait(&peer, TEST_MS);
	assert_u64(test_peer_counters(&peer).tcp_embryos, 0);
	assert_u64(test_peer_counters(&peer).tcp_failed, 1);
	test_peer_expect_nothing(&peer);
	GIVE(.flags = "A", .seq = 1, .ack = 1); // too late
	test_peer_expect(&peer, "R", 1, 0, 0);
}

static void a_repeated_syn_gets_the_same_syn_ack_again(void **state)
{
	uint32_t host_isn;

	(void)state;
	test_peer_listen(&peer, 5);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	host_isn = peer.host_isn;
	test_peer_wait(&peer, 900 * TEST_MS);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	assert_u64(peer.host_isn, host_isn);
	test_peer_expect_nothing(&peer);
	assert_u64(test_peer_counters(&peer).tcp_embryos, 1);
}

static void bytes_in_a_bare_syn_are_not_acknowledged(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 5), socket;

	(void)state;
	GIVE(.flags = "S", .length = 10);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 10);
	socket = test_peer_accept(&peer, listener);
	test_peer_read(&peer, socket, 1, 10);
}

static void the_last_ack_of_the_handshake_may_bring_bytes_and_a_fin(void **state)
{
	berth_socket listener = test_peer_listen(&peer, 5), socket;

	(void)state;
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "FA", .seq = 1, .ack = 1, .length = 20);
	socket = test_peer_accept(&peer, listener);
	test_assert_state(&peer, socket, BERTH_TCP_CLOSE_WAIT);
	assert_u64(test_events_of(&peer.test, socket),
		   BERTH_EVENT_READABLE | BERTH_EVENT_WRITABLE | BERTH_EVENT_FINISHED);
	test_peer_read(&peer, socket, 1, 20);
	test_peer_read(&peer, socket, 0, 0);
	test_peer_expect(&peer, "A", 1, 22, 0);
}

static void a_listener_resets_an_ack_and_ignores_a_reset_and_a_bare_segment(void **state)
{
	(void)state;
	test_peer_listen(&peer, 5);
	peer.host_isn = 5000;
	GIVE(.flags = "A", .seq = 1, .ack = 7);
	test_peer_expect(&peer, "R", 7, 0, 0);
	GIVE(.flags = "SA", .seq = 0, .ack = 9);
	peer.host_isn = 5000;
	test_peer_expect(&peer, "R", 9, 0, 0);
	GIVE(.flags = "R", .seq = 1);
	test_peer_expect_nothing(&peer);
	GIVE(.flags = "F", .seq = 1);
	test_peer_expect_nothing(&peer);
	assert_u64(drops(BERTH_DROP_TCP_ACK_INVALID), 2);
	assert_u64(drops(BERTH_DROP_TCP_RST_INVALID), 1);
	assert_u64(drops(BERTH_DROP_TCP_FLAGS_INVALID), 1);
}

static void nobody_on_a_port_means_a_reset(void **state)
{
	(void)state;
	peer.host_isn = 0;
	GIVE(.flags = "S", .seq = 0, .length = 5);
	test_peer_expect(&peer, "RA", 0, 6, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 33);
	test_peer_expect(&peer, "R", 33, 0, 0);
	GIVE(.flags = "R", .seq = 1);
	test_peer_expect_nothing(&peer);
	assert_u64(drops(BERTH_DROP_TCP_NO_PORT), 3);
}

// --- active
// ----------------------------------------------------------------------------------------

static void a_connect_sends_a_syn_and_acknowledges_the_answer(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	test_assert_state(&peer, socket, BERTH_TCP_SYN_SENT);
	GIVE(.flags = "SA", .ack = 1, .mss = 1460);
	test_peer_expect(&peer, "A", 1, 1, 0);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
	assert_u64(test_events_of(&peer.test, socket), BERTH_EVENT_WRITABLE);
	assert_u64(test_peer_counters(&peer).tcp_opened_active, 1);
	test_peer_expect_nothing(&peer);
}

static void a_syn_offers_everything(void **state)
{
	berth_socket socket = test_socket(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);
	struct berth_endpoint local;
	struct test_segment syn;

	(void)state;
	assert_int_equal(berth_socket_connect(peer.test.host, socket, &peer.peer_end, peer.now),
			 -EINPROGRESS);
	assert_int_equal(berth_socket_local(peer.test.host, socket, &local), 0);
	assert_in_range(local.port, 32768, 60999);
	peer.host_end.port = local.port;
	assert_true(test_peer_take(&peer, &syn));
	assert_u64(syn.mss, 1460);
	assert_true(syn.has_window_scale);
	assert_true(syn.sack_permitted);
	assert_true(syn.has_timestamps);
	assert_u64(syn.echo, 0);
	assert_true(syn.window >= 64000);
}

static void bytes_and_fin_that_come_with_the_syn_ack_are_taken(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	GIVE(.flags = "SA", .ack = 1, .length = 30, .mss = 1460);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
	test_peer_expect(&peer, "A", 1, 31, 0);
	test_peer_read(&peer, socket, 1, 30);
}

static void a_reset_that_acknowledges_our_syn_refuses_the_connection(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);
	struct berth_event event;

	(void)state;
	GIVE(.flags = "RA", .ack = 1);
	assert_true(berth_host_next_event(peer.test.host, &event));
	assert_u64(event.socket, socket);
	assert_true(event.what & BERTH_EVENT_ERROR);
	assert_int_equal(event.error, ECONNREFUSED);
	assert_int_equal(test_peer_error(&peer, socket), ECONNREFUSED);
	assert_int_equal(test_peer_error(&peer, socket), 0);
	test_assert_state(&peer, socket, BERTH_TCP_CLOSED);
	test_peer_expect_nothing(&peer);
	assert_u64(test_peer_counters(&peer).tcp_failed, 1);
}

static void a_socket_may_connect_again_after_it_was_refused(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);
	struct berth_endpoint local;

	(void)state;
	GIVE(.flags = "RA", .ack = 1);
	assert_int_equal(test_peer_error(&peer, socket), ECONNREFUSED);
	assert_int_equal(berth_socket_connect(peer.test.host, socket, &peer.peer_end, peer.now),
			 -EINPROGRESS);
	assert_int_equal(berth_socket_local(peer.test.host, socket, &local), 0);
	peer.host_end.port = local.port;
	test_peer_expect(&peer, "S", 0, 0, 0);
	GIVE(.flags = "SA", .ack = 1, .mss = 1460);
	test_peer_expect(&peer, "A", 1, 1, 0);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
}

static void a_reset_without_the_right_ack_does_not_refuse(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	GIVE(.flags = "R", .seq = 0);
	GIVE(.flags = "RA", .ack = 2);
	GIVE(.flags = "RA", .ack = 0);
	test_assert_state(&peer, socket, BERTH_TCP_SYN_SENT);
	test_peer_expect_nothing(&peer);
	assert_u64(drops(BERTH_DROP_TCP_RST_INVALID), 1);
	assert_u64(drops(BERTH_DROP_TCP_ACK_INVALID), 2);
}

static void an_ack_of_something_else_in_syn_sent_is_reset(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	GIVE(.flags = "SA", .ack = 5);
	test_peer_expect(&peer, "R", 5, 0, 0);
	GIVE(.flags = "A", .seq = 10, .ack = 1); // acceptable, but neither SYN nor RST
	test_peer_expect_nothing(&peer);
	test_assert_state(&peer, socket, BERTH_TCP_SYN_SENT);
	assert_u64(drops(BERTH_DROP_TCP_FLAGS_INVALID), 1);
}

static void a_syn_is_repeated_six_times_and_then_the_connect_times_out(void **state)
{
	static const uint64_t waits[] = {1, 2, 4, 8, 16, 32};
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		test_peer_wait(&peer, waits[i] * TEST_S - TEST_MS);
		test_peer_expect_nothing(&peer);
		test_peer_wait(&peer, TEST_MS);
		test_peer_expect(&peer, "S", 0, 0, 0);
	}
	test_peer_wait(&peer, 64 * TEST_S - TEST_MS);
	test_assert_state(&peer, socket, BERTH_TCP_SYN_SENT);
	test_peer_wait(&peer, TEST_MS);
	test_assert_state(&peer, socket, BERTH_TCP_CLOSED);
	assert_int_equal(test_peer_error(&peer, socket), ETIMEDOUT);
	test_peer_expect_nothing(&peer);
}

static void tcp_syncnt_says_how_often_a_syn_is_repeated(void **state)
{
	berth_socket socket = test_socket(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);
	uint32_t sent = 0;
	struct test_segment segment;
	struct berth_endpoint local;

	(void)state;
	test_peer_set_int(&peer, socket, BERTH_IPPROTO_TCP, BERTH_TCP_SYNCNT, 2);
	assert_int_equal(berth_socket_connect(peer.test.host, socket, &peer.peer_end, peer.now),
			 -EINPROGRESS);
	assert_int_equal(berth_socket_local(peer.test.host, socket, &local), 0);
	peer.host_end.port = local.port;
	for (int second = 0; second < 10; second++) {
		sent += test_peer_take(&peer, &segment);
		test_peer_wait(&peer, TEST_S);
	}
	assert_u64(sent, 3);
	assert_int_equal(test_peer_error(&peer, socket), ETIMEDOUT);
}

static void a_repeated_syn_still_connects(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	test_peer_wait(&peer, TEST_S);
	test_peer_expect(&peer, "S", 0, 0, 0);
	GIVE(.flags = "SA", .ack = 1, .mss = 1460);
	test_peer_expect(&peer, "A", 1, 1, 0);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
	GIVE(.flags = "SA", .ack = 1, .mss = 1460); // its answer crossed: we say where we are
	test_peer_expect(&peer, "A", 1, 1, 0);
}

static void connect_says_what_is_wrong(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);
	struct berth_host *host = peer.test.host;
	struct berth_endpoint far_away = test_endpoint("192.0.2.1", 80);
	struct berth_endpoint group = test_endpoint("224.0.0.1", 80);
	struct berth_endpoint ipv6 = test_endpoint("fd00::2", 80);
	berth_socket fresh = test_socket(&peer.test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP);

	(void)state;
	assert_int_equal(berth_socket_connect(host, socket, &peer.peer_end, peer.now), -EALREADY);
	GIVE(.flags = "SA", .ack = 1);
	assert_int_equal(berth_socket_connect(host, socket, &peer.peer_end, peer.now), -EISCONN);
	assert_int_equal(berth_socket_connect(host, fresh, &far_away, peer.now), -ENETUNREACH);
	assert_int_equal(berth_socket_connect(host, fresh, &group, peer.now), -ENETUNREACH);
	assert_int_equal(berth_socket_connect(host, fresh, &ipv6, peer.now), -EAFNOSUPPORT);
}

static void closing_in_syn_sent_says_nothing_and_a_late_answer_is_reset(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	test_peer_let_go(&peer, socket);
	test_peer_expect_nothing(&peer);
	test_peer_wait(&peer, 10 * TEST_S);
	test_peer_expect_nothing(&peer);
	GIVE(.flags = "SA", .ack = 1);
	test_peer_expect(&peer, "R", 1, 0, 0);
	assert_u64(test_peer_counters(&peer).tcp_connections, 0);
}

static void shutdown_in_syn_sent_ends_the_attempt(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	test_peer_shutdown(&peer, socket, BERTH_SHUTDOWN_WRITE);
	test_assert_state(&peer, socket, BERTH_TCP_CLOSED);
	assert_int_equal(test_peer_error(&peer, socket), ECONNRESET);
	test_peer_expect_nothing(&peer);
}

// --- simultaneous
// ----------------------------------------------------------------------------------

static void two_syns_that_cross_make_one_connection(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	GIVE(.flags = "S", .mss = 1460);
	test_assert_state(&peer, socket, BERTH_TCP_SYN_RECEIVED);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	test_peer_expect_nothing(&peer);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
	assert_u64(test_events_of(&peer.test, socket), BERTH_EVENT_WRITABLE);
	test_peer_send(&peer, socket, 100);
	test_peer_expect(&peer, "PA", 1, 1, 100);
}

static void two_syns_and_two_syn_acks_that_cross_make_one_connection(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "SA", .seq = 0, .ack = 1, .mss = 1460);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
	GIVE(.flags = "A", .seq = 1, .ack = 1, .length = 5);
	test_peer_read(&peer, socket, 1, 5);
}

static void the_syn_ack_of_a_simultaneous_open_is_repeated(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	test_peer_wait(&peer, TEST_S);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
}

static void a_reset_in_a_simultaneous_open_refuses(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "R", .seq = 1);
	assert_int_equal(test_peer_error(&peer, socket), ECONNREFUSED);
}

static void a_wrong_ack_in_a_simultaneous_open_is_reset(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 2);
	test_peer_expect(&peer, "R", 2, 0, 0);
	test_assert_state(&peer, socket, BERTH_TCP_SYN_RECEIVED);
}

static void a_close_in_a_simultaneous_open_waits_for_its_end(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	test_peer_shutdown(&peer, socket, BERTH_SHUTDOWN_WRITE);
	test_peer_expect_nothing(&peer);
	test_assert_state(&peer, socket, BERTH_TCP_SYN_RECEIVED);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	test_assert_state(&peer, socket, BERTH_TCP_FIN_WAIT_1);
	test_peer_expect(&peer, "FA", 1, 1, 0);
}

// --- errors on the way
// -----------------------------------------------------------------------------

static void give_icmp_error(uint8_t type, uint8_t code)
{
	struct test_frame error;

	test_frame_icmp4_error(&error, &peer.mac, &peer.peer_end.address, type, code, 0,
			       &peer.last);
	test_give(&peer.test, &error, peer.now);
}

static void port_unreachable_refuses_a_connect(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	give_icmp_error(3, 3);
	assert_int_equal(test_peer_error(&peer, socket), ECONNREFUSED);
}

static void host_unreachable_ends_a_connect_when_it_comes_twice(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);

	(void)state;
	give_icmp_error(3, 1);
	test_assert_state(&peer, socket, BERTH_TCP_SYN_SENT);
	test_peer_wait(&peer, TEST_S);
	test_peer_expect(&peer, "S", 0, 0, 0);
	give_icmp_error(3, 1);
	assert_int_equal(test_peer_error(&peer, socket), EHOSTUNREACH);
}

static void a_soft_error_is_what_a_timeout_tells(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);
	struct test_segment segment;

	(void)state;
	give_icmp_error(3, 1);
	for (int second = 0; second < 130; second++) {
		test_peer_wait(&peer, TEST_S);
		test_peer_take(&peer, &segment);
	}
	assert_int_equal(test_peer_error(&peer, socket), EHOSTUNREACH);
}

static void an_error_about_something_we_never_sent_is_not_believed(void **state)
{
	berth_socket socket = test_peer_connecting(&peer);
	uint8_t *tcp = test_peer_tcp(&peer.last);

	(void)state;
	tcp[7] ^= 0x55; // another sequence number
	give_icmp_error(3, 3);
	test_assert_state(&peer, socket, BERTH_TCP_SYN_SENT);
	assert_u64(drops(BERTH_DROP_ICMP_ERROR_UNRELATED), 1);
}

static void a_hard_error_ends_a_half_open_connection(void **state)
{
	(void)state;
	test_peer_listen(&peer, 5);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	give_icmp_error(3, 1); // soft
	assert_u64(test_peer_counters(&peer).tcp_embryos, 1);
	give_icmp_error(3, 3);
	assert_u64(test_peer_counters(&peer).tcp_embryos, 0);
}

// --- IPv6
// ------------------------------------------------------------------------------------------

static void ipv6_connects_and_accepts_likewise(void **state)
{
	berth_socket listener, socket;

	(void)state;
	test_peer_close(&peer);
	test_peer_open_ipv6(&peer, NULL);
	socket = test_peer_connecting(&peer);
	GIVE(.flags = "SA", .ack = 1, .mss = 1440);
	test_peer_expect(&peer, "A", 1, 1, 0);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
	peer.host_end.port = TEST_PORT;
	listener = test_peer_listen(&peer, 5);
	GIVE(.flags = "S", .mss = 1440);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	assert_int_not_equal(test_peer_accept(&peer, listener), 0);
}

static void link_local_addresses_connect_and_accept(void **state)
{
	berth_socket listener, socket;

	(void)state;
	test_peer_close(&peer);
	test_peer_open_ipv6(&peer, NULL);
	peer.peer_end = test_endpoint("fe80::2", TEST_PEER_PORT);
	peer.host_end = test_endpoint("fe80::ff:fe00:1", TEST_PORT);
	peer.peer_end.address.scope = peer.host_end.address.scope = 1;
	test_teach(&peer.test, &peer.peer_end.address, &peer.mac, peer.now);
	listener = test_peer_listen(&peer, 5);
	GIVE(.flags = "S", .mss = 1440);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	assert_int_not_equal(test_peer_accept(&peer, listener), 0);
	socket = test_peer_connecting(&peer);
	GIVE(.flags = "SA", .ack = 1, .mss = 1440);
	test_peer_expect(&peer, "A", 1, 1, 0);
	test_assert_state(&peer, socket, BERTH_TCP_ESTABLISHED);
}

static void an_ipv6_listener_accepts_ipv4_unless_told_not_to(void **state)
{
	struct berth_endpoint any = test_endpoint("", TEST_PORT), remote;
	berth_socket listener, socket;

	(void)state;
	any.address.family = BERTH_FAMILY_IPV6;
	listener = test_socket(&peer.test, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_TCP);
	assert_int_equal(berth_socket_bind(peer.test.host, listener, &any, NULL), 0);
	assert_int_equal(berth_socket_listen(peer.test.host, listener, 5, peer.now), 0);
	GIVE(.flags = "S", .mss = 1460);
	test_peer_expect(&peer, "SA", 0, 1, 0);
	GIVE(.flags = "A", .seq = 1, .ack = 1);
	assert_int_equal(berth_socket_accept(peer.test.host, listener, &socket, &remote, peer.now),
			 0);
	test_assert_endpoint(&remote, "[::ffff:10.0.0.2]:4000");
	test_peer_let_go(&peer, listener);
	test_peer_let_go(&peer, socket);
	test_peer_expect(&peer, "FA", 1, 1, 0);

	listener = test_socket(&peer.test, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_TCP);
	test_peer_set_int(&peer, listener, BERTH_IPPROTO_IPV6, BERTH_IPV6_V6ONLY, 1);
	any.port++;
	assert_int_equal(berth_socket_bind(peer.test.host, listener, &any, NULL), 0);
	assert_int_equal(berth_socket_listen(peer.test.host, listener, 5, peer.now), 0);
	peer.host_end.port++;
	GIVE(.flags = "S", .mss = 1460);
	peer.host_isn = 0;
	test_peer_expect(&peer, "RA", 0, 1, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_peer, close_peer)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_listener_answers_a_syn_and_offers_the_connection_after_the_ack),
		TEST(a_syn_ack_offers_only_what_the_syn_did),
		TEST(a_peer_that_names_no_mss_gets_the_default),
		TEST(a_syn_ack_is_repeated_after_1_2_4_8_and_16_seconds_and_then_forgotten),
		TEST(a_repeated_syn_gets_the_same_syn_ack_again),
		TEST(bytes_in_a_bare_syn_are_not_acknowledged),
		TEST(the_last_ack_of_the_handshake_may_bring_bytes_and_a_fin),
		TEST(a_listener_resets_an_ack_and_ignores_a_reset_and_a_bare_segment),
		TEST(nobody_on_a_port_means_a_reset),
		TEST(a_connect_sends_a_syn_and_acknowledges_the_answer),
		TEST(a_syn_offers_everything),
		TEST(bytes_and_fin_that_come_with_the_syn_ack_are_taken),
		TEST(a_reset_that_acknowledges_our_syn_refuses_the_connection),
		TEST(a_socket_may_connect_again_after_it_was_refused),
		TEST(a_reset_without_the_right_ack_does_not_refuse),
		TEST(an_ack_of_something_else_in_syn_sent_is_reset),
		TEST(a_syn_is_repeated_six_times_and_then_the_connect_times_out),
		TEST(tcp_syncnt_says_how_often_a_syn_is_repeated),
		TEST(a_repeated_syn_still_connects),
		TEST(connect_says_what_is_wrong),
		TEST(closing_in_syn_sent_says_nothing_and_a_late_answer_is_reset),
		TEST(shutdown_in_syn_sent_ends_the_attempt),
		TEST(two_syns_that_cross_make_one_connection),
		TEST(two_syns_and_two_syn_acks_that_cross_make_one_connection),
		TEST(the_syn_ack_of_a_simultaneous_open_is_repeated),
		TEST(a_reset_in_a_simultaneous_open_refuses),
		TEST(a_wrong_ack_in_a_simultaneous_open_is_reset),
		TEST(a_close_in_a_simultaneous_open_waits_for_its_end),
		TEST(port_unreachable_refuses_a_connect),
		TEST(host_unreachable_ends_a_connect_when_it_comes_twice),
		TEST(a_soft_error_is_what_a_timeout_tells),
		TEST(an_error_about_something_we_never_sent_is_not_believed),
		TEST(a_hard_error_ends_a_half_open_connection),
		TEST(ipv6_connects_and_accepts_likewise),
		TEST(link_local_addresses_connect_and_accept),
		TEST(an_ipv6_listener_accepts_ipv4_unless_told_not_to),
	};

	return cmocka_run_group_tests_name("tcp_opening", tests, NULL, NULL);
}
