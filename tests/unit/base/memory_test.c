// SPDX-License-Identifier: MIT
//
// Blocks, object pools, buffer pools: is every byte counted, limited, reused and given back?
#include "../../../lib/base/memory.h"
#include "../../support/unit.h"

static struct memory memory;

static int setup(void **state)
{
	const struct berth_allocator allocator = test_allocator();

	(void)state;
	memory_init(&memory, &allocator);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_u64(memory.bytes_held, 0);
	assert_u64(test_allocated_bytes(), 0);
	return 0;
}

static bool bytes_are_all(const void *bytes, size_t length, uint8_t value)
{
	size_t index;

	for (index = 0; index < length; index++)
		if (((const uint8_t *)bytes)[index] != value)
			return false;
	return true;
}

static void an_acquired_block_is_zeroed_and_counted(void **state)
{
	void *block = memory_acquire(&memory, 100);

	(void)state;
	assert_true(bytes_are_all(block, 100, 0));
	assert_u64(memory.bytes_held, 100);
	memory_release(&memory, block, 100);
}

static void an_unzeroed_block_is_as_the_allocator_gave_it(void **state)
{
	void *block = memory_acquire_unzeroed(&memory, 100);

	(void)state;
	assert_true(bytes_are_all(block, 100, 0xa5));
	memory_release(&memory, block, 100);
}

static void a_refused_block_is_null_and_not_counted(void **state)
{
	(void)state;
	test_allocator_refuse(true);
	assert_null(memory_acquire(&memory, 100));
	assert_u64(memory.bytes_held, 0);
}

static void releasing_null_does_nothing(void **state)
{
	(void)state;
	memory_release(&memory, NULL, 100);
	assert_u64(memory.bytes_held, 0);
}

static void objects_come_zeroed_aligned_and_apart(void **state)
{
	struct object_pool pool;
	uint8_t *objects[10];
	unsigned index;

	(void)state;
	object_pool_init(&pool, &memory, 24, 4, 0);
	for (index = 0; index < 10; index++) {
		objects[index] = object_pool_acquire(&pool);
		assert_true(bytes_are_all(objects[index], 24, 0));
		assert_u64((uintptr_t)objects[index] % _Alignof(max_align_t), 0);
		memset(objects[index], (int)index + 1, 24);
	}
	assert_u64(pool.used, 10);
	for (index = 0; index < 10; index++)
		assert_true(bytes_are_all(objects[index], 24, (uint8_t)(index + 1)));
	for (index = 0; index < 10; index++)
		object_pool_release(&pool, objects[index]);
	assert_u64(pool.used, 0);
	object_pool_clear(&pool);
}

static void the_object_released_last_is_given_out_first_and_zeroed_again(void **state)
{
	struct object_pool pool;
	uint8_t *first, *second;

	(void)state;
	object_pool_init(&pool, &memory, 64, 4, 0);
	first = object_pool_acquire(&pool);
	second = object_pool_acquire(&pool);
	memset(second, 0xff, 64);
	object_pool_release(&pool, first);
	object_pool_release(&pool, second);
	assert_ptr_equal(object_pool_acquire(&pool), second);
	assert_true(bytes_are_all(second, 64, 0));
	object_pool_release(&pool, second);
	object_pool_clear(&pool);
}

static void a_pool_at_its_limit_gives_nothing_until_something_is_back(void **state)
{
	struct object_pool pool;
	void *first, *second;

	(void)state;
	object_pool_init(&pool, &memory, 8, 16, 2);
	first = object_pool_acquire(&pool);
	second = object_pool_acquire(&pool);
	assert_null(object_pool_acquire(&pool));
	object_pool_release(&pool, first);
	assert_ptr_equal(object_pool_acquire(&pool), first);
	object_pool_release(&pool, first);
	object_pool_release(&pool, second);
	object_pool_clear(&pool);
}

static void a_pool_asks_for_a_chunk_only_when_it_has_nothing_free(void **state)
{
	struct object_pool pool;
	void *objects[3];

	(void)state;
	object_pool_init(&pool, &memory, 8, 2, 0);
	objects[0] = object_pool_acquire(&pool);
	test_allocator_refuse(true);
	objects[1] = object_pool_acquire(&pool);
	assert_non_null(objects[1]);
	assert_null(object_pool_acquire(&pool));
	assert_u64(pool.used, 2);
	test_allocator_refuse(false);
	objects[2] = object_pool_acquire(&pool);
	assert_non_null(objects[2]);
	object_pool_release(&pool, objects[0]);
	object_pool_release(&pool, objects[1]);
	object_pool_release(&pool, objects[2]);
	object_pool_clear(&pool);
}

static void an_idle_buffer_of_the_same_size_is_reused(void **state)
{
	struct buffer_pool pool;
	uint8_t *small, *large;

	(void)state;
	buffer_pool_init(&pool, &memory, 1u << 20);
	small = buffer_pool_acquire(&pool, BUFFER_BYTES_MIN);
	large = buffer_pool_acquire(&pool, 65536);
	buffer_pool_release(&pool, small, BUFFER_BYTES_MIN);
	buffer_pool_release(&pool, large, 65536);
	assert_u64(pool.bytes_free, 65536 + BUFFER_BYTES_MIN);
	assert_ptr_equal(buffer_pool_acquire(&pool, 65536), large);
	assert_ptr_equal(buffer_pool_acquire(&pool, BUFFER_BYTES_MIN), small);
	assert_u64(pool.bytes_free, 0);
	buffer_pool_release(&pool, small, BUFFER_BYTES_MIN);
	buffer_pool_release(&pool, large, 65536);
	buffer_pool_clear(&pool);
	assert_u64(pool.bytes_free, 0);
}

static void what_exceeds_the_idle_limit_goes_back_to_memory(void **state)
{
	struct buffer_pool pool;
	uint8_t *first, *second;

	(void)state;
	buffer_pool_init(&pool, &memory, 4096);
	first = buffer_pool_acquire(&pool, 4096);
	second = buffer_pool_acquire(&pool, 4096);
	assert_u64(memory.bytes_held, 8192);
	buffer_pool_release(&pool, first, 4096);
	buffer_pool_release(&pool, second, 4096);
	assert_u64(memory.bytes_held, 4096);
	assert_u64(pool.bytes_free, 4096);
	buffer_pool_clear(&pool);
}

static void every_size_from_min_to_max_has_its_class(void **state)
{
	struct buffer_pool pool;
	uint32_t size;

	(void)state;
	buffer_pool_init(&pool, &memory, UINT64_MAX / 2);
	for (size = BUFFER_BYTES_MIN; size <= BUFFER_BYTES_MAX; size *= 2) {
		uint8_t *buffer = buffer_pool_acquire(&pool, size);

		buffer[0] = buffer[size - 1] = 1;
		buffer_pool_release(&pool, buffer, size);
		assert_ptr_equal(buffer_pool_acquire(&pool, size), buffer);
		buffer_pool_release(&pool, buffer, size);
	}
	assert_u64(memory.bytes_held, 2 * BUFFER_BYTES_MAX - BUFFER_BYTES_MIN);
	buffer_pool_clear(&pool);
}

static void a_buffer_is_null_without_memory(void **state)
{
	struct buffer_pool pool;

	(void)state;
	buffer_pool_init(&pool, &memory, 4096);
	test_allocator_refuse(true);
	assert_null(buffer_pool_acquire(&pool, 4096));
	buffer_pool_clear(&pool);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_acquired_block_is_zeroed_and_counted),
		TEST(an_unzeroed_block_is_as_the_allocator_gave_it),
		TEST(a_refused_block_is_null_and_not_counted),
		TEST(releasing_null_does_nothing),
		TEST(objects_come_zeroed_aligned_and_apart),
		TEST(the_object_released_last_is_given_out_first_and_zeroed_again),
		TEST(a_pool_at_its_limit_gives_nothing_until_something_is_back),
		TEST(a_pool_asks_for_a_chunk_only_when_it_has_nothing_free),
		TEST(an_idle_buffer_of_the_same_size_is_reused),
		TEST(what_exceeds_the_idle_limit_goes_back_to_memory),
		TEST(every_size_from_min_to_max_has_its_class),
		TEST(a_buffer_is_null_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
