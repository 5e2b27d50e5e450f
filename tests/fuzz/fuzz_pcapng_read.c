// SPDX-License-Identifier: MIT
//
// Any bytes as a capture: every frame it yields lies in memory that is ours, and reading comes to
// an end.
#include <stdio.h>
#include <string.h>

#include "../../devices/pcapng_reader.h"
#include "../../lib/base/assertion.h"
#include "fuzz.h"

static uint32_t sum_of(const struct pcapng_frame *frame)
{
	uint32_t sum = 0, i;

	for (i = 0; i < frame->captured_bytes; i++)
		sum += frame->bytes[i];
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pcapng_reader *reader;
	struct pcapng_frame frame;
	size_t frames = 0;
	FILE *file;

	if (size == 0)
		return 0;
	file = fmemopen((void *)(uintptr_t)data, size, "rb"); // only read
	reader = file ? pcapng_reader_new(file) : NULL;
	while (reader && pcapng_reader_next(reader, &frame)) {
		ASSERT(++frames <= size / 12);
		ASSERT(frame.captured_bytes <= size);
		ASSERT(strlen(frame.comment) <= PCAPNG_COMMENT_BYTES_MAX);
		ASSERT(strlen(frame.interface_name) < 64);
		ASSERT(frame.direction <= PCAPNG_DIRECTION_OUT);
		ASSERT(sum_of(&frame) <= frame.captured_bytes * 255); // all of them can be read
	}
	pcapng_reader_free(reader);
	if (file)
		fclose(file);
	return 0;
}
