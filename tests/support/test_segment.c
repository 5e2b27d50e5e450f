// SPDX-License-Identifier: MIT
//
// A computer made by hand.
#include "test_segment.h"

#include <errno.h>
#include <stdio.h>

#define TYPE_IPV4 0x0800u
#define TYPE_ARP 0x0806u
#define TYPE_IPV6 0x86ddu
#define ARP_REQUEST 1u
#define ARP_REPLY 2u
#define PROTOCOL_TCP 6u
#define WAIT_STEPS_MAX 100000

static const char flag_letters[] = "FSRPAU"; // bit 0 first

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

static uint32_t get16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

static uint32_t get32(const uint8_t *from)
{
	return get16(from) << 16 | get16(from + 2);
}

static bool is_ipv4(const struct test_frame *frame)
{
	return get16(frame->bytes + 12) == TYPE_IPV4;
}

uint8_t *test_peer_tcp(struct test_frame *frame)
{
	return frame->bytes + TEST_ETHERNET_BYTES + (is_ipv4(frame) ? 20 : 40);
}

void test_peer_sum(struct test_frame *frame)
{
	uint8_t *ip = frame->bytes + TEST_ETHERNET_BYTES, *tcp = test_peer_tcp(frame);
	uint32_t length = (uint32_t)(frame->bytes + frame->length - tcp), sum, i;
	const uint8_t *addresses = is_ipv4(frame) ? ip + 12 : ip + 8;
	uint32_t addresses_bytes = is_ipv4(frame) ? 8 : 32;

	put16(tcp + 16, 0);
	sum = PROTOCOL_TCP + length;
	for (i = 0; i < addresses_bytes; i += 2)
		sum += get16(addresses + i);
	put16(tcp + 16, test_checksum(sum, tcp, length));
}

static uint8_t flags_of(const char *letters)
{
	uint8_t flags = 0;

	for (; *letters; letters++) {
		const char *at = strchr(flag_letters, *letters);

		assert_non_null(at);
		flags |= (uint8_t)(1u << (at - flag_letters));
	}
	return flags;
}

static uint8_t *put_options(uint8_t *at, const struct test_peer *peer,
			    const struct test_segment *segment)
{
	uint8_t *begin = at;

	if (segment->mss) {
		*at++ = 2;
		*at++ = 4;
		put16(at, segment->mss);
		at += 2;
	}
	if (segment->has_window_scale) {
		*at++ = 3;
		*at++ = 3;
		*at++ = segment->window_scale;
	}
	if (segment->sack_permitted) {
		*at++ = 4;
		*at++ = 2;
	}
	if (segment->has_timestamps) {
		*at++ = 8;
		*at++ = 10;
		put32(at, segment->timestamp);
		put32(at + 4, segment->echo);
		at += 8;
	}
	if (segment->sack_count) {
		*at++ = 5;
		*at++ = (uint8_t)(2 + 8 * segment->sack_count);
		for (uint8_t i = 0; i < segment->sack_count; i++, at += 8) {
			put32(at, peer->host_isn + segment->sack[i][0]);
			put32(at + 4, peer->host_isn + segment->sack[i][1]);
		}
	}
	while ((at - begin) % 4)
		*at++ = 1;
	return at;
}

static uint8_t *put_tcp(uint8_t *tcp, const struct test_peer *peer,
			const struct test_segment *segment)
{
	uint32_t window = segment->window;
	uint8_t *end = put_options(tcp + 20, peer, segment);
	uint32_t first = segment->seq + (strchr(segment->flags, 'S') ? 1 : 0);

	if (!window && !segment->has_zero_window)
		window = 65535;
	put16(tcp, peer->peer_end.port);
	put16(tcp + 2, peer->host_end.port);
	put32(tcp + 4, peer->peer_isn + segment->seq);
	if (strchr(segment->flags, 'A'))
		put32(tcp + 8, peer->host_isn + segment->ack);
	tcp[12] = (uint8_t)((end - tcp) / 4 << 4);
	tcp[13] = flags_of(segment->flags);
	put16(tcp + 14, window);
	for (uint32_t i = 0; i < segment->length; i++)
		*end++ = (uint8_t)(first + i);
	return end;
}

void test_peer_build(const struct test_peer *peer, const struct test_segment *segment,
		     struct test_frame *frame)
{
	bool ipv4 = peer->peer_end.address.family == BERTH_FAMILY_IPV4;
	uint8_t *ip = frame->bytes + TEST_ETHERNET_BYTES, *end;

	memset(frame, 0, sizeof(*frame));
	memcpy(frame->bytes, peer->test.mac.byte, 6);
	memcpy(frame->bytes + 6, peer->mac.byte, 6);
	put16(frame->bytes + 12, ipv4 ? TYPE_IPV4 : TYPE_IPV6);
	end = put_tcp(ip + (ipv4 ? 20 : 40), peer, segment);
	frame->length = (uint32_t)(end - frame->bytes);
	if (ipv4) {
		ip[0] = 0x45;
		put16(ip + 2, (uint32_t)(end - ip));
		ip[6] = 0x40;
		ip[8] = 64;
		ip[9] = PROTOCOL_TCP;
		memcpy(ip + 12, peer->peer_end.address.byte, 4);
		memcpy(ip + 16, peer->host_end.address.byte, 4);
		put16(ip + 10, test_checksum(0, ip, 20));
	} else {
		ip[0] = 0x60;
		put16(ip + 4, (uint32_t)(end - ip - 40));
		ip[6] = PROTOCOL_TCP;
		ip[7] = 64;
		memcpy(ip + 8, peer->peer_end.address.byte, 16);
		memcpy(ip + 24, peer->host_end.address.byte, 16);
	}
	test_peer_sum(frame);
}

void test_peer_give(struct test_peer *peer, const struct test_segment *segment)
{
	struct test_frame frame;

	test_peer_build(peer, segment, &frame);
	test_give(&peer->test, &frame, peer->now);
}

static void parse_option(const uint8_t *at, const struct test_peer *peer,
			 struct test_segment *segment)
{
	switch (at[0]) {
	case 2:
		segment->mss = (uint16_t)get16(at + 2);
		break;
	case 3:
		segment->has_window_scale = true;
		segment->window_scale = at[2];
		break;
	case 4:
		segment->sack_permitted = true;
		break;
	case 5:
		segment->sack_count = (uint8_t)((at[1] - 2) / 8);
		assert_in_range(segment->sack_count, 1, 4);
		for (uint8_t i = 0; i < segment->sack_count; i++) {
			segment->sack[i][0] = get32(at + 2 + 8 * i) - peer->peer_isn;
			segment->sack[i][1] = get32(at + 6 + 8 * i) - peer->peer_isn;
		}
		break;
	case 8:
		segment->has_timestamps = true;
		segment->timestamp = get32(at + 2);
		segment->echo = get32(at + 6);
		break;
	default:
		fail_msg("option %d", at[0]);
	}
}

static const char *letters_of(uint8_t flags)
{
	static char words[16][8];
	static unsigned turn;
	char *to = words[turn++ % 16], *at = to;
	static const char order[] = "SFRPAU";

	for (const char *letter = order; *letter; letter++)
		if (flags & 1u << (strchr(flag_letters, *letter) - flag_letters))
			*at++ = *letter;
	*at = 0;
	return to;
}

static uint32_t packet_bytes(const struct test_frame *frame)
{
	const uint8_t *ip = frame->bytes + TEST_ETHERNET_BYTES;

	return is_ipv4(frame) ? get16(ip + 2) : 40 + get16(ip + 4);
}

static void assert_checksum_is_right(const struct test_frame *frame)
{
	struct test_frame again = *frame;

	test_peer_sum(&again);
	assert_memory_equal(&again, frame, sizeof(again));
}

// The host asks for our MAC, as every host does now and then.
static void answer_arp(struct test_peer *peer, const struct test_frame *question)
{
	struct test_frame answer = *question;
	uint8_t *arp = answer.bytes + TEST_ETHERNET_BYTES;

	if (get16(arp + 6) != ARP_REQUEST || memcmp(arp + 24, peer->peer_end.address.byte, 4) != 0)
		return;
	memcpy(answer.bytes, question->bytes + 6, 6);
	memcpy(answer.bytes + 6, peer->mac.byte, 6);
	put16(arp + 6, ARP_REPLY);
	memcpy(arp + 18, question->bytes + TEST_ETHERNET_BYTES + 8, 10); // to whoever asked
	memcpy(arp + 8, peer->mac.byte, 6);
	memcpy(arp + 14, peer->peer_end.address.byte, 4);
	test_give(&peer->test, &answer, peer->now);
}

// The next frame that carries TCP.
static bool take_packet(struct test_peer *peer, struct test_frame *frame)
{
	while (test_take(&peer->test, frame, peer->now)) {
		const uint8_t *ip = frame->bytes + TEST_ETHERNET_BYTES;
		uint32_t type = get16(frame->bytes + 12);

		if (type == TYPE_ARP)
			answer_arp(peer, frame);
		else if (ip[type == TYPE_IPV4 ? 9 : 6] == PROTOCOL_TCP)
			return true;
	}
	return false;
}

bool test_peer_take(struct test_peer *peer, struct test_segment *ret_segment)
{
	struct test_segment segment = {0};
	struct test_frame *frame = &peer->last;
	uint32_t header, i;
	uint8_t *tcp;

	if (!take_packet(peer, frame))
		return false;
	frame->length = TEST_ETHERNET_BYTES + packet_bytes(frame); // padding, if any, is not ours
	assert_checksum_is_right(frame);
	tcp = test_peer_tcp(frame);
	assert_int_equal(get16(tcp), peer->host_end.port);
	assert_int_equal(get16(tcp + 2), peer->peer_end.port);
	header = (uint32_t)(tcp[12] >> 4) * 4;
	if ((tcp[13] & 0x02) != 0)
		peer->host_isn = get32(tcp + 4);
	segment.flags = letters_of(tcp[13]);
	segment.seq = get32(tcp + 4) - peer->host_isn;
	segment.ack = tcp[13] & 0x10 ? get32(tcp + 8) - peer->peer_isn : 0;
	segment.window = get16(tcp + 14);
	segment.length = (uint32_t)(frame->bytes + frame->length - tcp) - header;
	for (i = 20; i < header; i += tcp[i] <= 1 ? 1 : tcp[i + 1])
		if (tcp[i] > 1)
			parse_option(tcp + i, peer, &segment);
	*ret_segment = segment;
	return true;
}

void test_peer_expect_at(struct test_peer *peer, const char *flags, uint32_t seq, uint32_t ack,
			 uint32_t length, const char *file, int line)
{
	struct test_segment segment;

	if (!test_peer_take(peer, &segment)) {
		print_error("%s:%d: nothing, not %s seq %u ack %u length %u\n", file, line, flags,
			    seq, ack, length);
		_fail(file, line);
	}
	if (strcmp(segment.flags, flags) != 0 || segment.seq != seq || segment.ack != ack ||
	    segment.length != length) {
		print_error("%s:%d: %s seq %u ack %u length %u, not %s seq %u ack %u length %u\n",
			    file, line, segment.flags, segment.seq, segment.ack, segment.length,
			    flags, seq, ack, length);
		_fail(file, line);
	}
}

void test_peer_expect_nothing_at(struct test_peer *peer, const char *file, int line)
{
	struct test_segment segment;

	if (!test_peer_take(peer, &segment))
		return;
	print_error("%s:%d: %s seq %u ack %u length %u, not nothing\n", file, line, segment.flags,
		    segment.seq, segment.ack, segment.length);
	_fail(file, line);
}

void test_peer_wait(struct test_peer *peer, uint64_t duration_ns)
{
	uint64_t end = peer->now + duration_ns;

	for (int step = 0;; step++) {
		uint64_t deadline = berth_host_deadline(peer->test.host);

		assert_in_range(step, 0, WAIT_STEPS_MAX);
		if (deadline == 0 || deadline > end)
			break;
		// A real neighbour would answer when asked whether it is still there. Nothing of
		// the host waits now, so nothing is lost.
		test_teach(&peer->test, &peer->peer_end.address, &peer->mac, peer->now);
		peer->now = deadline > peer->now ? deadline : peer->now;
		berth_host_advance(peer->test.host, peer->now);
	}
	peer->now = end;
	berth_host_advance(peer->test.host, end);
}

static void open_with(struct test_peer *peer, const struct test_host_options *options,
		      const char *host, const char *address)
{
	memset(peer, 0, sizeof(*peer));
	peer->now = TEST_S;
	peer->peer_isn = TEST_PEER_ISN;
	test_host_open(&peer->test, 1, options);
	peer->mac = peer->test.mac;
	peer->mac.byte[5] = 2;
	peer->host_end = test_endpoint(host, TEST_PORT);
	peer->peer_end = test_endpoint(address, TEST_PEER_PORT);
	test_teach(&peer->test, &peer->peer_end.address, &peer->mac, peer->now);
}

void test_peer_open(struct test_peer *peer, const struct test_host_options *options)
{
	open_with(peer, options, "10.0.0.1", "10.0.0.2");
}

void test_peer_open_ipv6(struct test_peer *peer, const struct test_host_options *options)
{
	open_with(peer, options, "fd00::1", "fd00::2");
}

void test_peer_close(struct test_peer *peer)
{
	test_host_close(&peer->test);
	assert_u64(test_allocated_bytes(), 0);
}

berth_socket test_peer_listen(struct test_peer *peer, int backlog)
{
	berth_socket socket =
		test_bound(&peer->test, (enum berth_family)peer->host_end.address.family,
			   BERTH_PROTOCOL_TCP, "", TEST_PORT);

	assert_int_equal(berth_socket_listen(peer->test.host, socket, backlog, peer->now), 0);
	return socket;
}

berth_socket test_peer_accept(struct test_peer *peer, berth_socket listener)
{
	berth_socket socket = 0;
	int result = berth_socket_accept(peer->test.host, listener, &socket, NULL, peer->now);

	if (result == -EAGAIN)
		return 0;
	assert_int_equal(result, 0);
	return socket;
}

berth_socket test_peer_connected(struct test_peer *peer)
{
	berth_socket listener = test_peer_listen(peer, 16), socket;

	test_peer_give(peer, &(struct test_segment){.flags = "S", .mss = 1460});
	test_peer_expect(peer, "SA", 0, 1, 0);
	test_peer_give(peer, &(struct test_segment){.flags = "A", .seq = 1, .ack = 1});
	socket = test_peer_accept(peer, listener);
	assert_int_not_equal(socket, 0);
	test_peer_expect_nothing(peer);
	return socket;
}

berth_socket test_peer_connected_modern(struct test_peer *peer)
{
	berth_socket listener = test_peer_listen(peer, 16), socket;
	struct test_segment syn_ack;

	test_peer_give(peer, &(struct test_segment){.flags = "S",
						    .mss = 1460,
						    .has_window_scale = true,
						    .window_scale = 7,
						    .sack_permitted = true,
						    .has_timestamps = true,
						    .timestamp = 100});
	assert_true(test_peer_take(peer, &syn_ack));
	assert_string_equal(syn_ack.flags, "SA");
	assert_u64(syn_ack.echo, 100);
	test_peer_give(peer, &(struct test_segment){.flags = "A",
						    .seq = 1,
						    .ack = 1,
						    .has_timestamps = true,
						    .timestamp = 100,
						    .echo = syn_ack.timestamp});
	socket = test_peer_accept(peer, listener);
	assert_int_not_equal(socket, 0);
	test_peer_expect_nothing(peer);
	return socket;
}

berth_socket test_peer_connecting(struct test_peer *peer)
{
	berth_socket socket = test_socket(
		&peer->test, (enum berth_family)peer->host_end.address.family, BERTH_PROTOCOL_TCP);
	struct berth_endpoint local;

	assert_int_equal(berth_socket_connect(peer->test.host, socket, &peer->peer_end, peer->now),
			 -EINPROGRESS);
	assert_int_equal(berth_socket_local(peer->test.host, socket, &local), 0);
	peer->host_end.port = local.port;
	test_peer_expect(peer, "S", 0, 0, 0);
	return socket;
}

enum berth_tcp_state test_peer_state(struct test_peer *peer, berth_socket socket)
{
	struct berth_connection_info info;

	assert_int_equal(berth_inspect_socket(peer->test.host, socket, &info), 0);
	return (enum berth_tcp_state)info.state;
}

void test_assert_state_at(struct test_peer *peer, berth_socket socket,
			  enum berth_tcp_state expected, const char *file, int line)
{
	enum berth_tcp_state state = test_peer_state(peer, socket);

	if (state == expected)
		return;
	print_error("%s:%d: %s, not %s\n", file, line, berth_tcp_state_name(state),
		    berth_tcp_state_name(expected));
	_fail(file, line);
}

int test_peer_error(struct test_peer *peer, berth_socket socket)
{
	int error = -1;
	size_t length = sizeof(error);

	assert_int_equal(berth_socket_get_option(peer->test.host, socket, BERTH_SOL_SOCKET,
						 BERTH_SO_ERROR, &error, &length, peer->now),
			 0);
	return error;
}

void test_peer_set_int(struct test_peer *peer, berth_socket socket, int level, int name, int value)
{
	assert_int_equal(berth_socket_set_option(peer->test.host, socket, level, name, &value,
						 sizeof(value), peer->now),
			 0);
}

void test_peer_send(struct test_peer *peer, berth_socket socket, uint32_t length)
{
	static uint8_t bytes[65536];

	assert_in_range(length, 1, sizeof(bytes));
	assert_int_equal(berth_socket_send(peer->test.host, socket, bytes, length, 0, peer->now),
			 length);
}

void test_peer_read(struct test_peer *peer, berth_socket socket, uint32_t first, uint32_t length)
{
	static uint8_t bytes[65536];

	assert_int_equal(berth_socket_receive(peer->test.host, socket, bytes, length, peer->now),
			 length);
	for (uint32_t i = 0; i < length; i++)
		assert_int_equal(bytes[i], (uint8_t)(first + i));
}

void test_peer_shutdown(struct test_peer *peer, berth_socket socket, enum berth_shutdown how)
{
	assert_int_equal(berth_socket_shutdown(peer->test.host, socket, how, peer->now), 0);
}

void test_peer_let_go(struct test_peer *peer, berth_socket socket)
{
	assert_int_equal(berth_socket_close(peer->test.host, socket, peer->now), 0);
}

struct berth_counters test_peer_counters(const struct test_peer *peer)
{
	struct berth_counters counters;

	berth_inspect_counters(peer->test.host, &counters);
	return counters;
}
