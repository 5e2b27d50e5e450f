// SPDX-License-Identifier: MIT
//
// A segment arrived: in which order is it checked?
#ifndef BERTH_TCP_INPUT_H
#define BERTH_TCP_INPUT_H

#include <berth/drop.h>
#include <stdint.h>

struct tcp_conn;
struct tcp_layer;
struct tcp_segment;

// Any state but CLOSED and SYN-SENT (RFC 9293 3.10.7.4). The connection may be gone afterwards.
enum berth_drop tcp_input_synchronized(struct tcp_layer *tcp, struct tcp_conn *conn,
				       struct tcp_segment *segment, uint64_t now);
// Its sixth to eighth step: text and FIN. The connection may be gone afterwards.
enum berth_drop tcp_input_text(struct tcp_layer *tcp, struct tcp_conn *conn,
			       struct tcp_segment *segment, uint64_t now);

#endif
