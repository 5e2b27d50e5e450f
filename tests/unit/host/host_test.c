// SPDX-License-Identifier: MIT
//
// A host as a whole: made and unmade, without memory, talking to itself, the same from the same
// seed.
#include <errno.h>

#include "../../../lib/base/numbers.h"
#include "../../support/test_host.h"

static void a_configuration_that_makes_no_sense_makes_no_host(void **state)
{
	struct berth_config senseless[8] = {
		{.ephemeral_low = 50000, .ephemeral_high = 40000},
		{.ephemeral_low = 61000},
		{.congestion = "vegas"},
		{.congestion = "cub"},
		{.sockets_max = UINT32_MAX},
		{.tcp_receive_bytes_max = 100},
		{.tcp_send_bytes_max = UINT32_MAX},
		{.tcp_receive_bytes_max = 8192, .tcp_initial_receive_bytes = 16384}};
	struct berth_config sensible = {.congestion = "reno", .ephemeral_low = 60999};
	struct berth_host *host;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(senseless); i++) {
		senseless[i].allocator = test_allocator();
		assert_null(berth_host_new(&senseless[i]));
	}
	assert_null(berth_host_new(&(struct berth_config){0})); // no allocator
	sensible.allocator = test_allocator();
	host = berth_host_new(&sensible);
	assert_non_null(host);
	berth_host_free(host);
	berth_host_free(NULL);
}

static void an_interface_that_makes_no_sense_is_refused(void **state)
{
	struct berth_interface_config interface = {.mac = {{2, 0, 0, 0, 0, 1}}, .mtu = 1500};
	struct test_host test;

	(void)state;
	test_host_open(&test, 1, NULL);
	interface.mtu = 1279;
	assert_int_equal(berth_host_add_interface(test.host, &interface), -EINVAL);
	interface.mtu = 1280;
	interface.mac.byte[0] = 3;
	assert_int_equal(berth_host_add_interface(test.host, &interface), -EINVAL);
	interface.mac.byte[0] = 2;
	for (int index = 1; index < 8; index++)
		assert_int_equal(berth_host_add_interface(test.host, &interface), index);
	assert_int_equal(berth_host_add_interface(test.host, &interface), -ENOSPC);
	assert_int_equal(berth_host_add_address(test.host, 8, &test.ipv4, 24), -ENODEV);
	assert_int_equal(berth_host_add_address(test.host, 0, &test.ipv4, 24), -EEXIST);
	test_host_close(&test);
}

static void speak_udp(struct berth_host *host)
{
	struct berth_endpoint local = test_endpoint("127.0.0.1", 7);
	uint8_t data[3000] = {0};
	berth_socket udp;

	if (berth_socket_open(host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, &udp) < 0 ||
	    berth_socket_bind(host, udp, &local, NULL) < 0)
		return;
	berth_socket_send_to(host, udp, &local, data, sizeof(data), 0);
	berth_socket_receive(host, udp, data, sizeof(data), 0);
}

// Time passes until nothing is left to do; what TCP could not do for want of memory is tried again.
static void let_time_pass(struct berth_host *host, uint64_t *now)
{
	struct berth_frame frames[BERTH_BURST_MAX];
	uint64_t end = *now + 5 * TEST_S;

	while (*now < end) {
		uint64_t deadline;

		while (berth_host_transmit(host, frames, BERTH_BURST_MAX, *now))
			;
		deadline = berth_host_deadline(host);
		if (deadline > *now)
			*now = deadline < end ? deadline : end;
		berth_host_advance(host, *now);
	}
}

static void speak_tcp(struct berth_host *host)
{
	struct berth_endpoint local = test_endpoint("127.0.0.1", 7);
	berth_socket listener, server, client;
	uint8_t data[9000] = {0};
	uint64_t now = 0;

	if (berth_socket_open(host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP, &listener) < 0 ||
	    berth_socket_bind(host, listener, &local, NULL) < 0 ||
	    berth_socket_listen(host, listener, 5, now) < 0 ||
	    berth_socket_open(host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP, &client) < 0)
		return;
	berth_socket_connect(host, client, &local, now);
	let_time_pass(host, &now);
	berth_socket_send(host, client, data, sizeof(data), 0, now);
	let_time_pass(host, &now);
	if (berth_socket_accept(host, listener, &server, NULL, now) < 0)
		return;
	berth_socket_receive(host, server, data, sizeof(data), now);
	berth_socket_close(host, server, now);
	let_time_pass(host, &now);
	berth_socket_close(host, client, now);
}

// Everything a small life of a host acquires, refused at every single place and ever after: no
// crash, no leak.
static bool live_with_failing_memory(uint64_t fail_at)
{
	struct berth_config config = {.allocator = test_allocator_failing_at(fail_at)};
	struct berth_interface_config interface = {.mac = {{2, 0, 0, 0, 0, 1}}, .mtu = 1500};
	struct berth_host *host = berth_host_new(&config);

	if (!host)
		return false;
	if (berth_host_add_interface(host, &interface) == 0) {
		struct berth_address address = berth_ipv4(10, 0, 0, 1);

		berth_host_add_address(host, 0, &address, 24);
	}
	speak_udp(host);
	speak_tcp(host);
	berth_host_free(host);
	return test_failing_acquisitions() < fail_at;
}

static void memory_may_end_anywhere(void **state)
{
	uint64_t fail_at = 1;

	(void)state;
	while (!live_with_failing_memory(fail_at)) {
		assert_u64(test_allocated_bytes(), 0);
		assert_in_range(++fail_at, 1, 1000);
	}
	assert_u64(test_allocated_bytes(), 0);
	assert_in_range(fail_at, 10, 1000);
}

static void a_host_talks_to_itself_inside_the_call(void **state)
{
	struct test_host test;
	struct berth_frame frame;
	berth_socket server, client;
	struct berth_endpoint to, from;
	uint8_t data[65507];
	char answer[8];

	(void)state;
	test_host_open(&test, 1, NULL);
	memset(data, 7, sizeof(data));
	server = test_bound(&test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, "", 7);
	client = test_socket(&test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	to = test_endpoint("127.0.0.1", 7);
	assert_int_equal(berth_socket_send_to(test.host, client, &to, data, sizeof(data), 0),
			 65507);
	assert_int_equal(test_events_of(&test, server), BERTH_EVENT_READABLE);
	memset(data, 0, sizeof(data));
	assert_int_equal(berth_socket_receive_from(test.host, server, data, sizeof(data), &from,
						   NULL, NULL, 0),
			 65507);
	assert_int_equal(data[65506], 7);
	assert_int_equal(berth_socket_send_to(test.host, server, &from, "answer", 6, 0), 6);
	assert_int_equal(berth_socket_receive(test.host, client, answer, sizeof(answer), 0), 6);
	// Our address on the cable is ourselves, too.
	to = test_endpoint("10.0.0.1", 7);
	assert_int_equal(berth_socket_send_to(test.host, client, &to, "x", 1, 0), 1);
	assert_int_equal(berth_socket_receive(test.host, server, answer, sizeof(answer), 0), 1);
	assert_int_equal(berth_host_transmit(test.host, &frame, 1, 0), 0);
	test_host_close(&test);
}

static void the_deadline_is_zero_while_frames_wait(void **state)
{
	struct test_host test;
	struct berth_frame frame;
	berth_socket socket;
	struct berth_endpoint to = test_endpoint("10.0.0.2", 7);

	(void)state;
	test_host_open(&test, 1, NULL);
	while (berth_host_transmit(test.host, &frame, 1, TEST_S))
		;
	assert_true(berth_host_deadline(test.host) > 0);
	socket = test_socket(&test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	assert_int_equal(berth_socket_send_to(test.host, socket, &to, "x", 1, TEST_S), 1);
	assert_int_equal(berth_host_deadline(test.host), 0); // an ARP question
	assert_int_equal(berth_host_transmit(test.host, &frame, 1, TEST_S), 1);
	assert_int_equal(berth_host_transmit(test.host, &frame, 1, TEST_S), 0);
	// It is asked again; virtual time never stands still.
	assert_true(berth_host_deadline(test.host) > TEST_S);
	assert_true(berth_host_deadline(test.host) <= 2 * TEST_S);
	test_host_close(&test);
}

// Everything the left host puts on the wire in a second of chatter, as one hash.
static uint64_t life_of(uint64_t seed)
{
	struct test_host_options options = {.config = {.seed = {seed, 99}}};
	struct test_pair pair;
	struct berth_endpoint to = test_endpoint("10.0.0.2", 7);
	struct berth_frame frames[BERTH_BURST_MAX];
	uint64_t hash = 14695981039346656037u;
	size_t count;

	test_pair_open(&pair, &options);
	for (int i = 0; i < 20; i++) {
		berth_socket socket =
			test_socket(&pair.left, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);

		assert_int_equal(
			berth_socket_send_to(pair.left.host, socket, &to, "x", 1, pair.now), 1);
		while ((count = berth_host_transmit(pair.left.host, frames, 64, pair.now)) > 0) {
			for (size_t k = 0; k < count; k++) {
				const uint8_t *bytes = frames[k].slice[0].data;

				for (uint32_t b = 0; b < frames[k].slice[0].length; b++)
					hash = (hash ^ bytes[b]) * 1099511628211u;
			}
			berth_host_receive(pair.right.host, frames, count, pair.now);
			while ((count = berth_host_transmit(pair.right.host, frames, 64, pair.now)))
				berth_host_receive(pair.left.host, frames, count, pair.now);
		}
		test_pair_run(&pair, 50 * TEST_MS);
	}
	test_pair_close(&pair);
	return hash;
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
	(void)state;
	assert_u64(life_of(1), life_of(1));
	assert_true(life_of(1) != life_of(2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_configuration_that_makes_no_sense_makes_no_host),
		cmocka_unit_test(an_interface_that_makes_no_sense_is_refused),
		cmocka_unit_test(memory_may_end_anywhere),
		cmocka_unit_test(a_host_talks_to_itself_inside_the_call),
		cmocka_unit_test(the_deadline_is_zero_while_frames_wait),
		cmocka_unit_test(the_same_seed_gives_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
