// SPDX-License-Identifier: MIT
//
// berth's side of the in-memory benchmark.
#ifndef BERTH_BENCH_BERTH_H
#define BERTH_BENCH_BERTH_H

#include "bench_clock.h"

// Run the work named by which ("bulk", "bulk-superframe", "round-trip", "connect", "datagram",
// "idle"). false: the name is unknown or something went wrong, said on standard error.
int bench_berth(const char *which, const struct bench_amounts *amounts,
		struct bench_results *results);

#endif
