// SPDX-License-Identifier: MIT
//
// What may a program set and ask?
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

void tcp_settings_init(struct tcp_settings *settings);
// The part that changes only settings and flags of the claim. *ret_changed: the option was one of them.
int tcp_settings_set(struct tcp_settings *settings, struct port_claim *claim, int level, int name,
                     const void *value, size_t length);
int tcp_settings_get(const struct tcp_settings *settings, const struct port_claim *claim, int level,
                     int name, void *value, size_t *length);

// tcp_info.c
void tcp_info_fill(const struct tcp_layer *tcp, const struct tcp_conn *conn, uint64_t now,
                   struct berth_tcp_info *ret_info);

#endif
