// SPDX-License-Identifier: MIT
//
// Do we acknowledge now or later? RFC 9293 3.8.6.3, RFC 5681 4.2.
#ifndef BERTH_TCP_ACK_POLICY_H
#define BERTH_TCP_ACK_POLICY_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_conn;
struct tcp_layer;

struct tcp_ack_policy {
	uint32_t unacked_bytes; // arrived in order since the last ACK left
	uint16_t segment_bytes; // what the peer's full segments carry, as far as seen
	uint8_t quick_left;     // segments still to be acknowledged at once
	bool owed_now;
	bool owed_later;     // the timer runs
	bool is_interactive; // our answers carry the ACKs: no need to hurry
	uint64_t sent_at;    // the last ACK of ours, 0: none
};

enum tcp_ack_urgency {
	TCP_ACK_LATER,
	TCP_ACK_NOW,
};

void tcp_ack_policy_init(struct tcp_ack_policy *policy);

// In-order payload arrived. quick: TCP_QUICKACK; had_holes: an early range was there (RFC 5681
// 4.2).
enum tcp_ack_urgency tcp_ack_policy_decide(const struct tcp_ack_policy *policy, bool quick,
					   bool had_holes);
void tcp_ack_policy_note_data(struct tcp_ack_policy *policy, uint32_t bytes,
			      uint32_t segment_bytes);

// An ACK must leave with the next transmission, whatever else happens. Requests output.
void tcp_ack_owe_now(struct tcp_layer *tcp, struct tcp_conn *conn);
// Payload or FIN arrived in order: now or later, as the policy decides.
void tcp_ack_owe(struct tcp_layer *tcp, struct tcp_conn *conn, bool had_holes, uint64_t now);
void tcp_ack_on_timer(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
// A segment with ACK left; with_data: it carried payload.
void tcp_ack_policy_sent(struct tcp_layer *tcp, struct tcp_conn *conn, bool with_data,
			 uint64_t now);

#endif
