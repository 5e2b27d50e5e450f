// SPDX-License-Identifier: MIT
//
// UDP through berthd, by control.h alone: headers while unconnected, plain payload while connected,
// errors by an empty message.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
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

struct framed {
	struct berth_datagram_header header;
	uint8_t payload[65507];
};

static struct held bound(const char *host, const char *address, uint16_t port)
{
	struct held held;

	assert_int_equal(held_open(&control, host, AF_INET, SOCK_DGRAM, &held), 0);
	if (address)
		assert_int_equal(held_bind(&control, &held, address, port), 0);
	return held;
}

static void send_framed(const struct held *held, const char *address, uint16_t port,
			const void *payload, size_t length)
{
	static struct framed framed;

	memset(&framed.header, 0, sizeof(framed.header));
	framed.header.magic = BERTH_CONTROL_MAGIC;
	framed.header.remote = endpoint_of(address, port);
	memcpy(framed.payload, payload, length);
	assert_int_equal(send(held->fd, &framed, sizeof(framed.header) + length, 0),
			 sizeof(framed.header) + length);
}

static size_t receive_framed(const struct held *held, struct framed *ret_framed)
{
	ssize_t length = read_within(held->fd, ret_framed, sizeof(*ret_framed));

	assert_true(length >= (ssize_t)sizeof(ret_framed->header));
	assert_u64(ret_framed->header.magic, BERTH_CONTROL_MAGIC);
	return (size_t)length - sizeof(ret_framed->header);
}

static void assert_endpoint(const struct berth_endpoint *endpoint, const char *address,
			    uint16_t port)
{
	struct berth_endpoint expected = endpoint_of(address, port);

	assert_memory_equal(endpoint->address.byte, expected.address.byte, 16);
	assert_int_equal(endpoint->address.family, expected.address.family);
	assert_int_equal(endpoint->port, port);
}

static void unconnected_datagrams_carry_their_addresses(void **state)
{
	static struct framed framed;
	struct held client = bound("a", NULL, 0), server = bound("b", "10.0.0.2", 53);
	uint16_t port;

	(void)state;
	assert_u64(held_row(&control, &server).framed, 1);
	send_framed(&client, "10.0.0.2", 53, "question", 8);
	assert_u64(receive_framed(&server, &framed), 8);
	assert_memory_equal(framed.payload, "question", 8);
	port = framed.header.remote.port;
	assert_endpoint(&framed.header.remote, "10.0.0.1", port);
	assert_endpoint(&framed.header.local, "10.0.0.2", 53);
	assert_int_equal(held_row(&control, &client).info.local.port, port);
	send_framed(&server, "10.0.0.1", port, "", 0);
	assert_u64(receive_framed(&client, &framed), 0); // an empty datagram is one, too
	assert_endpoint(&framed.header.remote, "10.0.0.2", 53);
	close(client.fd);
	close(server.fd);
}

static void connected_datagrams_are_the_payload_alone(void **state)
{
	static struct framed framed;
	struct held client = bound("a", NULL, 0), server = bound("b", "10.0.0.2", 53);
	char bytes[16];
	struct ask ask;

	(void)state;
	assert_int_equal(held_connect(&control, &client, "10.0.0.2", 53, true), 0);
	assert_u64(held_row(&control, &client).framed, 0);
	assert_u64(held_row(&control, &client).info.state, BERTH_TCP_ESTABLISHED);
	assert_int_equal(write(client.fd, "plain", 5), 5);
	assert_u64(receive_framed(&server, &framed), 5);
	assert_memory_equal(framed.payload, "plain", 5);
	send_framed(&server, "10.0.0.1", framed.header.remote.port, "reply", 5);
	assert_int_equal(read_within(client.fd, bytes, 16), 5);
	assert_memory_equal(bytes, "reply", 5);
	assert_int_equal(send(client.fd, "", 0, 0), 0);
	assert_u64(receive_framed(&server, &framed), 0);
	// Dissolved: headers again.
	ask_init(&ask, BERTH_VERB_CONNECT);
	ask.request.socket = client.identity;
	assert_int_equal(ask_do(&control, &ask), 0);
	assert_u64(held_row(&control, &client).framed, 1);
	send_framed(&client, "10.0.0.2", 53, "again", 5);
	assert_u64(receive_framed(&server, &framed), 5);
	close(client.fd);
	close(server.fd);
}

static void nobody_there_is_an_empty_message_and_an_error(void **state)
{
	struct held client = bound("a", NULL, 0);
	char bytes[16];

	(void)state;
	assert_int_equal(held_connect(&control, &client, "10.0.0.2", 9, true), 0);
	assert_int_equal(write(client.fd, "?", 1), 1);
	assert_int_equal(read_within(client.fd, bytes, 16), 0);
	assert_int_equal(held_row(&control, &client).info.error, ECONNREFUSED);
	assert_int_equal(held_take_error(&control, &client), ECONNREFUSED);
	assert_int_equal(held_take_error(&control, &client), 0);
	assert_int_equal(held_row(&control, &client).info.error, 0);
	assert_int_equal(poll_for(client.fd, POLLIN | POLLOUT, 0), POLLOUT);
	close(client.fd);
}

static void the_largest_datagram_arrives_whole(void **state)
{
	static struct framed framed;
	static uint8_t payload[65507];
	struct held client = bound("a", NULL, 0), server = bound("b", "10.0.0.2", 53);
	uint64_t seed = 11;

	(void)state;
	test_random_bytes(&seed, payload, sizeof(payload));
	// Fragments are not offered, so what does not fit is refused and told; what fits, goes.
	send_framed(&client, "10.0.0.2", 53, payload, 1472);
	assert_u64(receive_framed(&server, &framed), 1472);
	assert_memory_equal(framed.payload, payload, 1472);
	close(client.fd);
	close(server.fd);
}

static void a_slow_reader_loses_datagrams_and_nothing_else(void **state)
{
	static struct framed framed;
	struct held client = bound("a", NULL, 0), server = bound("b", "10.0.0.2", 53);
	uint8_t payload[1000];
	uint32_t received = 0, expected_at_least = 0, number, newest = 0;

	(void)state;
	memset(payload, 0x5a, sizeof(payload));
	for (uint32_t i = 1; i <= 5000; i++) {
		memcpy(payload, &i, sizeof(i));
		if (!(poll_for(client.fd, POLLOUT, 2000) & POLLOUT))
			fail();
		send_framed(&client, "10.0.0.2", 53, payload, sizeof(payload));
	}
	while (poll_for(server.fd, POLLIN, 300) & POLLIN) {
		assert_u64(receive_framed(&server, &framed), sizeof(payload));
		memcpy(&number, framed.payload, sizeof(number));
		assert_true(number > newest); // in order, none twice
		newest = number;
		received++;
	}
	assert_true(received > expected_at_least + 50);
	assert_true(received < 5000);
	// And it works on.
	send_framed(&client, "10.0.0.2", 53, "on", 2);
	assert_u64(receive_framed(&server, &framed), 2);
	close(client.fd);
	close(server.fd);
}

static void messages_that_are_no_datagrams_are_ignored(void **state)
{
	static struct framed framed;
	struct held client = bound("a", NULL, 0), server = bound("b", "10.0.0.2", 53);
	uint8_t rubbish[200];
	uint64_t seed = 5;

	(void)state;
	for (int i = 0; i < 200; i++) {
		test_random_bytes(&seed, rubbish, sizeof(rubbish));
		assert_true(send(client.fd, rubbish, test_random_below(&seed, 200), 0) >= 0);
	}
	send_framed(&client, "10.0.0.2", 53, "good", 4);
	assert_u64(receive_framed(&server, &framed), 4);
	close(client.fd);
	close(server.fd);
}

static void what_was_written_before_leaving_is_sent(void **state)
{
	static struct framed framed;
	struct held client = bound("a", NULL, 0), server = bound("b", "10.0.0.2", 53);

	(void)state;
	for (int i = 0; i < 10; i++)
		send_framed(&client, "10.0.0.2", 53, &"0123456789"[i], 1);
	close(client.fd);
	for (int i = 0; i < 10; i++) {
		assert_u64(receive_framed(&server, &framed), 1);
		assert_int_equal(framed.payload[0], '0' + i);
	}
	assert_true(held_row_becomes(&control, &client, BERTH_ROW_GONE));
	close(server.fd);
}

static int shut_down(const struct held *held, int how)
{
	struct ask ask;

	ask_init(&ask, BERTH_VERB_SHUTDOWN);
	ask.request.socket = held->identity;
	ask.request.number = how;
	return ask_do(&control, &ask);
}

static void shut_down_both_ways_it_is_held_until_it_is_closed(void **state)
{
	struct held client = bound("a", NULL, 0);
	char byte;

	(void)state;
	assert_int_equal(shut_down(&client, 2), ENOTCONN);
	assert_int_equal(held_connect(&control, &client, "10.0.0.2", 53, true), 0);
	assert_int_equal(shut_down(&client, 2), 0);
	assert_int_equal(read_within(client.fd, &byte, 1), 0);
	assert_int_equal(send(client.fd, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	poll(NULL, 0, 600); // as long as it is open it is there
	assert_u64(held_row(&control, &client).kind, BERTH_ROW_SOCKET);
	close(client.fd);
	assert_true(held_row_becomes(&control, &client, BERTH_ROW_GONE));
}

static void a_port_has_one_holder(void **state)
{
	struct held first = bound("b", "10.0.0.2", 53), second = bound("b", NULL, 0);
	struct ask ask;

	(void)state;
	ask_init(&ask, BERTH_VERB_BIND);
	ask.request.socket = second.identity;
	ask.request.endpoint = endpoint_of("10.0.0.2", 53);
	assert_int_equal(ask_do(&control, &ask), EADDRINUSE);
	assert_memory_equal(&ask.answer.holder, &first.identity, sizeof(first.identity));
	assert_non_null(strstr(ask.answer.message, "port 53/udp is held by "));
	close(first.fd);
	assert_true(held_row_becomes(&control, &first, BERTH_ROW_GONE));
	assert_int_equal(held_bind(&control, &second, "10.0.0.2", 53), 0);
	close(second.fd);
}

static void a_request_sees_what_was_sent_before_it(void **state)
{
	struct held client = bound("a", NULL, 0);
	struct ask ask;

	(void)state;
	send_framed(&client, "10.0.0.2", 53, "x", 1);
	ask_init(&ask, BERTH_VERB_QUEUES);
	ask.request.socket = client.identity;
	assert_int_equal(ask_do(&control, &ask), 0);
	assert_true(held_row(&control, &client).info.local.port != 0);
	close(client.fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(unconnected_datagrams_carry_their_addresses),
		TEST(connected_datagrams_are_the_payload_alone),
		TEST(nobody_there_is_an_empty_message_and_an_error),
		TEST(the_largest_datagram_arrives_whole),
		TEST(a_slow_reader_loses_datagrams_and_nothing_else),
		TEST(messages_that_are_no_datagrams_are_ignored),
		TEST(what_was_written_before_leaving_is_sent),
		TEST(shut_down_both_ways_it_is_held_until_it_is_closed),
		TEST(a_port_has_one_holder),
		TEST(a_request_sees_what_was_sent_before_it),
	};

	if (argc > 1)
		control_use_program(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
