// SPDX-License-Identifier: MIT
//
// The neighbour cache: which MAC has this IP address, and how sure are we?
//
// One cache per interface, bounded. A neighbour goes through the states of RFC 4861 7.3.2:
//
//     INCOMPLETE --answer--> REACHABLE --30 s--> STALE --used--> DELAY --5 s--> PROBE
//         |                      ^                 ^                             |
//         | 3 x 1 s              +--- proof -------+------ answer ---------------+
//         v                                                                     | 3 x 1 s
//       FAILED <----------------------------------------------------------------+
//
// ARP has no reachability confirmation of its own; a reply to a request we sent counts as a
// solicited answer, everything else as an unsolicited one.
//
// Invariants: STALE and FAILED neighbours, and only they, stand on the evictable list and have no
// timer; packets wait only in INCOMPLETE; a slot's generation is never used twice.
// The timer of a REACHABLE neighbour is re-armed lazily: proof arrives with every ACK, and only
// writes confirmed_at.
//
// Not here: the messages (neighbor_arp.c, neighbor_ndp.c), who sends them (link_neighbors.c).

#include "neighbor_cache.h"

#include <string.h>

#include "../base/assertion.h"
#include "../base/numbers.h"
#include "../wire/wire_ethernet.h"

static uint32_t hash_of(const struct neighbor_cache *cache, const struct berth_address *address)
{
	return (uint32_t)siphash(&cache->key, address->byte, sizeof(address->byte));
}

// RFC 4861 6.3.2: uniformly between 0.5 and 1.5 times the base.
static void choose_reachable_time(struct neighbor_cache *cache, uint64_t now)
{
	uint32_t base_ms = (uint32_t)(NEIGHBOR_REACHABLE_BASE_NS / NS_PER_MS);

	cache->reachable_ns = (base_ms / 2 + random_below(cache->random, base_ms + 1)) * NS_PER_MS;
	cache->reachable_chosen_at = now;
}

bool neighbor_cache_init(struct neighbor_cache *cache, struct memory *memory,
			 struct timer_wheel *wheel, struct random *random, uint8_t interface_index,
			 uint32_t used_max)
{
	uint32_t pages_max = (used_max + NEIGHBOR_PAGE_SLOTS - 1) / NEIGHBOR_PAGE_SLOTS;

	memset(cache, 0, sizeof(*cache));
	cache->pages = memory_acquire(memory, pages_max * sizeof(*cache->pages));
	if (!cache->pages)
		return false;
	if (!hash_table_init(&cache->table, memory, 16)) {
		memory_release(memory, cache->pages, pages_max * sizeof(*cache->pages));
		return false;
	}
	cache->memory = memory;
	cache->wheel = wheel;
	cache->random = random;
	cache->key.word[0] = random_u64(random);
	cache->key.word[1] = random_u64(random);
	cache->pages_max = pages_max;
	cache->used_max = used_max;
	cache->interface_index = interface_index;
	list_init(&cache->evictable);
	list_init(&cache->free_slots);
	choose_reachable_time(cache, 0);
	return true;
}

void neighbor_cache_clear(struct neighbor_cache *cache)
{
	struct neighbor *neighbor;

	for (uint32_t slot = 0; (neighbor = neighbor_cache_walk(cache, slot));
	     slot = neighbor->slot + 1) {
		ASSERT(list_is_empty(&neighbor->waiting));
		timer_wheel_disarm(cache->wheel, &neighbor->timer);
	}
	hash_table_clear(&cache->table);
	for (uint32_t page = 0; page < cache->page_count; page++)
		memory_release(cache->memory, cache->pages[page],
			       NEIGHBOR_PAGE_SLOTS * sizeof(struct neighbor));
	memory_release(cache->memory, cache->pages, cache->pages_max * sizeof(*cache->pages));
	memset(cache, 0, sizeof(*cache));
}

struct neighbor *neighbor_cache_lookup(const struct neighbor_cache *cache,
				       const struct berth_address *address)
{
	struct hash_node *node = hash_table_first(&cache->table, hash_of(cache, address));

	for (; node; node = hash_table_next(node)) {
		struct neighbor *neighbor = CONTAINER_OF(node, struct neighbor, node);

		if (berth_address_equal(&neighbor->address, address))
			return neighbor;
	}
	return NULL;
}

struct neighbor *neighbor_cache_walk(const struct neighbor_cache *cache, uint32_t slot)
{
	for (; slot < cache->page_count * NEIGHBOR_PAGE_SLOTS; slot++) {
		struct neighbor *neighbor =
			&cache->pages[slot / NEIGHBOR_PAGE_SLOTS][slot % NEIGHBOR_PAGE_SLOTS];

		if (neighbor->generation != 0)
			return neighbor;
	}
	return NULL;
}

static bool add_page(struct neighbor_cache *cache)
{
	struct neighbor *page;

	if (cache->page_count == cache->pages_max)
		return false;
	page = memory_acquire(cache->memory, NEIGHBOR_PAGE_SLOTS * sizeof(struct neighbor));
	if (!page)
		return false;
	for (uint32_t index = 0; index < NEIGHBOR_PAGE_SLOTS; index++) {
		page[index].slot = cache->page_count * NEIGHBOR_PAGE_SLOTS + index;
		list_append(&cache->free_slots, &page[index].evictable);
	}
	cache->pages[cache->page_count++] = page;
	return true;
}

static bool evict_oldest(struct neighbor_cache *cache)
{
	struct list_node *node = list_take_first(&cache->evictable);
	struct neighbor *neighbor;

	if (!node)
		return false;
	neighbor = CONTAINER_OF(node, struct neighbor, evictable);
	ASSERT(!timer_is_armed(&neighbor->timer));
	ASSERT(list_is_empty(&neighbor->waiting));
	hash_table_remove(&cache->table, &neighbor->node);
	neighbor->generation = 0;
	cache->used--;
	list_append(&cache->free_slots, &neighbor->evictable);
	return true;
}

static struct neighbor *take_free_slot(struct neighbor_cache *cache)
{
	struct list_node *node;

	if (cache->used == cache->used_max && !evict_oldest(cache))
		return NULL;
	if (list_is_empty(&cache->free_slots) && !add_page(cache) && !evict_oldest(cache))
		return NULL;
	node = list_take_first(&cache->free_slots);
	ASSERT(node);
	return CONTAINER_OF(node, struct neighbor, evictable);
}

struct neighbor *neighbor_cache_insert(struct neighbor_cache *cache,
				       const struct berth_address *address)
{
	struct neighbor *neighbor = take_free_slot(cache);
	uint32_t slot;

	if (!neighbor)
		return NULL;
	slot = neighbor->slot;
	memset(neighbor, 0, sizeof(*neighbor));
	neighbor->slot = slot;
	neighbor->interface_index = cache->interface_index;
	if (++cache->last_generation == 0)
		cache->last_generation = 1;
	neighbor->generation = cache->last_generation;
	neighbor->address = *address;
	neighbor->state = NEIGHBOR_FAILED;
	list_init(&neighbor->waiting);
	list_append(&cache->evictable, &neighbor->evictable);
	hash_table_insert(&cache->table, &neighbor->node, hash_of(cache, address));
	cache->used++;
	return neighbor;
}

const char *neighbor_state_name(enum neighbor_state state)
{
	switch (state) {
	case NEIGHBOR_INCOMPLETE:
		return "INCOMPLETE";
	case NEIGHBOR_REACHABLE:
		return "REACHABLE";
	case NEIGHBOR_STALE:
		return "STALE";
	case NEIGHBOR_DELAY:
		return "DELAY";
	case NEIGHBOR_PROBE:
		return "PROBE";
	case NEIGHBOR_FAILED:
		return "FAILED";
	case NEIGHBOR_STATE_COUNT:
		break;
	}
	ASSERT(false);
	return NULL;
}

// The one place where states change. deadline_at NEVER: the state does not end by itself.
static void enter_state(struct neighbor_cache *cache, struct neighbor *neighbor,
			enum neighbor_state state, uint64_t deadline_at)
{
	bool is_idle = state == NEIGHBOR_STALE || state == NEIGHBOR_FAILED;

	ASSERT(is_idle == (deadline_at == NEVER));
	list_remove_if_on(&neighbor->evictable);
	if (is_idle)
		list_append(&cache->evictable, &neighbor->evictable);
	neighbor->state = (uint8_t)state;
	timer_wheel_arm(cache->wheel, &neighbor->timer, deadline_at);
}

static void enter_reachable(struct neighbor_cache *cache, struct neighbor *neighbor, uint64_t now)
{
	if (now - cache->reachable_chosen_at >= NEIGHBOR_REACHABLE_RENEW_NS)
		choose_reachable_time(cache, now);
	neighbor->confirmed_at = now;
	enter_state(cache, neighbor, NEIGHBOR_REACHABLE, time_after(now, cache->reachable_ns));
}

static void enter_stale(struct neighbor_cache *cache, struct neighbor *neighbor)
{
	enter_state(cache, neighbor, NEIGHBOR_STALE, NEVER);
}

static enum neighbor_action solicit(struct neighbor_cache *cache, struct neighbor *neighbor,
				    enum neighbor_state state, uint64_t now)
{
	neighbor->solicits_sent = neighbor->state == state ? neighbor->solicits_sent + 1 : 1;
	enter_state(cache, neighbor, state, time_after(now, NEIGHBOR_RETRANSMIT_NS));
	return state == NEIGHBOR_INCOMPLETE ? NEIGHBOR_ASK_ALL : NEIGHBOR_ASK_IT;
}

enum neighbor_action neighbor_on_send(struct neighbor_cache *cache, struct neighbor *neighbor,
				      uint64_t now)
{
	switch ((enum neighbor_state)neighbor->state) {
	case NEIGHBOR_FAILED: // RFC 4861 7.2.2: resolution starts (again)
		return solicit(cache, neighbor, NEIGHBOR_INCOMPLETE, now);
	case NEIGHBOR_STALE: // RFC 4861 7.3.3: the first packet sent while STALE
		enter_state(cache, neighbor, NEIGHBOR_DELAY, time_after(now, NEIGHBOR_DELAY_NS));
		return NEIGHBOR_NOTHING;
	default:
		return NEIGHBOR_NOTHING;
	}
}

enum neighbor_action neighbor_on_timer(struct neighbor_cache *cache, struct neighbor *neighbor,
				       uint64_t now)
{
	enum neighbor_state state = (enum neighbor_state)neighbor->state;
	uint64_t proof_ends_at;

	switch (state) {
	case NEIGHBOR_REACHABLE:
		proof_ends_at = time_after(neighbor->confirmed_at, cache->reachable_ns);
		if (proof_ends_at > now)
			enter_state(cache, neighbor, NEIGHBOR_REACHABLE, proof_ends_at);
		else
			enter_stale(cache, neighbor);
		return NEIGHBOR_NOTHING;
	case NEIGHBOR_DELAY:
		return solicit(cache, neighbor, NEIGHBOR_PROBE, now);
	case NEIGHBOR_INCOMPLETE:
	case NEIGHBOR_PROBE:
		if (neighbor->solicits_sent < NEIGHBOR_SOLICITS_MAX)
			return solicit(cache, neighbor, state, now);
		enter_state(cache, neighbor, NEIGHBOR_FAILED, NEVER);
		return NEIGHBOR_GIVE_UP;
	default:
		ASSERT(false); // STALE and FAILED have no timer
		return NEIGHBOR_NOTHING;
	}
}

void neighbor_on_question(struct neighbor_cache *cache, struct neighbor *neighbor,
			  const struct berth_mac *mac)
{
	if (neighbor_has_mac(neighbor) && mac_equal(&neighbor->mac, mac))
		return;
	neighbor->mac = *mac;
	enter_stale(cache, neighbor);
}

enum answer_effect {
	ANSWER_IGNORED,
	ANSWER_MAKES_STALE,
	ANSWER_MAKES_REACHABLE,
	ANSWER_CHANGES_NO_STATE,
};

// DECIDES: what an advertised MAC is worth (RFC 4861 7.2.5)
static enum answer_effect decide_answer_effect(const struct neighbor *neighbor,
					       const struct berth_mac *mac, bool solicited,
					       bool override)
{
	bool is_other;

	if (neighbor->state == NEIGHBOR_FAILED)
		return ANSWER_IGNORED; // RFC 4861 would have deleted it
	if (neighbor->state == NEIGHBOR_INCOMPLETE) {
		if (!mac)
			return ANSWER_IGNORED;
		return solicited ? ANSWER_MAKES_REACHABLE : ANSWER_MAKES_STALE;
	}
	is_other = mac && !mac_equal(mac, &neighbor->mac);
	if (is_other && !override)
		return neighbor->state == NEIGHBOR_REACHABLE ? ANSWER_MAKES_STALE : ANSWER_IGNORED;
	if (solicited)
		return ANSWER_MAKES_REACHABLE;
	return is_other ? ANSWER_MAKES_STALE : ANSWER_CHANGES_NO_STATE;
}

void neighbor_on_answer(struct neighbor_cache *cache, struct neighbor *neighbor,
			const struct berth_mac *mac, bool solicited, bool override, uint64_t now)
{
	enum answer_effect effect = decide_answer_effect(neighbor, mac, solicited, override);

	if (effect == ANSWER_IGNORED)
		return;
	// RFC 4861 7.2.5 I: without the override flag a known MAC stays.
	if (mac && (override || !neighbor_has_mac(neighbor)))
		neighbor->mac = *mac;
	if (effect == ANSWER_MAKES_REACHABLE)
		enter_reachable(cache, neighbor, now);
	else if (effect == ANSWER_MAKES_STALE)
		enter_stale(cache, neighbor);
}

void neighbor_on_proof(struct neighbor_cache *cache, struct neighbor *neighbor, uint64_t now)
{
	if (neighbor->state == NEIGHBOR_REACHABLE)
		neighbor->confirmed_at = now; // the timer looks at it when it fires
	else if (neighbor_has_mac(neighbor))
		enter_reachable(cache, neighbor, now);
}

void neighbor_set_asker(struct neighbor *neighbor, const struct berth_address *asker)
{
	neighbor->asker = *asker;
}

struct list_node *neighbor_wait(struct neighbor *neighbor, struct list_node *packet)
{
	ASSERT(neighbor->state == NEIGHBOR_INCOMPLETE);
	list_append(&neighbor->waiting, packet);
	if (neighbor->waiting_count < NEIGHBOR_WAITING_MAX) {
		neighbor->waiting_count++;
		return NULL;
	}
	return list_take_first(&neighbor->waiting); // RFC 4861 7.2.2: the oldest yields
}

struct list_node *neighbor_take_waiting(struct neighbor *neighbor)
{
	struct list_node *packet = list_take_first(&neighbor->waiting);

	if (packet)
		neighbor->waiting_count--;
	return packet;
}
