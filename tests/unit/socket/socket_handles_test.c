// SPDX-License-Identifier: MIT
//
// A handle kept after close names nothing, for ever.
#include <errno.h>

#include "../../../lib/socket/socket_handles.h"
#include "../../support/test_host.h"

static struct memory memory;
static struct socket_handles handles;

static void open_handles(uint32_t open_max)
{
	struct berth_allocator allocator = test_allocator();

	memory_init(&memory, &allocator);
	socket_handles_init(&handles, &memory, open_max);
}

static void close_handles(void)
{
	socket_handles_clear(&handles);
	assert_int_equal(memory.bytes_held, 0);
}

static struct socket *acquire(void)
{
	int error = 0;
	struct socket *socket = socket_acquire(&handles, &error);

	assert_non_null(socket);
	return socket;
}

static void a_handle_holds_index_and_generation_and_is_never_zero(void **state)
{
	struct socket *first, *second;

	(void)state;
	open_handles(10);
	first = acquire();
	second = acquire();
	assert_int_equal(socket_handle_of(first), UINT64_C(1) << 32);
	assert_int_equal(socket_handle_of(second), UINT64_C(1) << 32 | 1);
	assert_ptr_equal(socket_lookup(&handles, socket_handle_of(second)), second);
	assert_ptr_equal(socket_at(&handles, 1), second);
	assert_null(socket_lookup(&handles, 0));
	assert_null(socket_lookup(&handles, 1)); // an index alone is no handle
	assert_null(socket_lookup(&handles, UINT64_MAX));
	socket_release(&handles, first);
	socket_release(&handles, second);
	close_handles();
}

static void a_closed_handle_does_not_name_the_slots_next_socket(void **state)
{
	struct socket *socket;
	berth_socket old, new;

	(void)state;
	open_handles(10);
	socket = acquire();
	old = socket_handle_of(socket);
	socket_release(&handles, socket);
	assert_null(socket_lookup(&handles, old));
	socket = acquire();
	new = socket_handle_of(socket);
	assert_int_equal((uint32_t) new, (uint32_t)old); // the slot in the cache
	assert_int_equal(new >> 32, 2);
	assert_null(socket_lookup(&handles, old));
	assert_ptr_equal(socket_lookup(&handles, new), socket);
	socket_release(&handles, socket);
	close_handles();
}

static void a_slot_without_generations_left_is_given_up(void **state)
{
	struct socket *socket;

	(void)state;
	open_handles(10);
	socket = acquire();
	socket->generation = UINT32_MAX;
	assert_int_equal(socket_handle_of(socket) >> 32, UINT32_MAX);
	socket_release(&handles, socket);
	socket = acquire();
	assert_int_equal(socket->index, 1);
	socket_release(&handles, socket);
	close_handles();
}

static void at_the_limit_opening_is_refused_until_one_closes(void **state)
{
	struct socket *sockets[200];
	int error = 0;

	(void)state;
	open_handles(200);
	for (uint32_t i = 0; i < 200; i++) {
		sockets[i] = acquire();
		assert_int_equal(sockets[i]->index, i);
	}
	assert_null(socket_acquire(&handles, &error));
	assert_int_equal(error, -EMFILE);
	socket_release(&handles, sockets[150]);
	sockets[150] = acquire();
	assert_int_equal(sockets[150]->index, 150);
	for (uint32_t i = 0; i < 200; i++)
		socket_release(&handles, sockets[i]);
	close_handles();
}

static void without_memory_opening_is_refused(void **state)
{
	int error = 0;

	(void)state;
	open_handles(10);
	test_allocator_refuse(true);
	assert_null(socket_acquire(&handles, &error));
	assert_int_equal(error, -ENOMEM);
	test_allocator_refuse(false);
	socket_release(&handles, acquire());
	close_handles();
}

static void every_call_says_ebadf_of_a_closed_socket(void **state)
{
	struct test_host test;
	struct berth_endpoint endpoint = test_endpoint("10.0.0.2", 1);
	struct berth_connection_info info;
	struct berth_slice slices[2];
	berth_socket bad, other;
	char data[4] = {0};
	bool is_finished;
	int number = 0;
	size_t length = sizeof(number);

	(void)state;
	test_host_open(&test, 1, NULL);
	bad = test_socket(&test, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP);
	assert_int_equal(berth_socket_close(test.host, bad, 0), 0);
	assert_int_equal(berth_socket_set_tag(test.host, bad, 1), -EBADF);
	assert_int_equal(berth_socket_bind(test.host, bad, &endpoint, NULL), -EBADF);
	assert_int_equal(berth_socket_listen(test.host, bad, 1, 0), -EBADF);
	assert_int_equal(berth_socket_accept(test.host, bad, &other, NULL, 0), -EBADF);
	assert_int_equal(berth_socket_connect(test.host, bad, &endpoint, 0), -EBADF);
	assert_int_equal(berth_socket_send(test.host, bad, data, 4, 0, 0), -EBADF);
	assert_int_equal(berth_socket_send_space(test.host, bad, 1, slices, 0), -EBADF);
	assert_int_equal(berth_socket_send_commit(test.host, bad, 1, 0, 0), -EBADF);
	assert_int_equal(berth_socket_receive(test.host, bad, data, 4, 0), -EBADF);
	assert_int_equal(berth_socket_receive_slices(test.host, bad, slices, &is_finished), -EBADF);
	assert_int_equal(berth_socket_receive_consume(test.host, bad, 1, 0), -EBADF);
	assert_int_equal(berth_socket_send_to(test.host, bad, &endpoint, data, 4, 0), -EBADF);
	assert_int_equal(berth_socket_receive_from(test.host, bad, data, 4, NULL, NULL, NULL, 0),
			 -EBADF);
	assert_int_equal(berth_socket_shutdown(test.host, bad, BERTH_SHUTDOWN_BOTH, 0), -EBADF);
	assert_int_equal(berth_socket_close(test.host, bad, 0), -EBADF);
	assert_int_equal(berth_socket_abort(test.host, bad, 0), -EBADF);
	assert_int_equal(berth_socket_local(test.host, bad, &endpoint), -EBADF);
	assert_int_equal(berth_socket_remote(test.host, bad, &endpoint), -EBADF);
	assert_int_equal(berth_socket_set_option(test.host, bad, 1, 2, &number, 4, 0), -EBADF);
	assert_int_equal(berth_socket_get_option(test.host, bad, 1, 2, &number, &length, 0),
			 -EBADF);
	assert_int_equal(berth_inspect_socket(test.host, bad, &info), -EBADF);
	test_host_close(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handle_holds_index_and_generation_and_is_never_zero),
		cmocka_unit_test(a_closed_handle_does_not_name_the_slots_next_socket),
		cmocka_unit_test(a_slot_without_generations_left_is_given_up),
		cmocka_unit_test(at_the_limit_opening_is_refused_until_one_closes),
		cmocka_unit_test(without_memory_opening_is_refused),
		cmocka_unit_test(every_call_says_ebadf_of_a_closed_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
