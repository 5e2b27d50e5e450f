// SPDX-License-Identifier: MIT
//
// A whole host under fire: any frames, any calls, any times, memory that fails. It must never
// break, never hold more memory than its limits allow, never spin, and never send what no frame may
// be.
//
// Input: one byte of offloads, then steps: operation, length, so many bytes. The other computers
// are made by hand (fuzz_packets.c); they see what the host sends and know its sequence numbers, so
// that segments reach deep into its connections.
#include <berth/berth.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/base/assertion.h"
#include "../../lib/base/numbers.h"
#include "../../lib/host/host_internal.h"
#include "../../lib/tcp/tcp_conn.h"
#include "../../lib/tcp/tcp_layer.h"
#include "fuzz.h"
#include "fuzz_packets.h"

#define STEPS_MAX 400u
#define SOCKETS_MAX 32u
#define FLOWS_MAX 16u
#define MEMORY_MAX (24u << 20)
#define DEADLINES_MAX 500u // of one jump
#define IDLE_MAX 64u       // deadlines in a row that come to nothing
#define TRANSMITS_MAX 20000u
#define NOW_MAX (UINT64_C(1) << 60)

enum operation {
	OP_RAW_FRAME,
	OP_FACTS_FRAME,
	OP_PACKET,
	OP_SEGMENT,
	OP_DATAGRAM,
	OP_ERROR,
	OP_ARP,
	OP_TIME,
	OP_OPEN,
	OP_BIND,
	OP_LISTEN,
	OP_CONNECT,
	OP_ACCEPT,
	OP_SEND,
	OP_RECEIVE,
	OP_OPTION,
	OP_SHUTDOWN,
	OP_CLOSE,
	OP_ABORT,
	OP_MEMORY,
	OP_INSPECT,
	OP_COUNT,
};

// A connection as the other computer sees it.
struct flow {
	bool is_ipv6;
	uint16_t host_port, peer_port;
	uint32_t host_next; // what the host will send next
	uint32_t host_ack;  // what it wants next
};

struct fire {
	struct berth_host *host;
	uint64_t now;
	uint64_t held_bytes;
	uint64_t refuse_from; // acquisitions from this one on are refused; 0: none
	uint64_t acquisitions;
	berth_socket sockets[SOCKETS_MAX];
	unsigned socket_next;
	struct flow flows[FLOWS_MAX];
	unsigned flow_count, flow_next;
	struct fuzz_frame frame, last_sent;
};

static struct fire fire;

struct input {
	const uint8_t *at, *end;
};

static uint8_t take8(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

static uint16_t take16(struct input *input)
{
	uint8_t high = take8(input);

	return (uint16_t)(high << 8 | take8(input));
}

static uint32_t left_in(const struct input *input)
{
	return (uint32_t)(input->end - input->at);
}

// --- memory --------------------------------------------------------------------------------------

static void *acquire(void *context, size_t size)
{
	(void)context;
	fire.acquisitions++;
	if (fire.refuse_from && fire.acquisitions >= fire.refuse_from)
		return NULL;
	fire.held_bytes += size;
	return malloc(size);
}

static void release(void *context, void *memory, size_t size)
{
	(void)context;
	ASSERT(size <= fire.held_bytes);
	fire.held_bytes -= size;
	free(memory);
}

// --- what the host sends, and whether it is sound ------------------------------------------------

static struct flow *find_flow(bool is_ipv6, uint16_t host_port, uint16_t peer_port)
{
	struct flow *flow;

	for (unsigned i = 0; i < fire.flow_count; i++)
		if (fire.flows[i].is_ipv6 == is_ipv6 && fire.flows[i].host_port == host_port &&
		    fire.flows[i].peer_port == peer_port)
			return &fire.flows[i];
	flow = &fire.flows[fire.flow_next++ % FLOWS_MAX];
	if (fire.flow_count < FLOWS_MAX)
		fire.flow_count++;
	*flow = (struct flow){.is_ipv6 = is_ipv6, .host_port = host_port, .peer_port = peer_port};
	return flow;
}

static void note_sent(const struct berth_frame *sent)
{
	struct fuzz_segment segment;
	struct flow *flow;

	fuzz_take_frame(sent, &fire.last_sent);
	if (!fuzz_read_segment(&fire.last_sent, &segment) || (segment.flags & 4))
		return;
	flow = find_flow(segment.is_ipv6, segment.source_port, segment.target_port);
	flow->host_next = segment.seq + segment.payload_bytes + (segment.flags & 1) +
			  ((segment.flags & 2) != 0);
	flow->host_ack = segment.ack;
}

static void check_connections(void)
{
	struct tcp_layer *tcp = fire.host->tcp;
	struct list_node *node;

	for (node = list_first(&tcp->all); node; node = list_after(&tcp->all, node))
		tcp_check(tcp, CONTAINER_OF(node, struct tcp_conn, all_node));
}

static void remember_socket(berth_socket socket)
{
	fire.sockets[fire.socket_next++ % SOCKETS_MAX] = socket;
}

static void hear_news(void)
{
	struct berth_event event;
	unsigned count = 0;

	while (berth_host_next_event(fire.host, &event)) {
		ASSERT(event.socket != 0);
		ASSERT(event.what != 0);
		ASSERT(++count <= 2 * SOCKETS_MAX + 64);
	}
}

// Take everything the host has. true: there was something.
static bool drain(void)
{
	struct berth_frame frames[4];
	unsigned rounds = 0;
	size_t count;

	while ((count = berth_host_transmit(fire.host, frames, 1 + rounds % 4, fire.now)) > 0) {
		for (size_t i = 0; i < count; i++)
			note_sent(&frames[i]);
		ASSERT(++rounds < TRANSMITS_MAX);
	}
	// A host that speaks to itself may need several calls; but it comes to rest.
	while (berth_host_deadline(fire.host) == 0) {
		count = berth_host_transmit(fire.host, frames, 4, fire.now);
		for (size_t i = 0; i < count; i++)
			note_sent(&frames[i]);
		ASSERT(++rounds < TRANSMITS_MAX);
	}
	hear_news();
	check_connections();
	ASSERT(fire.held_bytes <= MEMORY_MAX);
	return rounds > 0;
}

static void let_time_pass(uint64_t until)
{
	unsigned steps, idle = 0;

	for (steps = 0; steps < DEADLINES_MAX; steps++) {
		uint64_t deadline = berth_host_deadline(fire.host);

		if (deadline > until)
			break;
		idle = deadline > fire.now ? 0 : idle + 1;
		ASSERT(idle < IDLE_MAX);
		if (deadline > fire.now)
			fire.now = deadline;
		berth_host_advance(fire.host, fire.now);
		if (drain())
			idle = 0;
	}
	fire.now = until > fire.now ? until : fire.now;
	berth_host_advance(fire.host, fire.now);
	drain();
}

// --- frames --------------------------------------------------------------------------------------

static void give(const uint8_t *bytes, uint32_t length, struct berth_frame facts)
{
	uint8_t *copy =
		malloc(length ? length : 1); // its own size, so that reading past it is noticed

	memcpy(copy, bytes, length);
	facts.slice[0].data = copy;
	facts.slice[0].length = length;
	facts.slice_count = 1;
	facts.length = length;
	berth_host_receive(fire.host, &facts, 1, fire.now);
	free(copy);
}

static void give_built(void)
{
	give(fire.frame.bytes, fire.frame.length, (struct berth_frame){0});
}

static void raw_frame(struct input *input)
{
	give(input->at, left_in(input), (struct berth_frame){0});
}

static void facts_frame(struct input *input)
{
	struct berth_frame facts = {.interface_index = take8(input) % 3};

	facts.checksum = take8(input) % 3;
	facts.segmentation = take8(input) % 4;
	facts.segment_bytes = take16(input);
	give(input->at, left_in(input), facts);
}

static void packet(struct input *input)
{
	uint8_t from = take8(input), protocol = take8(input);

	fuzz_build_packet(&fire.frame, from & 3, 1, from & 4, protocol, input->at, left_in(input));
	give_built();
}

// A segment near what a flow expects; the flow is one the host speaks in, or a new one.
static void segment(struct input *input)
{
	uint8_t choice = take8(input), deltas = take8(input);
	const struct flow *flow;
	struct fuzz_segment segment = {0};
	struct flow fresh = {.is_ipv6 = choice & 1,
			     .host_port = choice & 2 ? 80 : 81,
			     .peer_port = (uint16_t)(4000 + (choice >> 2 & 3))};

	flow = choice & 0x80 || fire.flow_count == 0 ? &fresh
						     : &fire.flows[(choice >> 2) % fire.flow_count];
	segment.is_ipv6 = flow->is_ipv6;
	segment.source_port = flow->peer_port;
	segment.target_port = flow->host_port;
	segment.flags = take8(input);
	segment.window = take16(input);
	segment.seq = flow->host_ack;
	segment.ack = flow->host_next;
	if (deltas & 1)
		segment.seq += (uint32_t)(int32_t)(int16_t)take16(input);
	if (deltas & 2)
		segment.ack += (uint32_t)(int32_t)(int16_t)take16(input);
	if (deltas & 4)
		segment.seq += (uint32_t)take16(input) << 16;
	if (deltas & 8)
		segment.ack += (uint32_t)take16(input) << 16;
	segment.option_bytes = (uint8_t)((deltas >> 4) % 11 * 4);
	if (segment.option_bytes > left_in(input))
		segment.option_bytes = (uint8_t)(left_in(input) & ~3u);
	segment.options = input->at;
	input->at += segment.option_bytes;
	segment.payload = input->at;
	segment.payload_bytes = left_in(input);
	fuzz_build_segment(&fire.frame, 2, 1, &segment);
	give_built();
}

static void datagram(struct input *input)
{
	uint8_t choice = take8(input);
	uint8_t bytes[300] = {0x20, 0x01, 0, (uint8_t)(53 + (choice & 1))};
	uint32_t length = left_in(input) < 290 ? left_in(input) : 290;

	bytes[5] = (uint8_t)(8 + length);
	bytes[4] = (uint8_t)((8 + length) >> 8);
	memcpy(bytes + 8, input->at, length);
	fuzz_build_packet(&fire.frame, 2, 1, choice & 2, BERTH_PROTOCOL_UDP, bytes, 8 + length);
	give_built();
}

static void icmp_error(struct input *input)
{
	uint8_t type = take8(input), code = take8(input);

	if (fire.last_sent.length < 34)
		return;
	fuzz_build_error(&fire.frame, 2, 1, type, code, take16(input), &fire.last_sent);
	if (left_in(input) && left_in(input) < fire.frame.length) // spoilt a little
		fire.frame.bytes[fire.frame.length - left_in(input)] ^= *input->at;
	give_built();
}

static void arp(struct input *input)
{
	uint8_t choice = take8(input);

	fuzz_build_arp(&fire.frame, choice & 3, choice >> 2 & 3, 1 + (choice >> 4 & 1));
	give_built();
}

static void time_jump(struct input *input)
{
	uint8_t exponent = take8(input);
	uint64_t jump = (uint64_t)(1 + take8(input)) << exponent % 44;

	if (fire.now < NOW_MAX)
		let_time_pass(fire.now + jump);
}

// --- calls ---------------------------------------------------------------------------------------

static berth_socket some_socket(struct input *input)
{
	return fire.sockets[take8(input) % SOCKETS_MAX];
}

static struct berth_endpoint some_endpoint(struct input *input)
{
	const char *const addresses[] = {"10.0.0.2", "fd00::2", "10.0.0.1",        "fd00::1",
					 "0.0.0.0",  "::",      "::ffff:10.0.0.2", "127.0.0.1",
					 "10.9.9.9", "::1",     "224.0.0.1",       "ff02::1"};
	const uint16_t ports[] = {0, 7, 80, 81, 53, 54, 4000, 40000};
	struct berth_endpoint endpoint = {.port = ports[take8(input) % 8]};
	uint8_t choice = take8(input) % 16;

	if (choice < sizeof(addresses) / sizeof(addresses[0]))
		berth_address_parse(addresses[choice], &endpoint.address);
	return endpoint;
}

static void open_socket(struct input *input)
{
	uint8_t choice = take8(input);
	berth_socket socket;

	if (berth_socket_open(fire.host, choice & 1 ? BERTH_FAMILY_IPV4 : BERTH_FAMILY_IPV6,
			      choice & 6 ? BERTH_PROTOCOL_TCP : BERTH_PROTOCOL_UDP, &socket) == 0)
		remember_socket(socket);
}

static void send_bytes(struct input *input)
{
	static const uint8_t bytes[40000];
	berth_socket socket = some_socket(input);
	uint8_t choice = take8(input);
	size_t length = take16(input) % sizeof(bytes);
	struct berth_endpoint to = some_endpoint(input);
	struct berth_slice slices[2];

	if (choice & 1) {
		berth_socket_send(fire.host, socket, bytes, length, choice & 2 ? BERTH_MSG_MORE : 0,
				  fire.now);
	} else if (choice & 4) {
		berth_socket_send_to(fire.host, socket, &to, bytes, length, fire.now);
	} else {
		int64_t room = berth_socket_send_space(fire.host, socket, length, slices, fire.now);

		if (room > 0) {
			ASSERT(slices[0].length + (uint64_t)slices[1].length == (uint64_t)room);
			memset((void *)(uintptr_t)slices[0].data, 1, slices[0].length);
			if ((uint64_t)room < length)
				length = (size_t)room;
			ASSERT(berth_socket_send_commit(fire.host, socket, length, 0, fire.now) ==
			       0);
		}
	}
}

static void receive_bytes(struct input *input)
{
	static uint8_t bytes[65536];
	berth_socket socket = some_socket(input);
	uint8_t choice = take8(input);
	size_t length = take16(input);
	struct berth_slice slices[2];
	bool is_finished;

	if (choice & 1) {
		berth_socket_receive(fire.host, socket, bytes, length, fire.now);
	} else if (choice & 2) {
		berth_socket_receive_from(fire.host, socket, bytes, length, NULL, NULL, NULL,
					  fire.now);
	} else {
		int64_t count =
			berth_socket_receive_slices(fire.host, socket, slices, &is_finished);

		if (count > 0) {
			memcpy(bytes, slices[0].data,
			       slices[0].length < 65536 ? slices[0].length : 65536);
			if ((uint64_t)count < length)
				length = (size_t)count;
			ASSERT(berth_socket_receive_consume(fire.host, socket, length, fire.now) ==
			       0);
		}
	}
}

static void set_option(struct input *input)
{
	const int levels[] = {BERTH_SOL_SOCKET, BERTH_IPPROTO_IP, BERTH_IPPROTO_IPV6,
			      BERTH_IPPROTO_TCP};
	berth_socket socket = some_socket(input);
	int level = levels[take8(input) % 4], name = take8(input);
	uint8_t value[300] = {0};
	size_t length = left_in(input) < 64 ? left_in(input) : 64;

	memcpy(value, input->at, length);
	berth_socket_set_option(fire.host, socket, level, name, value, length, fire.now);
	length = sizeof(value);
	berth_socket_get_option(fire.host, socket, level, name, value, &length, fire.now);
}

static void inspect(struct input *input)
{
	char text[2000];
	struct berth_connection_info info;
	struct berth_neighbor_info neighbor;
	struct berth_counters counters;
	uint64_t cursor = 0;
	unsigned count = 0;

	while (berth_inspect_next(fire.host, &cursor, &info))
		ASSERT(++count < 1000);
	cursor = 0;
	while (berth_inspect_neighbor(fire.host, &cursor, &neighbor))
		ASSERT(++count < 2000);
	berth_inspect_dump(fire.host, some_socket(input), text, 1 + take16(input) % sizeof(text),
			   fire.now);
	berth_inspect_counters(fire.host, &counters);
	ASSERT(counters.memory_bytes == fire.held_bytes);
}

static void call(enum operation operation, struct input *input)
{
	berth_socket socket = some_socket(input), accepted;
	struct berth_endpoint endpoint;

	switch (operation) {
	case OP_BIND:
		endpoint = some_endpoint(input);
		berth_socket_bind(fire.host, socket, &endpoint, NULL);
		break;
	case OP_LISTEN:
		berth_socket_listen(fire.host, socket, take8(input), fire.now);
		break;
	case OP_CONNECT:
		endpoint = some_endpoint(input);
		berth_socket_connect(fire.host, socket, &endpoint, fire.now);
		break;
	case OP_ACCEPT:
		if (berth_socket_accept(fire.host, socket, &accepted, NULL, fire.now) == 0)
			remember_socket(accepted);
		break;
	case OP_SHUTDOWN:
		berth_socket_shutdown(fire.host, socket, (enum berth_shutdown)(take8(input) % 3),
				      fire.now);
		break;
	case OP_CLOSE:
		berth_socket_close(fire.host, socket, fire.now);
		break;
	default:
		berth_socket_abort(fire.host, socket, fire.now);
		break;
	}
}

static void refuse_memory(struct input *input)
{
	uint8_t after = take8(input);

	fire.refuse_from = after & 0x80 ? 0 : fire.acquisitions + 1 + after;
}

static void step(enum operation operation, struct input *input)
{
	static void (*const others[OP_COUNT])(struct input *) = {
		[OP_RAW_FRAME] = raw_frame,
		[OP_FACTS_FRAME] = facts_frame,
		[OP_PACKET] = packet,
		[OP_SEGMENT] = segment,
		[OP_DATAGRAM] = datagram,
		[OP_ERROR] = icmp_error,
		[OP_ARP] = arp,
		[OP_TIME] = time_jump,
		[OP_OPEN] = open_socket,
		[OP_SEND] = send_bytes,
		[OP_RECEIVE] = receive_bytes,
		[OP_OPTION] = set_option,
		[OP_MEMORY] = refuse_memory,
		[OP_INSPECT] = inspect,
	};

	if (others[operation])
		others[operation](input);
	else
		call(operation, input);
	drain();
}

// --- the host ------------------------------------------------------------------------------------

static void give_segment(uint16_t host_port, uint16_t peer_port, uint32_t seq, uint32_t ack,
			 uint8_t flags)
{
	const uint8_t options[] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
	struct fuzz_segment syn = {.source_port = peer_port,
				   .target_port = host_port,
				   .window = 60000,
				   .seq = seq,
				   .ack = ack,
				   .flags = flags,
				   .options = options,
				   .option_bytes = flags & 2 ? sizeof(options) : 0};

	fuzz_build_segment(&fire.frame, 2, 1, &syn);
	give_built();
	drain();
}

static berth_socket open_bound(enum berth_family family, enum berth_protocol protocol,
			       uint16_t port)
{
	struct berth_endpoint local = {.port = port};
	berth_socket socket;

	ASSERT(berth_socket_open(fire.host, family, protocol, &socket) == 0);
	ASSERT(berth_socket_bind(fire.host, socket, &local, NULL) == 0);
	remember_socket(socket);
	return socket;
}

// Listeners on 80 and 81, UDP on 53 and 54, a connection from 10.0.0.2:4000, another to 10.0.0.2:7.
static void people(void)
{
	berth_socket one = open_bound(BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP, 80);
	berth_socket two = open_bound(BERTH_FAMILY_IPV6, BERTH_PROTOCOL_TCP, 81);
	struct berth_endpoint to = {.port = 7, .address = berth_ipv4(10, 0, 0, 2)};
	berth_socket accepted = 0, client;

	open_bound(BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, 53);
	open_bound(BERTH_FAMILY_IPV6, BERTH_PROTOCOL_UDP, 54);
	ASSERT(berth_socket_listen(fire.host, one, 4, fire.now) == 0);
	ASSERT(berth_socket_listen(fire.host, two, 4, fire.now) == 0);
	fuzz_build_arp(&fire.frame, 2, 1, 1);
	give_built();
	drain();
	give_segment(80, 4000, 1000, 0, 2);
	give_segment(80, 4000, 1001, find_flow(false, 80, 4000)->host_next, 16);
	ASSERT(berth_socket_accept(fire.host, one, &accepted, NULL, fire.now) == 0);
	remember_socket(accepted);
	ASSERT(berth_socket_open(fire.host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP, &client) == 0);
	berth_socket_connect(fire.host, client, &to, fire.now);
	remember_socket(client);
	drain();
}

static void make_host(uint8_t choice)
{
	struct berth_config config = {
		.allocator = {acquire, release, NULL},
		.seed = {1, 2},
		.sockets_max = 48,
		.connections_max = 24,
		.embryos_max = 8,
		.remnants_max = 8,
		.neighbors_max = 8,
		.queued_packets_max = 64,
		.tcp_send_bytes_max = 128u << 10,
		.tcp_receive_bytes_max = 128u << 10,
		.udp_receive_bytes_max = 16u << 10,
		.congestion = choice & 16 ? "reno" : "cubic",
	};
	struct berth_interface_config interface = {
		.mac = {{2, 0, 0, 0, 0, 1}}, .mtu = 1500, .offloads = choice & 15, .name = "eth0"};
	struct berth_address ipv4 = berth_ipv4(10, 0, 0, 1), ipv6 = {.family = BERTH_FAMILY_IPV6};

	memset(&fire, 0, sizeof(fire));
	fire.now = 1000000000;
	fire.host = berth_host_new(&config);
	ASSERT(fire.host);
	ipv6.byte[0] = 0xfd;
	ipv6.byte[15] = 1;
	ASSERT(berth_host_add_interface(fire.host, &interface) == 0);
	ASSERT(berth_host_add_address(fire.host, 0, &ipv4, 24) == 0);
	ASSERT(berth_host_add_address(fire.host, 0, &ipv6, 64) == 0);
	people();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input all = {data, data + size};
	unsigned steps;

	make_host(take8(&all));
	for (steps = 0; left_in(&all) > 0 && steps < STEPS_MAX; steps++) {
		enum operation operation = (enum operation)(take8(&all) % OP_COUNT);
		uint32_t length = take8(&all);
		struct input one = {all.at, all.end};

		if (length < left_in(&all))
			one.end = all.at + length;
		all.at = one.end;
		step(operation, &one);
	}
	fire.refuse_from = 0;
	let_time_pass(fire.now + UINT64_C(200000000000));
	for (unsigned i = 0; i < SOCKETS_MAX; i++)
		berth_socket_close(fire.host, fire.sockets[i], fire.now);
	drain();
	berth_host_free(fire.host);
	ASSERT(fire.held_bytes == 0);
	return 0;
}
