// SPDX-License-Identifier: MIT
//
// The peer is silent: does it still live? RFC 9293 3.8.4.
#ifndef BERTH_TCP_KEEPALIVE_H
#define BERTH_TCP_KEEPALIVE_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_conn;
struct tcp_layer;

struct tcp_keepalive {
	uint64_t heard_at; // the last segment of the peer
	uint8_t probes;    // sent since
	bool probe_owed;
};

void tcp_keepalive_init(struct tcp_keepalive *keepalive, uint64_t now);
static inline void tcp_keepalive_heard(struct tcp_keepalive *keepalive, uint64_t now)
{
	keepalive->heard_at = now;
	keepalive->probes = 0;
}

// SO_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL or TCP_KEEPCNT was set, or the connection is up.
void tcp_keepalive_refresh(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
// false: the connection failed, and may be gone.
bool tcp_keepalive_on_timer(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
void tcp_keepalive_probe_sent(struct tcp_keepalive *keepalive);

#endif
