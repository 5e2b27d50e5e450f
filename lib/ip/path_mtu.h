// SPDX-License-Identifier: MIT
//
// Path MTUs learnt from ICMP: how long may a packet to this computer be?
#ifndef BERTH_IP_PATH_MTU_H
#define BERTH_IP_PATH_MTU_H

#include <berth/address.h>

#include "../base/hash_table.h"
#include "../base/list.h"
#include "../base/random.h"
#include "../base/time_units.h"

#define PATH_MTU_ENTRIES_MAX 1024u
#define PATH_MTU_LIFETIME_NS (600 * NS_PER_S) // RFC 1191 6.3, RFC 8201 4: ten minutes
#define PATH_MTU_MIN_IPV4 576u                // below is not believed
#define PATH_MTU_MIN_IPV6 1280u               // RFC 8200 5

struct path_mtu_table {
	struct object_pool entries;
	struct hash_table table;
	struct siphash_key key;
	struct list by_age; // oldest first: all live equally long
};

// false: no memory.
bool path_mtu_init(struct path_mtu_table *table, struct memory *memory, struct random *random);
void path_mtu_clear(struct path_mtu_table *table);
// true: what is known of target changed. A full table forgets its oldest entry.
bool path_mtu_learn(struct path_mtu_table *table, const struct berth_address *target, uint16_t mtu,
		    uint64_t now);
// The smaller of mtu and what was learnt.
uint16_t path_mtu_apply(const struct path_mtu_table *table, const struct berth_address *target,
			uint16_t mtu);
uint64_t path_mtu_expires_at(const struct path_mtu_table *table); // the oldest; NEVER: none
void path_mtu_expire(struct path_mtu_table *table, uint64_t now);
// What a packet of packet_bytes that was too long suggests, when the router did not say.
uint16_t path_mtu_guess(uint16_t packet_bytes);
uint16_t path_mtu_at_least(uint8_t family, uint16_t mtu);

#endif
