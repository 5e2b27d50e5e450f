// SPDX-License-Identifier: MIT
//
// lwIP's side of the in-memory benchmark: Debian's liblwip, two instances of it.
#ifndef BERTH_BENCH_LWIP_H
#define BERTH_BENCH_LWIP_H

#include "bench_clock.h"

int bench_lwip(const char *which, const struct bench_amounts *amounts,
	       struct bench_results *results);

#endif
