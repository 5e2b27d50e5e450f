// SPDX-License-Identifier: MIT
//
// A connection before it is one.
#ifndef BERTH_TCP_OPEN_H
#define BERTH_TCP_OPEN_H

#include <stdint.h>

struct tcp_conn;
struct tcp_layer;

// A blank connection in the layer's list. NULL: limit or memory.
struct tcp_conn *tcp_conn_new(struct tcp_layer *tcp, uint8_t family, uint32_t owner);
// Its local port is free again, if it holds one.
void tcp_conn_release_port(struct tcp_layer *tcp, struct tcp_conn *conn);

#endif
