// SPDX-License-Identifier: MIT
//
// What is the ones' complement sum of these bytes (RFC 1071), fast?
//
// 2^16 = 1 modulo 2^16 - 1, so words of 32 bits may be added in place of words of 16, and the sum
// be folded at the end (RFC 1071 2 (C)). The sum is in the byte order of the machine (2 (B)), which
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

// The halves of one vector at `from`. `to` NULL: do not copy; every caller passes it as a constant,
// so none has the branch.
INLINE lanes take_vector(uint8_t *to, const uint8_t *from, size_t offset)
{
	lanes vector;

	memcpy(&vector, from + offset, VECTOR_BYTES);
	if (to)
		memcpy(to + offset, &vector, VECTOR_BYTES);
	return vector_halves(vector);
}

INLINE uint64_t sum_steps(uint8_t *to, const uint8_t *from, size_t length)
{
	lanes first = {0}, second = {0}, third = {0}, fourth = {0}; // four chains of additions
	lanes sum;
	size_t offset;

	for (offset = 0; offset < length; offset += STEP_BYTES) {
		first += take_vector(to, from, offset);
		second += take_vector(to, from, offset + VECTOR_BYTES);
		third += take_vector(to, from, offset + 2 * VECTOR_BYTES);
		fourth += take_vector(to, from, offset + 3 * VECTOR_BYTES);
	}
	sum = first + second + third + fourth;
	return sum[0] + sum[1];
}

// The value of `bytes` (a constant) bytes at `from`, as they lie in a word of zeros.
INLINE uint64_t take_word(uint8_t *to, const uint8_t *from, size_t bytes)
{
	uint64_t word = 0;

	memcpy(&word, from, bytes);
	if (to)
		memcpy(to, &word, bytes);
	return sum_halves(word);
}

// Fewer than STEP_BYTES are left. An odd last byte is padded with a zero (RFC 1071 1).
INLINE uint64_t sum_rest(uint8_t *to, const uint8_t *from, size_t length)
{
	uint64_t sum = 0;
	size_t offset = 0;

	for (; length - offset >= 8; offset += 8)
		sum += take_word(to ? to + offset : NULL, from + offset, 8);
	if (length & 4) {
		sum += take_word(to ? to + offset : NULL, from + offset, 4);
		offset += 4;
	}
	if (length & 2) {
		sum += take_word(to ? to + offset : NULL, from + offset, 2);
		offset += 2;
	}
	if (length & 1)
		sum += take_word(to ? to + offset : NULL, from + offset, 1);
	return sum;
}

uint64_t checksum_add(uint64_t sum, const void *data, size_t length)
{
	const size_t stepped = length / STEP_BYTES * STEP_BYTES;
	const uint8_t *from = data;

	if (stepped > 0)
		sum += sum_steps(NULL, from, stepped);
	return sum + sum_rest(NULL, from + stepped, length - stepped);
}

uint64_t checksum_copy(uint64_t sum, void *to, const void *from, size_t length)
{
	const size_t stepped = length / STEP_BYTES * STEP_BYTES;
	uint8_t *target = to;
	const uint8_t *source = from;

	if (stepped > 0)
		sum += sum_steps(target, source, stepped);
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
