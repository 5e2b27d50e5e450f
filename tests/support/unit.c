// SPDX-License-Identifier: MIT
//
// How do unit tests get memory, numbers and bytes, and how do they complain?
#include "unit.h"

#include <stdlib.h>

#define BLOCK_FILL 0xa5

struct block_header {
	size_t size;
	size_t check; // ~size
};

static uint64_t allocated_bytes;
static uint64_t acquisitions;
static bool is_refusing;

static void *acquire_block(void *context, size_t size)
{
	struct block_header *header;

	(void)context;
	if (is_refusing)
		return NULL;
	header = malloc(sizeof(*header) + size);
	assert_non_null(header);
	header->size = size;
	header->check = ~size;
	memset(header + 1, BLOCK_FILL, size);
	allocated_bytes += size;
	acquisitions++;
	return header + 1;
}

static void release_block(void *context, void *block, size_t size)
{
	struct block_header *header = (struct block_header *)block - 1;

	(void)context;
	assert_u64(header->check, ~header->size);
	assert_u64(size, header->size);
	allocated_bytes -= size;
	free(header);
}

struct berth_allocator test_allocator(void)
{
	const struct berth_allocator allocator = {acquire_block, release_block, NULL};

	is_refusing = false;
	return allocator;
}

uint64_t test_allocated_bytes(void)
{
	return allocated_bytes;
}

uint64_t test_acquisitions(void)
{
	return acquisitions;
}

void test_allocator_refuse(bool refuse)
{
	is_refusing = refuse;
}

// SplitMix64 (Steele, Lea, Flood 2014).
uint64_t test_random(uint64_t *state)
{
	uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ mixed >> 31;
}

uint32_t test_random_below(uint64_t *state, uint32_t bound)
{
	return (uint32_t)((test_random(state) >> 32) * bound >> 32);
}

void test_random_bytes(uint64_t *state, void *to, size_t length)
{
	uint8_t *at = to;
	size_t index;

	for (index = 0; index < length; index++)
		at[index] = (uint8_t)test_random(state);
}

void test_assert_u64(uint64_t actual, uint64_t expected, const char *expression, const char *file,
		     int line)
{
	if (actual == expected)
		return;
	print_error("%s: %llu, expected %llu\n", expression, (unsigned long long)actual,
		    (unsigned long long)expected);
	_fail(file, line);
}

static unsigned hex_digit(char digit)
{
	const char *const digits = "0123456789abcdef";
	const char *at = strchr(digits, digit);

	assert_non_null(at);
	return (unsigned)(at - digits);
}

size_t test_bytes_of_hex(const char *text, uint8_t *to, size_t size)
{
	size_t length = 0;

	while (*text) {
		if (*text == ' ') {
			text++;
			continue;
		}
		assert_true(text[1] != '\0' && length < size);
		to[length++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
		text += 2;
	}
	return length;
}

void test_assert_hex(const void *actual, size_t length, const char *expected, const char *file,
		     int line)
{
	uint8_t *bytes = malloc(strlen(expected) / 2 + 1);
	const size_t expected_length = test_bytes_of_hex(expected, bytes, strlen(expected) / 2 + 1);
	const bool is_same = length == expected_length && memcmp(actual, bytes, length) == 0;
	size_t index;

	free(bytes);
	if (is_same)
		return;
	print_error("expected %s (%zu bytes)\n  actual ", expected, expected_length);
	for (index = 0; index < length; index++)
		print_error("%02x", ((const uint8_t *)actual)[index]);
	print_error(" (%zu bytes)\n", length);
	_fail(file, line);
}
