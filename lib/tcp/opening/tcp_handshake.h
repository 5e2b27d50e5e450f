// SPDX-License-Identifier: MIT
//
// How does a connection open? Active and simultaneous opens, and the embryo that has become one.
#ifndef BERTH_TCP_HANDSHAKE_H
#define BERTH_TCP_HANDSHAKE_H

#include <berth/drop.h>
#include <stdbool.h>
#include <stdint.h>

struct ip_path;
struct tcp_conn;
struct tcp_embryo;
struct tcp_layer;
struct tcp_segment;

// A segment in SYN-SENT (RFC 9293 3.10.7.3). The connection may be gone afterwards.
enum berth_drop tcp_handshake_receive(struct tcp_layer *tcp, struct tcp_conn *conn,
				      struct tcp_segment *segment, uint64_t now);
// SYN-RECEIVED and our SYN is acknowledged by this segment: now ESTABLISHED.
void tcp_handshake_finish(struct tcp_layer *tcp, struct tcp_conn *conn,
			  const struct tcp_segment *segment, uint64_t now);
// The embryo is complete: make a connection of it and forget the embryo. NULL: limit or memory, the
// embryo stays.
struct tcp_conn *tcp_handshake_grow(struct tcp_layer *tcp, struct tcp_embryo *embryo,
				    const struct ip_path *path, const struct tcp_segment *segment,
				    uint64_t now);

#endif
