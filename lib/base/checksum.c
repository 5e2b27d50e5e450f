// SPDX-License-Identifier: MIT
//
// What is the ones' complement sum of these bytes (RFC 1071), fast?
//
// 2^16 = 1 modulo 2^16 - 1, so words of 32 bits may be added in place of words of 16, and the sum be
// folded at the end (RFC 1071 2 (C)). The sum is in the byte order of the machine (2 (B)), which
// only has to be stored as it was loaded. Sixty-four bytes a step are added in vectors of two
// 64-bit lanes: a lane gets the halves of its 64-bit word, so it cannot overflow before 2^32 of
// them. A sum of sums has room for 8 GiB of bytes.
#include "checksum.h"

#include <string.h>

#define STEP_BYTES 64u
#define VECTOR_BYTES 16u

typedef uint64_t lanes __attribute__((vector_size(VECTOR_BYTES)));

#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t sum_halves(uint64_t word)
{
	return (word & UINT32_MAX) + (word >> 32);
}

INLINE lanes vector_halves(lanes vector)
{
	const lanes low_halves = {UINT32_MAX, UINT32_MAX};

	return (vector & low_halves) + (vector >> 32);
}

// `to` NULL: do not copy. Both callers pass it as a constant, so neither has the branch.
INLINE uint64_t sum_vectors(uint8_t *to, const uint8_t *from, size_t length)
{
	lanes sums[4] = {{0}, {0}, {0}, {0}};
	lanes sum;

	for (; length >= STEP_BYTES; length -= STEP_BYTES) {
		lanes vectors[4];

		memcpy(vectors, from, STEP_BYTES);
		if (to) {
			memcpy(to, vectors, STEP_BYTES);
			to += STEP_BYTES;
		}
		sums[0] += vector_halves(vectors[0]);
		sums[1] += vector_halves(vectors[1]);
		sums[2] += vector_halves(vectors[2]);
		sums[3] += vector_halves(vectors[3]);
		from += STEP_BYTES;
	}
	sum = sums[0] + sums[1] + sums[2] + sums[3];
	return sum[0] + sum[1];
}

// Fewer than STEP_BYTES are left. What is missing to a last word counts as zeros (RFC 1071 1).
INLINE uint64_t sum_rest(uint8_t *to, const uint8_t *from, size_t length)
{
	uint64_t sum = 0;
	uint64_t word;

	for (; length >= sizeof(word); length -= sizeof(word)) {
		memcpy(&word, from, sizeof(word));
		if (to) {
			memcpy(to, &word, sizeof(word));
			to += sizeof(word);
		}
		sum += sum_halves(word);
		from += sizeof(word);
	}
	if (length > 0) {
		word = 0;
		memcpy(&word, from, length);
		if (to)
			memcpy(to, &word, length);
		sum += sum_halves(word);
	}
	return sum;
}

uint64_t checksum_add(uint64_t sum, const void *data, size_t length)
{
	const size_t stepped = length / STEP_BYTES * STEP_BYTES;
	const uint8_t *from = data;

	if (stepped > 0)
		sum += sum_vectors(NULL, from, stepped);
	return sum + sum_rest(NULL, from + stepped, length - stepped);
}

uint64_t checksum_copy(uint64_t sum, void *to, const void *from, size_t length)
{
	const size_t stepped = length / STEP_BYTES * STEP_BYTES;
	uint8_t *target = to;
	const uint8_t *source = from;

	if (stepped > 0)
		sum += sum_vectors(target, source, stepped);
	return sum + sum_rest(target + stepped, source + stepped, length - stepped);
}

// Bytes at odd offsets are the other halves of their words: swap the sum (RFC 1071 2 (B)).
uint64_t checksum_add_at(uint64_t sum, const void *data, size_t length, size_t offset)
{
	if (offset % 2 == 0)
		return checksum_add(sum, data, length);
	return sum + __builtin_bswap16(checksum_fold(checksum_add(0, data, length)));
}

uint16_t checksum_fold(uint64_t sum)
{
	sum = sum_halves(sum);
	sum = sum_halves(sum);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t checksum_finish(uint64_t sum)
{
	return (uint16_t)~checksum_fold(sum);
}
