// SPDX-License-Identifier: MIT
//
// Which ports does a frame come out of?
//
// A set-associative table of fixed size, as in a real switch: a MAC belongs to one small set, and
// when the set is full, the entry not seen longest yields. Forgetting is harmless: frames to an
// unknown MAC go out of all ports.
#include "cable_switch.h"

#include <string.h>

void cable_switch_init(struct cable_switch *table, uint64_t seed)
{
	memset(table, 0, sizeof(*table));
	table->key.word[0] = seed;
	table->key.word[1] = UINT64_C(0x737769746368); // "switch"
}

static size_t set_of(const struct cable_switch *table, const struct berth_mac *mac)
{
	return siphash(&table->key, mac->byte, sizeof(mac->byte)) & (CABLE_SWITCH_SETS - 1);
}

// Its entry, else the free one, else the one that yields.
static struct cable_switch_entry *entry_for(struct cable_switch *table, const struct berth_mac *mac)
{
	struct cable_switch_entry *set = table->entries[set_of(table, mac)];
	struct cable_switch_entry *chosen = &set[0];
	unsigned i;

	for (i = 0; i < CABLE_SWITCH_WAYS; i++)
		if (set[i].is_used && mac_equal(&set[i].mac, mac))
			return &set[i];
	for (i = 0; i < CABLE_SWITCH_WAYS; i++) {
		if (!set[i].is_used)
			return &set[i];
		if (set[i].seen_at < chosen->seen_at)
			chosen = &set[i];
	}
	return chosen;
}

void cable_switch_learn(struct cable_switch *table, const struct berth_mac *source, unsigned port,
			uint64_t now)
{
	struct cable_switch_entry *entry;

	if (mac_is_group(source))
		return;
	entry = entry_for(table, source);
	entry->mac = *source;
	entry->is_used = 1;
	entry->port = (uint8_t)port;
	entry->seen_at = now;
}

int cable_switch_lookup(const struct cable_switch *table, const struct berth_mac *target,
			uint64_t now)
{
	const struct cable_switch_entry *set;
	unsigned i;

	if (mac_is_group(target))
		return -1;
	set = table->entries[set_of(table, target)];
	for (i = 0; i < CABLE_SWITCH_WAYS; i++) {
		if (!set[i].is_used || !mac_equal(&set[i].mac, target))
			continue;
		return now - set[i].seen_at <= CABLE_SWITCH_AGE_NS ? set[i].port : -1;
	}
	return -1;
}

void cable_switch_forget_port(struct cable_switch *table, unsigned port)
{
	unsigned set, way;

	for (set = 0; set < CABLE_SWITCH_SETS; set++)
		for (way = 0; way < CABLE_SWITCH_WAYS; way++)
			if (table->entries[set][way].port == port)
				table->entries[set][way].is_used = 0;
}
