// SPDX-License-Identifier: MIT
//
// One frame while it is read: where its parts begin.
#ifndef BERTH_TRACE_PACKET_H
#define BERTH_TRACE_PACKET_H

#include <berth/trace.h>

#include "../base/numbers.h"

struct trace_packet {
	const struct berth_frame *frame;
	const uint8_t *headers; // the first slice
	uint32_t headers_bytes; // of it
	bool is_cut;            // a capture kept less than there was
	uint32_t transport_at;  // offset of the transport header
	uint32_t end;           // of the IP packet; Ethernet padding may follow
};

// The transport header, and how much of it lies in the first slice.
static inline const uint8_t *trace_transport(const struct trace_packet *packet, uint32_t *ret_here)
{
	uint32_t end = min_u32(packet->headers_bytes, packet->end);

	*ret_here = end > packet->transport_at ? end - packet->transport_at : 0;
	return packet->headers + min_u32(packet->transport_at, packet->headers_bytes);
}

static inline uint32_t trace_transport_bytes(const struct trace_packet *packet)
{
	return packet->end > packet->transport_at ? packet->end - packet->transport_at : 0;
}

#endif
