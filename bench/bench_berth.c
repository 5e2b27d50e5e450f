// SPDX-License-Identifier: MIT
//
// Two hosts of berth back to back: what one transmits the other receives, no cable in between.
#include "bench_berth.h"

#include <berth/berth.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT_BYTES 1460
#define CHUNK_BYTES 65536
#define IDLE_PORTS 4

struct pair {
	struct berth_host *client, *server;
	uint64_t now_ns;
	uint64_t client_bytes; // held by the client's allocator
};

static void *acquire(void *context, size_t size)
{
	*(uint64_t *)context += size;
	return malloc(size);
}

static void release(void *context, void *memory, size_t size)
{
	*(uint64_t *)context -= size;
	free(memory);
}

static struct berth_host *make_host(uint8_t last, uint32_t offloads, uint64_t *counted)
{
	struct berth_config config = {
		.allocator = {acquire, release, counted}, .seed = {last, 42}, .time_wait_ns = 1};
	struct berth_interface_config interface = {
		.mac = {{2, 0, 0, 0, 0, last}}, .mtu = 1500, .offloads = offloads, .name = "wire"};
	struct berth_host *host = berth_host_new(&config);
	struct berth_address address = berth_ipv4(10, 0, 0, last);

	if (!host || berth_host_add_interface(host, &interface) < 0 ||
	    berth_host_add_address(host, 0, &address, 8) < 0) {
		fprintf(stderr, "bench: no host\n");
		exit(1);
	}
	return host;
}

static void pair_open(struct pair *pair, uint32_t offloads)
{
	static uint64_t server_bytes;

	*pair = (struct pair){.now_ns = 1};
	pair->client = make_host(1, offloads, &pair->client_bytes);
	pair->server = make_host(2, offloads, &server_bytes);
}

static void pair_close(struct pair *pair)
{
	berth_host_free(pair->client);
	berth_host_free(pair->server);
}

static size_t shuttle(struct berth_host *from, struct berth_host *to, uint64_t now_ns)
{
	struct berth_frame frames[BERTH_BURST_MAX];
	size_t count, all = 0;

	while ((count = berth_host_transmit(from, frames, BERTH_BURST_MAX, now_ns)) > 0) {
		berth_host_receive(to, frames, count, now_ns);
		all += count;
	}
	return all;
}

// Let frames cross until neither side has any.
static void settle(struct pair *pair)
{
	while (shuttle(pair->client, pair->server, pair->now_ns) +
		       shuttle(pair->server, pair->client, pair->now_ns) >
	       0)
		pair->now_ns += 100;
}

static void drop_events(struct berth_host *host)
{
	struct berth_event event;

	while (berth_host_next_event(host, &event))
		;
}

static struct berth_endpoint server_at(uint16_t port)
{
	struct berth_endpoint endpoint = {.address = berth_ipv4(10, 0, 0, 2), .port = port};

	return endpoint;
}

static berth_socket must_listen(struct pair *pair, uint16_t port)
{
	struct berth_endpoint at = server_at(port);
	berth_socket listener;

	if (berth_socket_open(pair->server, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP, &listener) < 0 ||
	    berth_socket_bind(pair->server, listener, &at, NULL) < 0 ||
	    berth_socket_listen(pair->server, listener, 1024, pair->now_ns) < 0) {
		fprintf(stderr, "bench: cannot listen\n");
		exit(1);
	}
	return listener;
}

static void must_connect(struct pair *pair, berth_socket listener, uint16_t port,
			 berth_socket *ret_client, berth_socket *ret_server)
{
	struct berth_endpoint at = server_at(port);
	int result;

	if (berth_socket_open(pair->client, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP, ret_client) <
		    0 ||
	    berth_socket_connect(pair->client, *ret_client, &at, pair->now_ns) != -EINPROGRESS) {
		fprintf(stderr, "bench: cannot connect\n");
		exit(1);
	}
	settle(pair);
	result = berth_socket_accept(pair->server, listener, ret_server, NULL, pair->now_ns);
	if (result < 0) {
		fprintf(stderr, "bench: cannot accept: %d\n", result);
		exit(1);
	}
}

static uint64_t take_all(struct pair *pair, berth_socket socket)
{
	static uint8_t sink[CHUNK_BYTES];
	struct berth_slice slices[2];
	bool finished;
	uint64_t all = 0;
	int64_t length;

	// As a program would: the bytes are copied out once.
	while ((length = berth_socket_receive_slices(pair->server, socket, slices, &finished)) >
	       0) {
		size_t left = (size_t)length < CHUNK_BYTES ? (size_t)length : CHUNK_BYTES;
		size_t first = slices[0].length < left ? slices[0].length : left;

		memcpy(sink, slices[0].data, first);
		if (left > first)
			memcpy(sink + first, slices[1].data, left - first);
		berth_socket_receive_consume(pair->server, socket, left, pair->now_ns);
		all += left;
	}
	return all;
}

static int bulk(const struct bench_amounts *amounts, uint32_t offloads,
		struct bench_results *results)
{
	static uint8_t source[CHUNK_BYTES];
	berth_socket listener, client, server;
	uint64_t sent = 0, taken = 0, began, turns = 0;
	struct pair pair;

	pair_open(&pair, offloads);
	listener = must_listen(&pair, 80);
	must_connect(&pair, listener, 80, &client, &server);
	began = bench_now_ns();
	while (taken < amounts->bulk_bytes && turns++ < UINT64_C(100000000)) {
		int64_t length = berth_socket_send(pair.client, client, source, sizeof(source), 0,
						   pair.now_ns);

		sent += length > 0 ? (uint64_t)length : 0;
		shuttle(pair.client, pair.server, pair.now_ns);
		taken += take_all(&pair, server);
		shuttle(pair.server, pair.client, pair.now_ns);
		pair.now_ns += 1000;
		drop_events(pair.client);
		drop_events(pair.server);
		if (berth_host_deadline(pair.client) <= pair.now_ns)
			berth_host_advance(pair.client, pair.now_ns);
		if (berth_host_deadline(pair.server) <= pair.now_ns)
			berth_host_advance(pair.server, pair.now_ns);
	}
	results->bulk_ns_per_segment =
		(double)(bench_now_ns() - began) * SEGMENT_BYTES / (double)taken;
	pair_close(&pair);
	return taken <= sent;
}

static int one_round_trip(struct pair *pair, berth_socket client, berth_socket server)
{
	uint8_t bytes[64] = {1};

	return berth_socket_send(pair->client, client, bytes, 64, 0, pair->now_ns) == 64 &&
	       shuttle(pair->client, pair->server, pair->now_ns) > 0 &&
	       berth_socket_receive(pair->server, server, bytes, 64, pair->now_ns) == 64 &&
	       berth_socket_send(pair->server, server, bytes, 64, 0, pair->now_ns) == 64 &&
	       shuttle(pair->server, pair->client, pair->now_ns) > 0 &&
	       berth_socket_receive(pair->client, client, bytes, 64, pair->now_ns) == 64;
}

static int round_trips(const struct bench_amounts *amounts, struct bench_results *results)
{
	berth_socket listener, client, server;
	struct pair pair;
	uint64_t began;
	uint32_t i;

	pair_open(&pair, 0);
	listener = must_listen(&pair, 80);
	must_connect(&pair, listener, 80, &client, &server);
	began = bench_now_ns();
	for (i = 0; i < amounts->round_trips; i++) {
		if (!one_round_trip(&pair, client, server)) {
			fprintf(stderr, "bench: round trip %u failed\n", i);
			return 0;
		}
		pair.now_ns += 1000;
		drop_events(pair.client);
		drop_events(pair.server);
	}
	results->round_trip_ns = (double)(bench_now_ns() - began) / amounts->round_trips;
	pair_close(&pair);
	return 1;
}

static int connects(const struct bench_amounts *amounts, struct bench_results *results)
{
	berth_socket listener, client, server;
	struct pair pair;
	uint64_t began;
	uint32_t i;

	pair_open(&pair, 0);
	listener = must_listen(&pair, 80);
	began = bench_now_ns();
	for (i = 0; i < amounts->connections; i++) {
		must_connect(&pair, listener, 80, &client, &server);
		berth_socket_close(pair.client, client, pair.now_ns);
		settle(&pair);
		berth_socket_close(pair.server, server, pair.now_ns);
		settle(&pair);
		pair.now_ns += 10000;
		drop_events(pair.client);
		drop_events(pair.server);
		berth_host_advance(pair.client, pair.now_ns);
		berth_host_advance(pair.server, pair.now_ns);
	}
	results->connect_close_ns = (double)(bench_now_ns() - began) / amounts->connections;
	pair_close(&pair);
	return 1;
}

static int datagrams(const struct bench_amounts *amounts, struct bench_results *results)
{
	struct berth_endpoint at = server_at(9);
	berth_socket client, server;
	uint8_t bytes[64] = {1};
	uint64_t began;
	struct pair pair;
	uint32_t i, arrived = 0;

	pair_open(&pair, 0);
	if (berth_socket_open(pair.server, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, &server) < 0 ||
	    berth_socket_bind(pair.server, server, &at, NULL) < 0 ||
	    berth_socket_open(pair.client, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_UDP, &client) < 0 ||
	    berth_socket_connect(pair.client, client, &at, pair.now_ns) < 0)
		return 0;
	began = bench_now_ns();
	for (i = 0; i < amounts->datagrams; i += 32) {
		int n;

		for (n = 0; n < 32; n++)
			berth_socket_send(pair.client, client, bytes, 64, 0, pair.now_ns);
		settle(&pair);
		while (berth_socket_receive(pair.server, server, bytes, 64, pair.now_ns) == 64)
			arrived++;
		drop_events(pair.client);
		drop_events(pair.server);
	}
	results->datagram_ns = (double)(bench_now_ns() - began) / arrived;
	pair_close(&pair);
	return arrived >= amounts->datagrams;
}

static int idle(const struct bench_amounts *amounts, struct bench_results *results)
{
	berth_socket *clients = calloc(amounts->idle_connections, sizeof(*clients));
	berth_socket *servers = calloc(amounts->idle_connections, sizeof(*servers));
	berth_socket listeners[IDLE_PORTS];
	uint64_t empty, began, state = 1;
	struct pair pair;
	uint32_t i;

	pair_open(&pair, 0);
	for (i = 0; i < IDLE_PORTS; i++)
		listeners[i] = must_listen(&pair, (uint16_t)(80 + i));
	empty = pair.client_bytes;
	for (i = 0; i < amounts->idle_connections; i++) {
		must_connect(&pair, listeners[i % IDLE_PORTS], (uint16_t)(80 + i % IDLE_PORTS),
			     &clients[i], &servers[i]);
		drop_events(pair.client);
		drop_events(pair.server);
	}
	results->idle_bytes = (double)(pair.client_bytes - empty) / amounts->idle_connections;
	began = bench_now_ns();
	for (i = 0; i < amounts->round_trips; i++) {
		uint32_t one;

		state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
		one = (uint32_t)(state >> 33) % amounts->idle_connections;
		if (!one_round_trip(&pair, clients[one], servers[one]))
			return 0;
		pair.now_ns += 1000;
		drop_events(pair.client);
		drop_events(pair.server);
	}
	results->idle_round_trip_ns = (double)(bench_now_ns() - began) / amounts->round_trips;
	pair_close(&pair);
	free(clients);
	free(servers);
	return 1;
}

int bench_berth(const char *which, const struct bench_amounts *amounts,
		struct bench_results *results)
{
	if (strcmp(which, "bulk") == 0)
		return bulk(amounts, 0, results);
	if (strcmp(which, "bulk-superframe") == 0)
		return bulk(amounts, BERTH_OFFLOAD_CHECKSUM | BERTH_OFFLOAD_SEGMENT_TCP4, results);
	if (strcmp(which, "round-trip") == 0)
		return round_trips(amounts, results);
	if (strcmp(which, "connect") == 0)
		return connects(amounts, results);
	if (strcmp(which, "datagram") == 0)
		return datagrams(amounts, results);
	if (strcmp(which, "idle") == 0)
		return idle(amounts, results);
	return 0;
}
