// SPDX-License-Identifier: MIT
//
// The neighbours of one cable: which MAC has this IP address, and how sure are we?
//
// States and constants are those of RFC 4861 7.3.2 and 10, for IPv4 (ARP) as for IPv6 (NDP). The
// functions change states and say what is to be asked; asking is link_neighbors.c's.
#ifndef BERTH_LINK_NEIGHBOR_CACHE_H
#define BERTH_LINK_NEIGHBOR_CACHE_H

#include <berth/address.h>

#include "../base/hash_table.h"
#include "../base/list.h"
#include "../base/random.h"
#include "../base/time_units.h"
#include "../base/timer_wheel.h"

#define NEIGHBOR_WAITING_MAX 32u // packets that wait for one MAC

// RFC 4861 10
#define NEIGHBOR_SOLICITS_MAX 3u // MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT
#define NEIGHBOR_RETRANSMIT_NS (1 * NS_PER_S)
#define NEIGHBOR_DELAY_NS (5 * NS_PER_S) // DELAY_FIRST_PROBE_TIME
#define NEIGHBOR_REACHABLE_BASE_NS (30 * NS_PER_S)
#define NEIGHBOR_REACHABLE_RENEW_NS (2 * 3600 * NS_PER_S) // "every few hours": 6.3.4

enum neighbor_state {
	NEIGHBOR_INCOMPLETE, // asked everybody, no answer yet; packets wait
	NEIGHBOR_REACHABLE,  // proved not long ago
	NEIGHBOR_STALE,      // has a MAC, but the proof is old
	NEIGHBOR_DELAY,      // used while stale: hoping for proof from above
	NEIGHBOR_PROBE,      // asking it directly
	NEIGHBOR_FAILED,     // did not answer
	NEIGHBOR_STATE_COUNT,
};

enum neighbor_action {
	NEIGHBOR_NOTHING,
	NEIGHBOR_ASK_ALL, // broadcast request, or solicitation of the group
	NEIGHBOR_ASK_IT,  // the same to the MAC we know
	NEIGHBOR_GIVE_UP, // whoever waits for it waits in vain
};

struct neighbor {
	struct hash_node node;
	struct list_node evictable; // STALE and FAILED: on the cache's list, oldest first
	struct timer_node timer;
	struct berth_address address; // without scope: a cache belongs to one interface
	struct berth_address asker;   // the address of ours that requests name as their sender
	struct berth_mac mac;
	uint8_t state; // enum neighbor_state
	uint8_t solicits_sent;
	uint8_t interface_index;
	uint32_t slot;
	uint32_t generation; // 0: the slot is free
	uint32_t waiting_count;
	struct list waiting; // struct queued_packet, oldest first
	uint64_t confirmed_at;
};

struct neighbor_cache {
	struct memory *memory;
	struct timer_wheel *wheel;
	struct random *random;
	struct hash_table table;
	struct siphash_key key;
	struct list evictable;
	struct list free_slots;
	struct neighbor **pages; // slots live in pages, so that they never move
	uint32_t page_count, pages_max;
	uint32_t used, used_max;
	uint32_t last_generation;
	uint8_t interface_index;
	uint64_t reachable_ns; // ReachableTime, chosen at random around the base
	uint64_t reachable_chosen_at;
};

// false: no memory.
bool neighbor_cache_init(struct neighbor_cache *cache, struct memory *memory,
			 struct timer_wheel *wheel, struct random *random, uint8_t interface_index,
			 uint32_t used_max);
void neighbor_cache_clear(struct neighbor_cache *cache); // nothing may wait any more

struct neighbor *neighbor_cache_lookup(const struct neighbor_cache *cache,
				       const struct berth_address *address);
// The neighbour a hint names, or NULL when it names nobody any more. O(1).
static inline struct neighbor *neighbor_cache_at(const struct neighbor_cache *cache, uint32_t slot,
						 uint32_t generation);
// A new one in state FAILED: nothing is known, nothing was asked. When the cache is full, the
// oldest STALE or FAILED one yields. NULL: none of these, or no memory.
struct neighbor *neighbor_cache_insert(struct neighbor_cache *cache,
				       const struct berth_address *address);
// In slot order, from slot on; NULL: no more.
struct neighbor *neighbor_cache_walk(const struct neighbor_cache *cache, uint32_t slot);

static inline bool neighbor_has_mac(const struct neighbor *neighbor)
{
	return neighbor->state != NEIGHBOR_INCOMPLETE && neighbor->state != NEIGHBOR_FAILED;
}

const char *neighbor_state_name(enum neighbor_state state);

// A packet is about to go there.
enum neighbor_action neighbor_on_send(struct neighbor_cache *cache, struct neighbor *neighbor,
				      uint64_t now);
enum neighbor_action neighbor_on_timer(struct neighbor_cache *cache, struct neighbor *neighbor,
				       uint64_t now);
// It asked us something and told its MAC (RFC 4861 7.2.3, RFC 826).
void neighbor_on_question(struct neighbor_cache *cache, struct neighbor *neighbor,
			  const struct berth_mac *mac);
// It told its MAC, asked (solicited) or not. mac NULL: the message had none (RFC 4861 7.2.5).
void neighbor_on_answer(struct neighbor_cache *cache, struct neighbor *neighbor,
			const struct berth_mac *mac, bool solicited, bool override, uint64_t now);
// A layer above heard it (RFC 4861 7.3.1).
void neighbor_on_proof(struct neighbor_cache *cache, struct neighbor *neighbor, uint64_t now);

void neighbor_set_asker(struct neighbor *neighbor, const struct berth_address *asker);
// Packets waiting for the MAC. When there are too many, the oldest is returned, else NULL.
struct list_node *neighbor_wait(struct neighbor *neighbor, struct list_node *packet);
struct list_node *neighbor_take_waiting(struct neighbor *neighbor);

#define NEIGHBOR_PAGE_SLOTS 32u

static inline struct neighbor *neighbor_cache_at(const struct neighbor_cache *cache, uint32_t slot,
						 uint32_t generation)
{
	struct neighbor *neighbor;

	if (generation == 0 || slot >= cache->page_count * NEIGHBOR_PAGE_SLOTS)
		return NULL;
	neighbor = &cache->pages[slot / NEIGHBOR_PAGE_SLOTS][slot % NEIGHBOR_PAGE_SLOTS];
	return neighbor->generation == generation ? neighbor : NULL;
}

#endif
