// SPDX-License-Identifier: MIT
//
// berthd itself: its start and end, its hosts, and what it does with clients that mean no good.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "control_client.h"

#define MESSAGE_MAX 160

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

static void a_second_daemon_is_refused_in_one_line(void **state)
{
	char said[512], expected[512];

	(void)state;
	assert_int_equal(control_start_failing(control.directory, NULL, said, sizeof(said)), 3);
	snprintf(expected, sizeof(expected), "berthd: another berthd (PID %d) already serves %s\n",
		 (int)control.pid, control.directory);
	assert_string_equal(said, expected);
}

static void a_killed_daemon_hangs_everybody_up_and_the_next_one_serves(void **state)
{
	struct held client, server, listener, datagram;
	char byte;

	(void)state;
	control_connected(&control, 80, &client, &server, &listener);
	assert_int_equal(held_open(&control, "a", AF_INET, SOCK_DGRAM, &datagram), 0);
	assert_int_equal(control_kill(&control, SIGKILL), 128 + SIGKILL);
	assert_true(poll_for(client.fd, POLLIN, 2000) & POLLHUP);
	assert_true(poll_for(server.fd, POLLIN, 2000) & POLLHUP);
	assert_true(poll_for(listener.fd, POLLIN, 2000) & POLLHUP);
	assert_true(poll_for(datagram.fd, POLLIN, 2000) & POLLHUP);
	assert_int_equal(read(client.fd, &byte, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	close(client.fd);
	close(server.fd);
	close(listener.fd);
	close(datagram.fd);
	control_restart(&control);
	control_connected(&control, 80, &client, &server, &listener);
	close(client.fd);
	close(server.fd);
	close(listener.fd);
}

static void sigterm_ends_it_in_good_order(void **state)
{
	struct held client, server, listener;
	char path[96];

	(void)state;
	control_connected(&control, 80, &client, &server, &listener);
	assert_int_equal(control_kill(&control, SIGTERM), 0);
	assert_true(poll_for(client.fd, POLLIN, 2000) & POLLHUP);
	snprintf(path, sizeof(path), "%s/control", control.directory);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/board", control.directory);
	assert_int_equal(access(path, F_OK), -1);
	close(client.fd);
	close(server.fd);
	close(listener.fd);
}

static void stop_is_answered_and_done(void **state)
{
	struct ask ask;

	(void)state;
	ask_init(&ask, BERTH_VERB_STOP);
	assert_int_equal(ask_do(&control, &ask), 0);
	assert_int_equal(control_kill(&control, 0), 0);
}

static void a_host_must_be_named_when_there_are_two(void **state)
{
	struct held held;
	struct ask ask;

	(void)state;
	assert_int_equal(held_open(&control, "", AF_INET, SOCK_STREAM, &held), ENETDOWN);
	assert_int_equal(held_open(&control, "c", AF_INET, SOCK_STREAM, &held), ENETDOWN);
	ask_init(&ask, BERTH_VERB_SOCKET);
	ask.request.domain = AF_INET;
	ask.request.type = SOCK_STREAM;
	assert_int_equal(ask_do(&control, &ask), ENETDOWN);
	assert_string_equal(ask.answer.message, "there are 2 hosts: which one?");
	snprintf(ask.request.host_name, sizeof(ask.request.host_name), "c");
	assert_int_equal(ask_do(&control, &ask), ENETDOWN);
	assert_string_equal(ask.answer.message, "there is no host c");
}

static void kinds_of_socket_are_refused_as_linux_does(void **state)
{
	static const struct {
		int domain, type, protocol, error;
	} kinds[] = {
		{AF_UNIX, SOCK_STREAM, 0, EAFNOSUPPORT},
		{AF_INET, SOCK_RAW, 1, ESOCKTNOSUPPORT},
		{AF_INET, SOCK_STREAM, 17, EPROTONOSUPPORT},
		{AF_INET6, SOCK_DGRAM, 6, EPROTONOSUPPORT},
	};
	struct ask ask;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		ask_init(&ask, BERTH_VERB_SOCKET);
		snprintf(ask.request.host_name, sizeof(ask.request.host_name), "a");
		ask.request.domain = kinds[i].domain;
		ask.request.type = kinds[i].type;
		ask.request.protocol = kinds[i].protocol;
		assert_int_equal(ask_do(&control, &ask), kinds[i].error);
	}
}

static int host_up(const struct berth_host_request *request, char *message)
{
	struct ask ask;

	ask_init(&ask, BERTH_VERB_HOST_UP);
	ask.data = request;
	ask.request.data_bytes = sizeof(*request);
	ask_do(&control, &ask);
	snprintf(message, MESSAGE_MAX, "%s", ask.answer.message);
	return ask.answer.error;
}

static void a_host_that_cannot_be_is_refused_in_one_line(void **state)
{
	static const struct {
		const char *name, *link, *address;
		int error;
		const char *message;
	} wrong[] = {
		{"", "sim:lan", "10.0.0.3", EINVAL,
		 "a host's name is 1 to 31 letters, digits, '-', '_' or '.'"},
		{"a/b", "sim:lan", "10.0.0.3", EINVAL,
		 "a host's name is 1 to 31 letters, digits, '-', '_' or '.'"},
		{"a", "sim:lan", "10.0.0.3", EEXIST, "there is a host a already"},
		{"c", "lan", "10.0.0.3", EINVAL,
		 "link \"lan\" is neither sim:NAME[,FAULTS] nor tap:NAME"},
		{"c", "sim:", "10.0.0.3", EINVAL,
		 "link \"sim:\" is neither sim:NAME[,FAULTS] nor tap:NAME"},
		{"c", "sim:lan,sloth=3", "10.0.0.3", EINVAL, "fault not understood: \"sloth=3\""},
		{"c", "sim:lan", "10.0.0.2", EADDRINUSE,
		 "host b on sim:lan has address 10.0.0.2 already"},
	};
	char message[MESSAGE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct berth_host_request request;

		memset(&request, 0, sizeof(request));
		snprintf(request.name, sizeof(request.name), "%s", wrong[i].name);
		snprintf(request.link, sizeof(request.link), "%s", wrong[i].link);
		request.address[0] = endpoint_of(wrong[i].address, 0).address;
		request.prefix_bits[0] = 24;
		request.address_count = 1;
		assert_int_equal(host_up(&request, message), wrong[i].error);
		assert_string_equal(message, wrong[i].message);
	}
}

static void hosts_come_and_go(void **state)
{
	struct berth_host_request request;
	struct held held, other;
	char message[MESSAGE_MAX];
	struct ask ask;

	(void)state;
	memset(&request, 0, sizeof(request));
	snprintf(request.name, sizeof(request.name), "%s", "c");
	snprintf(request.link, sizeof(request.link), "%s", "sim:other");
	request.address[0] = endpoint_of("10.0.0.2", 0).address; // another cable: no conflict
	request.prefix_bits[0] = 24;
	request.address_count = 1;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(host_up(&request, message), 0);
		assert_string_equal(control.board->hosts[2].name, "c");
		assert_string_equal(control.board->hosts[2].link, "sim:other");
		assert_int_equal(control.board->hosts[2].mac.byte[0] & 3, 2);
		held = control_listener(&control, "c", "10.0.0.2", 80, 4);
		assert_int_equal(held_open(&control, "c", AF_INET, SOCK_DGRAM, &other), 0);
		ask_init(&ask, BERTH_VERB_HOST_DOWN);
		snprintf(ask.request.host_name, sizeof(ask.request.host_name), "%s", "c");
		assert_int_equal(ask_do(&control, &ask), 0);
		assert_int_equal(control.board->hosts[2].name[0], 0);
		assert_true(poll_for(held.fd, POLLIN, 2000) & POLLHUP);
		assert_true(poll_for(other.fd, POLLIN, 2000) & POLLHUP);
		assert_int_equal(held_take_error(&control, &held), ENETDOWN);
		close(held.fd);
		close(other.fd);
	}
	assert_int_equal(ask_do(&control, &ask), ENODEV);
}

static void a_host_that_goes_resets_its_peers(void **state)
{
	struct held client, server, listener;
	struct ask ask;
	char byte;

	(void)state;
	control_connected(&control, 80, &client, &server, &listener);
	ask_init(&ask, BERTH_VERB_HOST_DOWN);
	snprintf(ask.request.host_name, sizeof(ask.request.host_name), "%s", "b");
	assert_int_equal(ask_do(&control, &ask), 0);
	assert_int_equal(read_within(client.fd, &byte, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	close(client.fd);
	close(server.fd);
	close(listener.fd);
}

static void a_request_that_is_none_is_answered_or_hung_up(void **state)
{
	struct ask ask;
	int connection;

	(void)state;
	ask_init(&ask, BERTH_VERB_REFRESH);
	ask.request.version = 99;
	assert_int_equal(ask_do(&control, &ask), EINVAL);
	ask_init(&ask, BERTH_VERB_REFRESH);
	ask.request.data_bytes = 1; // and does not come
	assert_int_equal(ask_do(&control, &ask), EINVAL);
	ask_init(&ask, (enum berth_verb)12345);
	assert_int_equal(ask_do(&control, &ask), EINVAL);
	assert_string_equal(ask.answer.message, "this daemon knows no request 12345");
	ask_init(&ask, BERTH_VERB_BIND); // of nobody's socket
	assert_int_equal(ask_do(&control, &ask), EBADF);
	ask.request.socket.instance = control.board->instance;
	ask.request.socket.slot = UINT32_MAX;
	assert_int_equal(ask_do(&control, &ask), EBADF);
	connection = control_connect(&control);
	assert_int_equal(send(connection, "hello", 5, 0), 5);
	assert_false(ask_receive(connection, &ask));
	close(connection);
}

static void a_foreign_descriptor_does_not_connect(void **state)
{
	struct held client, other;
	struct ask ask;

	(void)state;
	assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &client), 0);
	assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &other), 0);
	ask_init(&ask, BERTH_VERB_CONNECT);
	ask.request.socket = client.identity;
	ask.request.endpoint = endpoint_of("10.0.0.2", 80);
	assert_int_equal(ask_do(&control, &ask), EINVAL);
	ask.pass_fd = other.fd;
	assert_int_equal(ask_do(&control, &ask), EINVAL);
	ask.pass_fd = STDERR_FILENO;
	assert_int_equal(ask_do(&control, &ask), EINVAL);
	close(client.fd);
	close(other.fd);
}

// Requests whose every field may be anything. Whatever they are, the daemon serves the next one.
static void random_requests_do_no_harm(void **state)
{
	static uint8_t data[3000];
	uint64_t seed = 20240611;
	struct held held, client, server, listener;
	struct ask ask;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		int connection = control_connect(&control);

		if (i % 10 == 0) {
			assert_int_equal(held_open(&control, i % 20 ? "a" : "b", AF_INET,
						   i % 30 ? SOCK_STREAM : SOCK_DGRAM, &held),
					 0);
		}
		ask_init(&ask, (enum berth_verb)0);
		test_random_bytes(&seed, &ask.request, sizeof(ask.request));
		test_random_bytes(&seed, data, sizeof(data));
		ask.request.magic = BERTH_CONTROL_MAGIC;
		ask.request.version = BERTH_CONTROL_VERSION;
		ask.request.verb = test_random_below(&seed, 80);
		if (ask.request.verb == BERTH_VERB_STOP ||
		    ask.request.verb == BERTH_VERB_HOST_DOWN ||
		    ask.request.verb == BERTH_VERB_CAPTURE)
			ask.request.verb = BERTH_VERB_HOST_UP;
		ask.request.data_bytes = test_random_below(&seed, sizeof(data));
		ask.data = ask.request.data_bytes ? data : NULL;
		ask.request.level = (int)test_random_below(&seed, 42);
		ask.request.name = (int)test_random_below(&seed, 70);
		ask.request.number = (int64_t)test_random_below(&seed, 5) - 1;
		ask.request.endpoint.address.family = (uint8_t)test_random_below(&seed, 8);
		if (i % 4)
			ask.request.socket = held.identity;
		if (i % 3)
			ask.pass_fd = held.fd;
		ask_send(connection, &ask);
		if (ask.request.verb != BERTH_VERB_CONNECT && ask_receive(connection, &ask) &&
		    ask.fd >= 0)
			close(ask.fd);
		close(connection);
		if (i % 10 == 9)
			close(held.fd);
	}
	control_connected(&control, 80, &client, &server, &listener);
	close(client.fd);
	close(server.fd);
	close(listener.fd);
}

static void a_client_that_never_listens_delays_nobody(void **state)
{
	struct held client, server, listener;
	int connection = control_connect(&control);
	struct ask ask;
	size_t sent = 0;
	ssize_t result = 1;

	(void)state;
	ask_init(&ask, BERTH_VERB_COUNTERS);
	snprintf(ask.request.host_name, sizeof(ask.request.host_name), "%s", "a");
	while (result > 0 && sent < 100000) {
		poll_for(connection, POLLOUT, 200);
		result = send(connection, &ask.request, sizeof(ask.request),
			      MSG_DONTWAIT | MSG_NOSIGNAL);
		sent++;
	}
	assert_int_equal(result, -1); // hung up
	control_connected(&control, 80, &client, &server, &listener);
	close(client.fd);
	close(server.fd);
	close(listener.fd);
	close(connection);
}

static void counters_and_neighbours_are_told(void **state)
{
	struct held client, server, listener;
	struct berth_control_neighbor neighbor;
	struct berth_counters counters;
	struct ask ask;

	(void)state;
	control_connected(&control, 80, &client, &server, &listener);
	ask_init(&ask, BERTH_VERB_COUNTERS);
	snprintf(ask.request.host_name, sizeof(ask.request.host_name), "%s", "b");
	assert_int_equal(ask_do(&control, &ask), 0);
	assert_u64(ask.answer.data_bytes, sizeof(counters));
	memcpy(&counters, ask.answer_data, sizeof(counters));
	assert_u64(counters.tcp_opened_passive, 1);
	assert_u64(counters.tcp_connections, 1);
	ask_init(&ask, BERTH_VERB_NEIGHBORS);
	snprintf(ask.request.host_name, sizeof(ask.request.host_name), "%s", "a");
	assert_int_equal(ask_do(&control, &ask), 0);
	assert_u64(ask.answer.data_bytes, sizeof(neighbor));
	memcpy(&neighbor, ask.answer_data, sizeof(neighbor));
	assert_memory_equal(neighbor.address.byte, endpoint_of("10.0.0.2", 0).address.byte, 16);
	assert_memory_equal(&neighbor.mac, &control.board->hosts[1].mac, 6);
	assert_string_equal(neighbor.state, "REACHABLE");
	close(client.fd);
	close(server.fd);
	close(listener.fd);
}

static int set_faults(const char *host, const char *text, char *message)
{
	struct ask ask;

	ask_init(&ask, BERTH_VERB_FAULTS);
	snprintf(ask.request.host_name, sizeof(ask.request.host_name), "%s", host);
	ask.data = text;
	ask.request.data_bytes = (uint32_t)strlen(text);
	ask_do(&control, &ask);
	snprintf(message, MESSAGE_MAX, "%s", ask.answer.message);
	return ask.answer.error;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void faults_change_the_cable_at_once(void **state)
{
	struct held client, server, listener;
	char message[MESSAGE_MAX];
	uint64_t began_at;

	(void)state;
	assert_int_equal(set_faults("a", "loss=101%", message), EINVAL);
	assert_string_equal(message, "fault not understood: \"101%\"");
	assert_int_equal(set_faults("a", "delay=60ms", message), 0);
	began_at = now_ms();
	control_connected(&control, 80, &client, &server, &listener);
	assert_true(now_ms() - began_at >= 60); // SYN; its ARP question before it
	assert_true(now_ms() - began_at < 1000);
	close(client.fd);
	close(server.fd);
	close(listener.fd);
}

static void a_capture_shows_both_directions(void **state)
{
	struct held client, server, listener;
	int connection = control_connect(&control);
	uint8_t frame[2000];
	bool seen[2] = {false, false};
	struct ask ask;
	ssize_t length;

	(void)state;
	ask_init(&ask, BERTH_VERB_CAPTURE);
	snprintf(ask.request.host_name, sizeof(ask.request.host_name), "%s", "a");
	ask.request.number = 100;
	ask_send(connection, &ask);
	assert_true(ask_receive(connection, &ask));
	assert_int_equal(ask.answer.error, 0);
	control_connected(&control, 80, &client, &server, &listener);
	while (poll_for(connection, POLLIN, 100) & POLLIN) {
		struct berth_capture_frame header;

		length = read(connection, frame, sizeof(frame));
		assert_true(length >= (ssize_t)sizeof(header));
		memcpy(&header, frame, sizeof(header));
		assert_u64(header.captured, (size_t)length - sizeof(header));
		assert_true(header.captured <= 100 && header.captured <= header.length);
		assert_true(header.captured >= 14);
		assert_u64(header.flags & BERTH_CAPTURE_LOST, 0);
		seen[header.flags & BERTH_CAPTURE_OUT] = true;
	}
	assert_true(seen[0] && seen[1]);
	close(connection);
	close(client.fd);
	close(server.fd);
	close(listener.fd);
}

static void a_slow_capture_loses_frames_and_is_told(void **state)
{
	static uint8_t block[65536];
	struct held client, server, listener;
	int connection = control_connect(&control);
	bool was_told = false;
	struct ask ask;
	ssize_t length;

	(void)state;
	ask_init(&ask, BERTH_VERB_CAPTURE);
	snprintf(ask.request.host_name, sizeof(ask.request.host_name), "%s", "a");
	ask_send(connection, &ask);
	assert_true(ask_receive(connection, &ask));
	control_connected(&control, 80, &client, &server, &listener);
	for (int i = 0; i < 400; i++) { // 25 MB, more than any reader is waited for
		write_whole(client.fd, block, sizeof(block));
		for (size_t got = 0; got < sizeof(block); got += (size_t)length) {
			length = read_within(server.fd, block, sizeof(block) - got);
			assert_true(length > 0);
		}
	}
	while (poll_for(connection, POLLIN, 0) & POLLIN) {
		struct berth_capture_frame header;

		assert_true(recv(connection, &header, sizeof(header), 0) == sizeof(header));
		was_told |= header.flags & BERTH_CAPTURE_LOST;
	}
	assert_int_equal(write(client.fd, "x", 1), 1);
	assert_int_equal(read_within(server.fd, block, 1), 1);
	while (poll_for(connection, POLLIN, 100) & POLLIN) {
		struct berth_capture_frame header;

		assert_true(recv(connection, &header, sizeof(header), 0) == sizeof(header));
		was_told |= (header.flags & BERTH_CAPTURE_LOST) != 0;
	}
	assert_true(was_told);
	close(connection);
	close(client.fd);
	close(server.fd);
	close(listener.fd);
}

static void refresh_shows_connections_without_a_program(void **state)
{
	struct held client, server, listener;
	struct berth_board_row row;
	uint32_t time_waits = 0;
	struct ask ask;
	char byte;

	(void)state;
	control_connected(&control, 80, &client, &server, &listener);
	close(client.fd); // the first to close waits
	assert_int_equal(read_within(server.fd, &byte, 1), 0);
	close(server.fd);
	for (int tries = 0; tries < 100 && time_waits == 0; tries++) {
		ask_init(&ask, BERTH_VERB_REFRESH);
		assert_int_equal(ask_do(&control, &ask), 0);
		for (uint32_t i = 1; i < control.board->rows_used; i++) {
			row = held_row(&control, &(struct held){-1, {0, i, 0}});
			time_waits += row.kind == BERTH_ROW_UNOWNED &&
				      row.info.state == BERTH_TCP_TIME_WAIT;
		}
		poll(NULL, 0, 5);
	}
	assert_u64(time_waits, 1);
	close(listener.fd);
}

static void no_more_descriptors_is_a_refusal_and_no_end(void **state)
{
	static const char *const one_host[] = {"--host", "a", "--addr", "10.0.0.1/24", NULL};
	static struct held held[256];
	struct held client, server, listener;
	int count = 0, error = 0;

	(void)state;
	control_start_with(&control, one_host, 128);
	listener = control_listener(&control, "a", "127.0.0.1", 80, 8);
	while (count < 256 && error == 0) {
		error = held_open(&control, "a", AF_INET, SOCK_STREAM, &held[count]);
		count += error == 0;
	}
	assert_int_equal(error, ENFILE);
	assert_true(count > 50 && count < 128);
	for (int i = 0; i < count; i++)
		close(held[i].fd);
	assert_true(held_row_becomes(&control, &held[count - 1], BERTH_ROW_GONE));
	assert_int_equal(held_open(&control, "a", AF_INET, SOCK_STREAM, &client), 0);
	assert_int_equal(held_connect(&control, &client, "127.0.0.1", 80, true), 0);
	server = held_accept(&listener, NULL);
	close(client.fd);
	close(server.fd);
	close(listener.fd);
	assert_int_equal(control_stop(&control), 0);
}

static void the_command_line_is_checked(void **state)
{
	static const struct {
		const char *words[8];
		int code;
		const char *said;
	} lines[] = {
		{{"--addr", "10.0.0.1/24"},
		 2,
		 "berthd: --addr belongs behind a --host (berthd --help)\n"},
		{{"--host", "a", "--addr", "10.0.0.1/99"},
		 2,
		 "berthd: not understood, or one too many: \"10.0.0.1/99\" (berthd --help)\n"},
		{{"--host", "a", "--link", "cable"},
		 1,
		 "berthd: host a: link \"cable\" is neither sim:NAME[,FAULTS] nor tap:NAME\n"},
		{{"something"}, 2, "berthd: not understood: \"something\" (berthd --help)\n"},
		{{"--help"}, 0, ""},
		{{"--version"}, 0, ""},
	};
	char directory[] = "/tmp/berth-control-XXXXXX", said[512], path[96];

	(void)state;
	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(
			control_start_failing(directory, lines[i].words, said, sizeof(said)),
			lines[i].code);
		assert_string_equal(said, lines[i].said);
	}
	snprintf(path, sizeof(path), "%s/lock", directory);
	unlink(path);
	assert_int_equal(rmdir(directory), 0); // nothing else stayed
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_second_daemon_is_refused_in_one_line),
		TEST(a_killed_daemon_hangs_everybody_up_and_the_next_one_serves),
		TEST(sigterm_ends_it_in_good_order),
		TEST(stop_is_answered_and_done),
		TEST(a_host_must_be_named_when_there_are_two),
		TEST(kinds_of_socket_are_refused_as_linux_does),
		TEST(a_host_that_cannot_be_is_refused_in_one_line),
		TEST(hosts_come_and_go),
		TEST(a_host_that_goes_resets_its_peers),
		TEST(a_request_that_is_none_is_answered_or_hung_up),
		TEST(a_foreign_descriptor_does_not_connect),
		TEST(random_requests_do_no_harm),
		TEST(a_client_that_never_listens_delays_nobody),
		TEST(counters_and_neighbours_are_told),
		TEST(faults_change_the_cable_at_once),
		TEST(a_capture_shows_both_directions),
		TEST(a_slow_capture_loses_frames_and_is_told),
		TEST(refresh_shows_connections_without_a_program),
		cmocka_unit_test(no_more_descriptors_is_a_refusal_and_no_end),
		cmocka_unit_test(the_command_line_is_checked),
	};

	if (argc > 1)
		control_use_program(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
