// SPDX-License-Identifier: MIT
//
// Packets that wait: for the cable, for a neighbour's MAC, for the loopback, for being reported as
// unreachable. Each is a packet we own with the offload facts it was sent with.
#ifndef BERTH_LINK_LINK_QUEUE_H
#define BERTH_LINK_LINK_QUEUE_H

#include "link.h"

struct queued_packet {
	struct list_node node;
	struct packet *packet; // from the IP header on, or from the Ethernet header on
	struct link_path path;
	uint32_t header_bytes; // headers up to the transport's end, as far as built
	uint16_t ethernet_type;
	uint16_t segment_bytes;
	uint16_t checksum_offset;
	uint16_t transport_bytes;
	uint8_t checksum;
	uint8_t segmentation;
};

struct link_queue {
	struct list packets; // oldest first
	uint32_t used, used_max;
};

void link_queue_init(struct link_queue *queue, uint32_t used_max);
static inline bool link_queue_is_full(const struct link_queue *queue)
{
	return queue->used >= queue->used_max;
}
void link_queue_append(struct link_queue *queue,
		       struct queued_packet *queued);            // room must be there
struct queued_packet *link_queue_take(struct link_queue *queue); // NULL: empty

// Describe a queued packet as a frame of one slice.
void queued_packet_fill_frame(const struct queued_packet *queued, int interface_index,
			      struct berth_frame *ret_frame);

#endif
