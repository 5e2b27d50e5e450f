// SPDX-License-Identifier: MIT
//
// Received payload: bytes of one frame, perhaps in several runs. A cursor over them that can be
// trimmed at both ends and never owns anything.
#ifndef BERTH_BASE_SLICES_H
#define BERTH_BASE_SLICES_H

#include <berth/frame.h>
#include <stdint.h>

struct slices {
	struct berth_slice part[BERTH_FRAME_SLICES_MAX];
	uint32_t count;
	uint32_t length; // sum of the parts
};

void slices_trim_front(struct slices *slices, uint32_t bytes);       // bytes must not exceed length
void slices_trim_to(struct slices *slices, uint32_t length);         // keep the first length bytes
void slices_copy_out(const struct slices *slices, void *to);         // length bytes
uint64_t slices_checksum(uint64_t sum, const struct slices *slices); // parts may be odd

#endif
