// SPDX-License-Identifier: MIT
//
// A pairing heap of timers, smallest (deadline, arming order) on top: insert in O(1), remove in
// O(log n) amortised. For the timers of one slot of the wheel; private to timer_wheel.c but for the
// node.
#ifndef BERTH_BASE_TIMER_HEAP_H
#define BERTH_BASE_TIMER_HEAP_H

#include <stdint.h>

// All zero: not armed. Written by timer_wheel.c and timer_heap.c only.
struct timer_node {
	struct timer_node *previous; // in its slot; in the heap: the left sibling, or the parent
	struct timer_node *next;
	struct timer_node *child; // in the heap: the leftmost
	uint64_t deadline_at;
	uint64_t arming_order; // which arming of the wheel this was
	uint16_t place;        // 0: not armed; timer_wheel.c knows the rest
};

// The heap is its topmost node; NULL: empty. Each returns the new top.
struct timer_node *timer_heap_insert(struct timer_node *top, struct timer_node *timer);
struct timer_node *timer_heap_remove(struct timer_node *top, struct timer_node *timer);

#endif
