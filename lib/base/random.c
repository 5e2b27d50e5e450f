// SPDX-License-Identifier: MIT
//
// What is the next random number?
//
// SipHash of a counter, under a key that is itself SipHash of the stream's number under the seed:
// streams of one seed are independent, and nobody who sees one learns of another.
#include "random.h"

#include "assertion.h"

void random_init(struct random *random, const uint64_t seed[2], uint64_t stream)
{
	const struct siphash_key seed_key = {{seed[0], seed[1]}};
	const uint64_t first[2] = {stream, 0};
	const uint64_t second[2] = {stream, 1};

	random->key.word[0] = siphash(&seed_key, first, sizeof(first));
	random->key.word[1] = siphash(&seed_key, second, sizeof(second));
	random->counter = 0;
}

uint64_t random_u64(struct random *random)
{
	const uint64_t counter = random->counter++;

	return siphash(&random->key, &counter, sizeof(counter));
}

// The upper half of number * bound: every result has 2^64 / bound numbers behind it, give or take
// one.
uint32_t random_below(struct random *random, uint32_t bound)
{
	const uint64_t number = random_u64(random);
	const uint64_t low = (number & UINT32_MAX) * bound;
	const uint64_t high = (number >> 32) * bound;

	ASSERT(bound > 0);
	return (uint32_t)((high + (low >> 32)) >> 32);
}
