// SPDX-License-Identifier: MIT
//
// What every unit test needs: cmocka in the order it asks for, an allocator that counts, assertions
// that print decimal numbers, random numbers that are the same every time.
#ifndef BERTH_TEST_SUPPORT_UNIT_H
#define BERTH_TEST_SUPPORT_UNIT_H

#include <berth/host.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// Gives memory full of 0xa5, and fails the test when a block comes back with another size than
// it was asked for.
struct berth_allocator test_allocator(void);
uint64_t test_allocated_bytes(void);     // now
uint64_t test_acquisitions(void);        // ever
void test_allocator_refuse(bool refuse); // from now on: every request, or none

// The next of a fixed sequence of numbers; any start is a seed.
uint64_t test_random(uint64_t *state);
// 0 .. bound - 1
uint32_t test_random_below(uint64_t *state, uint32_t bound);
void test_random_bytes(uint64_t *state, void *to, size_t length);

void test_assert_u64(uint64_t actual, uint64_t expected, const char *expression, const char *file,
		     int line);
#define assert_u64(actual, expected) \
	test_assert_u64((uint64_t)(actual), (uint64_t)(expected), #actual, __FILE__, __LINE__)

// Bytes against a hexadecimal text; blanks in it do not count.
void test_assert_hex(const void *actual, size_t length, const char *expected, const char *file,
		     int line);
#define assert_hex(actual, length, expected) \
	test_assert_hex(actual, length, expected, __FILE__, __LINE__)

// Write the bytes of a hexadecimal text (blanks do not count); returns how many.
size_t test_bytes_of_hex(const char *text, uint8_t *to, size_t size);

#endif
