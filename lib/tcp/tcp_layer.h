// SPDX-License-Identifier: MIT
//
// The TCP of one host: tables, pools, lists. Private to tcp/.
#ifndef BERTH_TCP_LAYER_H
#define BERTH_TCP_LAYER_H

#include "closing/tcp_reset.h"
#include "closing/tcp_time_wait.h"
#include "opening/tcp_embryo.h"
#include "opening/tcp_isn.h"
#include "opening/tcp_listen.h"
#include "tcp_conn.h"
#include "tcp_limits.h"
#include "tcp_segment.h"

struct tcp_layer {
	struct memory *memory;
	struct buffer_pool *buffers;
	struct ip_layer *ip;
	struct packet_pool *packets;
	struct port_space *ports;
	struct random *random;
	uint64_t *drops;                             // the host's, by enum berth_drop
	struct berth_config config;                  // limits, zeros filled in
	const struct tcp_congestion_ops *congestion; // the one config names

	struct tcp_table table;         // tuple -> conn, embryo or remnant
	struct tcp_listeners listeners; // port -> listeners
	struct tcp_isn_secret isn;
	struct tcp_embryos embryos;
	struct tcp_remnants remnants;
	struct tcp_reset_limits reset_limits;
	struct object_pool conns;
	struct list all;     // every conn
	struct list output;  // conns that may have something to send
	struct list changed; // conns, then listeners, with news
	struct list changed_listeners;
	struct timer_wheel wheel;
	struct berth_counters counters; // only the tcp_* fields are used
};

static inline void tcp_drop(struct tcp_layer *tcp, enum berth_drop reason)
{
	tcp->drops[reason]++;
}

#endif
