// SPDX-License-Identifier: MIT
//
// What may a program set and ask? Linux's options, numbers and limits.
#ifndef BERTH_TCP_OPTIONS_H
#define BERTH_TCP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct berth_tcp_info;
struct port_claim;
struct tcp_conn;
struct tcp_layer;
struct tcp_settings;

struct tcp_congestion_ops;

void tcp_settings_init(struct tcp_settings *settings, const struct tcp_congestion_ops *congestion);
// A connection begins with what its listener was told.
void tcp_settings_inherit(struct tcp_settings *settings, const struct tcp_settings *from);
// What needs no connection: settings, and the flags of the claim. 0, -EINVAL, -ENOPROTOOPT, -ENOENT
// (no such congestion control).
int tcp_settings_set(struct tcp_settings *settings, struct port_claim *claim, int level, int name,
		     const void *value, size_t length);
int tcp_settings_get(const struct tcp_settings *settings, const struct port_claim *claim, int level,
		     int name, void *value, size_t *length);
// Write an int, or as much of it as there is room for.
int tcp_option_put_int(int number, void *value, size_t *length);

// tcp_info.c
void tcp_info_fill(const struct tcp_layer *tcp, const struct tcp_conn *conn, uint64_t now,
		   struct berth_tcp_info *ret_info);

#endif
