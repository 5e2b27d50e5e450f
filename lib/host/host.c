// SPDX-License-Identifier: MIT
//
// The making of a host: limits filled in, layers built from the bottom up and torn down from the
// top.
#include "host_internal.h"

#include <errno.h>
#include <string.h>

#include "../base/assertion.h"
#include "../base/numbers.h"
#include "../base/time_units.h"

// Limits where the configuration says 0. include/berth/host.h names them.
#define SOCKETS_DEFAULT (1u << 20)
#define CONNECTIONS_DEFAULT (1u << 20)
#define EMBRYOS_DEFAULT 4096u
#define REMNANTS_DEFAULT 262144u
#define NEIGHBORS_DEFAULT 1024u
#define QUEUED_PACKETS_DEFAULT 4096u
#define TCP_SEND_BYTES_DEFAULT (4u << 20)
#define TCP_RECEIVE_BYTES_DEFAULT (6u << 20)
#define TCP_INITIAL_RECEIVE_BYTES_DEFAULT (64u << 10)
#define UDP_RECEIVE_BYTES_DEFAULT 212992u
#define EPHEMERAL_LOW_DEFAULT 32768u
#define EPHEMERAL_HIGH_DEFAULT 60999u
#define TIME_WAIT_DEFAULT (60 * NS_PER_S)
#define CONGESTION_DEFAULT "cubic"

#define SOCKETS_LIMIT (1u << 24) // more makes no sense: an index has 32 bits, a row 1 KiB
#define QUEUED_PACKETS_LIMIT (1u << 20)
#define TCP_BYTES_MIN 4096u               // less than two segments cannot work
#define BUFFER_BYTES_IDLE_MAX (16u << 20) // buffers kept for reuse

static uint32_t or_default(uint32_t value, uint32_t standard)
{
	return value ? value : standard;
}

static void fill_in_limits(struct berth_config *config)
{
	config->sockets_max = or_default(config->sockets_max, SOCKETS_DEFAULT);
	config->connections_max = or_default(config->connections_max, CONNECTIONS_DEFAULT);
	config->embryos_max = or_default(config->embryos_max, EMBRYOS_DEFAULT);
	config->remnants_max = or_default(config->remnants_max, REMNANTS_DEFAULT);
	config->neighbors_max = or_default(config->neighbors_max, NEIGHBORS_DEFAULT);
	config->queued_packets_max = or_default(config->queued_packets_max, QUEUED_PACKETS_DEFAULT);
	config->tcp_send_bytes_max = or_default(config->tcp_send_bytes_max, TCP_SEND_BYTES_DEFAULT);
	config->tcp_receive_bytes_max =
		or_default(config->tcp_receive_bytes_max, TCP_RECEIVE_BYTES_DEFAULT);
	config->tcp_initial_receive_bytes = or_default(
		config->tcp_initial_receive_bytes,
		min_u32(TCP_INITIAL_RECEIVE_BYTES_DEFAULT, config->tcp_receive_bytes_max));
	config->udp_receive_bytes_max =
		or_default(config->udp_receive_bytes_max, UDP_RECEIVE_BYTES_DEFAULT);
	config->ephemeral_low = (uint16_t)or_default(config->ephemeral_low, EPHEMERAL_LOW_DEFAULT);
	config->ephemeral_high =
		(uint16_t)or_default(config->ephemeral_high, EPHEMERAL_HIGH_DEFAULT);
	if (!config->congestion)
		config->congestion = CONGESTION_DEFAULT;
	if (!config->time_wait_ns)
		config->time_wait_ns = TIME_WAIT_DEFAULT;
}

static bool is_known_congestion(const char *name)
{
	static const char *const names[] = {"cubic", "reno"};

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (strlen(name) == strlen(names[i]) && memcmp(name, names[i], strlen(name)) == 0)
			return true;
	return false;
}

// DECIDES: does a configuration make sense?
static bool is_sensible(const struct berth_config *config)
{
	return config->allocator.acquire && config->allocator.release &&
	       config->ephemeral_low <= config->ephemeral_high &&
	       config->sockets_max <= SOCKETS_LIMIT &&
	       config->queued_packets_max <= QUEUED_PACKETS_LIMIT &&
	       config->tcp_send_bytes_max >= TCP_BYTES_MIN &&
	       config->tcp_send_bytes_max <= BUFFER_BYTES_MAX &&
	       config->tcp_receive_bytes_max >= TCP_BYTES_MIN &&
	       config->tcp_receive_bytes_max <= BUFFER_BYTES_MAX &&
	       config->tcp_initial_receive_bytes <= config->tcp_receive_bytes_max &&
	       is_known_congestion(config->congestion);
}

// The layers, from the bottom up. On failure what is there is there, the rest NULL.
static bool build_layers(struct berth_host *host)
{
	const struct berth_config *config = &host->config;
	struct memory *memory = &host->memory;

	if (!port_space_init(&host->ports, memory, &host->random, config->ephemeral_low,
			     config->ephemeral_high))
		return false;
	host->link = link_new(memory, &host->packets, &host->random, host->drops, config);
	if (!host->link)
		return false;
	host->ip = ip_new(memory, host->link, &host->packets, &host->random, host->drops);
	if (!host->ip)
		return false;
	host->udp = udp_new(memory, host->ip, &host->packets, &host->ports, &host->random,
			    host->drops, config);
	if (!host->udp)
		return false;
	host->tcp = tcp_new(memory, &host->buffers, host->ip, &host->packets, &host->ports,
			    &host->random, host->drops, config);
	if (!host->tcp)
		return false;
	host->sockets = socket_layer_new(memory, host->tcp, host->udp, host->ip, config);
	return host->sockets != NULL;
}

struct berth_host *berth_host_new(const struct berth_config *asked)
{
	struct berth_config config = *asked;
	struct berth_host *host;
	struct memory memory;

	fill_in_limits(&config);
	if (!is_sensible(&config))
		return NULL;
	memory_init(&memory, &config.allocator);
	host = memory_acquire(&memory, sizeof(*host));
	if (!host)
		return NULL;
	host->memory = memory;
	host->config = config;
	buffer_pool_init(&host->buffers, &host->memory, BUFFER_BYTES_IDLE_MAX);
	// Who waits is limited one by one; the pool has room for all that may wait at once: for the
	// cable, for a neighbour, for ourselves, for being reported.
	packet_pool_init(&host->packets, &host->memory, &host->buffers, 0);
	random_init(&host->random, config.seed, 0);
	if (!build_layers(host)) {
		berth_host_free(host);
		return NULL;
	}
	host->config.congestion = NULL; // the caller's text: tcp has chosen by it
	return host;
}

void berth_host_free(struct berth_host *host)
{
	struct memory memory;

	if (!host)
		return;
	if (host->sockets)
		socket_layer_free(host->sockets);
	if (host->tcp)
		tcp_free(host->tcp);
	if (host->udp)
		udp_free(host->udp);
	if (host->ip)
		ip_free(host->ip);
	if (host->link)
		link_free(host->link);
	if (host->ports.memory)
		port_space_clear(&host->ports);
	packet_pool_clear(&host->packets);
	buffer_pool_clear(&host->buffers);
	memory = host->memory;
	memory_release(&memory, host, sizeof(*host));
	ASSERT(memory.bytes_held == 0);
}

int berth_host_add_interface(struct berth_host *host, const struct berth_interface_config *config)
{
	int index = link_add_interface(host->link, config);
	int result;

	if (index < 0)
		return index;
	result = ip_add_interface(host->ip, index, &config->mac);
	return result < 0 ? result : index;
}

int berth_host_add_address(struct berth_host *host, int interface_index,
			   const struct berth_address *address, uint8_t prefix_bits)
{
	return ip_add_address(host->ip, interface_index, address, prefix_bits);
}

int berth_host_add_route(struct berth_host *host, int interface_index,
			 const struct berth_address *destination, uint8_t prefix_bits,
			 const struct berth_address *gateway)
{
	return ip_add_route(host->ip, interface_index, destination, prefix_bits, gateway);
}
