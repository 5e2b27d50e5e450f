// SPDX-License-Identifier: MIT
//
// The name of a pair: what it says, and that it outlives the daemon's end.
#include "../../../run/run_identity.h"

#include "../../support/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define GOOD "\0berth/0123456789abcdef/0000002a/fffffff0"

static bool is_name(const char *text, size_t length)
{
	struct berth_identity identity;

	return run_identity_parse(text, length, &identity);
}

static void a_name_says_instance_slot_and_generation(void **state)
{
	struct berth_identity identity;

	(void)state;
	assert_true(run_identity_parse(GOOD, sizeof(GOOD) - 1, &identity));
	assert_true(identity.instance == 0x0123456789abcdefull);
	assert_int_equal(identity.slot, 42);
	assert_int_equal(identity.generation, 0xfffffff0u);
}

static void every_changed_letter_of_the_frame_is_refused(void **state)
{
	static const size_t frame[] = {0, 1, 2, 3, 4, 5, 6, 23, 32};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(frame) / sizeof(frame[0]); i++) {
		char name[] = GOOD;

		name[frame[i]] ^= 0x20;
		assert_false(is_name(name, sizeof(name) - 1));
	}
	assert_false(is_name(GOOD, sizeof(GOOD) - 2));
	assert_false(is_name(GOOD, sizeof(GOOD)));
	assert_false(is_name("\0berth/0123456789ABCDEF/0000002a/fffffff0", sizeof(GOOD) - 1));
}

static void a_descriptor_keeps_its_identity_after_the_other_end_closed(void **state)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct berth_identity identity;
	int ends[2], copy, length;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_false(run_identity_of(ends[1], &identity));
	length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "berth/%016x/%08x/%08x",
			  (unsigned)getpid(), 5u, 6u);
	assert_int_equal(
		bind(ends[0], (struct sockaddr *)&name,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)),
		0);
	copy = dup(ends[1]);
	close(ends[1]);
	close(ends[0]);
	assert_true(run_identity_of(copy, &identity));
	assert_true(identity.instance == (uint64_t)getpid());
	assert_int_equal(identity.slot, 5);
	assert_int_equal(identity.generation, 6);
	close(copy);
	assert_false(run_identity_of(copy, &identity));
	assert_false(run_identity_of(-1, &identity));
}

static struct run_socket fresh_stream(void)
{
	struct run_socket socket = {.is_known = true};

	socket.row.type = 1;
	socket.row.kind = BERTH_ROW_SOCKET;
	socket.row.info.state = BERTH_TCP_CLOSED;
	return socket;
}

static void only_a_fresh_stream_is_unconnected(void **state)
{
	struct run_socket socket = fresh_stream();

	(void)state;
	assert_true(run_socket_is_unconnected(&socket));
	socket.row.listening = 1;
	assert_false(run_socket_is_unconnected(&socket));
	socket = fresh_stream();
	socket.row.type = 2;
	assert_false(run_socket_is_unconnected(&socket));
	socket = fresh_stream();
	socket.row.kind = BERTH_ROW_GONE;
	assert_false(run_socket_is_unconnected(&socket));
	socket = fresh_stream();
	socket.row.info.state = BERTH_TCP_SYN_SENT;
	assert_false(run_socket_is_unconnected(&socket));
	socket = fresh_stream();
	socket.row.info.error = 104; // reset: there may be bytes still to read
	assert_false(run_socket_is_unconnected(&socket));
	socket = fresh_stream();
	socket.is_known = false;
	assert_false(run_socket_is_unconnected(&socket));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_says_instance_slot_and_generation),
		cmocka_unit_test(every_changed_letter_of_the_frame_is_refused),
		cmocka_unit_test(a_descriptor_keeps_its_identity_after_the_other_end_closed),
		cmocka_unit_test(only_a_fresh_stream_is_unconnected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
