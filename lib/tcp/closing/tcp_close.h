// SPDX-License-Identifier: MIT
//
// How does a connection end?
#ifndef BERTH_TCP_CLOSE_H
#define BERTH_TCP_CLOSE_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_conn;
struct tcp_layer;

// The connection is gone: error (a positive errno) and the news of it for the owner, no timer, no
// memory for sending. Received bytes stay readable. Without an owner and outside a listener's
// queue, conn is freed. ETIMEDOUT gives way to a soft error heard before (RFC 9293 3.9.2.2).
void tcp_conn_fail(struct tcp_layer *tcp, struct tcp_conn *conn, int error, uint64_t now);
// Nobody waits for the peer's FIN any longer: TCP_TIMER_FIN_WAIT_2 has fired. Frees conn.
void tcp_close_on_fin_wait_2(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
// Our FIN is acknowledged. false: conn is gone.
bool tcp_close_on_fin_acked(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
// The peer's FIN is in sequence. false: conn is gone.
bool tcp_close_on_fin(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
// RST to the peer, and nobody hears of it. Frees conn unless it has an owner.
void tcp_close_with_reset(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
// Every resource back, out of every list. Tells nobody anything.
void tcp_conn_free(struct tcp_layer *tcp, struct tcp_conn *conn);

// Does nobody hold this connection: no socket, no listener?
bool tcp_conn_is_orphan(const struct tcp_conn *conn);

#endif
