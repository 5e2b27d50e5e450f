// SPDX-License-Identifier: MIT
//
// The sending half as the life of a connection sees it: begin, established, release.
#ifndef BERTH_TCP_SENDER_H
#define BERTH_TCP_SENDER_H

#include "../tcp_conn.h"
#include "../tcp_segment.h"

// SND.UNA = SND.NXT = iss: SYN is not sent yet. Then tcp_output_request sends it.
void tcp_sender_init(struct tcp_layer *tcp, struct tcp_conn *conn, tcp_seq iss);
// The same for a connection made of an embryo: SYN is sent and acknowledged, SND.NXT = iss + 1.
void tcp_sender_from_embryo(struct tcp_layer *tcp, struct tcp_conn *conn, tcp_seq iss);
// The handshake is complete: seg (SYN,ACK, or the ACK of ours) acknowledges our SYN. conn->agreed
// and conn->path are set. Takes SND.UNA, the window, MSS, cwnd = IW10, timers. handshake_rtt_ns 0:
// unknown, or unsure because SYN was sent more than once (syn_was_resent, RFC 6298 5.7).
void tcp_sender_established(struct tcp_layer *tcp, struct tcp_conn *conn,
			    const struct tcp_segment *seg, uint64_t handshake_rtt_ns,
			    bool syn_was_resent, uint64_t now);
void tcp_sender_release(struct tcp_layer *tcp, struct tcp_conn *conn); // memory back

bool tcp_sender_syn_is_sent(const struct tcp_conn *conn);
// How long our SYN has been waiting for its answer, for handshake_rtt_ns; 0: it was sent more than
// once.
uint64_t tcp_sender_syn_rtt_ns(const struct tcp_conn *conn, uint64_t now);
bool tcp_sender_syn_was_resent(const struct tcp_conn *conn);
// Everything up to our FIN was sent and acknowledged.
bool tcp_sender_fin_is_acked(const struct tcp_conn *conn);
bool tcp_sender_fin_is_sent(const struct tcp_conn *conn);
// Bytes the program gave that are not acknowledged (sent or not).
uint32_t tcp_sender_unacked_bytes(const struct tcp_conn *conn);

#endif
