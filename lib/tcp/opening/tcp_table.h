// SPDX-License-Identifier: MIT
//
// Which object does this segment belong to? One table for connections, embryos and remnants, keyed
// by both endpoints; O(1) however many there are, and a stranger cannot aim at a chain (SipHash).
#ifndef BERTH_TCP_TABLE_H
#define BERTH_TCP_TABLE_H

#include <berth/address.h>

#include "../../base/hash_table.h"
#include "../../base/random.h"

enum tcp_entry_kind {
	TCP_ENTRY_CONN,
	TCP_ENTRY_EMBRYO,
	TCP_ENTRY_REMNANT,
};

// First member of struct tcp_conn, tcp_embryo and tcp_remnant.
struct tcp_table_entry {
	struct hash_node node;
	struct berth_endpoint local, remote; // reserved fields zero: compared as bytes
	uint8_t kind;                        // enum tcp_entry_kind
	bool is_entered;
};

struct tcp_table {
	struct hash_table entries;
	struct siphash_key key;
	struct tcp_table_entry *recent; // bulk data comes in runs: the last one found
};

bool tcp_table_init(struct tcp_table *table, struct memory *memory, struct random *random);
void tcp_table_clear(struct tcp_table *table);
// The tuple must not be in the table yet.
void tcp_table_insert(struct tcp_table *table, struct tcp_table_entry *entry);
void tcp_table_remove(struct tcp_table *table, struct tcp_table_entry *entry); // if it is in
// entry, of the same tuple, takes the place of old.
void tcp_table_replace(struct tcp_table *table, struct tcp_table_entry *old,
		       struct tcp_table_entry *entry);
// NULL: none.
struct tcp_table_entry *tcp_table_lookup(struct tcp_table *table,
					 const struct berth_endpoint *local,
					 const struct berth_endpoint *remote);
// Also spreads connections over a group of listeners.
uint32_t tcp_table_hash(const struct tcp_table *table, const struct berth_endpoint *local,
			const struct berth_endpoint *remote);

// Walk all entries: *cursor 0 first, NULL at the end. Entries that stay are seen exactly once even
// when the table grows on the way.
struct tcp_table_entry *tcp_table_walk(const struct tcp_table *table, uint64_t *cursor);

// An endpoint whose bytes may be compared: unmapped, unused fields zero.
struct berth_endpoint tcp_endpoint_of(const struct berth_address *address, uint16_t port);

#endif
