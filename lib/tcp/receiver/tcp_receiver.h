// SPDX-License-Identifier: MIT
//
// The receiving half as the life of a connection sees it: begin, what arrives, release.
#ifndef BERTH_TCP_RECEIVER_H
#define BERTH_TCP_RECEIVER_H

#include "../tcp_conn.h"
#include "../tcp_segment.h"

// RCV.NXT = irs + 1.
void tcp_receiver_init(struct tcp_layer *tcp, struct tcp_conn *conn, tcp_seq irs);
void tcp_receiver_release(struct tcp_layer *tcp, struct tcp_conn *conn);
// SO_RCVBUF or TCP_WINDOW_CLAMP was set on a living connection.
void tcp_receiver_apply_settings(struct tcp_layer *tcp, struct tcp_conn *conn);

// For a SYN: what we offer first (at most 65,535 goes into its field), and which scale.
uint32_t tcp_receiver_initial_window(const struct tcp_layer *tcp,
				     const struct tcp_settings *settings);
uint8_t tcp_receiver_window_scale(const struct tcp_layer *tcp, const struct tcp_settings *settings);
// SO_RCVBUF or TCP_WINDOW_CLAMP was set.
void tcp_receiver_apply_settings(struct tcp_layer *tcp, struct tcp_conn *conn);
// RCV.WND: bytes from RCV.NXT on that were offered and are still acceptable.
uint32_t tcp_receiver_window(const struct tcp_conn *conn);

// Payload of an acceptable segment: trims seg to the window, stores, wakes the reader, owes ACKs.
// BERTH_DROP_NONE, TCP_RECEIVE_MEMORY, TCP_OUT_OF_ORDER_LIMIT (not yet counted).
enum berth_drop tcp_receive_text(struct tcp_layer *tcp, struct tcp_conn *conn,
				 struct tcp_segment *seg, uint64_t now);
// true once: the peer's FIN is in sequence now (RCV.NXT is behind it). Call for every acceptable
// segment, after its text: an early FIN is remembered.
bool tcp_receive_fin(struct tcp_layer *tcp, struct tcp_conn *conn, const struct tcp_segment *seg,
		     uint64_t now);
// The peer's FIN has been received in sequence.
bool tcp_receiver_is_finished(const struct tcp_conn *conn);
// Bytes in order that the program has not read.
uint32_t tcp_receiver_unread_bytes(const struct tcp_conn *conn);
// The program has read the first `length` of them: room again, perhaps a window update.
void tcp_receiver_consume(struct tcp_layer *tcp, struct tcp_conn *conn, uint32_t length,
			  uint64_t now);
// The program will read no more: unread bytes go, later ones are acknowledged and thrown away.
void tcp_receiver_discard(struct tcp_layer *tcp, struct tcp_conn *conn);

#endif
