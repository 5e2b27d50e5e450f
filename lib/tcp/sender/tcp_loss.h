// SPDX-License-Identifier: MIT
//
// Which segments are lost? RACK-TLP (RFC 8985): a segment is lost when one sent later was delivered
// and the reordering window has passed. Fast retransmit is decided here.
#ifndef BERTH_TCP_LOSS_H
#define BERTH_TCP_LOSS_H

#include "../tcp_seq.h"

struct buffer_pool;
struct tcp_ack_report;
struct tcp_conn;
struct tcp_layer;
struct tcp_rtt;
struct tcp_sent;

struct tcp_loss {
	// RACK: the most recently sent segment that was delivered.
	uint64_t rack_sent_at; // 0: none
	tcp_seq rack_end;
	uint64_t rack_rtt_ns;
	uint64_t next_at;          // when the reordering window of some segment ends; NEVER
	tcp_seq window_round;      // reordering window adapts once a round trip
	uint8_t window_multiplier; // of min RTT / 4
	uint8_t window_persists;   // recoveries until it goes back to 1
	bool window_round_valid;
	bool reordering_seen;
	// The tail loss probe under way (RFC 8985 7.1).
	bool probe_owed; // the timer said: send it
	bool probe_is_out;
	bool probe_was_retransmission;
	tcp_seq probe_end;
};

// What RACK needs to know of the rest of the connection.
struct tcp_loss_view {
	tcp_seq una, nxt;
	uint32_t mss_bytes;
	bool has_sack;
	bool in_recovery; // fast or RTO recovery
	tcp_seq until;    // of the recovery, or of the last one
};

void tcp_loss_init(struct tcp_loss *loss);
// Step 4 of tcp_ack_process.
void tcp_loss_detect(struct tcp_loss *loss, struct tcp_sent *sent, struct buffer_pool *buffers,
		     const struct tcp_rtt *rtt, const struct tcp_loss_view *view, uint64_t now,
		     struct tcp_ack_report *report);
// The reordering timer fired. Returns bytes newly lost.
uint32_t tcp_loss_on_reordering_timer(struct tcp_loss *loss, struct tcp_sent *sent,
				      const struct tcp_rtt *rtt, const struct tcp_loss_view *view,
				      uint64_t now);
// The retransmission timer fired (RFC 8985 6.3): returns bytes newly lost.
uint32_t tcp_loss_on_rto(struct tcp_loss *loss, struct tcp_sent *sent, const struct tcp_rtt *rtt,
			 const struct tcp_loss_view *view, uint64_t now);
uint64_t tcp_loss_reordering_window_ns(const struct tcp_loss *loss, const struct tcp_sent *sent,
				       const struct tcp_rtt *rtt, bool in_recovery);
void tcp_loss_on_recovery_end(struct tcp_loss *loss);

// tcp_loss_probe.c: is the tail lost?
// When should a probe go out, if no ACK comes? NEVER: no probe (not allowed now).
uint64_t tcp_loss_probe_decide(const struct tcp_conn *conn, uint64_t now);
void tcp_loss_probe_on_timer(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
void tcp_loss_probe_owe(struct tcp_loss *loss);
void tcp_loss_probe_sent(struct tcp_loss *loss, tcp_seq end, bool was_retransmission);
void tcp_loss_probe_not_sent(struct tcp_loss *loss);
// Did the probe repair a loss (RFC 8985 7.4)? true: the congestion window must answer for it.
bool tcp_loss_probe_on_ack(struct tcp_loss *loss, const struct tcp_ack_report *report);

#endif
