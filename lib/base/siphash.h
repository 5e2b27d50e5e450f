// SPDX-License-Identifier: MIT
//
// SipHash-2-4 (Aumasson, Bernstein 2012): a keyed hash a stranger cannot aim.
#ifndef BERTH_BASE_SIPHASH_H
#define BERTH_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
	uint64_t word[2];
};

uint64_t siphash(const struct siphash_key *key, const void *data, size_t length);

#endif
