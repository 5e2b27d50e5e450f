// SPDX-License-Identifier: MIT
//
// What do the two ends of a talk do? Read what has come and compare, write what is due, end when
// all is said; and be sure that the connection has ended, too.
#include <errno.h>

#include "world.h"

#define STREAM_BYTES 65536u

// Eight bytes of a stream at a time.
static uint64_t word_of(uint64_t key, uint64_t index)
{
	uint64_t mixed = (index + key) * UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return mixed ^ mixed >> 32;
}

static void fill_stream(uint64_t key, uint64_t offset, uint8_t *to, size_t length)
{
	size_t done = 0;

	while (done < length) {
		uint64_t word = word_of(key, (offset + done) / 8);
		size_t skip = (offset + done) % 8;
		size_t part = 8 - skip < length - done ? 8 - skip : length - done;

		memcpy(to + done, (uint8_t *)&word + skip, part);
		done += part;
	}
}

static struct berth_host *host_of(struct world *world, const struct world_end *end)
{
	return world->hosts[end->host].host;
}

// How far may this end have spoken by now?
static uint64_t may_have_sent(const struct world_end *end)
{
	const struct world_plan *plan = &end->talk->plan;
	uint64_t heard;

	if (plan->message_bytes) {
		heard = end->received / plan->message_bytes + end->is_client;
		heard *= plan->message_bytes;
		return heard < end->to_send ? heard : end->to_send;
	}
	if (!end->is_client && plan->server_waits && end->received < end->to_receive)
		return 0;
	if (!end->is_client && plan->server_waits_for_fin && !end->has_fin)
		return 0;
	return end->to_send;
}

static bool is_first(const struct world_end *end)
{
	enum world_first first = end->talk->plan.first;

	return first == WORLD_BOTH_FIRST || (first == WORLD_CLIENT_FIRST) == end->is_client;
}

static void take_bytes(struct world *world, struct world_end *end, const uint8_t *got,
		       size_t length)
{
	static uint8_t right[STREAM_BYTES];

	world_expect(world, end, end->received + length <= end->to_receive, "%llu bytes too many",
		     (unsigned long long)(end->received + length - end->to_receive));
	fill_stream(end->receive_key, end->received, right, length);
	world_expect(world, end, memcmp(got, right, length) == 0,
		     "wrong bytes in the %zu from %llu on", length,
		     (unsigned long long)end->received);
	end->received += length;
}

static void read_bytes(struct world *world, struct world_end *end)
{
	static uint8_t got[STREAM_BYTES];
	const struct world_plan *plan = &end->talk->plan;
	bool is_slow = plan->read_every_ns != 0;
	size_t room = is_slow ? plan->read_bytes : sizeof(got);

	if (is_slow && world->now < end->read_at)
		return;
	while (!end->has_fin) {
		int64_t count = berth_socket_receive(host_of(world, end), end->socket, got, room,
						     world->now);

		if (count == -EAGAIN)
			break;
		world_expect(world, end, count >= 0, "receive: error %lld", (long long)-count);
		if (count > 0)
			take_bytes(world, end, got, (size_t)count);
		end->has_fin = count == 0;
		if (is_slow && count > 0) {
			end->read_at = world->now + plan->read_every_ns;
			break;
		}
	}
	world_expect(world, end, !end->has_fin || end->received == end->to_receive,
		     "FIN after %llu of %llu bytes", (unsigned long long)end->received,
		     (unsigned long long)end->to_receive);
}

static void write_bytes(struct world *world, struct world_end *end)
{
	static uint8_t bytes[STREAM_BYTES];
	uint64_t due;

	while ((due = may_have_sent(end)) > end->sent) {
		size_t length = due - end->sent < sizeof(bytes) ? due - end->sent : sizeof(bytes);
		int64_t count;

		fill_stream(end->send_key, end->sent, bytes, length);
		count = berth_socket_send(host_of(world, end), end->socket, bytes, length, 0,
					  world->now);
		if (count == -EAGAIN)
			break;
		world_expect(world, end, count > 0, "send: error %lld", (long long)-count);
		end->sent += (uint64_t)count;
	}
}

static void let_go(struct world *world, struct world_end *end)
{
	struct world_talk *talk = end->talk;

	world_expect(world, end,
		     berth_socket_close(host_of(world, end), end->socket, world->now) == 0,
		     "close refused");
	end->socket = 0;
	end->is_done = true;
	if (talk->client.is_done && talk->server.is_done) {
		talk->ended_at = world->now;
		world->open_talks--;
	}
}

static void finish(struct world *world, struct world_end *end)
{
	bool has_said = end->sent == end->to_send;

	if (!end->has_shut && has_said && (is_first(end) || end->has_fin)) {
		if (end->talk->plan.closes && end->received == end->to_receive) {
			let_go(world, end);
			return;
		}
		world_expect(world, end,
			     berth_socket_shutdown(host_of(world, end), end->socket,
						   BERTH_SHUTDOWN_WRITE, world->now) == 0,
			     "shutdown refused");
		end->has_shut = true;
	}
	if (end->has_shut && end->has_fin && (end->has_ended || end->talk->plan.closes)) {
		struct berth_connection_info info;

		world_expect(world, end,
			     berth_inspect_socket(host_of(world, end), end->socket, &info) == 0,
			     "no such socket");
		world_expect(world, end, !end->has_ended || info.state == BERTH_TCP_CLOSED,
			     "told CLOSED, but it is %s",
			     berth_tcp_state_name((enum berth_tcp_state)info.state));
		let_go(world, end);
	}
}

void world_act(struct world *world, struct world_end *end)
{
	if (!end->is_connected || end->is_done)
		return;
	read_bytes(world, end);
	write_bytes(world, end);
	finish(world, end);
}

// --- news ----------------------------------------------------------------------------------------

static unsigned host_at(struct world *world, const struct berth_endpoint *endpoint)
{
	struct berth_address address = endpoint->address;

	for (unsigned host = 0; host < world->options.host_count; host++)
		if (berth_address_equal(&address, &world->hosts[host].ipv4) ||
		    berth_address_equal(&address, &world->hosts[host].ipv6))
			return host;
	world_fail(world, NULL, __FILE__, __LINE__, "accepted from a stranger");
}

// Whose connection is it that came from there? One port may serve talks with several listeners.
static uint32_t number_of(struct world *world, unsigned host, const struct berth_endpoint *local,
			  const struct berth_endpoint *remote)
{
	uint32_t number = world->talk_of_port[host_at(world, remote)][remote->port];

	while (number) {
		const struct world_talk *talk = world->talks[number - 1];

		if (talk->server.socket == 0 && !talk->server.is_done &&
		    talk->server.host == host && talk->plan.port == local->port &&
		    talk->plan.family == (enum berth_family)remote->address.family)
			break;
		number = talk->older;
	}
	world_expect(world, NULL, number != 0, "accepted, but nobody called, or twice");
	return number;
}

static void accept_all(struct world *world, unsigned host, berth_socket listener)
{
	struct berth_host *on = world->hosts[host].host;
	struct berth_endpoint local, remote;
	berth_socket socket;
	int result;

	while ((result = berth_socket_accept(on, listener, &socket, &remote, world->now)) == 0) {
		struct world_talk *talk;
		uint32_t number;

		world_expect(world, NULL, berth_socket_local(on, socket, &local) == 0, "no local");
		number = number_of(world, host, &local, &remote);
		talk = world->talks[number - 1];
		talk->server.socket = socket;
		talk->server.is_connected = true;
		berth_socket_set_tag(on, socket, number * 2);
		world_act(world, &talk->server);
	}
	world_expect(world, NULL, result == -EAGAIN, "accept: error %d", -result);
}

void world_on_event(struct world *world, unsigned host, const struct berth_event *event)
{
	struct world_talk *talk;
	struct world_end *end;

	if (event->what & BERTH_EVENT_ACCEPTABLE) {
		accept_all(world, host, event->socket);
		return;
	}
	talk = world->talks[event->tag / 2 - 1];
	end = event->tag & 1 ? &talk->client : &talk->server;
	world_expect(world, end, !(event->what & (BERTH_EVENT_ERROR | BERTH_EVENT_RESET)),
		     "the connection failed: error %d", event->error);
	if (end->is_done)
		return;
	if (event->what & BERTH_EVENT_WRITABLE)
		end->is_connected = true;
	if (event->what & BERTH_EVENT_CLOSED)
		end->has_ended = true;
	world_act(world, end);
}
