// SPDX-License-Identifier: MIT
//
// Which ports does a frame come out of? A table of where each MAC was last seen, bounded and aging.
#ifndef BERTH_SIM_CABLE_SWITCH_H
#define BERTH_SIM_CABLE_SWITCH_H

#include "../base/siphash.h"
#include "../wire/wire_ethernet.h"

#define CABLE_SWITCH_SETS 512u // power of two
#define CABLE_SWITCH_WAYS 4u   // MACs that share a set; the one not seen longest yields
#define CABLE_SWITCH_AGE_NS UINT64_C(300000000000) // 300 s: IEEE 802.1Q 8.8.3, recommended

struct cable_switch_entry {
	struct berth_mac mac;
	uint8_t is_used;
	uint8_t port;
	uint64_t seen_at;
};

struct cable_switch {
	struct siphash_key key; // strangers choose MACs
	struct cable_switch_entry entries[CABLE_SWITCH_SETS][CABLE_SWITCH_WAYS];
};

void cable_switch_init(struct cable_switch *table, uint64_t seed);
// The sender is behind this port. Group addresses are nobody's.
void cable_switch_learn(struct cable_switch *table, const struct berth_mac *source, unsigned port,
			uint64_t now);
// The port target was last seen at, or -1: unknown, too long ago, a group.
int cable_switch_lookup(const struct cable_switch *table, const struct berth_mac *target,
			uint64_t now);
void cable_switch_forget_port(struct cable_switch *table, unsigned port);

#endif
