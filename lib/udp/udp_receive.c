// SPDX-License-Identifier: MIT
//
// A datagram came in: is it whole, who takes it, is there room?
//
// Order of the questions: length (RFC 768), checksum (RFC 768 and RFC 1122 4.1.3.4 for IPv4, where
// 0 means none; RFC 8200 8.1 for IPv6, where 0 is forbidden), taker. A superframe is many datagrams
// behind one header: one check, one lookup, then one queue entry for each. Every queued datagram is
// a packet of its own whose headroom holds the two addresses until it is read.
//
// A queue is charged the memory its datagrams hold, not their payload, so that empty ones cost too.
// It takes a datagram while it is not over its limit: the largest fits an empty queue always.
#include <errno.h>
#include <string.h>

#include "../base/assertion.h"
#include "../base/numbers.h"
#include "../wire/wire_ipv4.h"
#include "../wire/wire_udp.h"
#include "udp_layer.h"

// What stands in front of a queued payload, in the packet's headroom.
struct received_addresses {
	struct berth_endpoint source, target;
};

_Static_assert(sizeof(struct received_addresses) <= PACKET_HEADROOM,
	       "the addresses of a queued datagram live in its packet's headroom");

void udp_received_init(struct udp_endpoint *endpoint, uint32_t memory_max)
{
	list_init(&endpoint->received);
	endpoint->received_memory_max = memory_max;
}

static struct packet *take_oldest(struct udp_endpoint *endpoint)
{
	struct list_node *node = list_take_first(&endpoint->received);
	struct packet *packet;

	if (!node)
		return NULL;
	packet = CONTAINER_OF(node, struct packet, node);
	endpoint->received_memory -= packet->capacity;
	endpoint->received_bytes -=
		packet_length(packet) - (uint32_t)sizeof(struct received_addresses);
	return packet;
}

void udp_received_release(struct udp_layer *udp, struct udp_endpoint *endpoint)
{
	struct packet *packet;

	while ((packet = take_oldest(endpoint)) != NULL)
		packet_release(&udp->received_packets, packet);
	ASSERT(endpoint->received_bytes == 0);
	ASSERT(endpoint->received_memory == 0);
}

void udp_set_receive_limit(struct udp_endpoint *endpoint, uint32_t bytes)
{
	endpoint->received_memory_max = bytes;
}

uint32_t udp_queued_bytes(const struct udp_endpoint *endpoint)
{
	return endpoint->received_bytes;
}

// Is the datagram as RFC 768 wants it? Trims what follows it in the packet.
static enum berth_drop check_datagram(struct ip_packet *packet, struct udp_header *ret_header)
{
	const struct slices *payload = &packet->payload;
	bool is_ipv6 = packet->source.family == BERTH_FAMILY_IPV6;

	if (payload->count == 0 ||
	    !udp_parse(payload->part[0].data, payload->part[0].length, payload->length, ret_header))
		return BERTH_DROP_UDP_MALFORMED;
	slices_trim_to(&packet->payload, ret_header->length);
	if (ret_header->checksum == 0) // nobody summed (RFC 768); not in IPv6 (RFC 8200 8.1)
		return is_ipv6 ? BERTH_DROP_UDP_CHECKSUM : BERTH_DROP_NONE;
	if (!packet->checksum_is_valid && !ip_checksum_is_right(packet, IP_PROTOCOL_UDP))
		return BERTH_DROP_UDP_CHECKSUM;
	return BERTH_DROP_NONE;
}

static void queue_datagram(struct udp_layer *udp, struct udp_endpoint *endpoint,
			   const struct received_addresses *addresses, const struct slices *payload)
{
	struct packet *packet;

	if (endpoint->received_memory > endpoint->received_memory_max) {
		udp_drop(udp, BERTH_DROP_UDP_QUEUE_FULL);
		return;
	}
	packet = packet_acquire(&udp->received_packets, payload->length);
	if (!packet) {
		udp_drop(udp, BERTH_DROP_PACKET_MEMORY);
		return;
	}
	slices_copy_out(payload, packet_append(packet, payload->length));
	memcpy(packet_prepend(packet, sizeof(*addresses)), addresses, sizeof(*addresses));
	list_append(&endpoint->received, &packet->node);
	endpoint->received_memory += packet->capacity;
	endpoint->received_bytes += payload->length;
	udp->datagrams_in++;
	udp_mark_changed(udp, endpoint, UDP_CHANGED_READABLE);
}

// All datagrams behind this one header.
static void deliver(struct udp_layer *udp, struct udp_endpoint *endpoint,
		    const struct ip_packet *packet, const struct received_addresses *addresses)
{
	struct slices rest = packet->payload;
	bool is_superframe =
		packet->segmentation == BERTH_SEGMENTATION_UDP && packet->segment_bytes != 0;

	do {
		struct slices datagram = rest;
		uint32_t length = rest.length;

		if (is_superframe)
			length = min_u32(length, packet->segment_bytes);
		slices_trim_to(&datagram, length);
		queue_datagram(udp, endpoint, addresses, &datagram);
		slices_trim_front(&rest, length);
	} while (rest.length != 0);
}

static bool deliver_to_group(struct udp_layer *udp, const struct ip_packet *packet,
			     const struct received_addresses *addresses)
{
	struct udp_table_walk walk = {.local = addresses->target, .remote = addresses->source};
	struct udp_endpoint *endpoint;
	bool is_taken = false;

	while ((endpoint = udp_table_next_taker(&udp->table, &walk)) != NULL) {
		deliver(udp, endpoint, packet, addresses);
		is_taken = true;
	}
	return is_taken;
}

void udp_receive(struct udp_layer *udp, const struct ip_packet *received, uint64_t now)
{
	struct ip_packet packet = *received;
	struct received_addresses addresses;
	struct udp_endpoint *endpoint;
	struct udp_header header;
	enum berth_drop drop = check_datagram(&packet, &header);

	if (drop != BERTH_DROP_NONE) {
		udp_drop(udp, drop);
		return;
	}
	slices_trim_front(&packet.payload, UDP_HEADER_BYTES);
	memset(&addresses, 0, sizeof(addresses));
	addresses.source.address = packet.source;
	addresses.source.port = header.source_port;
	addresses.target.address = packet.target;
	addresses.target.port = header.target_port;

	if (packet.target_is_group) {
		if (!deliver_to_group(udp, &packet, &addresses))
			udp_drop(udp, BERTH_DROP_UDP_NO_PORT);
		return;
	}
	endpoint = udp_table_lookup(&udp->table, &addresses.target, &addresses.source);
	if (!endpoint) {
		udp_drop(udp, BERTH_DROP_UDP_NO_PORT);
		ip_send_port_unreachable(udp->ip, received, now); // RFC 1122 4.1.3.1
		return;
	}
	deliver(udp, endpoint, &packet, &addresses);
}

int udp_receive_next(struct udp_layer *udp, struct udp_endpoint *endpoint,
		     struct udp_datagram *ret_datagram)
{
	struct received_addresses addresses;
	struct packet *packet;
	int error = udp_take_error(endpoint);

	(void)udp;
	if (error)
		return -error;
	packet = take_oldest(endpoint);
	if (!packet)
		return -EAGAIN;
	memcpy(&addresses, packet_data(packet), sizeof(addresses));
	packet->begin += (uint32_t)sizeof(addresses);
	ret_datagram->source = addresses.source;
	ret_datagram->target = addresses.target;
	ret_datagram->length = packet_length(packet);
	ret_datagram->packet = packet;
	return 0;
}

void udp_datagram_release(struct udp_layer *udp, struct udp_datagram *datagram)
{
	packet_release(&udp->received_packets, datagram->packet);
	datagram->packet = NULL;
}
