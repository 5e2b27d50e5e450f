// SPDX-License-Identifier: MIT
//
// Which timer fires next, and when?
//
// Time is cut into slots of 2^20 ns, and the slot's number is read as a number of eight digits to
// base 64. A timer hangs on the level of the highest digit in which its slot differs from now_slot,
// under that digit. Hence, for timers in the wheel:
//
//  - every timer of a level is due before every timer of the levels above;
//  - on one level, a timer of a lower digit is due before one of a higher digit;
//  - every occupied digit is greater than now_slot's own digit of that level.
//
// So the first bit of the first level that has one is the earliest slot. When time reaches its
// beginning, now_slot moves there and its timers are hung again, each at least a level lower: a
// timer moves seven times at most in its life, however far away it was, and a jump over empty
// hours costs nothing. Timers of now_slot itself and before are in a heap, which sorts them by
// deadline and arming. Eight levels reach as far as uint64_t does.
//
// Not here: the order inside the heap (timer_heap.c).
#include "timer_wheel.h"

#include "assertion.h"
#include "numbers.h"
#include "time_units.h"

#define SLOT_NS_BITS 20u
#define LEVEL_BITS 6u

#define PLACE_NONE 0u
#define PLACE_DUE 1u
#define PLACE_SLOTS 2u // and up: level * TIMER_WHEEL_SLOTS + digit

static_assert(TIMER_WHEEL_SLOTS == 1u << LEVEL_BITS, "a digit selects a slot");
static_assert(SLOT_NS_BITS + LEVEL_BITS * TIMER_WHEEL_LEVELS >= 64, "any deadline has a slot");

static unsigned digit_of(uint64_t slot, unsigned level)
{
	return (unsigned)(slot >> (level * LEVEL_BITS)) & (TIMER_WHEEL_SLOTS - 1);
}

void timer_wheel_init(struct timer_wheel *wheel, uint64_t now)
{
	*wheel = (struct timer_wheel){.now_slot = now >> SLOT_NS_BITS};
}

static void hang_in_slot(struct timer_wheel *wheel, struct timer_node *timer, unsigned level,
			 unsigned digit)
{
	struct timer_node **slot = &wheel->slots[level][digit];
	uint64_t *earliest_at = &wheel->earliest[level][digit];

	*earliest_at = *slot ? min_u64(*earliest_at, timer->deadline_at) : timer->deadline_at;
	timer->previous = timer->child = NULL;
	timer->next = *slot;
	if (*slot)
		(*slot)->previous = timer;
	*slot = timer;
	timer->place = (uint16_t)(PLACE_SLOTS + level * TIMER_WHEEL_SLOTS + digit);
	wheel->occupied[level] |= UINT64_C(1) << digit;
}

static void hang(struct timer_wheel *wheel, struct timer_node *timer)
{
	const uint64_t slot = timer->deadline_at >> SLOT_NS_BITS;
	unsigned level;

	if (slot <= wheel->now_slot) {
		wheel->due = timer_heap_insert(wheel->due, timer);
		timer->place = PLACE_DUE;
		return;
	}
	level = (63 - (unsigned)__builtin_clzll(slot ^ wheel->now_slot)) / LEVEL_BITS;
	hang_in_slot(wheel, timer, level, digit_of(slot, level));
}

static void unhang(struct timer_wheel *wheel, struct timer_node *timer)
{
	if (timer->place == PLACE_DUE) {
		wheel->due = timer_heap_remove(wheel->due, timer);
	} else {
		const unsigned level = (timer->place - PLACE_SLOTS) / TIMER_WHEEL_SLOTS;
		const unsigned digit = (timer->place - PLACE_SLOTS) % TIMER_WHEEL_SLOTS;

		if (timer->previous)
			timer->previous->next = timer->next;
		else
			wheel->slots[level][digit] = timer->next;
		if (timer->next)
			timer->next->previous = timer->previous;
		if (!wheel->slots[level][digit])
			wheel->occupied[level] &= ~(UINT64_C(1) << digit);
	}
	timer->previous = timer->next = NULL;
	timer->place = PLACE_NONE;
}

void timer_wheel_arm(struct timer_wheel *wheel, struct timer_node *timer, uint64_t deadline_at)
{
	timer_wheel_disarm(wheel, timer);
	if (deadline_at == NEVER)
		return;
	timer->deadline_at = deadline_at;
	timer->arming_order = wheel->armings++;
	hang(wheel, timer);
	wheel->armed++;
}

void timer_wheel_disarm(struct timer_wheel *wheel, struct timer_node *timer)
{
	if (!timer_is_armed(timer))
		return;
	unhang(wheel, timer);
	wheel->armed--;
}

// The earliest slot outside the heap. false: there is none.
static bool find_earliest_slot(const struct timer_wheel *wheel, unsigned *ret_level,
			       unsigned *ret_digit)
{
	unsigned level;

	for (level = 0; level < TIMER_WHEEL_LEVELS; level++) {
		if (wheel->occupied[level] == 0)
			continue;
		*ret_level = level;
		*ret_digit = (unsigned)__builtin_ctzll(wheel->occupied[level]);
		return true;
	}
	return false;
}

// The lowest-level slot at which this one begins: now_slot's digits above, zeros below.
static uint64_t slot_begin(const struct timer_wheel *wheel, unsigned level, unsigned digit)
{
	const unsigned shift = level * LEVEL_BITS;
	const uint64_t above = wheel->now_slot >> shift >> LEVEL_BITS << LEVEL_BITS;

	return (above | digit) << shift;
}

// Time has reached this slot: hang its timers again, lower.
static void open_slot(struct timer_wheel *wheel, unsigned level, unsigned digit)
{
	struct timer_node *timer = wheel->slots[level][digit];

	wheel->now_slot = slot_begin(wheel, level, digit);
	wheel->slots[level][digit] = NULL;
	wheel->occupied[level] &= ~(UINT64_C(1) << digit);
	while (timer) {
		struct timer_node *next = timer->next;

		hang(wheel, timer);
		timer = next;
	}
}

// Move now_slot up to now, until something is in the heap.
static void advance_to(struct timer_wheel *wheel, uint64_t now)
{
	const uint64_t target_slot = now >> SLOT_NS_BITS;
	unsigned level, digit;

	while (!wheel->due && wheel->now_slot < target_slot) {
		if (find_earliest_slot(wheel, &level, &digit) &&
		    slot_begin(wheel, level, digit) <= target_slot)
			open_slot(wheel, level, digit);
		else
			wheel->now_slot = target_slot;
	}
}

struct timer_node *timer_wheel_expire(struct timer_wheel *wheel, uint64_t now)
{
	struct timer_node *timer;

	advance_to(wheel, now);
	timer = wheel->due;
	if (!timer || timer->deadline_at > now)
		return NULL;
	timer_wheel_disarm(wheel, timer);
	return timer;
}

uint64_t timer_wheel_deadline(const struct timer_wheel *wheel)
{
	unsigned level, digit;

	if (wheel->due)
		return wheel->due->deadline_at;
	if (!find_earliest_slot(wheel, &level, &digit))
		return NEVER;
	return wheel->earliest[level][digit];
}
