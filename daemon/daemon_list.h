// SPDX-License-Identifier: MIT
//
// An intrusive list, kept in order. A node knows whether it is on a list.
#ifndef BERTH_DAEMON_LIST_H
#define BERTH_DAEMON_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct daemon_node {
	struct daemon_node *previous, *next; // both NULL: on no list
};

struct daemon_list {
	struct daemon_node head; // empty: points at itself
};

#define DAEMON_CONTAINER_OF(pointer, type, member) \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline void daemon_list_init(struct daemon_list *list)
{
	list->head.previous = list->head.next = &list->head;
}

static inline bool daemon_node_is_listed(const struct daemon_node *node)
{
	return node->next != NULL;
}

static inline void daemon_list_append(struct daemon_list *list, struct daemon_node *node)
{
	node->previous = list->head.previous;
	node->next = &list->head;
	list->head.previous->next = node;
	list->head.previous = node;
}

// Append unless the node is on a list already.
static inline void daemon_list_note(struct daemon_list *list, struct daemon_node *node)
{
	if (!daemon_node_is_listed(node))
		daemon_list_append(list, node);
}

// Legal for a node on no list.
static inline void daemon_list_remove(struct daemon_node *node)
{
	if (!daemon_node_is_listed(node))
		return;
	node->previous->next = node->next;
	node->next->previous = node->previous;
	node->previous = node->next = NULL;
}

// NULL: empty.
static inline struct daemon_node *daemon_list_first(const struct daemon_list *list)
{
	return list->head.next == &list->head ? NULL : list->head.next;
}

// NULL after the last.
static inline struct daemon_node *daemon_list_after(const struct daemon_list *list,
						    const struct daemon_node *node)
{
	return node->next == &list->head ? NULL : node->next;
}

static inline struct daemon_node *daemon_list_take_first(struct daemon_list *list)
{
	struct daemon_node *node = daemon_list_first(list);

	if (node)
		daemon_list_remove(node);
	return node;
}

// Move everything on `from` to the empty list `to`.
static inline void daemon_list_move_all(struct daemon_list *to, struct daemon_list *from)
{
	struct daemon_node *node;

	daemon_list_init(to);
	while ((node = daemon_list_take_first(from)))
		daemon_list_append(to, node);
}

#endif
