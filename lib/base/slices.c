// SPDX-License-Identifier: MIT
//
// Which bytes of the frame are still wanted?
#include "slices.h"

#include <string.h>

#include "assertion.h"
#include "checksum.h"
#include "numbers.h"

static void drop_first_part(struct slices *slices)
{
	uint32_t index;

	slices->count--;
	for (index = 0; index < slices->count; index++)
		slices->part[index] = slices->part[index + 1];
}

void slices_trim_front(struct slices *slices, uint32_t bytes)
{
	ASSERT(bytes <= slices->length);
	slices->length -= bytes;
	while (slices->count > 0 && slices->part[0].length <= bytes) {
		bytes -= slices->part[0].length;
		drop_first_part(slices);
	}
	if (bytes > 0) {
		slices->part[0].data = (const uint8_t *)slices->part[0].data + bytes;
		slices->part[0].length -= bytes;
	}
}

void slices_trim_to(struct slices *slices, uint32_t length)
{
	uint32_t left = length;
	uint32_t index;

	ASSERT(length <= slices->length);
	for (index = 0; left > 0; index++) {
		slices->part[index].length = min_u32(slices->part[index].length, left);
		left -= slices->part[index].length;
	}
	slices->count = index;
	slices->length = length;
}

void slices_copy_out(const struct slices *slices, void *to)
{
	uint8_t *at = to;
	uint32_t index;

	for (index = 0; index < slices->count; index++) {
		if (slices->part[index].length == 0)
			continue;
		memcpy(at, slices->part[index].data, slices->part[index].length);
		at += slices->part[index].length;
	}
}

uint64_t slices_checksum(uint64_t sum, const struct slices *slices)
{
	uint32_t offset = 0;
	uint32_t index;

	for (index = 0; index < slices->count; index++) {
		const struct berth_slice *part = &slices->part[index];

		sum = checksum_add_at(sum, part->data, part->length, offset);
		offset += part->length;
	}
	return sum;
}
