// SPDX-License-Identifier: MIT
//
// How do the offload facts of a frame read in a virtio-net header, and back?
//
// The sender's header length is only a hint (the kernel puts in how much of the frame was
// contiguous), so the length of the headers is read from the frame. A superframe always leaves its
// checksum open.
#include "device_vnet.h"

#include <linux/virtio_net.h>
#include <stddef.h>
#include <string.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4 // Linux 6.2
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define ETHERNET_BYTES 14u
#define UDP_BYTES 8u
#define TCP_BYTES_MIN 20u
#define TCP_OFFSET_AT 12u // the upper four bits count words of four bytes
#define TCP_FLAGS_AT 13u
#define TCP_CWR 0x80u

_Static_assert(sizeof(struct virtio_net_hdr_v1) == DEVICE_VNET_HEADER_BYTES, "virtio 1.0 5.1.6");

static const uint8_t *bytes_of(const struct berth_frame *frame)
{
	return frame->slice[0].data;
}

// From the Ethernet header to the end of the transport header; 0: they do not fit.
static uint32_t headers_of(const struct berth_frame *frame, uint32_t transport_at)
{
	uint32_t here = frame->slice[0].length;
	uint32_t transport_bytes = UDP_BYTES;

	if (frame->segmentation != BERTH_SEGMENTATION_UDP) {
		if (transport_at + TCP_BYTES_MIN > here)
			return 0;
		transport_bytes = (bytes_of(frame)[transport_at + TCP_OFFSET_AT] >> 4) * 4u;
		if (transport_bytes < TCP_BYTES_MIN)
			return 0;
	}
	return transport_at + transport_bytes <= here ? transport_at + transport_bytes : 0;
}

static bool parse_segmentation(const struct virtio_net_hdr_v1 *vnet, struct berth_frame *frame)
{
	switch (vnet->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return true;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		frame->segmentation = BERTH_SEGMENTATION_TCP4;
		break;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		frame->segmentation = BERTH_SEGMENTATION_TCP6;
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		frame->segmentation = BERTH_SEGMENTATION_UDP;
		break;
	default:
		return false;
	}
	if (vnet->gso_size == 0 || frame->checksum != BERTH_CHECKSUM_PARTIAL)
		return false;
	frame->segment_bytes = vnet->gso_size;
	frame->header_bytes = (uint16_t)headers_of(frame, frame->checksum_start);
	return frame->header_bytes > 0;
}

bool device_vnet_parse(const uint8_t *header, struct berth_frame *frame)
{
	struct virtio_net_hdr_v1 vnet;

	memcpy(&vnet, header, sizeof(vnet));
	if (frame->length < ETHERNET_BYTES || frame->length > BERTH_FRAME_BYTES_MAX)
		return false;
	frame->checksum = BERTH_CHECKSUM_UNKNOWN;
	frame->segmentation = BERTH_SEGMENTATION_NONE;
	if (vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if (vnet.csum_start < ETHERNET_BYTES ||
		    (uint32_t)vnet.csum_start + vnet.csum_offset + 2 > frame->length)
			return false;
		frame->checksum = BERTH_CHECKSUM_PARTIAL;
		frame->checksum_start = vnet.csum_start;
		frame->checksum_offset = vnet.csum_offset;
		frame->header_bytes = vnet.csum_start;
	} else if (vnet.flags & VIRTIO_NET_HDR_F_DATA_VALID) {
		frame->checksum = BERTH_CHECKSUM_VALID;
	}
	return parse_segmentation(&vnet, frame);
}

static uint8_t gso_type_of(const struct berth_frame *frame)
{
	uint32_t flags_at = (uint32_t)frame->checksum_start + TCP_FLAGS_AT;
	uint8_t ecn = 0;

	if (frame->segmentation == BERTH_SEGMENTATION_UDP)
		return VIRTIO_NET_HDR_GSO_UDP_L4;
	if (flags_at < frame->slice[0].length && (bytes_of(frame)[flags_at] & TCP_CWR))
		ecn = VIRTIO_NET_HDR_GSO_ECN;
	return (uint8_t)(ecn | (frame->segmentation == BERTH_SEGMENTATION_TCP4
					? VIRTIO_NET_HDR_GSO_TCPV4
					: VIRTIO_NET_HDR_GSO_TCPV6));
}

void device_vnet_emit(const struct berth_frame *frame, uint8_t *header)
{
	struct virtio_net_hdr_v1 vnet;

	memset(&vnet, 0, sizeof(vnet));
	if (frame->checksum == BERTH_CHECKSUM_PARTIAL) {
		vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vnet.csum_start = frame->checksum_start;
		vnet.csum_offset = frame->checksum_offset;
	} else if (frame->checksum == BERTH_CHECKSUM_VALID) {
		vnet.flags = VIRTIO_NET_HDR_F_DATA_VALID;
	}
	if (frame->segmentation != BERTH_SEGMENTATION_NONE) {
		vnet.gso_type = gso_type_of(frame);
		vnet.gso_size = frame->segment_bytes;
		vnet.hdr_len = frame->header_bytes;
	}
	memcpy(header, &vnet, sizeof(vnet));
}
