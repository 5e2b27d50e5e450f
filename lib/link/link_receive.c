// SPDX-License-Identifier: MIT
//
// A frame came in: is it for us, and what is in it?

#include "link_layer.h"

// The slices of a frame that claims to have so many of them; false: it cannot be. They are written
// where the caller wants them, field by field: copying a slice whole right after its parts were
// written makes the processor wait.
static bool read_slices(const struct berth_frame *frame, struct slices *ret_slices)
{
	uint32_t length = 0;

	if (frame->slice_count == 0 || frame->slice_count > BERTH_FRAME_SLICES_MAX)
		return false;
	for (uint32_t index = 0; index < frame->slice_count; index++) {
		const struct berth_slice *slice = &frame->slice[index];

		if (slice->length > BERTH_FRAME_BYTES_MAX)
			return false;
		ret_slices->part[index].data = slice->data;
		ret_slices->part[index].length = slice->length;
		length += slice->length;
	}
	ret_slices->count = frame->slice_count;
	ret_slices->length = length;
	return true;
}

// DECIDES: why a frame is not looked at (RFC 894, IEEE 802.3 3.2)
static enum berth_drop decide_frame_drop(const struct interface *interface,
					 const struct ethernet_header *header)
{
	if (mac_is_group(&header->source))
		return BERTH_DROP_FRAME_SOURCE_INVALID;
	if (!interface_accepts(interface, &header->target))
		return BERTH_DROP_FRAME_NOT_FOR_US;
	return BERTH_DROP_NONE;
}

enum link_result link_receive(struct link_layer *link, const struct berth_frame *frame,
			      uint64_t now, struct slices *ret_packet)
{
	struct interface *interface = link_interface_at(link, frame->interface_index);
	struct ethernet_header header;
	enum berth_drop reason;

	if (!interface) {
		link_drop(link, BERTH_DROP_FRAME_INTERFACE_UNKNOWN);
		return LINK_CONSUMED;
	}
	if (!read_slices(frame, ret_packet) ||
	    !ethernet_parse(frame->slice[0].data, frame->slice[0].length, &header)) {
		link_drop(link, BERTH_DROP_FRAME_TRUNCATED);
		return LINK_CONSUMED;
	}
	reason = decide_frame_drop(interface, &header);
	if (reason != BERTH_DROP_NONE) {
		link_drop(link, reason);
		return LINK_CONSUMED;
	}
	slices_trim_front(ret_packet, ETHERNET_HEADER_BYTES);
	switch (header.type) {
	case ETHERNET_TYPE_IPV4:
		return LINK_IPV4;
	case ETHERNET_TYPE_IPV6:
		return LINK_IPV6;
	case ETHERNET_TYPE_ARP:
		arp_receive(link, interface, ret_packet, now);
		return LINK_CONSUMED;
	default:
		link_drop(link, BERTH_DROP_FRAME_TYPE_UNKNOWN);
		return LINK_CONSUMED;
	}
}
