// SPDX-License-Identifier: MIT
//
// The wheel against a plain list searched from end to end: same timers, same instants, same order.
#include "../../../lib/base/time_units.h"
#include "../../../lib/base/timer_wheel.h"
#include "../../support/unit.h"

#define TIMERS 400u

static struct timer_wheel wheel;
static struct timer_node timers[TIMERS];

// The model: what is armed for when, and which arming that was.
static uint64_t model_deadline_at[TIMERS];
static uint64_t model_order[TIMERS];
static uint64_t model_armings;

static void begin_at(uint64_t now)
{
	unsigned index;

	timer_wheel_init(&wheel, now);
	memset(timers, 0, sizeof(timers));
	model_armings = 0;
	for (index = 0; index < TIMERS; index++)
		model_deadline_at[index] = NEVER;
}

static int setup(void **state)
{
	(void)state;
	begin_at(0);
	return 0;
}

static void arm(unsigned index, uint64_t deadline_at)
{
	timer_wheel_arm(&wheel, &timers[index], deadline_at);
	model_deadline_at[index] = deadline_at;
	model_order[index] = model_armings++;
}

static void disarm(unsigned index)
{
	timer_wheel_disarm(&wheel, &timers[index]);
	model_deadline_at[index] = NEVER;
}

// The one that must fire next, whenever that is; TIMERS: none is armed.
static unsigned model_first(void)
{
	unsigned index, first = TIMERS;

	for (index = 0; index < TIMERS; index++) {
		if (model_deadline_at[index] == NEVER)
			continue;
		if (first == TIMERS || model_deadline_at[index] < model_deadline_at[first] ||
		    (model_deadline_at[index] == model_deadline_at[first] &&
		     model_order[index] < model_order[first]))
			first = index;
	}
	return first;
}

// One expire, compared. Returns whether a timer fired.
static bool expire_like_the_model(uint64_t now)
{
	const unsigned expected = model_first();
	const bool must_fire = expected < TIMERS && model_deadline_at[expected] <= now;
	struct timer_node *timer = timer_wheel_expire(&wheel, now);

	if (!must_fire) {
		assert_null(timer);
		return false;
	}
	assert_non_null(timer);
	assert_u64(timer - timers, expected);
	assert_u64(timer->deadline_at, model_deadline_at[expected]);
	assert_false(timer_is_armed(timer));
	model_deadline_at[expected] = NEVER;
	return true;
}

static void check_deadline_is_not_late(void)
{
	const unsigned first = model_first();
	const uint64_t deadline_at = timer_wheel_deadline(&wheel);

	if (first == TIMERS)
		assert_u64(deadline_at, NEVER);
	else
		assert_true(deadline_at <= model_deadline_at[first]);
}

static void check_armed_flags(void)
{
	unsigned index, armed = 0;

	for (index = 0; index < TIMERS; index++) {
		assert_u64(timer_is_armed(&timers[index]), model_deadline_at[index] != NEVER);
		armed += model_deadline_at[index] != NEVER;
	}
	assert_u64(wheel.armed, armed);
}

static void an_empty_wheel_has_no_deadline(void **state)
{
	(void)state;
	assert_u64(timer_wheel_deadline(&wheel), NEVER);
	assert_null(timer_wheel_expire(&wheel, 1000 * NS_PER_S));
}

static void a_timer_fires_at_its_deadline_and_not_a_nanosecond_before(void **state)
{
	const uint64_t deadlines[] = {1,
				      NS_PER_US,
				      NS_PER_MS,
				      200 * NS_PER_MS,
				      NS_PER_S + 7,
				      60 * NS_PER_S,
				      7200 * NS_PER_S,
				      UINT64_C(1) << 56,
				      NEVER - 1};
	unsigned index;

	(void)state;
	for (index = 0; index < sizeof(deadlines) / sizeof(deadlines[0]); index++) {
		begin_at(0);
		arm(0, deadlines[index]);
		assert_u64(timer_wheel_deadline(&wheel), deadlines[index]);
		assert_null(timer_wheel_expire(&wheel, deadlines[index] - 1));
		assert_u64(timer_wheel_deadline(&wheel), deadlines[index]);
		assert_ptr_equal(timer_wheel_expire(&wheel, deadlines[index]), &timers[0]);
		assert_u64(timer_wheel_deadline(&wheel), NEVER);
	}
}

static void equal_deadlines_fire_in_the_order_they_were_armed(void **state)
{
	unsigned index;

	(void)state;
	for (index = 0; index < TIMERS; index++)
		arm(TIMERS - 1 - index, 5 * NS_PER_S);
	for (index = 0; index < TIMERS; index++)
		assert_ptr_equal(timer_wheel_expire(&wheel, 5 * NS_PER_S),
				 &timers[TIMERS - 1 - index]);
	assert_null(timer_wheel_expire(&wheel, 5 * NS_PER_S));
}

static void arming_again_counts_as_the_later_arming(void **state)
{
	(void)state;
	arm(0, NS_PER_S);
	arm(1, NS_PER_S);
	arm(0, NS_PER_S);
	assert_ptr_equal(timer_wheel_expire(&wheel, NS_PER_S), &timers[1]);
	assert_ptr_equal(timer_wheel_expire(&wheel, NS_PER_S), &timers[0]);
}

static void a_timer_armed_late_for_an_instant_others_wait_for_comes_after_them(void **state)
{
	(void)state;
	arm(0, NS_PER_S);
	assert_null(timer_wheel_expire(&wheel, NS_PER_S - 1)); // now it is near
	arm(1, NS_PER_S);
	assert_ptr_equal(timer_wheel_expire(&wheel, NS_PER_S), &timers[0]);
	assert_ptr_equal(timer_wheel_expire(&wheel, NS_PER_S), &timers[1]);
}

static void within_one_slot_deadlines_fire_in_order(void **state)
{
	(void)state;
	arm(0, NS_PER_S + 300);
	arm(1, NS_PER_S + 100);
	arm(2, NS_PER_S + 200);
	assert_ptr_equal(timer_wheel_expire(&wheel, NS_PER_S + 250), &timers[1]);
	assert_ptr_equal(timer_wheel_expire(&wheel, NS_PER_S + 250), &timers[2]);
	assert_null(timer_wheel_expire(&wheel, NS_PER_S + 250));
	assert_u64(timer_wheel_deadline(&wheel), NS_PER_S + 300);
}

static void a_deadline_in_the_past_fires_at_the_next_advance(void **state)
{
	(void)state;
	begin_at(100 * NS_PER_S);
	arm(0, 5);
	assert_u64(timer_wheel_deadline(&wheel), 5);
	assert_ptr_equal(timer_wheel_expire(&wheel, 100 * NS_PER_S), &timers[0]);
}

static void arming_for_never_disarms(void **state)
{
	(void)state;
	arm(0, NS_PER_S);
	timer_wheel_arm(&wheel, &timers[0], NEVER);
	assert_false(timer_is_armed(&timers[0]));
	assert_u64(timer_wheel_deadline(&wheel), NEVER);
	assert_u64(wheel.armed, 0);
}

static void a_disarmed_timer_does_not_fire_and_may_be_disarmed_again(void **state)
{
	(void)state;
	arm(0, NS_PER_S);
	arm(1, NS_PER_S);
	timer_wheel_disarm(&wheel, &timers[0]);
	timer_wheel_disarm(&wheel, &timers[0]);
	assert_ptr_equal(timer_wheel_expire(&wheel, 2 * NS_PER_S), &timers[1]);
	assert_null(timer_wheel_expire(&wheel, 2 * NS_PER_S));
}

static void disarming_the_only_timer_of_a_slot_makes_the_deadline_the_next_ones(void **state)
{
	(void)state;
	arm(0, NS_PER_S);
	arm(1, 3 * NS_PER_S);
	timer_wheel_disarm(&wheel, &timers[0]);
	assert_u64(timer_wheel_deadline(&wheel), 3 * NS_PER_S);
}

static void one_expire_in_vain_makes_a_deadline_exact_again(void **state)
{
	(void)state;
	arm(0, NS_PER_S);
	arm(1, NS_PER_S + 50);
	timer_wheel_disarm(&wheel, &timers[0]);
	assert_u64(timer_wheel_deadline(&wheel), NS_PER_S);
	assert_null(timer_wheel_expire(&wheel, NS_PER_S));
	assert_u64(timer_wheel_deadline(&wheel), NS_PER_S + 50);
}

// 2^64 ns are 584 years; the wheel would not end if it stepped slot by slot.
static void a_jump_over_centuries_is_immediate(void **state)
{
	unsigned round;

	(void)state;
	for (round = 0; round < 1000; round++) {
		begin_at(round);
		arm(0, NEVER - 1);
		arm(1, 7200 * NS_PER_S);
		assert_ptr_equal(timer_wheel_expire(&wheel, NEVER - 1), &timers[1]);
		assert_ptr_equal(timer_wheel_expire(&wheel, NEVER - 1), &timers[0]);
	}
}

// Distances from nanoseconds to years, mostly short.
static uint64_t random_distance(uint64_t *seed)
{
	const unsigned bits = test_random_below(seed, test_random_below(seed, 4) == 0 ? 58 : 34);

	return test_random(seed) & ((UINT64_C(1) << bits) - 1);
}

static void random_step(uint64_t *seed, uint64_t *now)
{
	const unsigned index = test_random_below(seed, TIMERS);

	switch (test_random_below(seed, 10)) {
	case 0:
		disarm(index);
		break;
	case 1: // to a deadline somebody has: ties, across levels
		if (model_first() < TIMERS)
			arm(index, model_deadline_at[model_first()]);
		break;
	case 2:
		arm(index, *now - test_random_below(seed, 5000) % (*now + 1));
		break;
	case 3:
		*now += random_distance(seed) / 4;
		while (expire_like_the_model(*now))
			;
		assert_true(timer_wheel_deadline(&wheel) > *now);
		break;
	case 4: // as a host does: sleep until the deadline
		if (timer_wheel_deadline(&wheel) != NEVER && timer_wheel_deadline(&wheel) > *now)
			*now = timer_wheel_deadline(&wheel);
		expire_like_the_model(*now);
		break;
	default:
		arm(index, *now + random_distance(seed));
		break;
	}
}

static void a_random_walk_agrees_with_a_plain_list(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 20; seed++) {
		uint64_t numbers = seed;
		uint64_t now = random_distance(&numbers);
		unsigned step;

		begin_at(now);
		for (step = 0; step < 4000; step++) {
			random_step(&numbers, &now);
			check_deadline_is_not_late();
		}
		check_armed_flags();
		while (model_first() < TIMERS) // all of them, in order
			assert_true(expire_like_the_model(NEVER - 1));
		assert_u64(timer_wheel_deadline(&wheel), NEVER);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_wheel_has_no_deadline),
		TEST(a_timer_fires_at_its_deadline_and_not_a_nanosecond_before),
		TEST(equal_deadlines_fire_in_the_order_they_were_armed),
		TEST(arming_again_counts_as_the_later_arming),
		TEST(a_timer_armed_late_for_an_instant_others_wait_for_comes_after_them),
		TEST(within_one_slot_deadlines_fire_in_order),
		TEST(a_deadline_in_the_past_fires_at_the_next_advance),
		TEST(arming_for_never_disarms),
		TEST(a_disarmed_timer_does_not_fire_and_may_be_disarmed_again),
		TEST(disarming_the_only_timer_of_a_slot_makes_the_deadline_the_next_ones),
		TEST(one_expire_in_vain_makes_a_deadline_exact_again),
		TEST(a_jump_over_centuries_is_immediate),
		TEST(a_random_walk_agrees_with_a_plain_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
