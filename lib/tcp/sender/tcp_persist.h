// SPDX-License-Identifier: MIT
//
// The peer's window is closed: who asks when it opens? RFC 9293 3.8.6.1.
#ifndef BERTH_TCP_PERSIST_H
#define BERTH_TCP_PERSIST_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_conn;
struct tcp_layer;

struct tcp_persist {
	uint64_t began_at; // the first probe not yet answered; 0: none
	uint8_t backoff;
	uint8_t probes;  // sent and not answered
	bool probe_owed; // the timer said: send it
};

void tcp_persist_init(struct tcp_persist *persist);
// Run or stop the timer, as the situation asks. Called after anything was sent or acknowledged.
void tcp_persist_refresh(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
void tcp_persist_on_ack(struct tcp_conn *conn); // the peer lives
// false: the connection failed, and may be gone.
bool tcp_persist_on_timer(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
void tcp_persist_probe_sent(struct tcp_persist *persist);

#endif
