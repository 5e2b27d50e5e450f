// SPDX-License-Identifier: MIT
//
// How big may a segment be? RFC 9293 3.7.1, RFC 6691, path MTU discovery (RFC 1191, 8201).
#ifndef BERTH_TCP_MSS_H
#define BERTH_TCP_MSS_H

#include <stdint.h>

struct tcp_conn;
struct tcp_layer;

struct tcp_mss {
	uint16_t payload_bytes; // of a full segment: what agreement and path allow, less timestamps
};

// From conn->agreed and conn->path.
void tcp_mss_refresh(struct tcp_conn *conn);
// The path's MTU fell (conn->path has the new one): what was sent too big is lost, without blame
// for the network (RFC 1191 6.4).
void tcp_mss_reduce(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
// Payload bytes of a full segment when `option_bytes` beyond the timestamps are in its header.
uint32_t tcp_mss_payload(const struct tcp_conn *conn, uint32_t option_bytes);

#endif
