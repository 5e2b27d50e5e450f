// SPDX-License-Identifier: MIT
//
// How do this connection's packets leave? The path is found once and kept until ip says it is old.
#ifndef BERTH_TCP_PATH_H
#define BERTH_TCP_PATH_H

#include <stdbool.h>

struct ip_path;
struct tcp_conn;
struct tcp_layer;
struct tcp_settings;

// Is the path still right? If not, find it again (its MTU may be another one then). false: the peer
// cannot be reached now; the old path stays.
bool tcp_path_refresh(struct tcp_layer *tcp, struct tcp_conn *conn);
// TTL and TOS as the program asked.
void tcp_path_apply_settings(struct ip_path *path, const struct tcp_settings *settings);

#endif
