// SPDX-License-Identifier: MIT
//
// An intrusive list with a head, kept in order. A node knows whether it is on a list.
#ifndef BERTH_BASE_LIST_H
#define BERTH_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
	struct list_node *previous, *next; // both NULL: on no list
};

struct list {
	struct list_node head; // empty: points at itself
};

static inline void list_init(struct list *list)
{
	list->head.previous = list->head.next = &list->head;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->head.next == &list->head;
}

static inline bool list_contains_node(const struct list_node *node)
{
	return node->next != NULL;
}

static inline void list_append(struct list *list, struct list_node *node)
{
	node->previous = list->head.previous;
	node->next = &list->head;
	list->head.previous->next = node;
	list->head.previous = node;
}

static inline void list_remove(struct list_node *node)
{
	node->previous->next = node->next;
	node->next->previous = node->previous;
	node->previous = node->next = NULL;
}

// Remove the node if it is on a list at all.
static inline void list_remove_if_on(struct list_node *node)
{
	if (list_contains_node(node))
		list_remove(node);
}

static inline struct list_node *list_first(const struct list *list)
{
	return list_is_empty(list) ? NULL : list->head.next;
}

// NULL after the last.
static inline struct list_node *list_after(const struct list *list, const struct list_node *node)
{
	return node->next == &list->head ? NULL : node->next;
}

static inline struct list_node *list_take_first(struct list *list)
{
	struct list_node *node = list_first(list);

	if (node)
		list_remove(node);
	return node;
}

#endif
