// SPDX-License-Identifier: MIT
//
// Which connections may have something to send? Input only asks for output; tcp_transmit gives it.
#ifndef BERTH_TCP_OUTPUT_H
#define BERTH_TCP_OUTPUT_H

#include "tcp_conn.h"

struct tcp_layer;

// This connection may have something to send: tcp_transmit will ask tcp_send_decide. Cheap.
void tcp_output_request(struct tcp_layer *tcp, struct tcp_conn *conn);

#endif
