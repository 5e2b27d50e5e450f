// SPDX-License-Identifier: MIT
//
// Every byte at its place, whatever order it came in; and no memory while there is nothing to keep.
#include "../../../lib/tcp/receiver/tcp_reassembly.h"
#include "../../support/unit.h"

static struct memory memory;
static struct buffer_pool buffers;
static struct tcp_receive_buffer received;
static uint8_t stream[200000]; // what the peer sends

static int begin(void **state)
{
	struct berth_allocator allocator = test_allocator();
	uint64_t seed = 11;

	(void)state;
	test_random_bytes(&seed, stream, sizeof(stream));
	memory_init(&memory, &allocator);
	buffer_pool_init(&buffers, &memory, 0);
	tcp_reassembly_init(&received);
	return 0;
}

static int end(void **state)
{
	(void)state;
	tcp_reassembly_release(&received, &buffers, &memory);
	buffer_pool_clear(&buffers);
	assert_u64(memory.bytes_held, 0);
	return 0;
}

static uint32_t advanced;

// Bytes from..to of the stream arrive, in two parts.
static enum tcp_stored store(uint64_t from, uint64_t to)
{
	struct slices payload = {.count = 2, .length = (uint32_t)(to - from)};

	payload.part[0].data = stream + from;
	payload.part[0].length = payload.length / 3;
	payload.part[1].data = stream + from + payload.part[0].length;
	payload.part[1].length = payload.length - payload.part[0].length;
	return tcp_reassembly_store(&received, &buffers, &memory,
				    (uint32_t)(from - received.next_position), &payload, &advanced);
}

static void assert_unread(uint64_t from, uint64_t to)
{
	uint8_t bytes[sizeof(stream)];

	assert_u64(received.ring.used, to - from);
	byte_ring_copy_out(&received.ring, 0, bytes, received.ring.used);
	assert_memory_equal(bytes, stream + from, to - from);
}

static void bytes_in_order_are_readable_at_once(void **state)
{
	(void)state;
	assert_int_equal(store(0, 100), TCP_STORED_IN_ORDER);
	assert_u64(advanced, 100);
	assert_int_equal(store(100, 1500), TCP_STORED_IN_ORDER);
	assert_unread(0, 1500);
}

static void early_bytes_wait_and_come_with_the_hole_that_is_filled(void **state)
{
	(void)state;
	assert_int_equal(store(200, 300), TCP_STORED_EARLY);
	assert_int_equal(store(100, 200), TCP_STORED_EARLY);
	assert_int_equal(store(400, 500), TCP_STORED_EARLY);
	assert_u64(received.ring.used, 0);
	assert_int_equal(store(0, 100), TCP_STORED_IN_ORDER);
	assert_u64(advanced, 300);
	assert_unread(0, 300);
	assert_true(tcp_reassembly_has_holes(&received));
	assert_int_equal(store(300, 450), TCP_STORED_IN_ORDER); // over the edge of the next range
	assert_u64(advanced, 200);
	assert_unread(0, 500);
	assert_false(tcp_reassembly_has_holes(&received));
}

static void what_is_all_here_is_a_duplicate(void **state)
{
	(void)state;
	assert_int_equal(store(100, 300), TCP_STORED_EARLY);
	assert_int_equal(store(150, 250), TCP_STORED_NOTHING);
	assert_int_equal(store(150, 301), TCP_STORED_EARLY);
}

static void growing_keeps_early_bytes(void **state)
{
	(void)state;
	assert_int_equal(store(500, 900), TCP_STORED_EARLY);     // in 1 KiB
	assert_int_equal(store(60000, 61000), TCP_STORED_EARLY); // in 64 KiB
	assert_int_equal(store(0, 500), TCP_STORED_IN_ORDER);
	assert_unread(0, 900);
	assert_int_equal(store(900, 60000), TCP_STORED_IN_ORDER);
	assert_unread(0, 61000);
}

static void an_empty_buffer_holds_no_memory(void **state)
{
	(void)state;
	assert_int_equal(store(0, 5000), TCP_STORED_IN_ORDER);
	assert_true(memory.bytes_held >= 8192);
	tcp_reassembly_consume(&received, &buffers, 4999);
	assert_non_null(received.ring.bytes);
	tcp_reassembly_consume(&received, &buffers, 1);
	assert_null(received.ring.bytes);
	assert_u64(memory.bytes_held, 0);
}

static void read_empty_with_a_hole_it_keeps_what_is_early(void **state)
{
	(void)state;
	store(0, 100);
	store(200, 300);
	tcp_reassembly_consume(&received, &buffers, 100);
	assert_int_equal(store(100, 200), TCP_STORED_IN_ORDER);
	assert_unread(100, 300);
}

static void after_a_busy_time_it_begins_large_and_after_a_quiet_one_small(void **state)
{
	(void)state;
	store(0, 40000);
	tcp_reassembly_consume(&received, &buffers, 40000);
	store(40000, 40100);
	assert_u64(received.ring.capacity, 65536);
	tcp_reassembly_consume(&received, &buffers, 100);
	store(40100, 40200);
	assert_u64(received.ring.capacity, 1024);
}

static void without_memory_bytes_are_refused_and_nothing_changes(void **state)
{
	(void)state;
	store(0, 1000);
	test_allocator_refuse(true);
	assert_int_equal(store(1000, 3000), TCP_STORED_NO_MEMORY);
	assert_u64(advanced, 0);
	assert_int_equal(store(5000, 6000), TCP_STORED_NO_MEMORY);
	test_allocator_refuse(false);
	assert_unread(0, 1000);
	assert_false(tcp_reassembly_has_holes(&received));
	assert_int_equal(store(1000, 3000), TCP_STORED_IN_ORDER);
	assert_unread(0, 3000);
}

static void too_many_holes_are_refused(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 0; i < RANGE_SET_MAX; i++)
		assert_int_equal(store(1 + 2 * i, 2 + 2 * i), TCP_STORED_EARLY);
	assert_int_equal(store(1 + 2 * i, 2 + 2 * i), TCP_STORED_TOO_MANY_HOLES);
	assert_int_equal(store(0, 600), TCP_STORED_IN_ORDER);
	assert_unread(0, 600);
}

static void when_nobody_reads_bytes_in_order_are_counted_and_thrown_away(void **state)
{
	(void)state;
	store(0, 1000);
	store(2000, 3000);
	tcp_reassembly_discard(&received, &buffers, &memory);
	assert_u64(memory.bytes_held, 0);
	assert_int_equal(store(1000, 2000), TCP_STORED_IN_ORDER);
	assert_u64(advanced, 1000);
	assert_u64(received.next_position, 2000);
	assert_u64(memory.bytes_held, 0);
}

static void any_order_gives_the_stream(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (int round = 0; round < 30; round++) {
		uint64_t read = 0;

		tcp_reassembly_release(&received, &buffers, &memory);
		tcp_reassembly_init(&received);
		while (read < 100000) {
			uint32_t ahead =
				test_random_below(&seed, 3) * test_random_below(&seed, 9000);
			uint64_t from = received.next_position + ahead;
			uint64_t to = from + 1 + test_random_below(&seed, 3000);

			store(from, to);
			if (received.ring.used > test_random_below(&seed, 20000)) {
				uint32_t length = 1 + test_random_below(&seed, received.ring.used);
				uint8_t bytes[65536];

				length = length < sizeof(bytes) ? length : sizeof(bytes);
				byte_ring_copy_out(&received.ring, 0, bytes, length);
				assert_memory_equal(bytes, stream + read, length);
				tcp_reassembly_consume(&received, &buffers, length);
				read += length;
			}
			assert_u64(received.next_position, read + received.ring.used);
		}
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(bytes_in_order_are_readable_at_once),
		CASE(early_bytes_wait_and_come_with_the_hole_that_is_filled),
		CASE(what_is_all_here_is_a_duplicate),
		CASE(growing_keeps_early_bytes),
		CASE(an_empty_buffer_holds_no_memory),
		CASE(read_empty_with_a_hole_it_keeps_what_is_early),
		CASE(after_a_busy_time_it_begins_large_and_after_a_quiet_one_small),
		CASE(without_memory_bytes_are_refused_and_nothing_changes),
		CASE(too_many_holes_are_refused),
		CASE(when_nobody_reads_bytes_in_order_are_counted_and_thrown_away),
		CASE(any_order_gives_the_stream),
	};

	return cmocka_run_group_tests_name("tcp_reassembly", tests, NULL, NULL);
}
