// SPDX-License-Identifier: MIT
//
// The TCP of one host: how does it come, go, and learn that time has passed?
#include "tcp_layer.h"

#include <string.h>

#include "../base/numbers.h"
#include "closing/tcp_close.h"

#define TCP_CONNS_PER_CHUNK 64u
#define TCP_CONNECTIONS_MAX_DEFAULT (1u << 20)
#define TCP_EMBRYOS_MAX_DEFAULT 4096u
#define TCP_REMNANTS_MAX_DEFAULT (1u << 18)
#define TCP_SEND_BYTES_MAX_DEFAULT (4u << 20)
#define TCP_RECEIVE_BYTES_MAX_DEFAULT (6u << 20)
#define TCP_INITIAL_RECEIVE_BYTES_DEFAULT (64u << 10)

static uint32_t value_or(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

static void fill_config(struct berth_config *config)
{
	config->connections_max = value_or(config->connections_max, TCP_CONNECTIONS_MAX_DEFAULT);
	config->embryos_max = value_or(config->embryos_max, TCP_EMBRYOS_MAX_DEFAULT);
	config->remnants_max = value_or(config->remnants_max, TCP_REMNANTS_MAX_DEFAULT);
	config->tcp_send_bytes_max =
		value_or(config->tcp_send_bytes_max, TCP_SEND_BYTES_MAX_DEFAULT);
	config->tcp_receive_bytes_max =
		value_or(config->tcp_receive_bytes_max, TCP_RECEIVE_BYTES_MAX_DEFAULT);
	config->tcp_initial_receive_bytes =
		value_or(config->tcp_initial_receive_bytes, TCP_INITIAL_RECEIVE_BYTES_DEFAULT);
	config->tcp_send_bytes_max = min_u32(config->tcp_send_bytes_max, BUFFER_BYTES_MAX);
	config->tcp_receive_bytes_max = min_u32(config->tcp_receive_bytes_max, BUFFER_BYTES_MAX);
	if (!config->congestion)
		config->congestion = tcp_congestion_cubic.name;
	if (config->time_wait_ns == 0)
		config->time_wait_ns = TCP_TIME_WAIT_NS;
}

static bool init_tables(struct tcp_layer *tcp)
{
	if (!tcp_table_init(&tcp->table, tcp->memory, tcp->random))
		return false;
	if (!tcp_listeners_init(&tcp->listeners, tcp->memory)) {
		tcp_table_clear(&tcp->table);
		return false;
	}
	return true;
}

struct tcp_layer *tcp_new(struct memory *memory, struct buffer_pool *buffers, struct ip_layer *ip,
                          struct packet_pool *packets, struct port_space *ports,
                          struct random *random, uint64_t *drops, const struct berth_config *config)
{
	struct tcp_layer *tcp = memory_acquire(memory, sizeof(*tcp));

	if (!tcp)
		return NULL;
	tcp->memory = memory;
	tcp->buffers = buffers;
	tcp->ip = ip;
	tcp->packets = packets;
	tcp->ports = ports;
	tcp->random = random;
	tcp->drops = drops;
	tcp->config = *config;
	fill_config(&tcp->config);
	if (!init_tables(tcp)) {
		memory_release(memory, tcp, sizeof(*tcp));
		return NULL;
	}
	tcp_isn_init(&tcp->isn, random);
	tcp_embryos_init(&tcp->embryos, memory, tcp->config.embryos_max);
	tcp_remnants_init(&tcp->remnants, memory, tcp->config.remnants_max,
	                  tcp->config.time_wait_ns);
	tcp_reset_limits_init(&tcp->reset_limits);
	object_pool_init(&tcp->conns, memory, sizeof(struct tcp_conn), TCP_CONNS_PER_CHUNK,
	                 tcp->config.connections_max);
	list_init(&tcp->all);
	list_init(&tcp->output);
	list_init(&tcp->changed);
	list_init(&tcp->changed_listeners);
	timer_wheel_init(&tcp->wheel, 0);
	return tcp;
}

// Peers are told nothing.
void tcp_free(struct tcp_layer *tcp)
{
	struct list_node *node;

	if (!tcp)
		return;
	while ((node = list_first(&tcp->all)))
		tcp_conn_free(tcp, CONTAINER_OF(node, struct tcp_conn, all_node));
	tcp_listeners_clear(tcp); // embryos go with their listeners
	tcp_embryos_clear(tcp);
	tcp_remnants_clear(tcp);
	object_pool_clear(&tcp->conns);
	tcp_table_clear(&tcp->table);
	memory_release(tcp->memory, tcp, sizeof(*tcp));
}

void tcp_advance(struct tcp_layer *tcp, uint64_t now)
{
	struct timer_node *timer;

	while ((timer = timer_wheel_expire(&tcp->wheel, now)))
		tcp_timers_fire(tcp, CONTAINER_OF(timer, struct tcp_conn, timers.wheel_node), now);
	tcp_embryos_advance(tcp, now);
	tcp_remnants_advance(tcp, now);
}

uint64_t tcp_deadline(const struct tcp_layer *tcp)
{
	uint64_t deadline = timer_wheel_deadline(&tcp->wheel);

	deadline = earliest(deadline, tcp_embryos_deadline(&tcp->embryos));
	return earliest(deadline, tcp_remnants_deadline(&tcp->remnants));
}

void tcp_counters(const struct tcp_layer *tcp, struct berth_counters *ret_counters)
{
	const struct berth_counters *ours = &tcp->counters;

	ret_counters->tcp_segments_in = ours->tcp_segments_in;
	ret_counters->tcp_segments_out = ours->tcp_segments_out;
	ret_counters->tcp_retransmitted = ours->tcp_retransmitted;
	ret_counters->tcp_opened_active = ours->tcp_opened_active;
	ret_counters->tcp_opened_passive = ours->tcp_opened_passive;
	ret_counters->tcp_failed = ours->tcp_failed;
	ret_counters->tcp_resets_sent = ours->tcp_resets_sent;
	ret_counters->tcp_resets_in = ours->tcp_resets_in;
	ret_counters->tcp_rto_fired = ours->tcp_rto_fired;
	ret_counters->tcp_fast_recoveries = ours->tcp_fast_recoveries;
	ret_counters->tcp_loss_probes = ours->tcp_loss_probes;
	ret_counters->tcp_spurious_recoveries = ours->tcp_spurious_recoveries;
	ret_counters->tcp_connections = ours->tcp_connections;
	ret_counters->tcp_embryos = tcp->embryos.pool.used;
	ret_counters->tcp_remnants = tcp->remnants.pool.used;
}
