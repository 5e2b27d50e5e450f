// SPDX-License-Identifier: MIT
//
// Path MTUs (RFC 1191, RFC 8201).
//
// A bounded table by destination. Entries only shrink; after ten minutes one is forgotten, and the
// path is tried at the interface's MTU again. Whether an ICMP message deserves belief is decided by
// the transport, which knows what it has sent (RFC 5927 7).

#include "path_mtu.h"

#include "../base/numbers.h"

#define ENTRIES_PER_CHUNK 16u

struct path_mtu {
	struct hash_node node;
	struct list_node age;
	struct berth_address target;
	uint64_t expires_at;
	uint16_t mtu;
};

// RFC 1191 7.1, table 7-1
static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};

bool path_mtu_init(struct path_mtu_table *table, struct memory *memory, struct random *random)
{
	object_pool_init(&table->entries, memory, sizeof(struct path_mtu), ENTRIES_PER_CHUNK,
			 PATH_MTU_ENTRIES_MAX);
	list_init(&table->by_age);
	table->key.word[0] = random_u64(random);
	table->key.word[1] = random_u64(random);
	return hash_table_init(&table->table, memory, 16);
}

static struct path_mtu *oldest_entry(const struct path_mtu_table *table)
{
	struct list_node *node = list_first(&table->by_age);

	return node ? CONTAINER_OF(node, struct path_mtu, age) : NULL;
}

static void forget(struct path_mtu_table *table, struct path_mtu *entry)
{
	list_remove(&entry->age);
	hash_table_remove(&table->table, &entry->node);
	object_pool_release(&table->entries, entry);
}

void path_mtu_clear(struct path_mtu_table *table)
{
	struct path_mtu *entry;

	while ((entry = oldest_entry(table)))
		forget(table, entry);
	hash_table_clear(&table->table);
	object_pool_clear(&table->entries);
}

static uint32_t hash_of_target(const struct path_mtu_table *table,
			       const struct berth_address *target)
{
	return (uint32_t)siphash(&table->key, target->byte, sizeof(target->byte));
}

static struct path_mtu *find_entry(const struct path_mtu_table *table,
				   const struct berth_address *target)
{
	struct hash_node *node = hash_table_first(&table->table, hash_of_target(table, target));

	for (; node; node = hash_table_next(node)) {
		struct path_mtu *entry = CONTAINER_OF(node, struct path_mtu, node);

		if (berth_address_equal(&entry->target, target))
			return entry;
	}
	return NULL;
}

uint16_t path_mtu_at_least(uint8_t family, uint16_t mtu)
{
	uint32_t least = family == BERTH_FAMILY_IPV4 ? PATH_MTU_MIN_IPV4 : PATH_MTU_MIN_IPV6;

	return (uint16_t)max_u32(mtu, least);
}

bool path_mtu_learn(struct path_mtu_table *table, const struct berth_address *target, uint16_t mtu,
		    uint64_t now)
{
	struct path_mtu *entry = find_entry(table, target);
	bool is_news = true;

	mtu = path_mtu_at_least(target->family, mtu);
	if (entry && mtu > entry->mtu)
		return false; // RFC 1191 3: a message never makes it larger
	if (entry && mtu == entry->mtu)
		is_news = false;
	if (!entry && table->entries.used == PATH_MTU_ENTRIES_MAX)
		forget(table, oldest_entry(table));
	if (!entry) {
		entry = object_pool_acquire(&table->entries);
		if (!entry)
			return false;
		entry->target = *target;
		hash_table_insert(&table->table, &entry->node, hash_of_target(table, target));
	}
	entry->mtu = mtu;
	entry->expires_at = time_after(now, PATH_MTU_LIFETIME_NS);
	list_remove_if_on(&entry->age);
	list_append(&table->by_age, &entry->age);
	return is_news;
}

uint16_t path_mtu_apply(const struct path_mtu_table *table, const struct berth_address *target,
			uint16_t mtu)
{
	const struct path_mtu *entry = find_entry(table, target);

	return entry ? (uint16_t)min_u32(entry->mtu, mtu) : mtu;
}

uint64_t path_mtu_expires_at(const struct path_mtu_table *table)
{
	const struct path_mtu *oldest = oldest_entry(table);

	return oldest ? oldest->expires_at : NEVER;
}

void path_mtu_expire(struct path_mtu_table *table, uint64_t now)
{
	struct path_mtu *oldest;

	while ((oldest = oldest_entry(table)) && oldest->expires_at <= now)
		forget(table, oldest);
}

// DECIDES: the MTU when a router names none (RFC 1191 5, 7.1)
uint16_t path_mtu_guess(uint16_t packet_bytes)
{
	for (unsigned index = 0; index < ARRAY_LENGTH(plateaus); index++) {
		if (plateaus[index] < packet_bytes)
			return plateaus[index];
	}
	return plateaus[ARRAY_LENGTH(plateaus) - 1];
}
