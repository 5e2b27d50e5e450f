// SPDX-License-Identifier: MIT
//
// Layer 2 as a whole: made, given interfaces and addresses, run by time, looked at.
//
// Not here: frames in (link_receive.c), frames out (link_send.c), neighbours (link_neighbors.c).

#include "link_layer.h"

#include <errno.h>
#include <string.h>

#include "../base/assertion.h"
#include "../base/numbers.h"

#define QUEUED_PACKETS_PER_CHUNK 32u

static uint32_t limit_or_default(uint32_t limit, uint32_t otherwise)
{
	return limit ? limit : otherwise;
}

struct link_layer *link_new(struct memory *memory, struct packet_pool *packets,
			    struct random *random, uint64_t *drops,
			    const struct berth_config *config)
{
	struct link_layer *link = memory_acquire(memory, sizeof(*link));
	uint32_t queued_max;

	if (!link)
		return NULL;
	link->burst.headers =
		memory_acquire(memory, BERTH_BURST_MAX * sizeof(*link->burst.headers));
	if (!link->burst.headers) {
		memory_release(memory, link, sizeof(*link));
		return NULL;
	}
	queued_max = limit_or_default(config->queued_packets_max, LINK_QUEUED_PACKETS_DEFAULT);
	link->memory = memory;
	link->packets = packets;
	link->random = random;
	link->drops = drops;
	link->neighbors_max =
		min_u32(limit_or_default(config->neighbors_max, LINK_NEIGHBORS_DEFAULT),
			LINK_NEIGHBORS_LIMIT);
	link->waiting_max = queued_max;
	timer_wheel_init(&link->wheel, 0);
	object_pool_init(&link->queued_packets, memory, sizeof(struct queued_packet),
			 QUEUED_PACKETS_PER_CHUNK, 0);
	list_init(&link->burst.handed_out);
	link_queue_init(&link->output, queued_max);
	link_queue_init(&link->loopback, queued_max);
	link_queue_init(&link->unreachable, queued_max);
	return link;
}

static void release_queue(struct link_layer *link, struct link_queue *queue)
{
	struct queued_packet *queued;

	while ((queued = link_queue_take(queue)))
		queued_packet_release(link, queued);
}

static void release_waiting(struct link_layer *link, struct interface *interface)
{
	struct neighbor *neighbor;
	uint32_t slot = 0;

	while ((neighbor = neighbor_cache_walk(&interface->neighbors, slot))) {
		struct list_node *node;

		while ((node = neighbor_take_waiting(neighbor)))
			queued_packet_release(link, CONTAINER_OF(node, struct queued_packet, node));
		slot = neighbor->slot + 1;
	}
}

void link_free(struct link_layer *link)
{
	struct memory *memory = link->memory;

	link_burst_end(link);
	link_burst_begin(link, NULL, 0); // what the last burst pointed at comes back
	release_queue(link, &link->output);
	release_queue(link, &link->loopback);
	release_queue(link, &link->unreachable);
	for (uint32_t index = 0; index < link->interface_count; index++) {
		release_waiting(link, &link->interfaces[index]);
		neighbor_cache_clear(&link->interfaces[index].neighbors);
	}
	object_pool_clear(&link->queued_packets);
	memory_release(memory, link->burst.headers, BERTH_BURST_MAX * sizeof(*link->burst.headers));
	memory_release(memory, link, sizeof(*link));
}

int link_add_interface(struct link_layer *link, const struct berth_interface_config *config)
{
	uint32_t index = link->interface_count;
	struct interface *interface = &link->interfaces[index];
	int error;

	if (index == LINK_INTERFACES_MAX)
		return -ENOSPC;
	error = interface_init(interface, config);
	if (error)
		return error;
	if (!neighbor_cache_init(&interface->neighbors, link->memory, &link->wheel, link->random,
				 (uint8_t)index, link->neighbors_max))
		return -ENOMEM;
	link->interface_count++;
	return (int)index;
}

const struct berth_interface_config *link_interface(const struct link_layer *link, int index)
{
	if (index < 0 || (uint32_t)index >= link->interface_count)
		return NULL;
	return &link->interfaces[index].config;
}

int link_interface_count(const struct link_layer *link)
{
	return (int)link->interface_count;
}

int link_add_address(struct link_layer *link, int interface_index,
		     const struct berth_address *address)
{
	struct interface *interface = link_interface_at(link, interface_index);

	return interface ? interface_add_address(interface, address) : -ENODEV;
}

void link_advance(struct link_layer *link, uint64_t now)
{
	struct timer_node *timer;

	while ((timer = timer_wheel_expire(&link->wheel, now))) {
		struct neighbor *neighbor = CONTAINER_OF(timer, struct neighbor, timer);
		struct interface *interface = &link->interfaces[neighbor->interface_index];

		link_act(link, interface, neighbor,
			 neighbor_on_timer(&interface->neighbors, neighbor, now));
	}
}

uint64_t link_deadline(const struct link_layer *link)
{
	return timer_wheel_deadline(&link->wheel);
}

struct packet *link_take_unreachable(struct link_layer *link, struct link_path *ret_path)
{
	struct queued_packet *queued = link_queue_take(&link->unreachable);
	struct packet *packet;

	if (!queued)
		return NULL;
	packet = queued->packet;
	*ret_path = queued->path;
	object_pool_release(&link->queued_packets, queued);
	return packet;
}

// The cursor counts slots through all interfaces: interface number above, slot below.
bool link_inspect_neighbor(const struct link_layer *link, uint64_t *cursor,
			   struct berth_neighbor_info *ret_info)
{
	uint32_t index = (uint32_t)(*cursor >> 32);
	uint32_t slot = (uint32_t)*cursor;

	for (; index < link->interface_count; index++, slot = 0) {
		const struct neighbor *neighbor =
			neighbor_cache_walk(&link->interfaces[index].neighbors, slot);

		if (!neighbor)
			continue;
		memset(ret_info, 0, sizeof(*ret_info));
		ret_info->interface_index = (int32_t)index;
		ret_info->address = neighbor->address;
		if (neighbor_has_mac(neighbor))
			ret_info->mac = neighbor->mac;
		ret_info->state = neighbor_state_name((enum neighbor_state)neighbor->state);
		*cursor = (uint64_t)index << 32 | (neighbor->slot + 1);
		return true;
	}
	return false;
}
