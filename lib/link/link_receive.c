// SPDX-License-Identifier: MIT
//
// A frame came in: is it for us, and what is in it?

#include "link_layer.h"

// The slices of a frame that claims to have so many of them; false: it cannot be.
static bool slices_of_frame(const struct berth_frame *frame, struct slices *ret_slices)
{
	struct slices slices = {.count = frame->slice_count};

	if (frame->slice_count == 0 || frame->slice_count > BERTH_FRAME_SLICES_MAX)
		return false;
	for (uint32_t index = 0; index < slices.count; index++) {
		slices.part[index] = frame->slice[index];
		if (frame->slice[index].length > BERTH_FRAME_BYTES_MAX)
			return false;
		slices.length += frame->slice[index].length;
	}
	*ret_slices = slices;
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
	struct slices packet;
	enum berth_drop reason;

	if (!interface) {
		link_drop(link, BERTH_DROP_FRAME_INTERFACE_UNKNOWN);
		return LINK_CONSUMED;
	}
	if (!slices_of_frame(frame, &packet) ||
	    !ethernet_parse(packet.part[0].data, packet.part[0].length, &header)) {
		link_drop(link, BERTH_DROP_FRAME_TRUNCATED);
		return LINK_CONSUMED;
	}
	reason = decide_frame_drop(interface, &header);
	if (reason != BERTH_DROP_NONE) {
		link_drop(link, reason);
		return LINK_CONSUMED;
	}
	slices_trim_front(&packet, ETHERNET_HEADER_BYTES);
	switch (header.type) {
	case ETHERNET_TYPE_IPV4:
		*ret_packet = packet;
		return LINK_IPV4;
	case ETHERNET_TYPE_IPV6:
		*ret_packet = packet;
		return LINK_IPV6;
	case ETHERNET_TYPE_ARP:
		arp_receive(link, interface, &packet, now);
		return LINK_CONSUMED;
	default:
		link_drop(link, BERTH_DROP_FRAME_TYPE_UNKNOWN);
		return LINK_CONSUMED;
	}
}
