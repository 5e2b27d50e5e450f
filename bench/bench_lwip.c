// SPDX-License-Identifier: MIT
//
// Two instances of Debian's liblwip back to back, in one process: the shared library is loaded
// twice, each in a namespace of its own (dlmopen), joined by a wire that copies each frame once, as
// lwIP's netifs do.
//
// The raw (callback) API, core unlocked and no tcpip thread: lwIP at its fastest as packaged.
// Timers are not run: no work here needs one.
#include "bench_lwip.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>
#include <netif/ethernet.h>

#define SEGMENT_BYTES 1460
#define CHUNK_BYTES 16384
#define WIRE_FRAMES 512
#define FRAME_BYTES 1600

// Every function of one instance.
#define LWIP_FUNCTIONS(X)          \
	X(lwip_init)               \
	X(netif_add)               \
	X(netif_set_default)       \
	X(netif_set_up)            \
	X(netif_set_link_up)       \
	X(ethernet_input)          \
	X(etharp_output)           \
	X(pbuf_alloc)              \
	X(pbuf_free)               \
	X(pbuf_take)               \
	X(pbuf_copy_partial)       \
	X(tcp_new)                 \
	X(tcp_bind)                \
	X(tcp_listen_with_backlog) \
	X(tcp_accept)              \
	X(tcp_connect)             \
	X(tcp_write)               \
	X(tcp_output)              \
	X(tcp_recved)              \
	X(tcp_recv)                \
	X(tcp_arg)                 \
	X(tcp_close)               \
	X(tcp_abort)               \
	X(udp_new)                 \
	X(udp_bind)                \
	X(udp_connect)             \
	X(udp_recv)                \
	X(udp_send)                \
	X(ethernet_output)

struct instance {
#define LWIP_MEMBER(name) __typeof__(&name) name;
	LWIP_FUNCTIONS(LWIP_MEMBER)
#undef LWIP_MEMBER
	struct netif netif;
	struct instance *peer;
	uint8_t wire[WIRE_FRAMES][FRAME_BYTES]; // frames on their way to the peer
	uint16_t wire_bytes[WIRE_FRAMES];
	unsigned wire_begin, wire_end;
	uint8_t mac_last;
	// what arrived
	struct tcp_pcb *accepted;
	uint64_t taken;
	uint32_t datagrams;
	bool closed;
};

static uint8_t sink[65536];
static const ip_addr_t any = IPADDR4_INIT(0);

static err_t link_output(struct netif *netif, struct pbuf *packet)
{
	struct instance *self = netif->state;
	unsigned slot = self->wire_end % WIRE_FRAMES;

	if (self->wire_end - self->wire_begin == WIRE_FRAMES || packet->tot_len > FRAME_BYTES)
		return ERR_BUF;
	self->pbuf_copy_partial(packet, self->wire[slot], packet->tot_len, 0);
	self->wire_bytes[slot] = packet->tot_len;
	self->wire_end++;
	return ERR_OK;
}

static err_t init_netif(struct netif *netif)
{
	struct instance *self = netif->state;

	netif->name[0] = 'w';
	netif->mtu = 1500;
	netif->hwaddr_len = 6;
	memcpy(netif->hwaddr, (uint8_t[]){2, 0, 0, 0, 0, self->mac_last}, 6);
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	netif->output = self->etharp_output;
	netif->linkoutput = link_output;
	return ERR_OK;
}

static bool load(struct instance *self, uint8_t last)
{
	ip4_addr_t address, mask, gateway;
	void *library = dlmopen(LM_ID_NEWLM, "liblwip.so.0", RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		fprintf(stderr, "bench: liblwip: %s\n", dlerror());
		return false;
	}
	memset(self, 0, sizeof(*self));
#define LWIP_LOAD(name)                                               \
	*(void **)&self->name = dlsym(library, #name);                \
	if (!self->name) {                                            \
		fprintf(stderr, "bench: liblwip has no %s\n", #name); \
		return false;                                         \
	}
	LWIP_FUNCTIONS(LWIP_LOAD)
#undef LWIP_LOAD
	self->mac_last = last;
	self->lwip_init();
	IP4_ADDR(&address, 10, 0, 0, last);
	IP4_ADDR(&mask, 255, 0, 0, 0);
	IP4_ADDR(&gateway, 0, 0, 0, 0);
	self->netif_add(&self->netif, &address, &mask, &gateway, self, init_netif,
			self->ethernet_input);
	self->netif_set_default(&self->netif);
	self->netif_set_up(&self->netif);
	self->netif_set_link_up(&self->netif);
	return true;
}

static unsigned shuttle(struct instance *from, struct instance *to)
{
	unsigned moved = 0;

	while (from->wire_begin != from->wire_end) {
		unsigned slot = from->wire_begin % WIRE_FRAMES;
		uint16_t bytes = from->wire_bytes[slot];
		struct pbuf *packet = to->pbuf_alloc(PBUF_RAW, bytes, PBUF_RAM);

		if (!packet)
			break;
		to->pbuf_take(packet, from->wire[slot], bytes);
		from->wire_begin++;
		moved++;
		if (to->ethernet_input(packet, &to->netif) != ERR_OK)
			to->pbuf_free(packet);
	}
	return moved;
}

static void settle(struct instance *one, struct instance *two)
{
	while (shuttle(one, two) + shuttle(two, one) > 0)
		;
}

static err_t on_receive(void *argument, struct tcp_pcb *pcb, struct pbuf *packet, err_t error)
{
	struct instance *self = argument;

	(void)error;
	if (!packet) {
		self->closed = true;
		return ERR_OK;
	}
	self->pbuf_copy_partial(packet, sink, packet->tot_len, 0); // as a program would
	self->taken += packet->tot_len;
	self->tcp_recved(pcb, packet->tot_len);
	self->pbuf_free(packet);
	return ERR_OK;
}

static err_t on_accept(void *argument, struct tcp_pcb *pcb, err_t error)
{
	struct instance *self = argument;

	(void)error;
	self->accepted = pcb;
	self->tcp_arg(pcb, self);
	self->tcp_recv(pcb, on_receive);
	return ERR_OK;
}

static err_t on_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
	(void)argument;
	(void)pcb;
	return error;
}

static void must_listen(struct instance *server, uint16_t port)
{
	struct tcp_pcb *pcb = server->tcp_new();

	if (!pcb || server->tcp_bind(pcb, &any, port) != ERR_OK) {
		fprintf(stderr, "bench: lwip cannot bind\n");
		exit(1);
	}
	pcb = server->tcp_listen_with_backlog(pcb, 255);
	server->tcp_arg(pcb, server);
	server->tcp_accept(pcb, on_accept);
}

static struct tcp_pcb *must_connect(struct instance *client, struct instance *server, uint16_t port)
{
	struct tcp_pcb *pcb = client->tcp_new();
	ip_addr_t address = IPADDR4_INIT_BYTES(10, 0, 0, 2);

	server->accepted = NULL;
	client->tcp_arg(pcb, client);
	client->tcp_recv(pcb, on_receive);
	if (client->tcp_connect(pcb, &address, port, on_connected) != ERR_OK) {
		fprintf(stderr, "bench: lwip cannot connect\n");
		exit(1);
	}
	settle(client, server);
	if (!server->accepted) {
		fprintf(stderr, "bench: lwip did not accept\n");
		exit(1);
	}
	return pcb;
}

static bool write_all(struct instance *self, struct tcp_pcb *pcb, const void *data, u16_t length)
{
	return self->tcp_write(pcb, data, length, TCP_WRITE_FLAG_COPY) == ERR_OK &&
	       self->tcp_output(pcb) == ERR_OK;
}

static int bulk(struct instance *client, struct instance *server,
		const struct bench_amounts *amounts, struct bench_results *results)
{
	static uint8_t source[CHUNK_BYTES];
	struct tcp_pcb *pcb = must_connect(client, server, 80);
	uint64_t began = bench_now_ns(), turns = 0;

	server->taken = 0;
	while (server->taken < amounts->bulk_bytes && turns++ < UINT64_C(100000000)) {
		u16_t room = pcb->snd_buf < CHUNK_BYTES ? (u16_t)pcb->snd_buf : CHUNK_BYTES;

		if (room > 0)
			write_all(client, pcb, source, room);
		settle(client, server);
	}
	results->bulk_ns_per_segment =
		(double)(bench_now_ns() - began) * SEGMENT_BYTES / (double)server->taken;
	client->tcp_abort(pcb);
	return 1;
}

static int one_round_trip(struct instance *client, struct instance *server, struct tcp_pcb *near,
			  struct tcp_pcb *far)
{
	static const uint8_t bytes[64];
	uint64_t there = server->taken, back = client->taken;

	if (!write_all(client, near, bytes, 64))
		return 0;
	shuttle(client, server);
	if (server->taken != there + 64 || !write_all(server, far, bytes, 64))
		return 0;
	shuttle(server, client);
	return client->taken == back + 64;
}

static int round_trips(struct instance *client, struct instance *server,
		       const struct bench_amounts *amounts, struct bench_results *results)
{
	struct tcp_pcb *near = must_connect(client, server, 80);
	struct tcp_pcb *far = server->accepted;
	uint64_t began = bench_now_ns();
	uint32_t i;

	for (i = 0; i < amounts->round_trips; i++)
		if (!one_round_trip(client, server, near, far))
			return 0;
	results->round_trip_ns = (double)(bench_now_ns() - began) / amounts->round_trips;
	return 1;
}

static int connects(struct instance *client, struct instance *server,
		    const struct bench_amounts *amounts, struct bench_results *results)
{
	uint64_t began = bench_now_ns();
	uint32_t i;

	for (i = 0; i < amounts->connections; i++) {
		struct tcp_pcb *pcb = must_connect(client, server, 80);

		client->tcp_close(pcb);
		settle(client, server);
		server->tcp_close(server->accepted);
		settle(client, server);
	}
	results->connect_close_ns = (double)(bench_now_ns() - began) / amounts->connections;
	return 1;
}

static void on_datagram(void *argument, struct udp_pcb *pcb, struct pbuf *packet,
			const ip_addr_t *address, u16_t port)
{
	struct instance *self = argument;

	(void)pcb;
	(void)address;
	(void)port;
	self->pbuf_copy_partial(packet, sink, packet->tot_len, 0);
	self->datagrams++;
	self->pbuf_free(packet);
}

static int datagrams(struct instance *client, struct instance *server,
		     const struct bench_amounts *amounts, struct bench_results *results)
{
	ip_addr_t address = IPADDR4_INIT_BYTES(10, 0, 0, 2);
	struct udp_pcb *near = client->udp_new(), *far = server->udp_new();
	uint64_t began;
	uint32_t i;

	server->udp_bind(far, &any, 9);
	server->udp_recv(far, on_datagram, server);
	client->udp_connect(near, &address, 9);
	settle(client, server);
	began = bench_now_ns();
	for (i = 0; i < amounts->datagrams; i += 32) {
		int n;

		for (n = 0; n < 32; n++) {
			struct pbuf *packet = client->pbuf_alloc(PBUF_TRANSPORT, 64, PBUF_RAM);

			client->pbuf_take(packet, sink, 64);
			client->udp_send(near, packet);
			client->pbuf_free(packet);
		}
		settle(client, server);
	}
	results->datagram_ns = (double)(bench_now_ns() - began) / server->datagrams;
	return server->datagrams >= amounts->datagrams - 32;
}

static int idle(struct instance *client, struct instance *server,
		const struct bench_amounts *amounts, struct bench_results *results)
{
	struct tcp_pcb **near = calloc(amounts->idle_connections, sizeof(*near));
	struct tcp_pcb **far = calloc(amounts->idle_connections, sizeof(*far));
	uint64_t began, state = 1;
	uint32_t i;

	for (i = 0; i < amounts->idle_connections; i++) {
		near[i] = must_connect(client, server, 80);
		far[i] = server->accepted;
	}
	results->idle_bytes = sizeof(struct tcp_pcb);
	began = bench_now_ns();
	for (i = 0; i < amounts->round_trips; i++) {
		uint32_t one;

		state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
		one = (uint32_t)(state >> 33) % amounts->idle_connections;
		if (!one_round_trip(client, server, near[one], far[one]))
			return 0;
	}
	results->idle_round_trip_ns = (double)(bench_now_ns() - began) / amounts->round_trips;
	free(near);
	free(far);
	return 1;
}

int bench_lwip(const char *which, const struct bench_amounts *amounts,
	       struct bench_results *results)
{
	static struct instance client, server;

	if (!load(&client, 1) || !load(&server, 2))
		return 0;
	client.peer = &server;
	server.peer = &client;
	must_listen(&server, 80);
	if (strcmp(which, "bulk") == 0)
		return bulk(&client, &server, amounts, results);
	if (strcmp(which, "round-trip") == 0)
		return round_trips(&client, &server, amounts, results);
	if (strcmp(which, "connect") == 0)
		return connects(&client, &server, amounts, results);
	if (strcmp(which, "datagram") == 0)
		return datagrams(&client, &server, amounts, results);
	if (strcmp(which, "idle") == 0)
		return idle(&client, &server, amounts, results);
	return 0;
}
