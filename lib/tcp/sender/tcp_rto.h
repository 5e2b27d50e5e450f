// SPDX-License-Identifier: MIT
//
// The retransmission timer: RFC 6298 5. Data, FIN, SYN and SYN,ACK of a simultaneous open.
#ifndef BERTH_TCP_RTO_H
#define BERTH_TCP_RTO_H

#include "../tcp_conn.h"

// Something that needs an answer is in flight: is the timer running? RFC 6298 5.1.
void tcp_rto_on_sent(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
// Step 9 of tcp_ack_process: RFC 6298 5.2, 5.3, and the loss probe in its place (RFC 8985 7.2).
void tcp_rto_after_ack(struct tcp_layer *tcp, struct tcp_conn *conn,
		       const struct tcp_ack_report *report, uint64_t now);
void tcp_rto_restart(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
// false: the connection failed, and may be gone.
bool tcp_rto_on_timer(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);

#endif
