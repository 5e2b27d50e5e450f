// SPDX-License-Identifier: MIT
//
// Random numbers from one seed: the same seed gives the same numbers, and who sees some of them
// cannot tell the next (SipHash over a counter under a secret key).
#ifndef BERTH_BASE_RANDOM_H
#define BERTH_BASE_RANDOM_H

#include "siphash.h"

struct random {
	struct siphash_key key;
	uint64_t counter;
};

void random_init(struct random *random, const uint64_t seed[2], uint64_t stream);
uint64_t random_u64(struct random *random);
// 0 .. bound-1, without bias worth speaking of. bound must not be 0.
uint32_t random_below(struct random *random, uint32_t bound);

#endif
