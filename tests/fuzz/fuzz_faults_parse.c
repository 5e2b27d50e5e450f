// SPDX-License-Identifier: MIT
//
// Any text as the faults of a cable: what is understood is within bounds, what is not is pointed
// at.
#include <berth/sim.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/base/assertion.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct berth_cable_faults faults;
	char *text = malloc(size + 1);
	const char *wrong = NULL;

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (berth_cable_faults_parse(text, &faults, &wrong)) {
		ASSERT(!wrong);
		ASSERT(faults.loss <= 1000000 && faults.duplicate <= 1000000);
		ASSERT(faults.reorder <= 1000000 && faults.corrupt <= 1000000);
		ASSERT(faults.delay_ns <= UINT64_C(1000000000000000));
		ASSERT(faults.queue_bytes <= 1u << 30);
	} else {
		ASSERT(wrong >= text && wrong <= text + strlen(text));
	}
	free(text);
	return 0;
}
