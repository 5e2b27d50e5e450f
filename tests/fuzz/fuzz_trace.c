// SPDX-License-Identifier: MIT
//
// Any frames, one after another, to one onlooker: whatever he says is terminated and no wider than
// it may be.
//
// Input: for each frame two bytes (11 bits of length; verify the checksum or not; in one slice or
// two; the rest is time), then its bytes.
#include <berth/trace.h>
#include <string.h>

#include "../../lib/base/assertion.h"
#include "fuzz.h"
#include "fuzz_memory.h"

#define FLOWS_MAX 3
#define FIRST_SLICE_BYTES 66u

static void check_texts(const struct berth_trace_line *line)
{
	char text[BERTH_TRACE_SEQUENCE_TEXT_MAX], small[30];

	ASSERT(memchr(line->info, 0, sizeof(line->info)));
	ASSERT(memchr(line->flag_text, 0, sizeof(line->flag_text)));
	ASSERT(strlen(berth_trace_print(line, text, sizeof(text))) < sizeof(text));
	ASSERT(strlen(berth_trace_print(line, small, sizeof(small))) < sizeof(small));
	berth_trace_sequence_line(line, &line->source, text, sizeof(text));
	ASSERT(strlen(text) <= 80);
	berth_trace_sequence_line(line, &line->target, small, sizeof(small));
	ASSERT(strlen(small) < sizeof(small));
	berth_trace_sequence_header(&line->source, &line->target, text, sizeof(text));
	ASSERT(strlen(text) < sizeof(text) - 1);
}

static struct berth_frame frame_of(const uint8_t *bytes, uint32_t length, uint32_t head)
{
	struct berth_frame frame = {.slice = {{bytes, length}}, .slice_count = 1, .length = length};

	frame.checksum = head & 0x800 ? BERTH_CHECKSUM_UNKNOWN : BERTH_CHECKSUM_VALID;
	if ((head & 0x1000) && length > FIRST_SLICE_BYTES) {
		frame.slice[0].length = FIRST_SLICE_BYTES;
		frame.slice[1].data = bytes + FIRST_SLICE_BYTES;
		frame.slice[1].length = length - FIRST_SLICE_BYTES;
		frame.slice_count = 2;
	}
	return frame;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct berth_allocator allocator = fuzz_allocator();
	struct berth_trace *trace = berth_trace_new(&allocator, FLOWS_MAX);
	struct berth_trace_line line;
	uint64_t now = 0;

	while (trace && size >= 2) {
		uint32_t head = (uint32_t)data[0] | (uint32_t)data[1] << 8;
		uint32_t length = head & 0x7ff;
		struct berth_frame frame;

		data += 2;
		size -= 2;
		if (length > size)
			length = (uint32_t)size;
		frame = frame_of(data, length, head);
		now += (head >> 13) * UINT64_C(10000000);
		berth_trace_feed(trace, &frame, now, &line);
		check_texts(&line);
		data += length;
		size -= length;
	}
	berth_trace_free(trace);
	return 0;
}
