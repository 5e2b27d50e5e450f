// SPDX-License-Identifier: MIT
//
// SipHash-2-4 as its paper defines it: two rounds a word of eight bytes, four at the end.
#include "siphash.h"

struct siphash_state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate_left(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

// Inlined at each call, so that the state stays in registers: every tuple is hashed.
static inline __attribute__((always_inline)) void siphash_round(struct siphash_state *state)
{
	state->v0 += state->v1;
	state->v2 += state->v3;
	state->v1 = rotate_left(state->v1, 13) ^ state->v0;
	state->v3 = rotate_left(state->v3, 16) ^ state->v2;
	state->v0 = rotate_left(state->v0, 32);
	state->v2 += state->v1;
	state->v0 += state->v3;
	state->v1 = rotate_left(state->v1, 17) ^ state->v2;
	state->v3 = rotate_left(state->v3, 21) ^ state->v0;
	state->v2 = rotate_left(state->v2, 32);
}

static inline __attribute__((always_inline)) void siphash_add_word(struct siphash_state *state,
								   uint64_t word)
{
	state->v3 ^= word;
	siphash_round(state);
	siphash_round(state);
	state->v0 ^= word;
}

// The first length bytes (8 at most) at data, little-endian, zeros above.
static uint64_t load_le(const uint8_t *data, size_t length)
{
	uint64_t word = 0;
	size_t index;

	for (index = 0; index < length; index++)
		word |= (uint64_t)data[index] << (8 * index);
	return word;
}

uint64_t siphash(const struct siphash_key *key, const void *data, size_t length)
{
	struct siphash_state state = {
		key->word[0] ^ UINT64_C(0x736f6d6570736575),
		key->word[1] ^ UINT64_C(0x646f72616e646f6d),
		key->word[0] ^ UINT64_C(0x6c7967656e657261),
		key->word[1] ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *at = data;
	size_t left = length;

	for (; left >= 8; at += 8, left -= 8)
		siphash_add_word(&state, (uint64_t)at[0] | (uint64_t)at[1] << 8 |
						 (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 |
						 (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 |
						 (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56);
	siphash_add_word(&state, load_le(at, left) | (uint64_t)(length & 0xff) << 56);
	state.v2 ^= 0xff;
	siphash_round(&state);
	siphash_round(&state);
	siphash_round(&state);
	siphash_round(&state);
	return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}
