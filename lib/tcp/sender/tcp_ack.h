// SPDX-License-Identifier: MIT
//
// An acceptable ACK arrived: who must hear about it, in which order?
#ifndef BERTH_TCP_ACK_H
#define BERTH_TCP_ACK_H

#include "../tcp_conn.h"
#include "../tcp_segment.h"
#include "tcp_ack_report.h"

// seg->ack is acceptable: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.NXT (RFC 5961 5.2), and so is its
// sequence number. conn stays alive.
void tcp_ack_process(struct tcp_layer *tcp, struct tcp_conn *conn, const struct tcp_segment *seg,
		     uint64_t now);
// Some segment's time of grace is over (RFC 8985 6.3).
void tcp_ack_on_reordering_timer(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);

#endif
