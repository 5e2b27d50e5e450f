// SPDX-License-Identifier: MIT
//
// Which timer of the slot comes first?
//
// A pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986): a tree in which no child precedes its
// parent. Meld two trees: the later top becomes the leftmost child of the other. Remove a node:
// meld its children in pairs from left to right, then the pairs from right to left. Everything is a
// loop; a million timers of one deadline need no stack.
#include "timer_heap.h"

#include <stdbool.h>
#include <stddef.h>

static bool comes_before(const struct timer_node *left, const struct timer_node *right)
{
	if (left->deadline_at != right->deadline_at)
		return left->deadline_at < right->deadline_at;
	return left->arming_order < right->arming_order;
}

// Both are tops without siblings.
static struct timer_node *meld(struct timer_node *left, struct timer_node *right)
{
	struct timer_node *top = comes_before(left, right) ? left : right;
	struct timer_node *child = top == left ? right : left;

	child->previous = top;
	child->next = top->child;
	if (top->child)
		top->child->previous = child;
	top->child = child;
	return top;
}

static struct timer_node *take_sibling(struct timer_node **siblings)
{
	struct timer_node *taken = *siblings;

	*siblings = taken->next;
	taken->previous = taken->next = NULL;
	return taken;
}

static struct timer_node *meld_siblings(struct timer_node *siblings)
{
	struct timer_node *pairs = NULL; // linked through next, the rightmost first
	struct timer_node *top;

	while (siblings) {
		struct timer_node *pair = take_sibling(&siblings);

		if (siblings)
			pair = meld(pair, take_sibling(&siblings));
		pair->next = pairs;
		pairs = pair;
	}
	if (!pairs)
		return NULL;
	top = take_sibling(&pairs);
	while (pairs)
		top = meld(top, take_sibling(&pairs));
	return top;
}

static void detach(struct timer_node *timer)
{
	if (timer->previous->child == timer)
		timer->previous->child = timer->next;
	else
		timer->previous->next = timer->next;
	if (timer->next)
		timer->next->previous = timer->previous;
	timer->previous = timer->next = NULL;
}

struct timer_node *timer_heap_insert(struct timer_node *top, struct timer_node *timer)
{
	timer->previous = timer->next = timer->child = NULL;
	return top ? meld(top, timer) : timer;
}

struct timer_node *timer_heap_remove(struct timer_node *top, struct timer_node *timer)
{
	struct timer_node *orphans;

	if (timer != top)
		detach(timer);
	orphans = meld_siblings(timer->child);
	timer->child = NULL;
	if (timer == top)
		return orphans;
	return orphans ? meld(top, orphans) : top;
}
