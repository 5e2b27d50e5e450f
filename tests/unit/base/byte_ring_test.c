// SPDX-License-Identifier: MIT
//
// Does the ring give back what was written, across wraps and growth?
#include "../../../lib/base/byte_ring.h"
#include "../../support/unit.h"

static struct memory memory;
static struct buffer_pool pool;
static struct byte_ring ring;

static int setup(void **state)
{
	const struct berth_allocator allocator = test_allocator();

	(void)state;
	memory_init(&memory, &allocator);
	buffer_pool_init(&pool, &memory, 4096);
	byte_ring_init(&ring);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	byte_ring_release(&ring, &pool);
	buffer_pool_clear(&pool);
	assert_u64(test_allocated_bytes(), 0);
	return 0;
}

static void append(const void *data, uint32_t length)
{
	byte_ring_write_at(&ring, ring.used, data, length);
	byte_ring_grow_used(&ring, length);
}

static void an_empty_ring_holds_no_memory(void **state)
{
	struct berth_slice slices[2];

	(void)state;
	assert_null(ring.bytes);
	assert_u64(byte_ring_slices(&ring, 0, 0, slices), 0);
	assert_true(byte_ring_reserve(&ring, &pool, 0, 0));
	assert_null(ring.bytes);
	byte_ring_consume(&ring, 0);
}

static void room_comes_in_powers_of_two(void **state)
{
	(void)state;
	assert_true(byte_ring_reserve(&ring, &pool, 1, 0));
	assert_u64(ring.capacity, 1024);
	assert_true(byte_ring_reserve(&ring, &pool, 1024, 0));
	assert_u64(ring.capacity, 1024);
	assert_true(byte_ring_reserve(&ring, &pool, 1025, 0));
	assert_u64(ring.capacity, 2048);
	assert_true(byte_ring_reserve(&ring, &pool, BUFFER_BYTES_MAX, 0));
	assert_u64(ring.capacity, BUFFER_BYTES_MAX);
}

static void release_gives_the_memory_back(void **state)
{
	(void)state;
	assert_true(byte_ring_reserve(&ring, &pool, 65536, 0));
	append("abc", 3);
	byte_ring_release(&ring, &pool);
	assert_null(ring.bytes);
	assert_u64(ring.used, 0);
	assert_u64(memory.bytes_held, 0);
}

static void bytes_that_wrap_are_two_slices(void **state)
{
	uint8_t filler[1024] = {0};
	struct berth_slice slices[2];

	(void)state;
	assert_true(byte_ring_reserve(&ring, &pool, 1024, 0));
	append(filler, 1020);
	byte_ring_consume(&ring, 1020);
	append("abcdefgh", 8);
	assert_u64(byte_ring_slices(&ring, 0, 8, slices), 2);
	assert_u64(slices[0].length, 4);
	assert_memory_equal(slices[0].data, "abcd", 4);
	assert_u64(slices[1].length, 4);
	assert_memory_equal(slices[1].data, "efgh", 4);
	assert_u64(byte_ring_slices(&ring, 1, 3, slices), 1);
	assert_memory_equal(slices[0].data, "bcd", 3);
	assert_u64(byte_ring_slices(&ring, 5, 2, slices), 1);
	assert_memory_equal(slices[0].data, "fg", 2);
}

static void without_memory_growing_fails_and_changes_nothing(void **state)
{
	uint8_t out[3];

	(void)state;
	assert_true(byte_ring_reserve(&ring, &pool, 1024, 0));
	append("abc", 3);
	test_allocator_refuse(true);
	assert_false(byte_ring_reserve(&ring, &pool, 1025, 3));
	assert_u64(ring.capacity, 1024);
	byte_ring_copy_out(&ring, 0, out, 3);
	assert_memory_equal(out, "abc", 3);
}

static void bytes_beyond_the_tail_survive_growth_when_kept(void **state)
{
	uint8_t out[3];

	(void)state;
	assert_true(byte_ring_reserve(&ring, &pool, 1024, 0));
	byte_ring_write_at(&ring, 900, "xyz", 3);
	assert_u64(ring.used, 0);
	assert_true(byte_ring_reserve(&ring, &pool, 5000, 903));
	byte_ring_copy_out(&ring, 900, out, 3);
	assert_memory_equal(out, "xyz", 3);
}

#define MODEL_BYTES 16384u

// The model: the same bytes in a plain array, the oldest first.
struct model {
	uint8_t bytes[MODEL_BYTES];
	uint32_t used;
};

static void check_against(const struct model *model)
{
	static uint8_t out[MODEL_BYTES];
	struct berth_slice slices[2];
	unsigned count;

	assert_u64(ring.used, model->used);
	byte_ring_copy_out(&ring, 0, out, model->used);
	assert_memory_equal(out, model->bytes, model->used);
	count = byte_ring_slices(&ring, 0, model->used, slices);
	if (count > 0)
		assert_memory_equal(slices[0].data, model->bytes, slices[0].length);
	if (count > 1)
		assert_memory_equal(slices[1].data, model->bytes + slices[0].length,
				    slices[1].length);
}

static void model_append(struct model *model, uint64_t *seed)
{
	uint8_t data[600];
	const uint32_t length = test_random_below(seed, sizeof(data) + 1);

	if (model->used + length > MODEL_BYTES)
		return;
	test_random_bytes(seed, data, length);
	assert_true(byte_ring_reserve(&ring, &pool, ring.used + length, ring.used));
	append(data, length);
	memcpy(model->bytes + model->used, data, length);
	model->used += length;
}

static void model_consume(struct model *model, uint64_t *seed)
{
	const uint32_t length = test_random_below(seed, model->used + 1);

	byte_ring_consume(&ring, length);
	model->used -= length;
	memmove(model->bytes, model->bytes + length, model->used);
}

static void a_random_walk_agrees_with_a_plain_array(void **state)
{
	static struct model model;
	uint64_t seed = 3;
	unsigned step;

	(void)state;
	for (step = 0; step < 20000; step++) {
		if (test_random_below(&seed, 100) < 80)
			model_append(&model, &seed);
		else if (test_random_below(&seed, 100) < 90)
			model_consume(&model, &seed);
		else if (model.used == 0)
			byte_ring_release(&ring, &pool);
		check_against(&model);
	}
	assert_u64(ring.capacity, MODEL_BYTES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_ring_holds_no_memory),
		TEST(room_comes_in_powers_of_two),
		TEST(release_gives_the_memory_back),
		TEST(bytes_that_wrap_are_two_slices),
		TEST(without_memory_growing_fails_and_changes_nothing),
		TEST(bytes_beyond_the_tail_survive_growth_when_kept),
		TEST(a_random_walk_agrees_with_a_plain_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
