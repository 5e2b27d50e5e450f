// SPDX-License-Identifier: MIT
//
// How does time pass in a world? From deadline to deadline; at each instant frames, news and talks
// go on until nothing moves. A world in which something moves for ever at one instant is a failure.
#include "world.h"

#include <errno.h>
#include <stdlib.h>

#include "../../lib/base/numbers.h"
#include "../../lib/host/host_internal.h"
#include "../../lib/tcp/tcp_conn.h"
#include "../../lib/tcp/tcp_layer.h"

#define ROUNDS_MAX 1000000u   // at one instant
#define IDLE_STEPS_MAX 64u    // deadlines one after another that come to nothing
#define CHECKED_TALKS_MAX 16u // with more of them, invariants are looked at now and then
#define CHECK_EVERY_STEPS 512u
#define DUMPS_MAX 4u
#define LIMIT_DEFAULT (600 * TEST_S)
#define TIME_WAIT_DEFAULT (60 * TEST_S)
#define REST_NS (140 * TEST_S) // before TIME-WAIT: lost last FINs
#define PORT_DEFAULT 7

void world_set_faults(struct world *world, const struct berth_cable_faults *faults)
{
	for (unsigned host = 0; host < world->options.host_count; host++)
		berth_cable_set_faults(world->cable, (int)host, faults);
}

uint64_t world_hash(const struct world *world)
{
	return world_capture_hash(world->capture);
}

// --- time ----------------------------------------------------------------------------------------

static bool carry_out(struct world *world, unsigned host)
{
	struct berth_frame frames[BERTH_BURST_MAX];
	size_t count =
		berth_host_transmit(world->hosts[host].host, frames, BERTH_BURST_MAX, world->now);

	for (size_t i = 0; i < count; i++)
		world_capture_frame(world->capture, host, &frames[i], world->now);
	berth_cable_send(world->cable, (int)host, frames, count, world->now);
	return count > 0;
}

static bool carry_in(struct world *world, unsigned host)
{
	struct berth_frame frames[BERTH_BURST_MAX];
	size_t count =
		berth_cable_receive(world->cable, (int)host, frames, BERTH_BURST_MAX, world->now);

	if (count)
		berth_host_receive(world->hosts[host].host, frames, count, world->now);
	return count > 0;
}

static bool hear_news(struct world *world, unsigned host)
{
	struct berth_event event;
	bool any = false;

	while (berth_host_next_event(world->hosts[host].host, &event)) {
		world_on_event(world, host, &event);
		any = true;
	}
	return any;
}

static void check_connections(struct world *world, unsigned host)
{
	struct tcp_layer *tcp = world->hosts[host].host->tcp;
	struct list_node *node;

	for (node = list_first(&tcp->all); node; node = list_after(&tcp->all, node))
		tcp_check(tcp, CONTAINER_OF(node, struct tcp_conn, all_node));
}

static void check_limits(struct world *world)
{
	for (unsigned i = 0; i < world->talk_count; i++) {
		struct world_talk *talk = world->talks[i];

		world_expect(world, talk->client.is_done ? &talk->server : &talk->client,
			     talk->ended_at != 0 ||
				     world->now - talk->began_at <= talk->plan.limit_ns,
			     "not done in %llu ms of virtual time",
			     (unsigned long long)(talk->plan.limit_ns / TEST_MS));
	}
}

// Everything that needs no time.
static bool settle(struct world *world)
{
	unsigned round;
	bool moves = true;

	for (round = 0; moves; round++) {
		world_expect(world, NULL, round < ROUNDS_MAX, "something moves for ever");
		moves = false;
		for (unsigned host = 0; host < world->options.host_count; host++) {
			moves |= carry_out(world, host);
			moves |= carry_in(world, host);
			moves |= hear_news(world, host);
		}
	}
	for (unsigned host = 0; host < world->options.host_count; host++) {
		world_expect(world, NULL, berth_host_deadline(world->hosts[host].host) != 0,
			     "host %u has frames and gives none", host + 1);
		if (world->open_talks <= CHECKED_TALKS_MAX || world->steps % CHECK_EVERY_STEPS == 0)
			check_connections(world, host);
	}
	return round > 1;
}

// One datagram from each host to each other, over IPv4 and IPv6, while the cable is still perfect:
// a question for a MAC that is lost three times is EHOSTUNREACH, and that is right, but not the
// matter here.
static void introduce(struct world *world, unsigned from, unsigned to)
{
	struct test_host *host = &world->hosts[from], *other = &world->hosts[to];
	struct berth_endpoint ends[2] = {{.address = other->ipv4, .port = PORT_DEFAULT},
					 {.address = other->ipv6, .port = PORT_DEFAULT}};

	for (unsigned i = 0; i < 2; i++) {
		berth_socket socket = test_socket(host, (enum berth_family)ends[i].address.family,
						  BERTH_PROTOCOL_UDP);

		assert_int_equal(
			berth_socket_send_to(host->host, socket, &ends[i], "", 1, world->now), 1);
		settle(world);
		assert_int_equal(berth_socket_close(host->host, socket, world->now), 0);
	}
}

void world_open(struct world *world, const struct world_options *options)
{
	struct berth_allocator allocator;

	memset(world, 0, sizeof(*world));
	world->memory_before = test_allocated_bytes();
	world->options = *options;
	if (!world->options.host_count)
		world->options.host_count = 2;
	world->options.host.config.seed[0] = options->seed;
	world->options.host.config.seed[1] = ~options->seed;
	if (!world->options.host.config.time_wait_ns)
		world->options.host.config.time_wait_ns = TIME_WAIT_DEFAULT;
	world->now = TEST_S + options->seed % 1000;
	allocator = test_allocator();
	world->cable = berth_cable_new(&allocator, options->seed);
	assert_non_null(world->cable);
	for (unsigned host = 0; host < world->options.host_count; host++) {
		test_host_open(&world->hosts[host], (uint8_t)(host + 1), &world->options.host);
		assert_int_equal(berth_cable_add_port(world->cable), host);
		world->talk_of_port[host] = calloc(65536, sizeof(uint32_t));
		assert_non_null(world->talk_of_port[host]);
	}
	world->capture = world_capture_new(options->seed);
	for (unsigned from = 0; from < world->options.host_count; from++)
		for (unsigned to = 0; to < world->options.host_count; to++)
			if (from != to)
				introduce(world, from, to);
	world_set_faults(world, &options->faults);
}

static uint64_t next_reading(const struct world *world)
{
	uint64_t at = BERTH_NEVER;

	for (unsigned i = 0; world->has_slow_readers && i < world->talk_count; i++) {
		const struct world_end *ends[2] = {&world->talks[i]->client,
						   &world->talks[i]->server};

		for (unsigned side = 0; side < 2; side++)
			if (ends[side]->is_connected && !ends[side]->is_done &&
			    ends[side]->read_at > world->now && ends[side]->read_at < at)
				at = ends[side]->read_at;
	}
	return at;
}

static void wake_readers(struct world *world)
{
	for (unsigned i = 0; world->has_slow_readers && i < world->talk_count; i++) {
		if (world->talks[i]->client.read_at == world->now)
			world_act(world, &world->talks[i]->client);
		if (world->talks[i]->server.read_at == world->now)
			world_act(world, &world->talks[i]->server);
	}
}

static uint64_t next_deadline(const struct world *world)
{
	uint64_t next = berth_cable_deadline(world->cable);
	uint64_t reading = next_reading(world);

	for (unsigned host = 0; host < world->options.host_count; host++) {
		uint64_t deadline = berth_host_deadline(world->hosts[host].host);

		next = deadline < next ? deadline : next;
	}
	return reading < next ? reading : next;
}

// The next instant, or `end` if it comes first. false: end has come.
static bool step(struct world *world, uint64_t end)
{
	uint64_t next = next_deadline(world);

	if (next > end) {
		world->now = end;
		return false;
	}
	world->steps++;
	world->idle_steps = next > world->now ? 0 : world->idle_steps + 1;
	world_expect(world, NULL, world->idle_steps < IDLE_STEPS_MAX,
		     "a deadline passes and stays");
	if (next > world->now)
		world->now = next;
	for (unsigned host = 0; host < world->options.host_count; host++)
		berth_host_advance(world->hosts[host].host, world->now);
	wake_readers(world);
	if (settle(world))
		world->idle_steps = 0;
	if (world->steps % CHECK_EVERY_STEPS == 0)
		check_limits(world);
	return true;
}

void world_run_until_open(struct world *world, unsigned talks)
{
	settle(world);
	while (world->open_talks > talks) {
		world_expect(world, NULL, next_deadline(world) != BERTH_NEVER,
			     "%u talks are under way and nothing will happen", world->open_talks);
		step(world, BERTH_NEVER - 1);
	}
	check_limits(world);
}

void world_run_for(struct world *world, uint64_t duration_ns)
{
	uint64_t end = world->now + duration_ns;

	settle(world);
	while (step(world, end))
		;
}

// --- talks ---------------------------------------------------------------------------------------

static void set_buffers(struct berth_host *host, berth_socket socket, const struct world_plan *plan,
			uint64_t now)
{
	if (plan->receive_buffer)
		assert_int_equal(berth_socket_set_option(host, socket, BERTH_SOL_SOCKET,
							 BERTH_SO_RCVBUF, &plan->receive_buffer,
							 sizeof(int), now),
				 0);
	if (plan->send_buffer)
		assert_int_equal(berth_socket_set_option(host, socket, BERTH_SOL_SOCKET,
							 BERTH_SO_SNDBUF, &plan->send_buffer,
							 sizeof(int), now),
				 0);
}

// A listener for the plan; one that stands already will do.
static void listen_for(struct world *world, const struct world_plan *plan)
{
	struct berth_host *host = world->hosts[plan->server].host;
	struct berth_endpoint local = {.port = plan->port};
	unsigned number = world->listener_count;
	berth_socket socket = 0;

	assert_int_equal(berth_socket_open(host, plan->family, BERTH_PROTOCOL_TCP, &socket), 0);
	if (plan->family == BERTH_FAMILY_IPV6) {
		int only = 1;

		assert_int_equal(berth_socket_set_option(host, socket, BERTH_IPPROTO_IPV6,
							 BERTH_IPV6_V6ONLY, &only, sizeof(only),
							 world->now),
				 0);
	}
	set_buffers(host, socket, plan, world->now);
	if (berth_socket_bind(host, socket, &local, NULL) == -EADDRINUSE) {
		assert_int_equal(berth_socket_close(host, socket, world->now), 0);
		return;
	}
	assert_int_equal(berth_socket_listen(host, socket, 4096, world->now), 0);
	assert_in_range(number, 0, 63);
	world->listeners[number] = socket;
	world->listener_host[number] = plan->server;
	world->listener_count++;
}

static struct world_talk *add_talk(struct world *world)
{
	if (world->talk_count == world->talk_room) {
		world->talk_room = world->talk_room ? 2 * world->talk_room : 64;
		world->talks = realloc(world->talks, world->talk_room * sizeof(*world->talks));
		assert_non_null(world->talks);
	}
	world->talks[world->talk_count] = calloc(1, sizeof(struct world_talk));
	assert_non_null(world->talks[world->talk_count]);
	return world->talks[world->talk_count++];
}

static void prepare_ends(struct world *world, struct world_talk *talk)
{
	uint64_t key =
		world->options.seed * UINT64_C(1000003) + world->talk_count * UINT64_C(2) * 977;
	struct world_plan *plan = &talk->plan;

	if (plan->client == plan->server)
		plan->server = plan->client + 1;
	if (plan->family == BERTH_FAMILY_NONE)
		plan->family = BERTH_FAMILY_IPV4;
	plan->port = plan->port ? plan->port : PORT_DEFAULT;
	plan->limit_ns = plan->limit_ns ? plan->limit_ns : LIMIT_DEFAULT;
	talk->client = (struct world_end){.talk = talk,
					  .host = plan->client,
					  .is_client = true,
					  .send_key = key,
					  .receive_key = key + (UINT64_C(1) << 40),
					  .to_send = plan->up_bytes,
					  .to_receive = plan->down_bytes};
	talk->server = (struct world_end){.talk = talk,
					  .host = plan->server,
					  .send_key = key + (UINT64_C(1) << 40),
					  .receive_key = key,
					  .to_send = plan->down_bytes,
					  .to_receive = plan->up_bytes};
	talk->began_at = world->now;
}

struct world_talk *world_begin(struct world *world, const struct world_plan *asked)
{
	struct world_talk *talk = add_talk(world);
	const struct world_plan *plan = &talk->plan;
	struct berth_endpoint to, local;
	struct berth_host *host;
	berth_socket socket;

	talk->plan = *asked;
	prepare_ends(world, talk);
	listen_for(world, plan);
	world->has_slow_readers |= plan->read_every_ns != 0;
	world->open_talks++;
	host = world->hosts[plan->client].host;
	memset(&to, 0, sizeof(to));
	to.address = plan->family == BERTH_FAMILY_IPV6 ? world->hosts[plan->server].ipv6
						       : world->hosts[plan->server].ipv4;
	to.port = plan->port;
	assert_int_equal(berth_socket_open(host, plan->family, BERTH_PROTOCOL_TCP, &socket), 0);
	assert_int_equal(berth_socket_set_tag(host, socket, world->talk_count * 2 + 1), 0);
	set_buffers(host, socket, plan, world->now);
	talk->client.socket = socket;
	assert_int_equal(berth_socket_connect(host, socket, &to, world->now), -EINPROGRESS);
	assert_int_equal(berth_socket_local(host, socket, &local), 0);
	talk->older = world->talk_of_port[plan->client][local.port];
	world->talk_of_port[plan->client][local.port] = world->talk_count;
	return talk;
}

uint64_t world_talk_whole(struct world *world, const struct world_plan *plan)
{
	struct world_talk *talk = world_begin(world, plan);

	world_run_until_open(world, 0);
	return talk->ended_at - talk->began_at;
}

// --- the end -------------------------------------------------------------------------------------

static void expect_nothing_left(struct world *world, unsigned host)
{
	struct berth_connection_info info;
	struct berth_counters counters;
	uint64_t cursor = 0;

	while (berth_inspect_next(world->hosts[host].host, &cursor, &info))
		world_expect(world, NULL, info.state == BERTH_TCP_LISTEN,
			     "host %u: a connection is left in %s", host + 1,
			     berth_tcp_state_name((enum berth_tcp_state)info.state));
	berth_inspect_counters(world->hosts[host].host, &counters);
	assert_u64(counters.tcp_connections, 0);
	assert_u64(counters.tcp_embryos, 0);
	assert_u64(counters.tcp_remnants, 0);
}

void world_close(struct world *world)
{
	world_expect(world, NULL, world->open_talks == 0, "talks are under way");
	world_run_for(world, REST_NS + world->options.host.config.time_wait_ns);
	for (unsigned host = 0; host < world->options.host_count; host++)
		expect_nothing_left(world, host);
	for (unsigned i = 0; i < world->listener_count; i++)
		assert_int_equal(berth_socket_close(world->hosts[world->listener_host[i]].host,
						    world->listeners[i], world->now),
				 0);
	for (unsigned host = 0; host < world->options.host_count; host++) {
		test_host_close(&world->hosts[host]);
		free(world->talk_of_port[host]);
	}
	berth_cable_free(world->cable);
	world_capture_free(world->capture);
	for (unsigned i = 0; i < world->talk_count; i++)
		free(world->talks[i]);
	free(world->talks);
	assert_u64(test_allocated_bytes(), world->memory_before);
}

static void dump_end(struct world *world, const struct world_end *end)
{
	static char text[8192];

	print_error("%s on host %u: sent %llu of %llu, heard %llu of %llu%s%s%s%s\n",
		    end->is_client ? "client" : "server", end->host + 1,
		    (unsigned long long)end->sent, (unsigned long long)end->to_send,
		    (unsigned long long)end->received, (unsigned long long)end->to_receive,
		    end->has_shut ? ", shut" : "", end->has_fin ? ", heard FIN" : "",
		    end->has_ended ? ", told CLOSED" : "", end->is_done ? ", done" : "");
	if (end->socket)
		print_error("%s\n", berth_inspect_dump(world->hosts[end->host].host, end->socket,
						       text, sizeof(text), world->now));
}

void world_fail(struct world *world, const struct world_end *end, const char *file, int line,
		const char *format, ...)
{
	unsigned dumped = 0;
	va_list words;

	print_error("%s:%d: at %llu.%09llu: ", file, line,
		    (unsigned long long)(world->now / TEST_S),
		    (unsigned long long)(world->now % TEST_S));
	va_start(words, format);
	vprint_error(format, words);
	va_end(words);
	print_error("\n");
	for (unsigned i = 0; i < world->talk_count && dumped < DUMPS_MAX; i++) {
		struct world_talk *talk = world->talks[i];

		if (end ? end->talk != talk : talk->ended_at != 0)
			continue;
		dump_end(world, &talk->client);
		dump_end(world, &talk->server);
		dumped++;
	}
	world_capture_leave(world->capture);
	_fail(file, line);
	abort();
}
