// SPDX-License-Identifier: MIT
//
// A port when any will do: never twice, none forgotten, not to be guessed, the same from the same
// seed (RFC 6056).
#include <errno.h>

#include "../../../lib/base/numbers.h"
#include "../../../lib/port/port_space.h"
#include "../../support/test_host.h"

#define TCP 6
#define UDP 17
#define LOW 50000
#define HIGH 50199
#define COUNT (HIGH - LOW + 1)

struct fixture {
	struct memory memory;
	struct random random;
	struct port_space space;
};

static void open_fixture(struct fixture *fixture, uint64_t seed)
{
	const uint64_t seeds[2] = {seed, ~seed};
	struct berth_allocator allocator = test_allocator();

	memory_init(&fixture->memory, &allocator);
	random_init(&fixture->random, seeds, 0);
	assert_true(
		port_space_init(&fixture->space, &fixture->memory, &fixture->random, LOW, HIGH));
}

static void close_fixture(struct fixture *fixture)
{
	port_space_clear(&fixture->space);
	assert_int_equal(fixture->memory.bytes_held, 0);
}

static struct port_claim udp_claim_of(void)
{
	struct port_claim claim = {0};

	claim.protocol = UDP;
	claim.address = berth_ipv4(0, 0, 0, 0);
	return claim;
}

static void every_port_is_given_once_and_then_none(void **state)
{
	static struct port_claim claims[COUNT];
	struct port_claim late = udp_claim_of();
	bool is_given[COUNT] = {false};
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, 1);
	late.reuse_address = late.reuse_port = true;
	for (size_t i = 0; i < COUNT; i++) {
		claims[i] = udp_claim_of();
		claims[i].reuse_address = claims[i].reuse_port = true;
		assert_int_equal(port_space_claim_any(&fixture.space, &claims[i]), 0);
		assert_in_range(claims[i].port, LOW, HIGH);
		assert_false(is_given[claims[i].port - LOW]);
		is_given[claims[i].port - LOW] = true;
	}
	assert_int_equal(port_space_claim_any(&fixture.space, &late), -EADDRINUSE);
	assert_int_equal(late.port, 0);
	port_space_release(&fixture.space, &claims[17]);
	assert_int_equal(port_space_claim_any(&fixture.space, &late), 0);
	port_space_release(&fixture.space, &late);
	for (size_t i = 0; i < COUNT; i++)
		port_space_release(&fixture.space, &claims[i]);
	close_fixture(&fixture);
}

static void a_port_held_for_another_protocol_is_free(void **state)
{
	struct port_claim tcp[COUNT], udp = udp_claim_of();
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, 2);
	for (size_t i = 0; i < COUNT; i++) {
		tcp[i] = udp_claim_of();
		tcp[i].protocol = TCP;
		assert_int_equal(port_space_claim_any(&fixture.space, &tcp[i]), 0);
	}
	assert_int_equal(port_space_claim_any(&fixture.space, &udp), 0);
	port_space_release(&fixture.space, &udp);
	for (size_t i = 0; i < COUNT; i++)
		port_space_release(&fixture.space, &tcp[i]);
	close_fixture(&fixture);
}

static void claim_one(struct fixture *fixture, uint16_t *ret_port)
{
	struct port_claim claim = udp_claim_of();

	assert_int_equal(port_space_claim_any(&fixture->space, &claim), 0);
	*ret_port = claim.port;
	port_space_release(&fixture->space, &claim);
}

static void the_same_seed_gives_the_same_ports_and_another_seed_others(void **state)
{
	struct fixture one, same, other;
	unsigned equal_to_other = 0;

	(void)state;
	open_fixture(&one, 3);
	open_fixture(&same, 3);
	open_fixture(&other, 4);
	for (unsigned i = 0; i < 100; i++) {
		uint16_t left, right, third;

		claim_one(&one, &left);
		claim_one(&same, &right);
		claim_one(&other, &third);
		assert_int_equal(left, right);
		equal_to_other += left == third;
	}
	assert_in_range(equal_to_other, 0, 5);
	close_fixture(&one);
	close_fixture(&same);
	close_fixture(&other);
}

static void ports_bound_in_turn_do_not_follow_each_other(void **state)
{
	struct fixture fixture;
	unsigned successors = 0;
	uint16_t last = 0;

	(void)state;
	open_fixture(&fixture, 5);
	for (unsigned i = 0; i < 1000; i++) {
		uint16_t port;

		claim_one(&fixture, &port);
		successors += port == last + 1;
		last = port;
	}
	// By chance one in 200.
	assert_in_range(successors, 0, 20);
	close_fixture(&fixture);
}

static struct berth_endpoint remote_of(uint8_t last, uint16_t port)
{
	struct berth_endpoint remote = {0};

	remote.address = berth_ipv4(192, 0, 2, last);
	remote.port = port;
	return remote;
}

static void attempts_for_a_connection_visit_every_port_once(void **state)
{
	struct berth_address local = berth_ipv4(10, 0, 0, 1);
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, 6);
	for (uint8_t peer = 1; peer < 20; peer++) {
		struct berth_endpoint remote = remote_of(peer, 443);
		bool is_visited[COUNT] = {false};

		for (uint32_t attempt = 0; attempt < COUNT; attempt++) {
			uint16_t port =
				port_space_candidate(&fixture.space, TCP, &local, &remote, attempt);

			assert_in_range(port, LOW, HIGH);
			assert_false(is_visited[port - LOW]);
			is_visited[port - LOW] = true;
		}
	}
	close_fixture(&fixture);
}

// RFC 6056 3.3.4: to one destination ports advance by small steps, so that they come again late; to
// another they begin somewhere else.
static void connections_to_one_peer_advance_and_peers_are_unrelated(void **state)
{
	struct berth_address local = berth_ipv4(10, 0, 0, 1);
	struct berth_endpoint here = remote_of(1, 443), there = remote_of(2, 443);
	struct fixture fixture;
	unsigned equal_distance = 0;
	uint16_t last, distance, last_distance = 0;

	(void)state;
	open_fixture(&fixture, 7);
	last = port_space_candidate(&fixture.space, TCP, &local, &here, 0);
	for (unsigned i = 0; i < 100; i++) {
		uint16_t port = port_space_candidate(&fixture.space, TCP, &local, &here, 0);
		uint16_t other = port_space_candidate(&fixture.space, TCP, &local, &there, 0);

		assert_in_range((port - last + COUNT) % COUNT, 1, 8);
		last = port;
		distance = (uint16_t)((other - port + COUNT) % COUNT);
		equal_distance += distance == last_distance;
		last_distance = distance;
	}
	// The steps are random: the distance between two peers' ports does not stay.
	assert_in_range(equal_distance, 0, 40);
	close_fixture(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_port_is_given_once_and_then_none),
		cmocka_unit_test(a_port_held_for_another_protocol_is_free),
		cmocka_unit_test(the_same_seed_gives_the_same_ports_and_another_seed_others),
		cmocka_unit_test(ports_bound_in_turn_do_not_follow_each_other),
		cmocka_unit_test(attempts_for_a_connection_visit_every_port_once),
		cmocka_unit_test(connections_to_one_peer_advance_and_peers_are_unrelated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
