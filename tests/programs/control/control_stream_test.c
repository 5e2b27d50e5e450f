// SPDX-License-Identifier: MIT
//
// TCP through berthd, by control.h alone: does a program's descriptor behave as a TCP socket does?
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control_client.h"

static struct control control;

static int start(void **state)
{
	(void)state;
	control_start(&control);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	return control_stop(&control);
}

static void close_all(struct held *first, struct held *second, struct held *third)
{
	close(first->fd);
	close(second->fd);
	close(third->fd);
}

static void an_accepted_connection_names_both_ends(void **state)
{
	struct held listener, client, server;
	struct berth_accept_message accepted;
	struct berth_board_row row;
	struct stat status;

	(void)state;
	listener = control_listener(&control, "b", "10.0.0.2", 80, 8);
	assert_int_equal(poll_for(listener.fd, POLLIN | POLLOUT, 20), 0);
	assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &client), 0);
	assert_int_equal(held_connect(&control, &client, "10.0.0.2", 80, true), 0);
	assert_int_equal(poll_for(client.fd, POLLIN | POLLOUT | POLLRDHUP, 0), POLLOUT);
	assert_true(poll_for(listener.fd, POLLIN, 2000) & POLLIN);
	row = held_row(&control, &listener);
	assert_u64(row.listening, 1);
	assert_u64(row.info.state, BERTH_TCP_LISTEN);
	server = held_accept(&listener, &accepted);
	row = held_row(&control, &client);
	assert_u64(row.info.state, BERTH_TCP_ESTABLISHED);
	assert_memory_equal(&accepted.remote, &row.info.local, sizeof(accepted.remote));
	assert_memory_equal(&accepted.local, &row.info.remote, sizeof(accepted.local));
	assert_u64(accepted.local.port, 80);
	assert_int_equal(accepted.domain, AF_INET);
	row = held_row(&control, &server);
	assert_u64(row.info.inbound, 1);
	assert_u64(row.creator_pid, getpid());
	assert_int_equal(fstat(server.fd, &status), 0);
	assert_u64(row.inode, status.st_ino);
	close_all(&listener, &client, &server);
}

static void a_connection_in_flight_is_marked_until_it_is_taken(void **state)
{
	struct held listener, client, server = {-1, {0, 0, 0}};
	struct berth_board_row row, listening;
	int i;

	(void)state;
	listener = control_listener(&control, "b", "10.0.0.2", 81, 8);
	assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &client), 0);
	assert_int_equal(held_connect(&control, &client, "10.0.0.2", 81, true), 0);
	assert_true(poll_for(listener.fd, POLLIN, 2000) & POLLIN);
	server.identity = client.identity;
	for (server.identity.slot = 1; server.identity.slot < control.board->rows_used;
	     server.identity.slot++) {
		row = held_row(&control, &server);
		if (row.kind == BERTH_ROW_SOCKET && row.in_flight)
			break;
	}
	listening = held_row(&control, &listener);
	assert_true(row.in_flight);
	assert_u64(row.listener_inode, listening.inode);
	server = held_accept(&listener, NULL);
	for (i = 0; i < 400 && held_row(&control, &server).in_flight; i++)
		poll(NULL, 0, 5);
	assert_u64(held_row(&control, &server).in_flight, 0);
	close_all(&listener, &client, &server);
}

static void nobody_listening_refuses_as_in_linux(void **state)
{
	struct held client;

	(void)state;
	assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &client), 0);
	assert_int_equal(poll_for(client.fd, POLLIN | POLLOUT | POLLRDHUP, 0), 0);
	assert_int_equal(held_connect(&control, &client, "10.0.0.2", 9, false), EINPROGRESS);
	assert_true(poll_for(client.fd, POLLOUT, 2000) & POLLOUT);
	assert_int_equal(poll_for(client.fd, POLLIN | POLLOUT | POLLRDHUP, 0),
			 POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
	assert_int_equal(held_row(&control, &client).info.error, ECONNREFUSED);
	assert_u64(held_row(&control, &client).kind, BERTH_ROW_GONE);
	assert_int_equal(held_take_error(&control, &client), ECONNREFUSED);
	assert_int_equal(held_take_error(&control, &client), 0);
	assert_int_equal(held_connect(&control, &client, "10.0.0.2", 9, false), ECONNABORTED);
	close(client.fd);
}

static void a_waiting_connect_is_told_and_may_try_again(void **state)
{
	struct held client, listener, server;

	(void)state;
	assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &client), 0);
	assert_int_equal(held_connect(&control, &client, "10.0.0.2", 82, true), ECONNREFUSED);
	assert_int_equal(held_take_error(&control, &client), 0);
	listener = control_listener(&control, "b", "10.0.0.2", 82, 8);
	assert_int_equal(held_connect(&control, &client, "10.0.0.2", 82, true), 0);
	server = held_accept(&listener, NULL);
	assert_int_equal(held_connect(&control, &client, "10.0.0.2", 82, true), EISCONN);
	close_all(&client, &listener, &server);
}

#define BULK (1u << 20)

static void send_all_and_check(int from_fd, int to_fd, uint64_t seed)
{
	static uint8_t sent[BULK], got[BULK];
	size_t written = 0, taken = 0;

	test_random_bytes(&seed, sent, BULK);
	while (taken < BULK) {
		ssize_t count;

		if (written < BULK) {
			count = send(from_fd, sent + written, BULK - written, MSG_NOSIGNAL);
			assert_true(count >= 0 || errno == EAGAIN);
			written += count > 0 ? (size_t)count : 0;
		}
		count = read_within(to_fd, got + taken, BULK - taken);
		assert_true(count > 0);
		taken += (size_t)count;
	}
	assert_memory_equal(sent, got, BULK);
}

static void a_megabyte_arrives_whole_each_way(void **state)
{
	struct held client, server, listener;

	(void)state;
	control_connected(&control, 83, &client, &server, &listener);
	send_all_and_check(client.fd, server.fd, 1);
	send_all_and_check(server.fd, client.fd, 2);
	close_all(&client, &server, &listener);
}

static void ipv6_carries_it_too(void **state)
{
	struct held client, server, listener;

	(void)state;
	listener = control_listener(&control, "b", "fd00::2", 83, 8);
	assert_int_equal(held_open(&control, "a", AF_INET6, SOCK_STREAM, &client), 0);
	assert_int_equal(held_connect(&control, &client, "fd00::2", 83, true), 0);
	server = held_accept(&listener, NULL);
	send_all_and_check(client.fd, server.fd, 3);
	close_all(&client, &server, &listener);
}

static void single_bytes_go_to_and_fro(void **state)
{
	struct held client, server, listener;
	char byte;

	(void)state;
	control_connected(&control, 84, &client, &server, &listener);
	for (int i = 0; i < 500; i++) {
		byte = (char)i;
		assert_int_equal(write(client.fd, &byte, 1), 1);
		assert_int_equal(read_within(server.fd, &byte, 1), 1);
		assert_int_equal(byte, (char)i);
		assert_int_equal(write(server.fd, &byte, 1), 1);
		assert_int_equal(read_within(client.fd, &byte, 1), 1);
	}
	close_all(&client, &server, &listener);
}

static void an_unread_connection_holds_the_writer_back_and_loses_nothing(void **state)
{
	static uint8_t block[65536];
	struct held client, server, listener;
	uint64_t written = 0, taken = 0;
	ssize_t count;

	(void)state;
	control_connected(&control, 85, &client, &server, &listener);
	// Until nothing has moved for a while: everything on the way is full.
	while (poll_for(client.fd, POLLOUT, 300) & POLLOUT) {
		for (size_t i = 0; i < sizeof(block); i++)
			block[i] = (uint8_t)((written + i) * 31 >> 3);
		count = write(client.fd, block, sizeof(block));
		written += count > 0 ? (uint64_t)count : 0;
		assert_true(written < 100u << 20);
	}
	assert_true(written > 1 << 20);
	shutdown(client.fd, SHUT_WR);
	while ((count = read_within(server.fd, block, sizeof(block))) > 0) {
		for (ssize_t i = 0; i < count; i++)
			assert_int_equal(block[i], (uint8_t)((taken + (uint64_t)i) * 31 >> 3));
		taken += (uint64_t)count;
	}
	assert_int_equal(count, 0);
	assert_u64(taken, written);
	close_all(&client, &server, &listener);
}

static void half_closed_is_half_open(void **state)
{
	struct held client, server, listener;
	char bytes[16];

	(void)state;
	control_connected(&control, 86, &client, &server, &listener);
	assert_int_equal(write(client.fd, "ask", 3), 3);
	assert_int_equal(shutdown(client.fd, SHUT_WR), 0);
	assert_int_equal(read_within(server.fd, bytes, 16), 3);
	assert_int_equal(read_within(server.fd, bytes, 16), 0);
	assert_int_equal(poll_for(server.fd, POLLIN | POLLOUT | POLLRDHUP, 0),
			 POLLIN | POLLOUT | POLLRDHUP);
	assert_int_equal(write(server.fd, "answer", 6), 6);
	assert_int_equal(read_within(client.fd, bytes, 16), 6);
	close(server.fd);
	assert_int_equal(read_within(client.fd, bytes, 16), 0);
	assert_true(held_row_becomes(&control, &client, BERTH_ROW_GONE));
	assert_int_equal(held_row(&control, &client).info.error, 0);
	close(client.fd);
	close(listener.fd);
}

static void closing_with_everything_read_is_a_fin(void **state)
{
	struct held client, server, listener;
	char bytes[16];

	(void)state;
	control_connected(&control, 87, &client, &server, &listener);
	assert_int_equal(write(client.fd, "last", 4), 4);
	close(client.fd);
	assert_int_equal(read_within(server.fd, bytes, 16), 4);
	assert_int_equal(read_within(server.fd, bytes, 16), 0);
	assert_int_equal(poll_for(server.fd, POLLIN | POLLRDHUP, 0), POLLIN | POLLRDHUP);
	assert_true(held_row_becomes(&control, &client, BERTH_ROW_GONE));
	close(server.fd);
	close(listener.fd);
}

static void closing_with_something_unread_is_a_reset(void **state)
{
	struct held client, server, listener;
	char bytes[16];

	(void)state;
	control_connected(&control, 88, &client, &server, &listener);
	assert_int_equal(write(server.fd, "unread", 6), 6);
	assert_true(poll_for(client.fd, POLLIN, 2000) & POLLIN);
	assert_int_equal(write(client.fd, "tail", 4), 4);
	close(client.fd);
	assert_true(poll_for(server.fd, POLLRDHUP, 2000) & POLLERR);
	assert_int_equal(read(server.fd, bytes, 16), 4); // what came before is still read
	assert_int_equal(read(server.fd, bytes, 16), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(read(server.fd, bytes, 16), 0);
	assert_int_equal(send(server.fd, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(held_take_error(&control, &server), ECONNRESET);
	close(server.fd);
	close(listener.fd);
}

static void linger_of_zero_seconds_is_a_reset(void **state)
{
	struct held client, server, listener;
	struct berth_linger linger = {1, 0};
	struct ask ask;

	(void)state;
	control_connected(&control, 89, &client, &server, &listener);
	ask_init(&ask, BERTH_VERB_SET_OPTION);
	ask.request.socket = client.identity;
	ask.request.level = BERTH_SOL_SOCKET;
	ask.request.name = BERTH_SO_LINGER;
	ask.data = &linger;
	ask.request.data_bytes = sizeof(linger);
	assert_int_equal(ask_do(&control, &ask), 0);
	close(client.fd);
	assert_true(poll_for(server.fd, POLLRDHUP, 2000) & POLLERR);
	close(server.fd);
	close(listener.fd);
}

static void a_listener_that_goes_resets_what_nobody_accepted(void **state)
{
	struct held clients[5], listener;
	char byte;

	(void)state;
	listener = control_listener(&control, "b", "10.0.0.2", 90, 8);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &clients[i]), 0);
		assert_int_equal(held_connect(&control, &clients[i], "10.0.0.2", 90, true), 0);
	}
	close(listener.fd);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(read_within(clients[i].fd, &byte, 1), -1);
		assert_int_equal(errno, ECONNRESET);
		close(clients[i].fd);
	}
}

static void a_server_for_one_may_leave_at_once(void **state)
{
	char bytes[16];

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct held client, server, listener;

		listener = control_listener(&control, "b", "10.0.0.2", (uint16_t)(7000 + i), 1);
		assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &client), 0);
		assert_int_equal(
			held_connect(&control, &client, "10.0.0.2", (uint16_t)(7000 + i), true), 0);
		server = held_accept(&listener, NULL);
		close(listener.fd);
		assert_int_equal(write(server.fd, "once", 4), 4);
		close(server.fd);
		assert_int_equal(read_within(client.fd, bytes, 16), 4);
		assert_int_equal(read_within(client.fd, bytes, 16), 0);
		close(client.fd);
	}
}

static void more_connections_than_may_travel_are_all_accepted(void **state)
{
	static struct held clients[200], servers[200];
	struct held listener = control_listener(&control, "b", "10.0.0.2", 91, 256);
	char byte;

	(void)state;
	for (int i = 0; i < 200; i++) {
		assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &clients[i]), 0);
		assert_int_equal(held_connect(&control, &clients[i], "10.0.0.2", 91, true), 0);
		assert_int_equal(write(clients[i].fd, &"x"[0], 1), 1);
	}
	for (int i = 0; i < 200; i++) {
		servers[i] = held_accept(&listener, NULL);
		assert_int_equal(read_within(servers[i].fd, &byte, 1), 1);
	}
	for (int i = 0; i < 200; i++) {
		close(clients[i].fd);
		close(servers[i].fd);
	}
	close(listener.fd);
}

static void a_refused_bind_names_the_holder(void **state)
{
	struct held listener = control_listener(&control, "b", "10.0.0.2", 80, 8), second;
	char expected[160], name[64] = "";
	struct ask ask;
	FILE *file = fopen("/proc/self/comm", "r");

	(void)state;
	assert_non_null(file);
	assert_non_null(fgets(name, sizeof(name), file));
	fclose(file);
	name[strcspn(name, "\n")] = '\0';
	assert_int_equal(held_open(&control, "b", AF_INET, SOCK_STREAM, &second), 0);
	ask_init(&ask, BERTH_VERB_BIND);
	ask.request.socket = second.identity;
	ask.request.endpoint = endpoint_of("10.0.0.2", 80);
	assert_int_equal(ask_do(&control, &ask), EADDRINUSE);
	snprintf(expected, sizeof(expected), "port 80/tcp is held by %s (PID %d)", name,
		 (int)getpid());
	assert_string_equal(ask.answer.message, expected);
	assert_memory_equal(&ask.answer.holder, &listener.identity, sizeof(listener.identity));
	close(listener.fd);
	assert_true(held_row_becomes(&control, &listener, BERTH_ROW_GONE));
	assert_int_equal(held_bind(&control, &second, "10.0.0.2", 80), 0); // free again
	close(second.fd);
}

static void a_program_that_leaves_while_connecting_is_forgotten(void **state)
{
	struct held client;

	(void)state;
	assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &client), 0);
	assert_int_equal(held_connect(&control, &client, "10.0.0.77", 80, false), EINPROGRESS);
	assert_int_equal(held_connect(&control, &client, "10.0.0.77", 80, false), EALREADY);
	close(client.fd);
	assert_true(held_row_becomes(&control, &client, BERTH_ROW_GONE));
}

static void connecting_can_be_taken_back(void **state)
{
	struct held client, listener, server;
	struct ask ask;

	(void)state;
	assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &client), 0);
	assert_int_equal(held_connect(&control, &client, "10.0.0.77", 80, false), EINPROGRESS);
	ask_init(&ask, BERTH_VERB_CONNECT); // to no family
	ask.request.socket = client.identity;
	assert_int_equal(ask_do(&control, &ask), 0);
	assert_u64(held_row(&control, &client).info.state, BERTH_TCP_CLOSED);
	assert_int_equal(poll_for(client.fd, POLLIN | POLLOUT, 20), 0);
	listener = control_listener(&control, "b", "10.0.0.2", 80, 8);
	assert_int_equal(held_connect(&control, &client, "10.0.0.2", 80, true), 0);
	server = held_accept(&listener, NULL);
	assert_int_equal(ask_do(&control, &ask), EOPNOTSUPP);
	close_all(&client, &listener, &server);
}

static void shutting_down_while_connecting_ends_it(void **state)
{
	struct held client;
	struct ask ask;
	char byte;

	(void)state;
	assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &client), 0);
	assert_int_equal(held_connect(&control, &client, "10.0.0.77", 80, false), EINPROGRESS);
	ask_init(&ask, BERTH_VERB_SHUTDOWN);
	ask.request.socket = client.identity;
	ask.request.number = 2;
	assert_int_equal(ask_do(&control, &ask), 0);
	assert_true(poll_for(client.fd, POLLIN, 0) & POLLHUP);
	assert_int_equal(read(client.fd, &byte, 1), 0);
	close(client.fd);
}

static void refresh(void)
{
	struct ask ask;

	ask_init(&ask, BERTH_VERB_REFRESH);
	assert_int_equal(ask_do(&control, &ask), 0);
}

static void what_the_program_has_not_read_is_in_its_receive_queue(void **state)
{
	struct held client, server, listener;
	char bytes[16];

	(void)state;
	control_connected(&control, 94, &client, &server, &listener);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(write(client.fd, "seven!!", 7), 7);
		assert_true(poll_for(server.fd, POLLIN, 2000) & POLLIN);
		refresh();
		assert_u64(held_row(&control, &server).info.receive_queue, 7);
		assert_int_equal(read(server.fd, bytes, 16), 7);
		refresh();
		assert_u64(held_row(&control, &server).info.receive_queue, 0);
	}
	close_all(&client, &server, &listener);
}

static void bytes_unsent_are_counted_wherever_they_are(void **state)
{
	static char block[100000];
	struct held client, server, listener;
	struct ask ask;

	(void)state;
	control_connected(&control, 92, &client, &server, &listener);
	write_whole(client.fd, block, sizeof(block));
	for (int i = 0; i < 400; i++) { // until the peer has acknowledged everything
		ask_init(&ask, BERTH_VERB_QUEUES);
		ask.request.socket = client.identity;
		assert_int_equal(ask_do(&control, &ask), 0);
		assert_true(ask.answer.number >= 0 && ask.answer.number <= 100000);
		if (ask.answer.number == 0)
			break;
		poll(NULL, 0, 5);
	}
	assert_int_equal(ask.answer.number, 0);
	close_all(&client, &server, &listener);
}

static void an_ended_listener_accepts_no_more(void **state)
{
	struct held listener = control_listener(&control, "b", "10.0.0.2", 93, 8), client;
	struct ask ask;
	char byte;

	(void)state;
	ask_init(&ask, BERTH_VERB_SHUTDOWN);
	ask.request.socket = listener.identity;
	ask.request.number = 2;
	assert_int_equal(ask_do(&control, &ask), 0);
	assert_int_equal(read_within(listener.fd, &byte, 1), 0);
	assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &client), 0);
	assert_int_equal(held_connect(&control, &client, "10.0.0.2", 93, true), ECONNREFUSED);
	close(client.fd);
	close(listener.fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(an_accepted_connection_names_both_ends),
		TEST(a_connection_in_flight_is_marked_until_it_is_taken),
		TEST(nobody_listening_refuses_as_in_linux),
		TEST(a_waiting_connect_is_told_and_may_try_again),
		TEST(a_megabyte_arrives_whole_each_way),
		TEST(ipv6_carries_it_too),
		TEST(single_bytes_go_to_and_fro),
		TEST(an_unread_connection_holds_the_writer_back_and_loses_nothing),
		TEST(half_closed_is_half_open),
		TEST(closing_with_everything_read_is_a_fin),
		TEST(closing_with_something_unread_is_a_reset),
		TEST(linger_of_zero_seconds_is_a_reset),
		TEST(a_listener_that_goes_resets_what_nobody_accepted),
		TEST(a_server_for_one_may_leave_at_once),
		TEST(more_connections_than_may_travel_are_all_accepted),
		TEST(a_refused_bind_names_the_holder),
		TEST(a_program_that_leaves_while_connecting_is_forgotten),
		TEST(connecting_can_be_taken_back),
		TEST(shutting_down_while_connecting_ends_it),
		TEST(what_the_program_has_not_read_is_in_its_receive_queue),
		TEST(bytes_unsent_are_counted_wherever_they_are),
		TEST(an_ended_listener_accepts_no_more),
	};

	if (argc > 1)
		control_use_program(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
