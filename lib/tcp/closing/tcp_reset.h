// SPDX-License-Identifier: MIT
//
// Do we believe this RST or SYN, and when do we send a RST or a challenge ACK (RFC 5961)?
#ifndef BERTH_TCP_RESET_H
#define BERTH_TCP_RESET_H

#include <berth/drop.h>
#include <stdbool.h>
#include <stdint.h>

#include "../tcp_seq.h"

struct random;
struct tcp_conn;
struct tcp_layer;
struct tcp_segment;

// So many in one second, then none until the next.
struct tcp_rate_limit {
	uint64_t second_began_at;
	uint32_t left;
};

struct tcp_reset_limits {
	struct tcp_rate_limit challenges, resets;
};

void tcp_reset_limits_init(struct tcp_reset_limits *limits);

// RST in answer to a segment for nobody, or one that acknowledges nonsense (RFC 9293 3.10.7.1).
// Never to a RST or a group; limited.
void tcp_reset_answer(struct tcp_layer *tcp, const struct tcp_segment *segment, uint64_t now);
// RST of a connection we give up.
void tcp_reset_send(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);

enum tcp_reset_choice {
	TCP_RESET_BELIEVE,
	TCP_RESET_CHALLENGE,
	TCP_RESET_IGNORE,
};

// DECIDES: is a RST believed? (RFC 5961 3.2)
enum tcp_reset_choice tcp_reset_decide(tcp_seq seq, tcp_seq rcv_nxt, uint32_t rcv_window);
// The segment is an acceptable RST of a connection that is not in SYN-SENT. conn may be gone
// afterwards.
enum berth_drop tcp_reset_on_rst(struct tcp_layer *tcp, struct tcp_conn *conn,
				 const struct tcp_segment *segment, uint64_t now);
// Answer something suspicious with an ACK, if the limits allow (RFC 5961 7).
void tcp_reset_challenge(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
// The limits alone, for what has no connection. *last_at: of this peer's object, 0 never.
bool tcp_reset_may_challenge(struct tcp_layer *tcp, uint64_t *last_at, uint64_t now);

#endif
