// SPDX-License-Identifier: MIT
//
// The TCP of one host: how does it come, go, and learn that time has passed?
#include "tcp_layer.h"

#include <string.h>

#include "../base/numbers.h"
#include "closing/tcp_close.h"

#define TCP_CONNS_PER_CHUNK 64u

// A name nobody knows gets the default: berth_host_new has refused it before.
static const struct tcp_congestion_ops *find_congestion(const char *name)
{
	const struct tcp_congestion_ops *ops =
		name ? tcp_congestion_find(name, strlen(name)) : NULL;

	return ops ? ops : &tcp_congestion_cubic;
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
	tcp->congestion = find_congestion(config->congestion);
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
