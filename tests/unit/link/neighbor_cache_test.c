// SPDX-License-Identifier: MIT
//
// The neighbour state machine in virtual time: every deadline to the nanosecond (RFC 4861 7.3, 10).
#include "../../../lib/base/numbers.h"
#include "../../../lib/link/neighbor_cache.h"
#include "../../support/test_layers.h"

#define USED_MAX 4u
#define START (1000 * NS_PER_S)

struct fixture {
	struct memory memory;
	struct random random;
	struct timer_wheel wheel;
	struct neighbor_cache cache;
};

static const struct berth_mac mac_two = {{2, 0, 0, 0, 0, 2}};
static const struct berth_mac mac_three = {{2, 0, 0, 0, 0, 3}};

static void open_fixture(struct fixture *fixture)
{
	const struct berth_allocator allocator = test_allocator();
	const uint64_t seed[2] = {7, 8};

	memory_init(&fixture->memory, &allocator);
	random_init(&fixture->random, seed, 0);
	timer_wheel_init(&fixture->wheel, 0);
	assert_true(neighbor_cache_init(&fixture->cache, &fixture->memory, &fixture->wheel,
					&fixture->random, 0, USED_MAX));
}

static void close_fixture(struct fixture *fixture)
{
	neighbor_cache_clear(&fixture->cache);
	assert_u64(fixture->memory.bytes_held, 0);
}

static struct neighbor *insert_neighbor(struct fixture *fixture, uint8_t number)
{
	const struct berth_address address = berth_ipv4(10, 0, 0, number);

	return neighbor_cache_insert(&fixture->cache, &address);
}

// Nothing happens one nanosecond earlier; at that instant this neighbour's timer fires.
static enum neighbor_action fire_at(struct fixture *fixture, struct neighbor *neighbor, uint64_t at)
{
	assert_u64(timer_wheel_deadline(&fixture->wheel), at);
	assert_null(timer_wheel_expire(&fixture->wheel, at - 1));
	assert_ptr_equal(timer_wheel_expire(&fixture->wheel, at), &neighbor->timer);
	return neighbor_on_timer(&fixture->cache, neighbor, at);
}

static void make_reachable(struct fixture *fixture, struct neighbor *neighbor, uint64_t now)
{
	assert_int_equal(neighbor_on_send(&fixture->cache, neighbor, now), NEIGHBOR_ASK_ALL);
	neighbor_on_answer(&fixture->cache, neighbor, &mac_two, true, true, now);
	assert_int_equal(neighbor->state, NEIGHBOR_REACHABLE);
}

static void make_stale(struct fixture *fixture, struct neighbor *neighbor, uint64_t now)
{
	make_reachable(fixture, neighbor, now);
	assert_int_equal(fire_at(fixture, neighbor, now + fixture->cache.reachable_ns),
			 NEIGHBOR_NOTHING);
	assert_int_equal(neighbor->state, NEIGHBOR_STALE);
}

static void resolution_asks_three_times_a_second_apart_then_gives_up(void **state)
{
	struct fixture fixture;
	struct neighbor *neighbor;

	(void)state;
	open_fixture(&fixture);
	neighbor = insert_neighbor(&fixture, 2);
	assert_int_equal(neighbor_on_send(&fixture.cache, neighbor, START), NEIGHBOR_ASK_ALL);
	assert_int_equal(neighbor->state, NEIGHBOR_INCOMPLETE);
	assert_int_equal(neighbor_on_send(&fixture.cache, neighbor, START), NEIGHBOR_NOTHING);
	assert_int_equal(fire_at(&fixture, neighbor, START + NS_PER_S), NEIGHBOR_ASK_ALL);
	assert_int_equal(fire_at(&fixture, neighbor, START + 2 * NS_PER_S), NEIGHBOR_ASK_ALL);
	assert_int_equal(fire_at(&fixture, neighbor, START + 3 * NS_PER_S), NEIGHBOR_GIVE_UP);
	assert_int_equal(neighbor->state, NEIGHBOR_FAILED);
	assert_u64(timer_wheel_deadline(&fixture.wheel), NEVER);
	// The next packet asks anew.
	assert_int_equal(neighbor_on_send(&fixture.cache, neighbor, START + 9 * NS_PER_S),
			 NEIGHBOR_ASK_ALL);
	assert_int_equal(fire_at(&fixture, neighbor, START + 10 * NS_PER_S), NEIGHBOR_ASK_ALL);
	close_fixture(&fixture);
}

static void a_solicited_answer_is_believed_for_the_reachable_time(void **state)
{
	struct fixture fixture;
	struct neighbor *neighbor;

	(void)state;
	open_fixture(&fixture);
	neighbor = insert_neighbor(&fixture, 2);
	assert_false(neighbor_has_mac(neighbor));
	make_reachable(&fixture, neighbor, START);
	assert_true(neighbor_has_mac(neighbor));
	assert_memory_equal(&neighbor->mac, &mac_two, sizeof(mac_two));
	assert_int_equal(fire_at(&fixture, neighbor, START + fixture.cache.reachable_ns),
			 NEIGHBOR_NOTHING);
	assert_int_equal(neighbor->state, NEIGHBOR_STALE);
	assert_true(neighbor_has_mac(neighbor));
	assert_u64(timer_wheel_deadline(&fixture.wheel), NEVER);
	close_fixture(&fixture);
}

static void the_reachable_time_lies_between_half_and_one_and_a_half_of_thirty_seconds(void **state)
{
	struct fixture fixture;
	uint64_t least = NEVER, most = 0;

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		const uint64_t seed[2] = {round, 1};

		open_fixture(&fixture);
		neighbor_cache_clear(&fixture.cache);
		random_init(&fixture.random, seed, 0);
		assert_true(neighbor_cache_init(&fixture.cache, &fixture.memory, &fixture.wheel,
						&fixture.random, 0, USED_MAX));
		least = min_u64(least, fixture.cache.reachable_ns);
		most = max_u64(most, fixture.cache.reachable_ns);
		close_fixture(&fixture);
	}
	assert_in_range(least / NS_PER_MS, 15000, 16000);
	assert_in_range(most / NS_PER_MS, 44000, 45000);
}

static void the_reachable_time_is_chosen_anew_after_two_hours(void **state)
{
	struct fixture fixture;
	struct neighbor *neighbor;
	uint64_t chosen_ns;

	(void)state;
	open_fixture(&fixture);
	neighbor = insert_neighbor(&fixture, 2);
	chosen_ns = fixture.cache.reachable_ns;
	make_reachable(&fixture, neighbor, 7200 * NS_PER_S - 1);
	assert_u64(fixture.cache.reachable_ns, chosen_ns);
	neighbor_on_answer(&fixture.cache, neighbor, NULL, true, true, 7200 * NS_PER_S);
	assert_true(fixture.cache.reachable_ns != chosen_ns);
	close_fixture(&fixture);
}

static void proof_from_above_moves_the_end_of_reachable(void **state)
{
	struct fixture fixture;
	struct neighbor *neighbor;
	uint64_t reachable_ns;

	(void)state;
	open_fixture(&fixture);
	reachable_ns = fixture.cache.reachable_ns;
	neighbor = insert_neighbor(&fixture, 2);
	make_reachable(&fixture, neighbor, START);
	neighbor_on_proof(&fixture.cache, neighbor, START + 10 * NS_PER_S);
	assert_int_equal(fire_at(&fixture, neighbor, START + reachable_ns), NEIGHBOR_NOTHING);
	assert_int_equal(neighbor->state, NEIGHBOR_REACHABLE);
	assert_int_equal(fire_at(&fixture, neighbor, START + 10 * NS_PER_S + reachable_ns),
			 NEIGHBOR_NOTHING);
	assert_int_equal(neighbor->state, NEIGHBOR_STALE);
	close_fixture(&fixture);
}

static void a_stale_neighbour_that_is_used_is_probed_after_five_seconds(void **state)
{
	struct fixture fixture;
	struct neighbor *neighbor;
	uint64_t used_at;

	(void)state;
	open_fixture(&fixture);
	neighbor = insert_neighbor(&fixture, 2);
	make_stale(&fixture, neighbor, START);
	used_at = START + 100 * NS_PER_S;
	assert_int_equal(neighbor_on_send(&fixture.cache, neighbor, used_at), NEIGHBOR_NOTHING);
	assert_int_equal(neighbor->state, NEIGHBOR_DELAY);
	assert_true(neighbor_has_mac(neighbor));
	assert_int_equal(neighbor_on_send(&fixture.cache, neighbor, used_at + 1), NEIGHBOR_NOTHING);
	assert_int_equal(fire_at(&fixture, neighbor, used_at + 5 * NS_PER_S), NEIGHBOR_ASK_IT);
	assert_int_equal(neighbor->state, NEIGHBOR_PROBE);
	assert_true(neighbor_has_mac(neighbor));
	assert_int_equal(fire_at(&fixture, neighbor, used_at + 6 * NS_PER_S), NEIGHBOR_ASK_IT);
	assert_int_equal(fire_at(&fixture, neighbor, used_at + 7 * NS_PER_S), NEIGHBOR_ASK_IT);
	assert_int_equal(fire_at(&fixture, neighbor, used_at + 8 * NS_PER_S), NEIGHBOR_GIVE_UP);
	assert_int_equal(neighbor->state, NEIGHBOR_FAILED);
	close_fixture(&fixture);
}

static void proof_while_delayed_or_probed_makes_reachable(void **state)
{
	struct fixture fixture;
	struct neighbor *neighbor;
	uint64_t now = START + 100 * NS_PER_S;

	(void)state;
	open_fixture(&fixture);
	neighbor = insert_neighbor(&fixture, 2);
	make_stale(&fixture, neighbor, START);
	neighbor_on_send(&fixture.cache, neighbor, now);
	neighbor_on_proof(&fixture.cache, neighbor, now + 1);
	assert_int_equal(neighbor->state, NEIGHBOR_REACHABLE);
	fire_at(&fixture, neighbor, now + 1 + fixture.cache.reachable_ns);
	now += 100 * NS_PER_S;
	neighbor_on_send(&fixture.cache, neighbor, now);
	fire_at(&fixture, neighbor, now + 5 * NS_PER_S);
	assert_int_equal(neighbor->state, NEIGHBOR_PROBE);
	neighbor_on_answer(&fixture.cache, neighbor, &mac_two, true, true, now + 6 * NS_PER_S - 1);
	assert_int_equal(neighbor->state, NEIGHBOR_REACHABLE);
	close_fixture(&fixture);
}

static void proof_does_not_help_who_has_no_mac(void **state)
{
	struct fixture fixture;
	struct neighbor *neighbor;

	(void)state;
	open_fixture(&fixture);
	neighbor = insert_neighbor(&fixture, 2);
	neighbor_on_proof(&fixture.cache, neighbor, START);
	assert_int_equal(neighbor->state, NEIGHBOR_FAILED);
	neighbor_on_send(&fixture.cache, neighbor, START);
	neighbor_on_proof(&fixture.cache, neighbor, START);
	assert_int_equal(neighbor->state, NEIGHBOR_INCOMPLETE);
	close_fixture(&fixture);
}

// RFC 4861 appendix C: state, what comes, new state, is the new MAC taken?
struct answer_case {
	enum neighbor_state before;
	bool has_other_mac, has_mac, solicited, override;
	enum neighbor_state after;
	bool takes_mac;
};

static struct neighbor *neighbor_in_state(struct fixture *fixture, enum neighbor_state wanted)
{
	struct neighbor *neighbor = insert_neighbor(fixture, 2);

	if (wanted == NEIGHBOR_FAILED)
		return neighbor;
	if (wanted == NEIGHBOR_INCOMPLETE) {
		neighbor_on_send(&fixture->cache, neighbor, START);
		return neighbor;
	}
	if (wanted == NEIGHBOR_REACHABLE) {
		make_reachable(fixture, neighbor, START);
		return neighbor;
	}
	make_stale(fixture, neighbor, START);
	if (wanted == NEIGHBOR_STALE)
		return neighbor;
	neighbor_on_send(&fixture->cache, neighbor, START + 50 * NS_PER_S);
	if (wanted == NEIGHBOR_PROBE)
		fire_at(fixture, neighbor, START + 55 * NS_PER_S);
	return neighbor;
}

static void advertisements_act_as_in_appendix_c(void **state)
{
	static const struct answer_case cases[] = {
		{NEIGHBOR_INCOMPLETE, true, true, true, false, NEIGHBOR_REACHABLE, true},
		{NEIGHBOR_INCOMPLETE, true, true, false, false, NEIGHBOR_STALE, true},
		{NEIGHBOR_INCOMPLETE, false, false, true, true, NEIGHBOR_INCOMPLETE, false},
		{NEIGHBOR_FAILED, true, true, true, true, NEIGHBOR_FAILED, false},
		{NEIGHBOR_REACHABLE, true, true, true, false, NEIGHBOR_STALE, false},
		{NEIGHBOR_REACHABLE, true, true, false, false, NEIGHBOR_STALE, false},
		{NEIGHBOR_REACHABLE, true, true, true, true, NEIGHBOR_REACHABLE, true},
		{NEIGHBOR_REACHABLE, true, true, false, true, NEIGHBOR_STALE, true},
		{NEIGHBOR_REACHABLE, false, true, false, true, NEIGHBOR_REACHABLE, false},
		{NEIGHBOR_STALE, true, true, true, false, NEIGHBOR_STALE, false},
		{NEIGHBOR_STALE, false, true, true, false, NEIGHBOR_REACHABLE, false},
		{NEIGHBOR_STALE, false, false, true, false, NEIGHBOR_REACHABLE, false},
		{NEIGHBOR_STALE, false, true, false, true, NEIGHBOR_STALE, false},
		{NEIGHBOR_DELAY, true, true, true, true, NEIGHBOR_REACHABLE, true},
		{NEIGHBOR_DELAY, true, true, false, true, NEIGHBOR_STALE, true},
		{NEIGHBOR_DELAY, true, true, true, false, NEIGHBOR_DELAY, false},
		{NEIGHBOR_PROBE, false, true, true, false, NEIGHBOR_REACHABLE, false},
		{NEIGHBOR_PROBE, false, true, false, false, NEIGHBOR_PROBE, false},
		{NEIGHBOR_PROBE, true, true, true, false, NEIGHBOR_PROBE, false},
		{NEIGHBOR_PROBE, true, true, true, true, NEIGHBOR_REACHABLE, true},
	};

	(void)state;
	for (unsigned index = 0; index < ARRAY_LENGTH(cases); index++) {
		const struct answer_case *one = &cases[index];
		const struct berth_mac *mac = one->has_other_mac ? &mac_three : &mac_two;
		struct fixture fixture;
		struct neighbor *neighbor;

		open_fixture(&fixture);
		neighbor = neighbor_in_state(&fixture, one->before);
		neighbor_on_answer(&fixture.cache, neighbor, one->has_mac ? mac : NULL,
				   one->solicited, one->override, START + 60 * NS_PER_S);
		if (neighbor->state != one->after)
			print_error("case %u\n", index);
		assert_int_equal(neighbor->state, one->after);
		if (neighbor_has_mac(neighbor))
			assert_memory_equal(&neighbor->mac, one->takes_mac ? mac : &mac_two, 6);
		close_fixture(&fixture);
	}
}

static void a_question_makes_stale_only_when_it_is_news(void **state)
{
	struct fixture fixture;
	struct neighbor *neighbor;

	(void)state;
	open_fixture(&fixture);
	neighbor = insert_neighbor(&fixture, 2);
	neighbor_on_question(&fixture.cache, neighbor, &mac_two);
	assert_int_equal(neighbor->state, NEIGHBOR_STALE);
	neighbor_on_answer(&fixture.cache, neighbor, &mac_two, true, true, START);
	neighbor_on_question(&fixture.cache, neighbor, &mac_two);
	assert_int_equal(neighbor->state, NEIGHBOR_REACHABLE);
	neighbor_on_question(&fixture.cache, neighbor, &mac_three);
	assert_int_equal(neighbor->state, NEIGHBOR_STALE);
	assert_memory_equal(&neighbor->mac, &mac_three, 6);
	close_fixture(&fixture);
}

static void a_full_cache_lets_the_oldest_idle_neighbour_go(void **state)
{
	struct fixture fixture;
	struct neighbor *neighbors[USED_MAX];
	struct berth_address address = berth_ipv4(10, 0, 0, 3);
	uint32_t slot, generation;

	(void)state;
	open_fixture(&fixture);
	for (uint8_t index = 0; index < USED_MAX; index++) {
		neighbors[index] = insert_neighbor(&fixture, (uint8_t)(index + 2));
		neighbor_on_question(&fixture.cache, neighbors[index], &mac_two);
	}
	// Number 2 is in use, so the oldest idle one is number 3.
	neighbor_on_send(&fixture.cache, neighbors[0], START);
	slot = neighbors[1]->slot;
	generation = neighbors[1]->generation;
	assert_ptr_equal(neighbor_cache_at(&fixture.cache, slot, generation), neighbors[1]);
	assert_non_null(insert_neighbor(&fixture, 99));
	assert_null(neighbor_cache_lookup(&fixture.cache, &address));
	assert_null(neighbor_cache_at(&fixture.cache, slot, generation));
	address = berth_ipv4(10, 0, 0, 2);
	assert_ptr_equal(neighbor_cache_lookup(&fixture.cache, &address), neighbors[0]);
	assert_u64(fixture.cache.used, USED_MAX);
	close_fixture(&fixture);
}

static void a_cache_full_of_busy_neighbours_refuses(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture);
	for (uint8_t index = 0; index < USED_MAX; index++)
		neighbor_on_send(&fixture.cache, insert_neighbor(&fixture, (uint8_t)(index + 2)),
				 START);
	assert_null(insert_neighbor(&fixture, 99));
	assert_u64(fixture.cache.used, USED_MAX);
	close_fixture(&fixture);
}

static void without_memory_an_idle_neighbour_makes_room(void **state)
{
	struct fixture fixture;
	struct berth_address address = berth_ipv4(10, 0, 0, 2);

	(void)state;
	open_fixture(&fixture);
	neighbor_cache_clear(&fixture.cache);
	assert_true(neighbor_cache_init(&fixture.cache, &fixture.memory, &fixture.wheel,
					&fixture.random, 0, 2 * NEIGHBOR_PAGE_SLOTS));
	for (unsigned index = 0; index < NEIGHBOR_PAGE_SLOTS; index++)
		assert_non_null(insert_neighbor(&fixture, (uint8_t)(index + 2)));
	test_allocator_refuse(true);
	assert_non_null(insert_neighbor(&fixture, 200));
	assert_null(neighbor_cache_lookup(&fixture.cache, &address));
	test_allocator_refuse(false);
	assert_non_null(insert_neighbor(&fixture, 201));
	assert_u64(fixture.cache.used, NEIGHBOR_PAGE_SLOTS + 1);
	close_fixture(&fixture);
}

static void a_hint_without_generation_names_nobody(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture);
	assert_null(neighbor_cache_at(&fixture.cache, 0, 0));
	assert_null(neighbor_cache_at(&fixture.cache, 0, 1));
	insert_neighbor(&fixture, 2);
	assert_null(neighbor_cache_at(&fixture.cache, 0, 0));
	assert_null(neighbor_cache_at(&fixture.cache, NEIGHBOR_PAGE_SLOTS, 1));
	close_fixture(&fixture);
}

static void of_too_many_waiting_packets_the_oldest_yields(void **state)
{
	struct fixture fixture;
	struct neighbor *neighbor;
	struct list_node packets[NEIGHBOR_WAITING_MAX + 2] = {0};

	(void)state;
	open_fixture(&fixture);
	neighbor = insert_neighbor(&fixture, 2);
	neighbor_on_send(&fixture.cache, neighbor, START);
	for (unsigned index = 0; index < NEIGHBOR_WAITING_MAX; index++)
		assert_null(neighbor_wait(neighbor, &packets[index]));
	assert_ptr_equal(neighbor_wait(neighbor, &packets[NEIGHBOR_WAITING_MAX]), &packets[0]);
	assert_ptr_equal(neighbor_wait(neighbor, &packets[NEIGHBOR_WAITING_MAX + 1]), &packets[1]);
	for (unsigned index = 2; index < NEIGHBOR_WAITING_MAX + 2; index++)
		assert_ptr_equal(neighbor_take_waiting(neighbor), &packets[index]);
	assert_null(neighbor_take_waiting(neighbor));
	assert_u64(neighbor->waiting_count, 0);
	close_fixture(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolution_asks_three_times_a_second_apart_then_gives_up),
		cmocka_unit_test(a_solicited_answer_is_believed_for_the_reachable_time),
		cmocka_unit_test(
			the_reachable_time_lies_between_half_and_one_and_a_half_of_thirty_seconds),
		cmocka_unit_test(the_reachable_time_is_chosen_anew_after_two_hours),
		cmocka_unit_test(proof_from_above_moves_the_end_of_reachable),
		cmocka_unit_test(a_stale_neighbour_that_is_used_is_probed_after_five_seconds),
		cmocka_unit_test(proof_while_delayed_or_probed_makes_reachable),
		cmocka_unit_test(proof_does_not_help_who_has_no_mac),
		cmocka_unit_test(advertisements_act_as_in_appendix_c),
		cmocka_unit_test(a_question_makes_stale_only_when_it_is_news),
		cmocka_unit_test(a_full_cache_lets_the_oldest_idle_neighbour_go),
		cmocka_unit_test(a_cache_full_of_busy_neighbours_refuses),
		cmocka_unit_test(without_memory_an_idle_neighbour_makes_room),
		cmocka_unit_test(a_hint_without_generation_names_nobody),
		cmocka_unit_test(of_too_many_waiting_packets_the_oldest_yields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
