// SPDX-License-Identifier: MIT
//
// A TCP echo server on a host of its own, and somebody who talks to it over a simulated cable.
//
// This is all it takes to embed libberth: memory for the host, an interface with an address, a
// clock (here a number that jumps to the next deadline), and a loop that carries frames and asks
// for events. Nothing below knows of threads, sockets of the system, or real time.
#include <berth/berth.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ECHO_PORT 7
#define MS UINT64_C(1000000)

// --- one computer --------------------------------------------------------------------------------

struct computer {
	const char *name;
	struct berth_host *host;
	int cable_port;
};

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

static struct computer make_computer(struct berth_cable *cable, const char *name, uint8_t number)
{
	struct berth_config config = {.allocator = allocator, .seed = {number, 2026}};
	struct berth_interface_config interface = {
		.mac = {{2, 0, 0, 0, 0, number}}, .mtu = 1500, .name = "eth0"};
	struct berth_address address = berth_ipv4(10, 0, 0, number);
	struct computer computer = {.name = name, .host = berth_host_new(&config)};

	if (!computer.host)
		must(-ENOMEM, name);
	must(berth_host_add_interface(computer.host, &interface), "interface");
	must(berth_host_add_address(computer.host, 0, &address, 24), "address");
	computer.cable_port = berth_cable_add_port(cable);
	must(computer.cable_port, "cable");
	return computer;
}

// --- the loop every embedder has -----------------------------------------------------------------

// Carry what there is between a host and its cable. Returns how many frames moved.
static size_t carry(struct computer *computer, struct berth_cable *cable, uint64_t now)
{
	struct berth_frame frames[BERTH_BURST_MAX];
	size_t moved = 0, count;

	while ((count = berth_cable_receive(cable, computer->cable_port, frames, BERTH_BURST_MAX,
					    now)) > 0) {
		berth_host_receive(computer->host, frames, count, now);
		moved += count;
	}
	while ((count = berth_host_transmit(computer->host, frames, BERTH_BURST_MAX, now)) > 0) {
		berth_cable_send(cable, computer->cable_port, frames, count, now);
		moved += count;
	}
	return moved;
}

static uint64_t earliest(uint64_t left, uint64_t right)
{
	return left < right ? left : right;
}

// --- the server ----------------------------------------------------------------------------------

static void say(uint64_t now, const char *who, const char *what)
{
	printf("%9.3f ms  %-6s %s\n", (double)now / 1e6, who, what);
}

// Give back what came, straight from the receive buffer.
static void echo(struct berth_host *host, berth_socket socket, uint64_t now)
{
	struct berth_slice slices[2];
	bool is_finished = false;
	char line[80];
	int64_t available;

	while ((available = berth_socket_receive_slices(host, socket, slices, &is_finished)) > 0) {
		int64_t sent =
			berth_socket_send(host, socket, slices[0].data, slices[0].length, 0, now);

		if (sent == -EAGAIN)
			return; // BERTH_EVENT_WRITABLE will bring us back
		must((int)sent, "echo");
		snprintf(line, sizeof(line), "echoes %d bytes", (int)sent);
		say(now, "server", line);
		must(berth_socket_receive_consume(host, socket, (size_t)sent, now), "consume");
	}
	if (is_finished) {
		say(now, "server", "the peer has finished: so do we");
		must(berth_socket_close(host, socket, now), "close");
	}
}

static void serve(struct computer *server, berth_socket listener, uint64_t now)
{
	struct berth_event event;
	struct berth_endpoint remote;
	berth_socket accepted;
	char text[BERTH_ENDPOINT_TEXT_MAX], line[100];

	while (berth_host_next_event(server->host, &event)) {
		if (event.socket != listener) {
			if (event.what & (BERTH_EVENT_READABLE | BERTH_EVENT_WRITABLE))
				echo(server->host, event.socket, now);
			continue;
		}
		while (berth_socket_accept(server->host, listener, &accepted, &remote, now) == 0) {
			snprintf(line, sizeof(line), "accepts %s",
				 berth_endpoint_print(&remote, text, sizeof(text)));
			say(now, "server", line);
		}
	}
}

// --- the client ----------------------------------------------------------------------------------

struct client {
	berth_socket socket;
	int lines_sent;
	size_t bytes_sent, bytes_back;
	bool is_done;
};

static const char *const lines[] = {"Is anybody there?\n", "I hear myself.\n", "Good bye.\n"};

#define LINE_COUNT (sizeof(lines) / sizeof(lines[0]))

// One line at a time: the next when the last has come back.
static void talk(struct computer *computer, struct client *client, uint64_t now)
{
	char data[100];
	int64_t length;

	while ((length = berth_socket_receive(computer->host, client->socket, data,
					      sizeof(data) - 1, now)) > 0) {
		data[length] = '\0';
		data[strcspn(data, "\n")] = '\0';
		say(now, "client", data);
		client->bytes_back += (size_t)length;
	}
	if (length == 0) {
		say(now, "client", "the server has finished, too");
		client->is_done = true;
		return;
	}
	if (client->bytes_back < client->bytes_sent)
		return;
	if ((size_t)client->lines_sent == LINE_COUNT) {
		int result = berth_socket_shutdown(computer->host, client->socket,
						   BERTH_SHUTDOWN_WRITE, now);

		must(result, "shutdown");
		return;
	}
	length = berth_socket_send(computer->host, client->socket, lines[client->lines_sent],
				   strlen(lines[client->lines_sent]), 0, now);
	must((int)length, "send");
	client->bytes_sent += (size_t)length;
	client->lines_sent++;
}

static void follow(struct computer *computer, struct client *client, uint64_t now)
{
	struct berth_event event;

	while (berth_host_next_event(computer->host, &event)) {
		if (event.what & (BERTH_EVENT_ERROR | BERTH_EVENT_RESET))
			must(-event.error, "client");
		talk(computer, client, now);
	}
}

// --- both ----------------------------------------------------------------------------------------

static berth_socket open_server(struct computer *server, uint64_t now)
{
	struct berth_endpoint local = {.address = berth_ipv4(0, 0, 0, 0), .port = ECHO_PORT};
	berth_socket listener;

	must(berth_socket_open(server->host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP, &listener),
	     "open");
	must(berth_socket_bind(server->host, listener, &local, NULL), "bind");
	must(berth_socket_listen(server->host, listener, 16, now), "listen");
	return listener;
}

static struct client open_client(struct computer *computer, uint64_t now)
{
	struct berth_endpoint remote = {.address = berth_ipv4(10, 0, 0, 1), .port = ECHO_PORT};
	struct client client = {0};
	int result;

	must(berth_socket_open(computer->host, BERTH_FAMILY_IPV4, BERTH_PROTOCOL_TCP,
			       &client.socket),
	     "open");
	result = berth_socket_connect(computer->host, client.socket, &remote, now);
	if (result != -EINPROGRESS)
		must(result, "connect");
	return client;
}

int main(void)
{
	struct berth_cable *cable = berth_cable_new(&allocator, 1);
	struct berth_cable_faults faults = {.delay_ns = 10 * MS};
	struct computer server = make_computer(cable, "server", 1);
	struct computer peer = make_computer(cable, "client", 2);
	uint64_t now = 0;
	berth_socket listener = open_server(&server, now);
	struct client client = open_client(&peer, now);

	berth_cable_set_faults(cable, server.cable_port, &faults);
	berth_cable_set_faults(cable, peer.cable_port, &faults);
	while (!client.is_done) {
		size_t moved = carry(&server, cable, now) + carry(&peer, cable, now);

		serve(&server, listener, now);
		follow(&peer, &client, now);
		if (moved == 0) {
			uint64_t next = earliest(berth_host_deadline(server.host),
						 berth_host_deadline(peer.host));

			next = earliest(next, berth_cable_deadline(cable));
			if (next == BERTH_NEVER)
				must(-ETIMEDOUT, "nothing more will ever happen");
			now = next > now ? next : now;
			berth_host_advance(server.host, now);
			berth_host_advance(peer.host, now);
		}
	}
	berth_host_free(server.host);
	berth_host_free(peer.host);
	berth_cable_free(cable);
	return 0;
}
