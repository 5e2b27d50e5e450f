// SPDX-License-Identifier: MIT
//
// Fetch a page over a bad cable, and show what TCP did about it.
//
// Two hosts in one process: ours asks, the other plays a web server. The cable between them is slow
// and loses one frame in fifty, from a seed: every run is the same run. The bytes arrive whole
// nevertheless; the counters at the end say at which price.
#include <berth/berth.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HTTP_PORT 80
#define PAGE_BYTES 300000u
#define CABLE "delay=15ms,loss=2%,rate=20mbit,queue=256k"

static void *acquire(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void release(void *context, void *memory, size_t size)
{
	(void)context;
	(void)size;
	free(memory);
}

static const struct berth_allocator allocator = {acquire, release, NULL};

static void must(int result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(-result));
	exit(1);
}

// --- two computers and what joins them -----------------------------------------------------------

struct computer {
	struct berth_host *host;
	int cable_port;
};

struct world {
	struct berth_cable *cable;
	struct computer us, them;
	uint64_t now;
};

static struct computer make_computer(struct berth_cable *cable, uint8_t number)
{
	struct berth_config config = {.allocator = allocator, .seed = {number, 2026}};
	struct berth_interface_config interface = {
		.mac = {{2, 0, 0, 0, 0, number}}, .mtu = 1500, .name = "eth0"};
	struct berth_address address = {.family = BERTH_FAMILY_IPV6, .byte = {0xfd, [15] = number}};
	struct berth_cable_faults faults;
	struct computer computer = {.host = berth_host_new(&config)};

	if (!computer.host || !berth_cable_faults_parse(CABLE, &faults, NULL))
		must(-ENOMEM, "computer");
	must(berth_host_add_interface(computer.host, &interface), "interface");
	must(berth_host_add_address(computer.host, 0, &address, 64), "address");
	computer.cable_port = berth_cable_add_port(cable);
	must(computer.cable_port, "cable");
	berth_cable_set_faults(cable, computer.cable_port, &faults);
	return computer;
}

static size_t carry(struct world *world, struct computer *computer)
{
	struct berth_frame frames[BERTH_BURST_MAX];
	size_t moved = 0, count;

	while ((count = berth_cable_receive(world->cable, computer->cable_port, frames,
					    BERTH_BURST_MAX, world->now)) > 0) {
		berth_host_receive(computer->host, frames, count, world->now);
		moved += count;
	}
	while ((count = berth_host_transmit(computer->host, frames, BERTH_BURST_MAX, world->now)) >
	       0) {
		berth_cable_send(world->cable, computer->cable_port, frames, count, world->now);
		moved += count;
	}
	return moved;
}

static uint64_t earliest(uint64_t left, uint64_t right)
{
	return left < right ? left : right;
}

// Carry frames; when there are none, let time pass until something is due.
static void step(struct world *world)
{
	uint64_t next;

	if (carry(world, &world->us) + carry(world, &world->them) > 0)
		return;
	next = earliest(berth_host_deadline(world->us.host), berth_host_deadline(world->them.host));
	next = earliest(next, berth_cable_deadline(world->cable));
	if (next == BERTH_NEVER)
		must(-ETIMEDOUT, "nothing more will ever happen");
	if (next > world->now)
		world->now = next;
	berth_host_advance(world->us.host, world->now);
	berth_host_advance(world->them.host, world->now);
}

// --- the web server ------------------------------------------------------------------------------

struct web_server {
	berth_socket listener, connection;
	bool is_asked;
	size_t sent;
	char page[PAGE_BYTES + 200];
	size_t page_bytes;
};

static void open_server(struct world *world, struct web_server *server)
{
	struct berth_endpoint local = {.address = {.family = BERTH_FAMILY_IPV6}, .port = HTTP_PORT};
	struct berth_host *host = world->them.host;
	size_t header;

	header = (size_t)snprintf(server->page, 200,
				  "HTTP/1.0 200 OK\r\nContent-Length: %u\r\n\r\n", PAGE_BYTES);
	for (size_t i = 0; i < PAGE_BYTES; i++)
		server->page[header + i] = (char)('a' + i % 26);
	server->page_bytes = header + PAGE_BYTES;
	must(berth_socket_open(host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_TCP, &server->listener),
	     "open");
	must(berth_socket_bind(host, server->listener, &local, NULL), "bind");
	must(berth_socket_listen(host, server->listener, 16, world->now), "listen");
}

static void answer(struct world *world, struct web_server *server)
{
	struct berth_host *host = world->them.host;
	char request[200];
	int64_t count;

	while (berth_socket_receive(host, server->connection, request, sizeof(request),
				    world->now) > 0)
		server->is_asked = true;
	while (server->is_asked && server->sent < server->page_bytes) {
		count = berth_socket_send(host, server->connection, server->page + server->sent,
					  server->page_bytes - server->sent, 0, world->now);
		if (count == -EAGAIN)
			return;
		must((int)count, "server: send");
		server->sent += (size_t)count;
		if (server->sent == server->page_bytes)
			must(berth_socket_shutdown(host, server->connection, BERTH_SHUTDOWN_WRITE,
						   world->now),
			     "server: shutdown");
	}
}

static void serve(struct world *world, struct web_server *server)
{
	struct berth_event event;

	while (berth_host_next_event(world->them.host, &event)) {
		if (event.what & BERTH_EVENT_ACCEPTABLE)
			must(berth_socket_accept(world->them.host, server->listener,
						 &server->connection, NULL, world->now),
			     "accept");
		else if (event.socket == server->connection)
			answer(world, server);
	}
}

// --- the one who fetches -------------------------------------------------------------------------

struct fetch {
	berth_socket socket;
	size_t received;
	char first_line[80];
	bool is_asked, is_done;
};

static void begin_fetch(struct world *world, struct fetch *fetch)
{
	struct berth_endpoint remote = {
		.address = {.family = BERTH_FAMILY_IPV6, .byte = {0xfd, [15] = 2}},
		.port = HTTP_PORT};
	int result;

	must(berth_socket_open(world->us.host, BERTH_FAMILY_IPV6, BERTH_PROTOCOL_TCP,
			       &fetch->socket),
	     "open");
	result = berth_socket_connect(world->us.host, fetch->socket, &remote, world->now);
	if (result != -EINPROGRESS)
		must(result, "connect");
}

static void take(struct world *world, struct fetch *fetch)
{
	char data[16384];
	int64_t count;

	while ((count = berth_socket_receive(world->us.host, fetch->socket, data, sizeof(data),
					     world->now)) > 0) {
		if (fetch->received == 0)
			snprintf(fetch->first_line, sizeof(fetch->first_line), "%.*s",
				 (int)strcspn(data, "\r\n"), data);
		fetch->received += (size_t)count;
	}
	if (count == 0)
		fetch->is_done = true;
	else if (count != -EAGAIN)
		must((int)count, "receive");
}

static void follow(struct world *world, struct fetch *fetch)
{
	static const char request[] = "GET / HTTP/1.0\r\n\r\n";
	struct berth_event event;

	while (berth_host_next_event(world->us.host, &event)) {
		if (event.what & (BERTH_EVENT_ERROR | BERTH_EVENT_RESET))
			must(-event.error, "fetch");
		if ((event.what & BERTH_EVENT_WRITABLE) && !fetch->is_asked) {
			printf("connected after %.1f ms\n", (double)world->now / 1e6);
			must((int)berth_socket_send(world->us.host, fetch->socket, request,
						    sizeof(request) - 1, 0, world->now),
			     "send");
			fetch->is_asked = true;
		}
		if (fetch->is_asked)
			take(world, fetch);
	}
}

static void report(struct world *world, const struct fetch *fetch, const struct web_server *server)
{
	struct berth_tcp_info info;
	size_t length = sizeof(info);

	printf("%s\n%zu bytes in %.1f ms\n", fetch->first_line, fetch->received,
	       (double)world->now / 1e6);
	must(berth_socket_get_option(world->them.host, server->connection, BERTH_IPPROTO_TCP,
				     BERTH_TCP_INFO, &info, &length, world->now),
	     "TCP_INFO");
	printf("the server sent %u segments, %u of them again; round trip %.1f ms, cwnd %u\n",
	       info.tcpi_segs_out, info.tcpi_total_retrans, info.tcpi_rtt / 1e3,
	       info.tcpi_snd_cwnd);
}

int main(void)
{
	static struct web_server server;
	struct world world = {.cable = berth_cable_new(&allocator, 7)};
	struct fetch fetch = {0};

	world.us = make_computer(world.cable, 1);
	world.them = make_computer(world.cable, 2);
	open_server(&world, &server);
	begin_fetch(&world, &fetch);
	while (!fetch.is_done) {
		step(&world);
		serve(&world, &server);
		follow(&world, &fetch);
	}
	report(&world, &fetch, &server);
	if (fetch.received != server.page_bytes)
		must(-EIO, "the page is not whole");
	berth_host_free(world.us.host);
	berth_host_free(world.them.host);
	berth_cable_free(world.cable);
	return 0;
}
