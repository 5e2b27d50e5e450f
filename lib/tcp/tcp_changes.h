// SPDX-License-Identifier: MIT
//
// What must the socket hear? Connections and listeners with news stand in a list until it is
// fetched.
#ifndef BERTH_TCP_CHANGES_H
#define BERTH_TCP_CHANGES_H

#include <stdint.h>

struct tcp_conn;
struct tcp_layer;
struct tcp_listener;

// Remember TCP_CHANGED_* bits for the owner. Without an owner nothing happens.
void tcp_change(struct tcp_layer *tcp, struct tcp_conn *conn, uint32_t what);
void tcp_change_listener(struct tcp_layer *tcp, struct tcp_listener *listener, uint32_t what);
// The owner lets go: news that was not fetched is forgotten.
void tcp_change_forget(struct tcp_conn *conn);
void tcp_change_forget_listener(struct tcp_listener *listener);

#endif
