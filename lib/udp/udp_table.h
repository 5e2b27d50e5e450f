// SPDX-License-Identifier: MIT
//
// Which endpoint does a datagram belong to?
#ifndef BERTH_UDP_UDP_TABLE_H
#define BERTH_UDP_UDP_TABLE_H

#include <berth/address.h>

#include "../base/hash_table.h"
#include "../base/random.h"

struct udp_endpoint;

struct udp_table_entry {
	struct hash_node node;
	uint32_t number; // of entering: later ones are greater
	bool is_entered, is_connected;
};

struct udp_table {
	struct hash_table connected; // by local and remote
	struct hash_table bound;     // by local, its address specific or any
	struct siphash_key key;
	uint32_t entered; // numbers given out
};

// Walk over everybody who wants a datagram to a group. Zeroed but for the endpoints.
struct udp_table_walk {
	struct berth_endpoint local, remote;
	struct hash_node *node;
	uint8_t stage;
};

bool udp_table_init(struct udp_table *table, struct memory *memory, struct random *random);
void udp_table_clear(struct udp_table *table);

// By the endpoint's local and, when it is connected, remote. Neither may change while it is in.
void udp_table_insert(struct udp_table *table, struct udp_endpoint *endpoint);
void udp_table_remove(struct udp_table *table, struct udp_endpoint *endpoint); // not in: harmless

// The one taker of a datagram from remote to local, or NULL.
struct udp_endpoint *udp_table_lookup(const struct udp_table *table,
				      const struct berth_endpoint *local,
				      const struct berth_endpoint *remote);
// The next taker of a datagram to a group, or NULL.
struct udp_endpoint *udp_table_next_taker(const struct udp_table *table,
					  struct udp_table_walk *walk);

#endif
