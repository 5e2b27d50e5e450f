// SPDX-License-Identifier: MIT
//
// Packets: is there room, headroom, a limit, and does everything go back where it came from?
#include "../../../lib/base/packet.h"
#include "../../support/unit.h"

static struct memory memory;
static struct buffer_pool buffers;
static struct packet_pool pool;

static int setup(void **state)
{
	const struct berth_allocator allocator = test_allocator();

	(void)state;
	memory_init(&memory, &allocator);
	buffer_pool_init(&buffers, &memory, 0);
	packet_pool_init(&pool, &memory, &buffers, 3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	packet_pool_clear(&pool);
	buffer_pool_clear(&buffers);
	assert_u64(test_allocated_bytes(), 0);
	return 0;
}

static void check_room(uint32_t room, uint32_t capacity)
{
	struct packet *packet = packet_acquire(&pool, room);
	uint8_t *at;

	assert_u64(packet->capacity, capacity);
	assert_u64(packet_length(packet), 0);
	at = packet_append(packet, room);
	memset(at, 1, room);
	at = packet_prepend(packet, PACKET_HEADROOM);
	memset(at, 2, PACKET_HEADROOM);
	assert_ptr_equal(packet_data(packet), at);
	assert_u64(packet_length(packet), room + PACKET_HEADROOM);
	packet_release(&pool, packet);
}

static void any_room_up_to_the_longest_packet_is_there(void **state)
{
	(void)state;
	check_room(0, PACKET_SMALL_BYTES);
	check_room(PACKET_SMALL_BYTES - PACKET_HEADROOM, PACKET_SMALL_BYTES);
	check_room(PACKET_SMALL_BYTES - PACKET_HEADROOM + 1, 1024);
	check_room(1024 - PACKET_HEADROOM, 1024);
	check_room(1024 - PACKET_HEADROOM + 1, 2048);
	check_room(65535, 131072);
}

static void appending_goes_behind_and_prepending_before(void **state)
{
	struct packet *packet = packet_acquire(&pool, 100);

	(void)state;
	memcpy(packet_append(packet, 3), "def", 3);
	memcpy(packet_append(packet, 3), "ghi", 3);
	memcpy(packet_prepend(packet, 3), "abc", 3);
	assert_u64(packet_length(packet), 9);
	assert_memory_equal(packet_data(packet), "abcdefghi", 9);
	packet_release(&pool, packet);
}

static void at_the_limit_there_is_no_packet_of_either_kind(void **state)
{
	struct packet *small = packet_acquire(&pool, 10);
	struct packet *large = packet_acquire(&pool, 2000);
	struct packet *third = packet_acquire(&pool, 10);

	(void)state;
	assert_non_null(third);
	assert_null(packet_acquire(&pool, 10));
	assert_null(packet_acquire(&pool, 2000));
	packet_release(&pool, small);
	small = packet_acquire(&pool, 10);
	assert_non_null(small);
	packet_release(&pool, small);
	packet_release(&pool, large);
	packet_release(&pool, third);
	assert_u64(pool.used, 0);
}

static void without_memory_for_the_buffer_the_head_goes_back(void **state)
{
	struct packet *packet = packet_acquire(&pool, 2000);

	(void)state;
	packet_release(&pool, packet); // the heads' chunk stays, the buffer does not
	test_allocator_refuse(true);
	assert_null(packet_acquire(&pool, 2000));
	assert_null(packet_acquire(&pool, 10));
	assert_u64(pool.used, 0);
	assert_u64(pool.heads.used, 0);
}

static void a_new_packet_is_on_no_list(void **state)
{
	struct packet *packet = packet_acquire(&pool, 10);

	(void)state;
	assert_false(list_contains_node(&packet->node));
	packet_release(&pool, packet);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(any_room_up_to_the_longest_packet_is_there),
		TEST(appending_goes_behind_and_prepending_before),
		TEST(at_the_limit_there_is_no_packet_of_either_kind),
		TEST(without_memory_for_the_buffer_the_head_goes_back),
		TEST(a_new_packet_is_on_no_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
