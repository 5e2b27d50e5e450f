// SPDX-License-Identifier: MIT
//
// One arrived segment: validated, in host order, payload trimmed as it is processed.
#ifndef BERTH_TCP_SEGMENT_H
#define BERTH_TCP_SEGMENT_H

#include "../base/slices.h"
#include "../ip/ip.h"
#include "tcp_seq.h"

struct tcp_segment {
	struct berth_endpoint local, remote; // ours, the peer's
	tcp_seq seq;                         // of the first payload byte, or of SYN
	tcp_seq ack;
	uint32_t length; // payload bytes
	uint32_t window; // as in the header, unscaled
	bool has_ack, is_syn, is_fin, is_rst, is_psh, is_urg;
	uint16_t urgent_pointer;
	uint16_t segment_count; // wire segments in it: more than 1 in a superframe
	struct tcp_options options;
	struct slices payload;
	const struct ip_packet *packet; // where it came in: for answers
};

// Sequence space it occupies: payload, SYN, FIN.
static inline uint32_t tcp_segment_space(const struct tcp_segment *segment)
{
	return segment->length + segment->is_syn + segment->is_fin;
}

#endif
