// SPDX-License-Identifier: MIT
//
// What would be on a real wire instead of this frame? A superframe is cut into the segments it
// stands for, a checksum left open is completed.
#ifndef BERTH_SIM_CABLE_SEGMENT_H
#define BERTH_SIM_CABLE_SEGMENT_H

#include <stdbool.h>

#include "../base/slices.h"

#define CABLE_SEGMENTS_MAX 2048u // of one superframe; more means that its segment size is nonsense

struct cable_cut {
	struct slices left;           // payload not yet cut; without segmentation the whole frame
	const uint8_t *headers;       // Ethernet to transport, of the superframe
	uint32_t header_bytes;        // 0 without segmentation
	uint32_t ip_at, transport_at; // offsets in headers
	uint32_t segment_bytes;       // payload of each
	uint32_t index;               // of the next
	uint8_t family, protocol;
	bool completes_checksum; // of a frame that is not cut
	uint16_t checksum_start, checksum_offset;
};

// Look at frame, whose slices must stay valid meanwhile. false: its facts or headers make no sense.
bool cable_cut_begin(struct cable_cut *cut, const struct berth_frame *frame);
// How long is the next one? 0: there is none.
uint32_t cable_cut_length(const struct cable_cut *cut);
void cable_cut_emit(const struct cable_cut *cut, uint8_t *to); // writes cable_cut_length bytes
void cable_cut_advance(struct cable_cut *cut);                 // to the one after it

#endif
