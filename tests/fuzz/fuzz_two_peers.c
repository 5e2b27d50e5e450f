// SPDX-License-Identifier: MIT
//
// Two hosts, and between them a wire that the input mangles: each frame is delivered, dropped,
// doubled, delayed or has a bit flipped. What one reads is always what the other wrote; and once
// the input is used up the wire is perfect, so that everything arrives and both ends come to rest.
//
// Input: twelve bytes of what is to happen, then a byte a frame (more for some fates).
#include <berth/berth.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/base/assertion.h"
#include "../../lib/base/numbers.h"
#include "../../lib/host/host_internal.h"
#include "../../lib/tcp/tcp_conn.h"
#include "../../lib/tcp/tcp_layer.h"
#include "fuzz.h"
#include "fuzz_packets.h"

#define UNDER_WAY_MAX 128u
#define ROUNDS_MAX 20000u
#define IDLE_MAX 64u
#define DROPS_TO_FAIL 6u // fewer cannot end a connection by time-out
#define DELAY_NS 1000000u
#define TALK_LIMIT_NS UINT64_C(4000000000000)

struct under_way {
	uint8_t *bytes;
	struct berth_frame facts;
	unsigned to;
	uint64_t at;
};

struct end {
	struct berth_host *host;
	berth_socket socket;
	uint64_t to_send, sent, received, to_receive;
	bool has_shut, has_fin, has_failed, is_connected;
};

static struct {
	const uint8_t *at, *end_at;
	uint64_t now;
	uint64_t held_bytes;
	struct end ends[2];
	berth_socket listener;
	struct under_way under_way[UNDER_WAY_MAX];
	unsigned under_way_count;
	unsigned dropped;
	unsigned read_most;
	bool is_perfect;
} wire;

static uint8_t take8(void)
{
	return wire.at < wire.end_at ? *wire.at++ : 0;
}

static uint32_t take16(void)
{
	uint32_t high = take8();

	return high << 8 | take8();
}

static uint8_t byte_of(unsigned from, uint64_t offset)
{
	return (uint8_t)((offset * 2654435761u + from * 97u) >> 13);
}

static void *acquire(void *context, size_t size)
{
	(void)context;
	wire.held_bytes += size;
	return malloc(size);
}

static void release(void *context, void *memory, size_t size)
{
	(void)context;
	ASSERT(size <= wire.held_bytes);
	wire.held_bytes -= size;
	free(memory);
}

// --- the wire ------------------------------------------------------------------------------------

static void put_under_way(const uint8_t *bytes, const struct berth_frame *facts, unsigned to,
			  uint64_t at)
{
	struct under_way *one = &wire.under_way[wire.under_way_count];

	if (wire.under_way_count == UNDER_WAY_MAX) {
		wire.dropped++;
		return;
	}
	wire.under_way_count++;
	one->bytes = malloc(facts->length);
	memcpy(one->bytes, bytes, facts->length);
	one->facts = *facts;
	one->facts.slice_count = 1;
	one->facts.slice[0].data = one->bytes;
	one->facts.slice[0].length = facts->length;
	one->to = to;
	one->at = at;
}

// A flipped bit is caught by a checksum, where there is one: not in ARP, not in what is summed
// later.
static void mangle(struct fuzz_frame *frame, const struct berth_frame *facts)
{
	uint32_t bit = take16() << 8 | take8();
	bool has_sum = facts->checksum == BERTH_CHECKSUM_UNKNOWN &&
		       !(frame->bytes[12] == 8 && frame->bytes[13] == 6);

	bit %= 8 * facts->length;
	if (has_sum)
		frame->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void send_over(const struct berth_frame *sent, unsigned to)
{
	static struct fuzz_frame frame;
	uint64_t at = wire.now + DELAY_NS;
	uint8_t fate = wire.is_perfect ? 0 : take8();

	fuzz_take_frame(sent, &frame);
	wire.is_perfect |= wire.at == wire.end_at;
	switch (fate & 7) {
	case 1:
	case 2:
		wire.dropped++;
		return;
	case 3:
		put_under_way(frame.bytes, sent, to, at + (fate >> 3) * 300000u);
		break;
	case 4:
		at += (uint64_t)(fate >> 3) * DELAY_NS;
		break;
	case 5:
		at += (uint64_t)(1 + (fate >> 3)) * 100 * DELAY_NS;
		break;
	case 6:
		mangle(&frame, sent);
		wire.dropped++;
		break;
	default:
		break;
	}
	put_under_way(frame.bytes, sent, to, at);
}

static bool carry_out(unsigned from)
{
	struct berth_frame frames[8];
	size_t count = berth_host_transmit(wire.ends[from].host, frames, 8, wire.now);

	for (size_t i = 0; i < count; i++)
		send_over(&frames[i], !from);
	return count > 0;
}

// What has arrived by now, in the order it was sent.
static bool carry_in(void)
{
	bool any = false;

	for (unsigned i = 0; i < wire.under_way_count;) {
		struct under_way one = wire.under_way[i];

		if (one.at > wire.now) {
			i++;
			continue;
		}
		memmove(&wire.under_way[i], &wire.under_way[i + 1],
			(--wire.under_way_count - i) * sizeof(one));
		berth_host_receive(wire.ends[one.to].host, &one.facts, 1, wire.now);
		free(one.bytes);
		any = true;
	}
	return any;
}

// --- the talk ------------------------------------------------------------------------------------

static void fail(struct end *end)
{
	ASSERT(wire.dropped >= DROPS_TO_FAIL);
	end->has_failed = true;
}

static void read_bytes(unsigned which)
{
	static uint8_t bytes[65536];
	struct end *end = &wire.ends[which];

	while (!end->has_fin && !end->has_failed) {
		int64_t count = berth_socket_receive(end->host, end->socket, bytes, wire.read_most,
						     wire.now);

		if (count == -EAGAIN)
			return;
		if (count < 0) {
			fail(end);
			return;
		}
		for (int64_t i = 0; i < count; i++)
			ASSERT(bytes[i] == byte_of(!which, end->received + (uint64_t)i));
		end->received += (uint64_t)count;
		ASSERT(end->received <= end->to_receive);
		end->has_fin = count == 0;
		if (end->has_fin)
			ASSERT(end->received == end->to_receive);
	}
}

static void write_bytes(unsigned which)
{
	static uint8_t bytes[8192];
	struct end *end = &wire.ends[which];

	while (end->sent < end->to_send && !end->has_failed) {
		uint64_t left = end->to_send - end->sent;
		size_t length = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
		int64_t count;

		for (size_t i = 0; i < length; i++)
			bytes[i] = byte_of(which, end->sent + i);
		count = berth_socket_send(end->host, end->socket, bytes, length, 0, wire.now);
		if (count == -EAGAIN)
			return;
		if (count < 0) {
			fail(end);
			return;
		}
		end->sent += (uint64_t)count;
	}
	if (!end->has_shut && !end->has_failed) {
		ASSERT(berth_socket_shutdown(end->host, end->socket, BERTH_SHUTDOWN_WRITE,
					     wire.now) == 0);
		end->has_shut = true;
	}
}

static void act(unsigned which)
{
	struct end *end = &wire.ends[which];

	if (!end->is_connected || end->has_failed)
		return;
	read_bytes(which);
	write_bytes(which);
}

static void hear_news(unsigned which)
{
	struct end *end = &wire.ends[which];
	struct berth_event event;

	while (berth_host_next_event(end->host, &event)) {
		if (event.what & BERTH_EVENT_ACCEPTABLE) {
			if (!end->socket && berth_socket_accept(end->host, wire.listener,
								&end->socket, NULL, wire.now) == 0)
				end->is_connected = true;
			continue;
		}
		if (event.what & (BERTH_EVENT_ERROR | BERTH_EVENT_RESET))
			fail(end);
		else if (event.what & BERTH_EVENT_WRITABLE)
			end->is_connected = true;
	}
	act(which);
}

static void check(unsigned which)
{
	struct tcp_layer *tcp = wire.ends[which].host->tcp;
	struct list_node *node;

	for (node = list_first(&tcp->all); node; node = list_after(&tcp->all, node))
		tcp_check(tcp, CONTAINER_OF(node, struct tcp_conn, all_node));
}

// true: something moved.
static bool settle(void)
{
	unsigned rounds;
	bool moves = true;

	for (rounds = 0; moves; rounds++) {
		ASSERT(rounds < ROUNDS_MAX);
		moves = carry_out(0);
		moves |= carry_out(1);
		moves |= carry_in();
		hear_news(0);
		hear_news(1);
		moves |= berth_host_deadline(wire.ends[0].host) == 0 ||
			 berth_host_deadline(wire.ends[1].host) == 0;
	}
	check(0);
	check(1);
	return rounds > 1;
}

static uint64_t next_deadline(void)
{
	uint64_t next = berth_host_deadline(wire.ends[0].host);
	uint64_t other = berth_host_deadline(wire.ends[1].host);

	next = other < next ? other : next;
	for (unsigned i = 0; i < wire.under_way_count; i++)
		next = wire.under_way[i].at < next ? wire.under_way[i].at : next;
	return next;
}

// Both have ended, or one has given up, and the other may wait for ever.
static bool is_over(void)
{
	bool is_done = true;

	for (unsigned which = 0; which < 2; which++) {
		if (wire.ends[which].has_failed)
			return true;
		is_done &= wire.ends[which].has_fin && wire.ends[which].has_shut;
	}
	return is_done;
}

static void show(void)
{
	char text[2000];

	for (unsigned which = 0; which < 2; which++) {
		const struct end *end = &wire.ends[which];

		fprintf(stderr, "sent %llu of %llu, heard %llu of %llu%s%s%s\n%s\n",
			(unsigned long long)end->sent, (unsigned long long)end->to_send,
			(unsigned long long)end->received, (unsigned long long)end->to_receive,
			end->has_shut ? ", shut" : "", end->has_fin ? ", heard FIN" : "",
			end->has_failed ? ", failed" : "",
			berth_inspect_dump(end->host, end->socket, text, sizeof(text), wire.now));
	}
}

static void run_until(uint64_t end_at, bool until_over)
{
	unsigned idle = 0;

	settle();
	while (!until_over || !is_over()) {
		uint64_t next = next_deadline();

		if (until_over && next == BERTH_NEVER) // standing still
			show();
		ASSERT(!until_over || next != BERTH_NEVER);
		if (next > end_at)
			break;
		idle = next > wire.now ? 0 : idle + 1;
		ASSERT(idle < IDLE_MAX);
		wire.now = next > wire.now ? next : wire.now;
		berth_host_advance(wire.ends[0].host, wire.now);
		berth_host_advance(wire.ends[1].host, wire.now);
		if (settle())
			idle = 0;
	}
	if (until_over && !is_over())
		show();
	ASSERT(!until_over || is_over());
}

// --- the two -------------------------------------------------------------------------------------

static void make_host(unsigned which, uint8_t choice)
{
	struct berth_config config = {.allocator = {acquire, release, NULL}, .seed = {which, 7}};
	struct berth_interface_config interface = {.name = "eth0", .offloads = choice & 15};
	struct berth_address ipv4 = berth_ipv4(10, 0, 0, (uint8_t)(which + 1)), ipv6;

	config.congestion = choice & 16 ? "reno" : "cubic";
	config.time_wait_ns = TALK_LIMIT_NS; // the other may need very long
	config.tcp_receive_bytes_max = 4096u << take8() % 8;
	config.tcp_send_bytes_max = 4096u << take8() % 8;
	config.queued_packets_max = UNDER_WAY_MAX / 4;
	interface.mtu = (uint16_t)(1280 + (take8() & 7) * 600);
	interface.mac.byte[0] = 2;
	interface.mac.byte[5] = (uint8_t)(which + 1);
	memset(&ipv6, 0, sizeof(ipv6));
	ipv6.family = BERTH_FAMILY_IPV6;
	ipv6.byte[0] = 0xfd;
	ipv6.byte[15] = (uint8_t)(which + 1);
	wire.ends[which].host = berth_host_new(&config);
	ASSERT(wire.ends[which].host);
	ASSERT(berth_host_add_interface(wire.ends[which].host, &interface) == 0);
	ASSERT(berth_host_add_address(wire.ends[which].host, 0, &ipv4, 24) == 0);
	ASSERT(berth_host_add_address(wire.ends[which].host, 0, &ipv6, 64) == 0);
}

// They know each other before anything is lost.
static void introduce(void)
{
	struct fuzz_frame frame;
	struct berth_frame given;

	for (uint8_t which = 0; which < 2; which++) {
		memset(&given, 0, sizeof(given));
		fuzz_build_arp(&frame, 2 - which, 1 + which, 1);
		given.slice[0].data = frame.bytes;
		given.slice[0].length = given.length = frame.length;
		given.slice_count = 1;
		berth_host_receive(wire.ends[which].host, &given, 1, wire.now);
	}
}

static void begin_talk(uint8_t choice)
{
	struct berth_endpoint local = {.port = 7}, to = {.port = 7};
	struct end *client = &wire.ends[0], *server = &wire.ends[1];
	int bytes = 1 + (int)take16(), one = 1;

	to.address = berth_ipv4(10, 0, 0, 2);
	client->to_send = server->to_receive = take16();
	server->to_send = client->to_receive = take16();
	wire.read_most = 1 + (choice & 32 ? 65535u : 700u);
	ASSERT(berth_socket_open(server->host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP,
				 &wire.listener) == 0);
	ASSERT(berth_socket_open(client->host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP,
				 &client->socket) == 0);
	if (choice & 64)
		berth_socket_set_option(server->host, wire.listener, BERTH_SOL_SOCKET,
					BERTH_SO_RCVBUF, &bytes, sizeof(bytes), wire.now);
	if (choice & 128)
		berth_socket_set_option(client->host, client->socket, BERTH_IPPROTO_TCP,
					BERTH_TCP_NODELAY, &one, sizeof(one), wire.now);
	ASSERT(berth_socket_bind(server->host, wire.listener, &local, NULL) == 0);
	ASSERT(berth_socket_listen(server->host, wire.listener, 5, wire.now) == 0);
	ASSERT(berth_socket_connect(client->host, client->socket, &to, wire.now) == -EINPROGRESS);
}

static void end_talk(void)
{
	struct berth_counters counters;
	bool has_failed = wire.ends[0].has_failed || wire.ends[1].has_failed;

	for (unsigned which = 0; which < 2; which++)
		berth_socket_close(wire.ends[which].host, wire.ends[which].socket, wire.now);
	berth_socket_close(wire.ends[1].host, wire.listener, wire.now);
	run_until(wire.now + 2 * TALK_LIMIT_NS, false);
	for (unsigned which = 0; which < 2; which++) {
		berth_inspect_counters(wire.ends[which].host, &counters);
		ASSERT(counters.tcp_connections == 0 && counters.tcp_embryos == 0);
		ASSERT(has_failed || counters.tcp_remnants == 0);
		berth_host_free(wire.ends[which].host);
	}
	while (wire.under_way_count > 0)
		free(wire.under_way[--wire.under_way_count].bytes);
	ASSERT(wire.held_bytes == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t choice;

	memset(&wire, 0, sizeof(wire));
	wire.at = data;
	wire.end_at = data + size;
	wire.now = 1000000000;
	choice = take8();
	make_host(0, choice);
	make_host(1, choice);
	introduce();
	begin_talk(choice);
	run_until(wire.now + TALK_LIMIT_NS, true);
	end_talk();
	return 0;
}
