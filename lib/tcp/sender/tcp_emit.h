// SPDX-License-Identifier: MIT
//
// How does a segment become bytes? The only builder of segments.
#ifndef BERTH_TCP_EMIT_H
#define BERTH_TCP_EMIT_H

#include "../tcp_conn.h"
#include "tcp_send_decide.h"

// A segment without a connection, at once: RST, SYN,ACK of an embryo, ACK of a remnant. header's
// ports, numbers, flags, window and options go out as they are. BERTH_DROP_NONE, or why not.
enum berth_drop tcp_emit_control(struct tcp_layer *tcp, struct ip_path *path,
				 const struct tcp_header *header, uint64_t now);

// RST of a connection, at once (owned packet): it may be freed right afterwards.
enum berth_drop tcp_emit_reset(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);

enum tcp_emit_result {
	TCP_EMIT_SENT,
	TCP_EMIT_NO_ROOM,   // the burst is full: nothing happened
	TCP_EMIT_NO_MEMORY, // nothing happened
};

// Carry out a decision.
enum tcp_emit_result tcp_emit(struct tcp_layer *tcp, struct tcp_conn *conn,
			      const struct tcp_send_decision *decision, uint64_t now);

// Bytes of SACK option the next segment of conn will carry.
uint32_t tcp_emit_sack_bytes(const struct tcp_conn *conn);

#endif
