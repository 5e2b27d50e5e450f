// SPDX-License-Identifier: MIT
//
// A packet goes out: into the burst being collected, or into a queue until there is one.
//
// The fast path is link_send with a neighbour whose MAC is known and a packet nobody owns (its
// headers lie in the burst's arena, its payload in somebody's ring): the Ethernet header is
// written in front and the next frame of the burst points at the pieces. Nothing is copied or
// allocated.
//
// Everything else becomes a queued packet: the owner's packet itself when header and payload lie
// in it one after the other, else a copy. Queued packets that went into a burst are kept on
// handed_out until the next burst begins, because its frames point at them.

#include <string.h>

#include "../base/assertion.h"
#include "../base/numbers.h"
#include "../wire/wire_address.h"
#include "link_layer.h"

void queued_packet_release(struct link_layer *link, struct queued_packet *queued)
{
	packet_release(link->packets, queued->packet);
	object_pool_release(&link->queued_packets, queued);
}

static enum berth_drop drop_outgoing(struct link_layer *link, struct outgoing *out,
				     enum berth_drop reason)
{
	if (out->owner)
		packet_release(link->packets, out->owner);
	out->owner = NULL;
	return link_drop(link, reason);
}

// Do header and payload lie in the owner in one run, with room for an Ethernet header in front?
static bool is_whole_in_owner(const struct outgoing *out)
{
	const struct packet *owner = out->owner;
	const uint8_t *payload = out->header + out->header_bytes;

	if (!owner || out->payload_count > 1)
		return false;
	if (out->payload_count == 1 && (const uint8_t *)out->payload[0].data != payload)
		return false;
	return out->header >= owner->bytes + ETHERNET_HEADER_BYTES;
}

static struct packet *copy_of(struct link_layer *link, const struct outgoing *out)
{
	struct packet *packet =
		packet_acquire(link->packets, out->header_bytes + out->payload_bytes);

	if (!packet)
		return NULL;
	memcpy(packet_append(packet, out->header_bytes), out->header, out->header_bytes);
	for (uint32_t index = 0; index < out->payload_count; index++) {
		const struct berth_slice *slice = &out->payload[index];

		if (slice->length)
			memcpy(packet_append(packet, slice->length), slice->data, slice->length);
	}
	return packet;
}

// out as a packet of ours; out->owner is taken. NULL: no memory (nothing is counted yet).
static struct packet *packet_of(struct link_layer *link, struct outgoing *out)
{
	struct packet *packet = out->owner;

	if (is_whole_in_owner(out)) {
		packet->begin = (uint32_t)(out->header - packet->bytes);
		packet->end = packet->begin + out->header_bytes + out->payload_bytes;
		ASSERT(packet->end <= packet->capacity);
	} else {
		packet = copy_of(link, out);
		if (out->owner)
			packet_release(link->packets, out->owner);
	}
	out->owner = NULL;
	return packet;
}

static struct queued_packet *queued_of(struct link_layer *link, const struct link_path *path,
				       uint16_t ethernet_type, struct outgoing *out)
{
	struct queued_packet *queued = object_pool_acquire(&link->queued_packets);

	if (!queued) {
		drop_outgoing(link, out, BERTH_DROP_PACKET_MEMORY);
		return NULL;
	}
	queued->packet = packet_of(link, out);
	if (!queued->packet) {
		object_pool_release(&link->queued_packets, queued);
		link_drop(link, BERTH_DROP_PACKET_MEMORY);
		return NULL;
	}
	queued->path = *path;
	queued->header_bytes = out->header_bytes;
	queued->ethernet_type = ethernet_type;
	queued->segment_bytes = out->segment_bytes;
	queued->checksum_offset = out->checksum_offset;
	queued->transport_bytes = out->transport_bytes;
	queued->checksum = out->checksum;
	queued->segmentation = out->segmentation;
	return queued;
}

// --- the burst ---------------------------------------------------------------------------------

void link_burst_begin(struct link_layer *link, struct berth_frame *frames, size_t max)
{
	struct link_burst *burst = &link->burst;
	struct list_node *node;

	ASSERT(!burst->frames);
	while ((node = list_take_first(&burst->handed_out)))
		queued_packet_release(link, CONTAINER_OF(node, struct queued_packet, node));
	burst->frames = frames;
	burst->count = 0;
	burst->max = max < BERTH_BURST_MAX ? (uint32_t)max : BERTH_BURST_MAX;
	if (!frames)
		burst->max = 0;
}

size_t link_burst_room(const struct link_layer *link)
{
	return link->burst.max - link->burst.count;
}

uint8_t *link_burst_header(struct link_layer *link)
{
	return link_burst_room(link) ? link->burst.headers[link->burst.count] : NULL;
}

size_t link_burst_end(struct link_layer *link)
{
	size_t count = link->burst.count;

	link->burst.frames = NULL;
	link->burst.count = link->burst.max = 0;
	return count;
}

bool link_has_queued(const struct link_layer *link)
{
	return link->output.used != 0;
}

void link_transmit_queued(struct link_layer *link)
{
	struct link_burst *burst = &link->burst;

	while (link_burst_room(link)) {
		struct queued_packet *queued = link_queue_take(&link->output);

		if (!queued)
			return;
		queued_packet_fill_frame(queued, queued->path.interface_index,
					 &burst->frames[burst->count++]);
		list_append(&burst->handed_out, &queued->node);
	}
}

static void put_into_burst(struct link_layer *link, const struct interface *interface,
			   const struct berth_mac *target, uint16_t ethernet_type,
			   const struct outgoing *out)
{
	struct ethernet_header ethernet = {*target, interface->config.mac, ethernet_type};
	struct berth_frame *frame = &link->burst.frames[link->burst.count++];
	uint8_t *header = out->header - ETHERNET_HEADER_BYTES;
	uint32_t header_bytes = out->header_bytes + ETHERNET_HEADER_BYTES;

	ASSERT(out->payload_count < BERTH_FRAME_SLICES_MAX);
	ethernet_emit(&ethernet, header);
	frame->slice[0].data = header;
	frame->slice[0].length = header_bytes;
	for (uint32_t index = 0; index < out->payload_count; index++)
		frame->slice[index + 1] = out->payload[index];
	frame->slice_count = (uint8_t)(out->payload_count + 1);
	frame->interface_index = (uint8_t)interface_index_of(link, interface);
	frame->checksum = out->checksum;
	frame->segmentation = out->segmentation;
	frame->segment_bytes = out->segment_bytes;
	frame->header_bytes = (uint16_t)header_bytes;
	frame->checksum_start = 0;
	frame->checksum_offset = 0;
	if (out->checksum == BERTH_CHECKSUM_PARTIAL) {
		frame->checksum_start = (uint16_t)(header_bytes - out->transport_bytes);
		frame->checksum_offset = out->checksum_offset;
	}
	frame->length = header_bytes + out->payload_bytes;
}

// --- the queue ---------------------------------------------------------------------------------

// Into the burst when one is being collected and nothing waits, else to wait for the next one.
static enum berth_drop send_queued(struct link_layer *link, struct interface *interface,
				   const struct berth_mac *target, struct queued_packet *queued)
{
	struct ethernet_header ethernet = {*target, interface->config.mac, queued->ethernet_type};

	if (link_queue_is_full(&link->output)) {
		queued_packet_release(link, queued);
		return link_drop(link, BERTH_DROP_OUTPUT_QUEUE_FULL);
	}
	ethernet_emit(&ethernet, packet_prepend(queued->packet, ETHERNET_HEADER_BYTES));
	queued->header_bytes += ETHERNET_HEADER_BYTES;
	link_queue_append(&link->output, queued);
	link_transmit_queued(link);
	return BERTH_DROP_NONE;
}

void link_send_waiting(struct link_layer *link, struct interface *interface,
		       const struct berth_mac *target, struct queued_packet *queued)
{
	send_queued(link, interface, target, queued);
}

void link_send_packet(struct link_layer *link, struct interface *interface,
		      const struct berth_mac *target, uint16_t ethernet_type, struct packet *packet)
{
	struct link_path path = {.interface_index = interface_index_of(link, interface)};
	struct outgoing out = {
		.header = packet_data(packet),
		.header_bytes = packet_length(packet),
		.owner = packet,
	};
	struct queued_packet *queued = queued_of(link, &path, ethernet_type, &out);

	if (queued)
		send_queued(link, interface, target, queued);
}

// --- the loopback ------------------------------------------------------------------------------

static enum berth_drop send_to_ourselves(struct link_layer *link, const struct link_path *path,
					 uint16_t ethernet_type, struct outgoing *out)
{
	struct queued_packet *queued;

	if (link_queue_is_full(&link->loopback))
		return drop_outgoing(link, out, BERTH_DROP_OUTPUT_QUEUE_FULL);
	queued = queued_of(link, path, ethernet_type, out);
	if (!queued)
		return BERTH_DROP_PACKET_MEMORY;
	link_queue_append(&link->loopback, queued);
	return BERTH_DROP_NONE;
}

struct packet *link_loopback_take(struct link_layer *link, struct berth_frame *ret_frame,
				  enum link_result *ret_kind)
{
	struct queued_packet *queued = link_queue_take(&link->loopback);
	struct packet *packet;

	if (!queued)
		return NULL;
	packet = queued->packet;
	queued_packet_fill_frame(queued, 0, ret_frame);
	if (ret_frame->checksum == BERTH_CHECKSUM_UNKNOWN)
		ret_frame->checksum = BERTH_CHECKSUM_VALID; // the bytes never left memory
	*ret_kind = queued->ethernet_type == ETHERNET_TYPE_IPV4 ? LINK_IPV4 : LINK_IPV6;
	object_pool_release(&link->queued_packets, queued);
	return packet;
}

// --- sending -----------------------------------------------------------------------------------

// DECIDES: which MAC a group has (RFC 894, RFC 1112 6.4, RFC 2464 7)
static bool mac_of_group(const struct berth_address *next_hop, struct berth_mac *ret_mac)
{
	if (address_is_broadcast(next_hop)) {
		*ret_mac = ethernet_broadcast;
		return true;
	}
	if (!address_is_multicast(next_hop))
		return false;
	if (next_hop->family == BERTH_FAMILY_IPV6) {
		*ret_mac = mac_of_ipv6_group(next_hop);
		return true;
	}
	*ret_mac = (struct berth_mac){
		{0x01, 0x00, 0x5e, next_hop->byte[1] & 0x7f, next_hop->byte[2], next_hop->byte[3]}};
	return true;
}

static enum berth_drop send_to_mac(struct link_layer *link, struct interface *interface,
				   const struct link_path *path, const struct berth_mac *target,
				   uint16_t ethernet_type, struct outgoing *out)
{
	struct queued_packet *queued;

	if (!out->owner && link_burst_room(link)) {
		put_into_burst(link, interface, target, ethernet_type, out);
		return BERTH_DROP_NONE;
	}
	queued = queued_of(link, path, ethernet_type, out);
	if (!queued)
		return BERTH_DROP_PACKET_MEMORY;
	return send_queued(link, interface, target, queued);
}

static enum berth_drop send_when_resolved(struct link_layer *link, struct interface *interface,
					  struct neighbor *neighbor, const struct link_path *path,
					  uint16_t ethernet_type, struct outgoing *out,
					  uint64_t now)
{
	struct queued_packet *queued = queued_of(link, path, ethernet_type, out);

	if (!queued)
		return BERTH_DROP_PACKET_MEMORY;
	return link_wait_for_mac(link, interface, neighbor, queued, now);
}

enum berth_drop link_send(struct link_layer *link, struct link_path *path, uint16_t ethernet_type,
			  struct outgoing *out, uint64_t now)
{
	struct interface *interface;
	struct neighbor *neighbor;
	struct berth_mac group_mac;

	if (path->interface_index == LINK_LOOPBACK)
		return send_to_ourselves(link, path, ethernet_type, out);
	interface = link_interface_at(link, path->interface_index);
	ASSERT(interface);
	neighbor = neighbor_cache_at(&interface->neighbors, path->neighbor_slot,
				     path->neighbor_generation);
	if (!neighbor && mac_of_group(&path->next_hop, &group_mac))
		return send_to_mac(link, interface, path, &group_mac, ethernet_type, out);
	if (!neighbor)
		neighbor = link_find_neighbor(interface, path);
	if (!neighbor)
		return drop_outgoing(link, out, BERTH_DROP_NEIGHBOR_TABLE_FULL);
	if (!neighbor_has_mac(neighbor))
		return send_when_resolved(link, interface, neighbor, path, ethernet_type, out, now);
	if (neighbor->state == NEIGHBOR_STALE)
		link_use_neighbor(interface, neighbor, out->header, out->header_bytes, now);
	return send_to_mac(link, interface, path, &neighbor->mac, ethernet_type, out);
}

bool link_neighbor_mac(const struct link_layer *link, const struct link_path *path,
		       struct berth_mac *ret_mac)
{
	struct berth_address address = address_without_scope(&path->next_hop);
	const struct interface *interface;
	const struct neighbor *neighbor;

	if (path->interface_index < 0 || (uint32_t)path->interface_index >= link->interface_count)
		return false;
	if (mac_of_group(&address, ret_mac))
		return true;
	interface = &link->interfaces[path->interface_index];
	neighbor = neighbor_cache_at(&interface->neighbors, path->neighbor_slot,
				     path->neighbor_generation);
	if (!neighbor)
		neighbor = neighbor_cache_lookup(&interface->neighbors, &address);
	if (!neighbor || !neighbor_has_mac(neighbor))
		return false;
	*ret_mac = neighbor->mac;
	return true;
}
