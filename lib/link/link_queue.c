// SPDX-License-Identifier: MIT
//
// Bounded queues of packets, and what a queued packet looks like as a frame.

#include "link_queue.h"

#include <string.h>

#include "../base/assertion.h"
#include "../base/numbers.h"

void link_queue_init(struct link_queue *queue, uint32_t used_max)
{
	list_init(&queue->packets);
	queue->used = 0;
	queue->used_max = used_max;
}

void link_queue_append(struct link_queue *queue, struct queued_packet *queued)
{
	ASSERT(!link_queue_is_full(queue));
	list_append(&queue->packets, &queued->node);
	queue->used++;
}

struct queued_packet *link_queue_take(struct link_queue *queue)
{
	struct list_node *node = list_take_first(&queue->packets);

	if (!node)
		return NULL;
	queue->used--;
	return CONTAINER_OF(node, struct queued_packet, node);
}

void queued_packet_fill_frame(const struct queued_packet *queued, int interface_index,
			      struct berth_frame *ret_frame)
{
	memset(ret_frame, 0, sizeof(*ret_frame));
	ret_frame->slice[0].data = packet_data(queued->packet);
	ret_frame->slice[0].length = packet_length(queued->packet);
	ret_frame->slice_count = 1;
	ret_frame->length = packet_length(queued->packet);
	ret_frame->interface_index = (uint8_t)interface_index;
	ret_frame->checksum = queued->checksum;
	ret_frame->segmentation = queued->segmentation;
	ret_frame->segment_bytes = queued->segment_bytes;
	ret_frame->header_bytes = (uint16_t)queued->header_bytes;
	if (queued->checksum == BERTH_CHECKSUM_PARTIAL) {
		ret_frame->checksum_start =
			(uint16_t)(queued->header_bytes - queued->transport_bytes);
		ret_frame->checksum_offset = queued->checksum_offset;
	}
}
