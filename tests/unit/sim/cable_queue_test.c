// SPDX-License-Identifier: MIT
//
// The queue gives back in order of arrival, and of sending where that is equal, whatever went in.
#include "../../../lib/sim/cable_queue.h"
#include "../../support/unit.h"

#define ARRIVALS 3000u

static void any_order_in_comes_out_sorted_and_stable(void **state)
{
	static struct cable_arrival arrivals[ARRIVALS];
	struct berth_allocator allocator = test_allocator();
	struct cable_buffer buffer = {.frame = {.length = 10}};
	uint64_t random = 5, before_at = 0, before_order = 0;
	struct cable_arrival *arrival;
	struct cable_queue queue;
	struct memory memory;
	uint32_t i, taken = 0;

	(void)state;
	memory_init(&memory, &allocator);
	cable_queue_init(&queue, &memory);
	for (i = 0; i < ARRIVALS; i++) {
		arrivals[i].buffer = &buffer;
		arrivals[i].arrives_at = 100 + test_random_below(&random, 50);
		arrivals[i].order = i + 1;
		assert_true(cable_queue_insert(&queue, &arrivals[i]));
	}
	assert_u64(queue.bytes, 10 * ARRIVALS);
	assert_null(cable_queue_take(&queue, 99));
	while ((arrival = cable_queue_take(&queue, 200)) != NULL) {
		assert_true(arrival->arrives_at > before_at ||
			    (arrival->arrives_at == before_at && arrival->order > before_order));
		before_at = arrival->arrives_at;
		before_order = arrival->order;
		taken++;
	}
	assert_u64(taken, ARRIVALS);
	assert_u64(queue.bytes, 0);
	assert_u64(cable_queue_deadline(&queue), BERTH_NEVER);
	cable_queue_clear(&queue);
	assert_u64(memory.bytes_held, 0);
}

static void without_memory_an_overtaker_is_refused_and_the_rest_stays(void **state)
{
	struct cable_buffer buffer = {.frame = {.length = 10}};
	struct cable_arrival late = {.buffer = &buffer, .arrives_at = 20, .order = 1};
	struct cable_arrival early = {.buffer = &buffer, .arrives_at = 10, .order = 2};
	struct berth_allocator allocator = test_allocator();
	struct cable_queue queue;
	struct memory memory;

	(void)state;
	memory_init(&memory, &allocator);
	cable_queue_init(&queue, &memory);
	assert_true(cable_queue_insert(&queue, &late));
	test_allocator_refuse(true);
	assert_false(cable_queue_insert(&queue, &early));
	test_allocator_refuse(false);
	assert_ptr_equal(cable_queue_take(&queue, 20), &late);
	assert_null(cable_queue_take(&queue, 20));
	cable_queue_clear(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_in_comes_out_sorted_and_stable),
		cmocka_unit_test(without_memory_an_overtaker_is_refused_and_the_rest_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
