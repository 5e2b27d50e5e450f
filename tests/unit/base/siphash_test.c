// SPDX-License-Identifier: MIT
//
// SipHash-2-4 against the vectors of its authors: key 00 01 .. 0f, input 00 01 .. of each length.
#include "../../../lib/base/numbers.h"
#include "../../../lib/base/siphash.h"
#include "../../support/unit.h"

static const struct siphash_key key = {
	{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};

static uint64_t hash_of_length(size_t length)
{
	uint8_t input[64];
	unsigned index;

	for (index = 0; index < sizeof(input); index++)
		input[index] = (uint8_t)index;
	return siphash(&key, input, length);
}

static void reference_vectors_come_out(void **state)
{
	(void)state;
	assert_u64(hash_of_length(0), UINT64_C(0x726fdb47dd0e0e31));
	assert_u64(hash_of_length(1), UINT64_C(0x74f839c593dc67fd));
	assert_u64(hash_of_length(2), UINT64_C(0x0d6c8009d9a94f5a));
	assert_u64(hash_of_length(3), UINT64_C(0x85676696d7fb7e2d));
	assert_u64(hash_of_length(4), UINT64_C(0xcf2794e0277187b7));
	assert_u64(hash_of_length(5), UINT64_C(0x18765564cd99a68d));
	assert_u64(hash_of_length(6), UINT64_C(0xcbc9466e58fee3ce));
	assert_u64(hash_of_length(7), UINT64_C(0xab0200f58b01d137));
	assert_u64(hash_of_length(8), UINT64_C(0x93f5f5799a932462));
	assert_u64(hash_of_length(9), UINT64_C(0x9e0082df0ba9e4b0));
	assert_u64(hash_of_length(10), UINT64_C(0x7a5dbbc594ddb9f3));
	assert_u64(hash_of_length(11), UINT64_C(0xf4b32f46226bada7));
	assert_u64(hash_of_length(12), UINT64_C(0x751e8fbc860ee5fb));
	assert_u64(hash_of_length(13), UINT64_C(0x14ea5627c0843d90));
	assert_u64(hash_of_length(14), UINT64_C(0xf723ca908e7af2ee));
	assert_u64(hash_of_length(15), UINT64_C(0xa129ca6149be45e5)); // the one in the paper
}

static void input_may_lie_at_any_address(void **state)
{
	uint8_t input[32];
	unsigned offset, index;

	(void)state;
	for (offset = 0; offset < 8; offset++) {
		for (index = 0; index < 15; index++)
			input[offset + index] = (uint8_t)index;
		assert_u64(siphash(&key, input + offset, 15), UINT64_C(0xa129ca6149be45e5));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reference_vectors_come_out),
		cmocka_unit_test(input_may_lie_at_any_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
