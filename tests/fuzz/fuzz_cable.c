// SPDX-License-Identifier: MIT
//
// Any frame with any facts into a faulty cable: what comes out are frames, and no superframes among
// them.
//
// Input: facts (segmentation and checksum, segment size, checksum start, checksum offset: one byte,
// then three of two), then the frame, whose first 90 bytes are its first slice.
#include <berth/sim.h>

#include "../../lib/base/assertion.h"
#include "fuzz.h"
#include "fuzz_memory.h"

#define FACTS_BYTES 7u
#define FIRST_SLICE_BYTES 90u

static uint16_t number_at(const uint8_t *data)
{
	return (uint16_t)(data[0] | data[1] << 8);
}

static void check_arrivals(struct berth_cable *cable)
{
	struct berth_frame frames[BERTH_BURST_MAX];
	size_t count, i;

	while ((count = berth_cable_receive(cable, 1, frames, BERTH_BURST_MAX, BERTH_NEVER - 1)) >
	       0)
		for (i = 0; i < count; i++) {
			ASSERT(frames[i].slice_count == 1);
			ASSERT(frames[i].length == frames[i].slice[0].length);
			ASSERT(frames[i].length >= 14);
			ASSERT(frames[i].segmentation == BERTH_SEGMENTATION_NONE);
			ASSERT(frames[i].checksum == BERTH_CHECKSUM_UNKNOWN);
		}
	ASSERT(berth_cable_deadline(cable) == BERTH_NEVER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct berth_cable_faults faults = {.delay_ns = 5,
					    .corrupt = 300000,
					    .duplicate = 100000,
					    .reorder = 300000,
					    .bytes_per_second = 1000000000};
	struct berth_allocator allocator = fuzz_allocator();
	struct berth_frame frame = {.slice_count = 1};
	struct berth_cable *cable;

	if (size < FACTS_BYTES || size - FACTS_BYTES > BERTH_FRAME_BYTES_MAX)
		return 0;
	frame.segmentation = data[0] & 3;
	frame.checksum = (data[0] >> 2) % 3;
	frame.segment_bytes = number_at(data + 1);
	frame.checksum_start = number_at(data + 3);
	frame.checksum_offset = number_at(data + 5);
	frame.length = (uint32_t)(size - FACTS_BYTES);
	frame.slice[0].data = data + FACTS_BYTES;
	frame.slice[0].length = frame.length;
	if (frame.length > FIRST_SLICE_BYTES) {
		frame.slice[0].length = FIRST_SLICE_BYTES;
		frame.slice[1].data = data + FACTS_BYTES + FIRST_SLICE_BYTES;
		frame.slice[1].length = frame.length - FIRST_SLICE_BYTES;
		frame.slice_count = 2;
	}
	cable = berth_cable_new(&allocator, 1);
	if (!cable)
		return 0;
	ASSERT(berth_cable_add_port(cable) == 0);
	ASSERT(berth_cable_add_port(cable) == 1);
	berth_cable_set_faults(cable, 0, &faults);
	berth_cable_send(cable, 0, &frame, 1, 0);
	check_arrivals(cable);
	berth_cable_free(cable);
	return 0;
}
