// SPDX-License-Identifier: MIT
//
// A hierarchical timer wheel: arm and disarm in O(1), for millions of nodes. Equal deadlines fire
// in the order they were armed, so a seed replays exactly.
//
// Deadlines are exact: a slot of the lowest level is 2^20 ns (about 1 ms) wide, but a node fires
// only when its own deadline has come, and timer_wheel_deadline tells the earliest one. Only where
// a timer was disarmed beside others of its slot may it tell the disarmed one's: an expire that
// finds nothing.
#ifndef BERTH_BASE_TIMER_WHEEL_H
#define BERTH_BASE_TIMER_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "timer_heap.h"

#define TIMER_WHEEL_LEVELS 8
#define TIMER_WHEEL_SLOTS 64

struct timer_wheel {
	uint64_t now_slot;                     // the lowest-level slot whose timers are in `due`
	uint64_t armings;                      // so far
	uint32_t armed;                        // timers
	struct timer_node *due;                // heap: everything up to and including now_slot
	uint64_t occupied[TIMER_WHEEL_LEVELS]; // a bit a slot
	struct timer_node *slots[TIMER_WHEEL_LEVELS][TIMER_WHEEL_SLOTS];
	// No deadline in the slot is before this.
	uint64_t earliest[TIMER_WHEEL_LEVELS][TIMER_WHEEL_SLOTS];
};

void timer_wheel_init(struct timer_wheel *wheel, uint64_t now);
static inline bool timer_is_armed(const struct timer_node *timer)
{
	return timer->place != 0;
}
// Arm or re-arm. A deadline in the past fires at the next advance. NEVER disarms.
void timer_wheel_arm(struct timer_wheel *wheel, struct timer_node *timer, uint64_t deadline_at);
void timer_wheel_disarm(struct timer_wheel *wheel, struct timer_node *timer);
// The next node whose deadline is at or before now, disarmed; NULL: no more. Order: deadline, then
// arming.
struct timer_node *timer_wheel_expire(struct timer_wheel *wheel, uint64_t now);
// When to call expire next; NEVER: nothing armed. Never later than the earliest deadline, and later
// than now once expire has returned NULL.
uint64_t timer_wheel_deadline(const struct timer_wheel *wheel);

#endif
