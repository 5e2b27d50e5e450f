// SPDX-License-Identifier: MIT
//
// One port, one holder: every combination of addresses and of reuse, and who is named when refused.
#include <errno.h>

#include "../../../lib/base/numbers.h"
#include "../../../lib/port/port_space.h"
#include "../../support/test_host.h"

#define TCP 6
#define UDP 17

static struct memory memory;
static struct random numbers;
static struct port_space space;

static int open_space(void **state)
{
	static const uint64_t seed[2] = {1, 2};
	struct berth_allocator allocator = test_allocator();

	(void)state;
	memory_init(&memory, &allocator);
	random_init(&numbers, seed, 7);
	return port_space_init(&space, &memory, &numbers, 40000, 40099) ? 0 : -1;
}

static int close_space(void **state)
{
	(void)state;
	port_space_clear(&space);
	assert_int_equal(memory.bytes_held, 0);
	return 0;
}

static struct berth_address address_of(const char *text)
{
	struct berth_address address = {0};

	assert_true(berth_address_parse(text, &address));
	return address;
}

static struct port_claim claim_of(const char *text, uint8_t protocol)
{
	struct port_claim claim = {0};

	claim.protocol = protocol;
	claim.address = address_of(text);
	return claim;
}

static void two_claims_conflict_exactly_where_their_addresses_overlap(void **state)
{
	static const struct {
		const char *address;
		bool v6only;
	} claims[] = {
		{"0.0.0.0", false}, {"10.0.0.1", false}, {"10.0.0.2", false}, {"::", false},
		{"::", true},       {"fd00::1", false},  {"fd00::2", true},
	};
	// Row: who is there. Column: who comes. x: refused.
	static const char *const expected[] = {
		"xxxx...", // 0.0.0.0
		"xx.x...", // 10.0.0.1
		"x.xx...", // 10.0.0.2
		"xxxxxxx", // :: for both families
		"...xxxx", // :: for IPv6 only
		"...xxx.", // fd00::1
		"...xx.x", // fd00::2
	};

	(void)state;
	for (size_t row = 0; row < ARRAY_LENGTH(claims); row++) {
		for (size_t column = 0; column < ARRAY_LENGTH(claims); column++) {
			struct port_claim present = claim_of(claims[row].address, TCP);
			struct port_claim newcomer = claim_of(claims[column].address, TCP);
			const struct port_claim *holder = NULL;
			bool is_refused = expected[row][column] == 'x';

			present.v6only = claims[row].v6only;
			newcomer.v6only = claims[column].v6only;
			assert_int_equal(port_space_claim(&space, &present, 80, &holder), 0);
			assert_int_equal(port_space_claim(&space, &newcomer, 80, &holder),
					 is_refused ? -EADDRINUSE : 0);
			assert_ptr_equal(holder, is_refused ? &present : NULL);
			port_space_release(&space, &newcomer);
			port_space_release(&space, &present);
		}
	}
}

static void two_claims_share_a_port_exactly_where_both_allow_it(void **state)
{
	// Flags: a SO_REUSEADDR, p SO_REUSEPORT, l listening (only who is there can).
	static const struct {
		const char *present, *newcomer;
		int result;
	} rows[] = {
		{"", "", -EADDRINUSE},
		{"", "a", -EADDRINUSE},
		{"", "p", -EADDRINUSE},
		{"", "ap", -EADDRINUSE},
		{"a", "", -EADDRINUSE},
		{"a", "a", 0},
		{"a", "p", -EADDRINUSE},
		{"a", "ap", 0},
		{"p", "", -EADDRINUSE},
		{"p", "a", -EADDRINUSE},
		{"p", "p", 0},
		{"p", "ap", 0},
		{"ap", "", -EADDRINUSE},
		{"ap", "a", 0},
		{"ap", "p", 0},
		{"ap", "ap", 0},
		{"l", "", -EADDRINUSE},
		{"l", "a", -EADDRINUSE},
		{"l", "p", -EADDRINUSE},
		{"l", "ap", -EADDRINUSE},
		{"al", "", -EADDRINUSE},
		{"al", "a", -EADDRINUSE},
		{"al", "p", -EADDRINUSE},
		{"al", "ap", -EADDRINUSE},
		{"pl", "", -EADDRINUSE},
		{"pl", "a", -EADDRINUSE},
		{"pl", "p", 0},
		{"pl", "ap", 0},
		{"apl", "", -EADDRINUSE},
		{"apl", "a", -EADDRINUSE},
		{"apl", "p", 0},
		{"apl", "ap", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct port_claim present = claim_of("0.0.0.0", TCP);
		struct port_claim newcomer = claim_of("10.0.0.1", TCP);
		const struct port_claim *holder = NULL;

		present.reuse_address = strchr(rows[i].present, 'a') != NULL;
		present.reuse_port = strchr(rows[i].present, 'p') != NULL;
		newcomer.reuse_address = strchr(rows[i].newcomer, 'a') != NULL;
		newcomer.reuse_port = strchr(rows[i].newcomer, 'p') != NULL;
		assert_int_equal(port_space_claim(&space, &present, 80, &holder), 0);
		if (strchr(rows[i].present, 'l'))
			assert_int_equal(port_space_listen(&space, &present, &holder), 0);
		assert_int_equal(port_space_claim(&space, &newcomer, 80, &holder), rows[i].result);
		port_space_release(&space, &newcomer);
		port_space_release(&space, &present);
	}
}

static void other_protocols_and_other_ports_are_other_worlds(void **state)
{
	struct port_claim tcp = claim_of("0.0.0.0", TCP), udp = claim_of("0.0.0.0", UDP);
	struct port_claim next = claim_of("0.0.0.0", TCP);
	const struct port_claim *holder = NULL;

	(void)state;
	assert_int_equal(port_space_claim(&space, &tcp, 53, &holder), 0);
	assert_int_equal(port_space_claim(&space, &udp, 53, &holder), 0);
	assert_int_equal(port_space_claim(&space, &next, 54, &holder), 0);
	assert_null(holder);
	port_space_release(&space, &tcp);
	port_space_release(&space, &udp);
	port_space_release(&space, &next);
}

static void one_program_may_hold_many_ports(void **state)
{
	static struct port_claim claims[1000];
	const struct port_claim *holder = NULL;

	(void)state;
	for (uint16_t i = 0; i < 1000; i++) {
		claims[i] = claim_of("0.0.0.0", TCP);
		claims[i].holder_tag = 42;
		assert_int_equal(port_space_claim(&space, &claims[i], (uint16_t)(i + 1), &holder),
				 0);
	}
	for (uint16_t i = 0; i < 1000; i++)
		port_space_release(&space, &claims[i]);
}

static void who_is_refused_learns_the_holder_and_takes_nothing(void **state)
{
	struct port_claim first = claim_of("10.0.0.1", TCP), second = claim_of("10.0.0.2", TCP);
	struct port_claim third = claim_of("10.0.0.2", TCP), fourth = claim_of("10.0.0.2", TCP);
	const struct port_claim *holder = NULL;

	(void)state;
	first.holder_tag = 111;
	second.holder_tag = 222;
	assert_int_equal(port_space_claim(&space, &first, 443, &holder), 0);
	assert_int_equal(port_space_claim(&space, &second, 443, &holder), 0);
	assert_int_equal(port_space_claim(&space, &third, 443, &holder), -EADDRINUSE);
	assert_int_equal(holder->holder_tag, 222);
	assert_int_equal(third.port, 0);
	port_space_release(&space, &third); // harmless
	port_space_release(&space, &second);
	assert_int_equal(port_space_claim(&space, &fourth, 443, &holder), 0);
	port_space_release(&space, &first);
	port_space_release(&space, &fourth);
}

static void only_one_of_two_that_share_by_reuseaddr_may_listen(void **state)
{
	struct port_claim first = claim_of("0.0.0.0", TCP), second = claim_of("0.0.0.0", TCP);
	const struct port_claim *holder = NULL;

	(void)state;
	first.reuse_address = second.reuse_address = true;
	assert_int_equal(port_space_claim(&space, &first, 80, &holder), 0);
	assert_int_equal(port_space_claim(&space, &second, 80, &holder), 0);
	assert_int_equal(port_space_listen(&space, &first, &holder), 0);
	assert_true(first.is_listening);
	assert_int_equal(port_space_listen(&space, &second, &holder), -EADDRINUSE);
	assert_ptr_equal(holder, &first);
	assert_false(second.is_listening);
	port_space_release(&space, &first);
	assert_int_equal(port_space_listen(&space, &second, &holder), 0);
	port_space_release(&space, &second);
	assert_false(second.is_listening);
}

static void all_that_share_by_reuseport_may_listen(void **state)
{
	struct port_claim claims[4];
	const struct port_claim *holder = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(claims); i++) {
		claims[i] = claim_of("::", TCP);
		claims[i].reuse_port = true;
		assert_int_equal(port_space_claim(&space, &claims[i], 80, &holder), 0);
		assert_int_equal(port_space_listen(&space, &claims[i], &holder), 0);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(claims); i++)
		port_space_release(&space, &claims[i]);
}

static void a_flag_taken_back_counts_at_the_next_conflict(void **state)
{
	struct port_claim first = claim_of("0.0.0.0", UDP), second = claim_of("0.0.0.0", UDP);
	const struct port_claim *holder = NULL;

	(void)state;
	first.reuse_address = second.reuse_address = true;
	assert_int_equal(port_space_claim(&space, &first, 5353, &holder), 0);
	first.reuse_address = false;
	assert_int_equal(port_space_claim(&space, &second, 5353, &holder), -EADDRINUSE);
	port_space_release(&space, &first);
}

static void claims_made_by_connecting_share_a_port_but_keep_binders_out(void **state)
{
	struct port_claim first = claim_of("10.0.0.1", TCP), second = claim_of("10.0.0.1", TCP);
	struct port_claim binder = claim_of("0.0.0.0", TCP);
	const struct port_claim *holder = NULL;

	(void)state;
	first.is_connection = second.is_connection = true;
	assert_int_equal(port_space_claim(&space, &first, 40000, &holder), 0);
	assert_int_equal(port_space_claim(&space, &second, 40000, &holder), 0);
	assert_int_equal(port_space_claim(&space, &binder, 40000, &holder), -EADDRINUSE);
	port_space_release(&space, &first);
	port_space_release(&space, &second);
}

static void a_moved_claim_stands_at_its_new_place(void **state)
{
	struct port_claim from = claim_of("0.0.0.0", TCP), to = {0};
	struct port_claim other = claim_of("0.0.0.0", TCP);
	const struct port_claim *holder = NULL;

	(void)state;
	from.holder_tag = 9;
	assert_int_equal(port_space_claim(&space, &from, 8080, &holder), 0);
	port_space_move(&space, &from, &to);
	assert_int_equal(from.port, 0);
	assert_int_equal(to.port, 8080);
	assert_int_equal(port_space_claim(&space, &other, 8080, &holder), -EADDRINUSE);
	assert_ptr_equal(holder, &to);
	port_space_release(&space, &to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_claims_conflict_exactly_where_their_addresses_overlap),
		cmocka_unit_test(two_claims_share_a_port_exactly_where_both_allow_it),
		cmocka_unit_test(other_protocols_and_other_ports_are_other_worlds),
		cmocka_unit_test(one_program_may_hold_many_ports),
		cmocka_unit_test(who_is_refused_learns_the_holder_and_takes_nothing),
		cmocka_unit_test(only_one_of_two_that_share_by_reuseaddr_may_listen),
		cmocka_unit_test(all_that_share_by_reuseport_may_listen),
		cmocka_unit_test(a_flag_taken_back_counts_at_the_next_conflict),
		cmocka_unit_test(claims_made_by_connecting_share_a_port_but_keep_binders_out),
		cmocka_unit_test(a_moved_claim_stands_at_its_new_place),
	};

	return cmocka_run_group_tests(tests, open_space, close_space);
}
