// SPDX-License-Identifier: MIT
//
// Are we repairing, until where, and was the loss real? RFC 5681 3.2, 6675, 6937/9937 (PRR), 5682
// (F-RTO), 4015 (Eifel), 3708 (DSACK).
#ifndef BERTH_TCP_RECOVERY_H
#define BERTH_TCP_RECOVERY_H

#include "../tcp_seq.h"

struct tcp_ack_report;
struct tcp_conn;
struct tcp_layer;

enum tcp_recovery_phase {
	TCP_RECOVERY_OPEN,
	TCP_RECOVERY_FAST, // a loss was found by ACKs
	TCP_RECOVERY_RTO,  // the retransmission timer fired
};

enum tcp_frto {
	TCP_FRTO_OFF,
	TCP_FRTO_WAIT_FIRST,  // RFC 5682 3.1 step 2: the first ACK after the RTO
	TCP_FRTO_WAIT_SECOND, // step 3: new data was sent, what does the next ACK say?
};

struct tcp_recovery {
	uint8_t phase; // enum tcp_recovery_phase
	uint8_t frto;  // enum tcp_frto
	bool undo_is_possible;
	bool has_resent; // something was sent again in this episode
	tcp_seq until;   // SND.NXT when the episode began: over when acked
	// PRR (RFC 9937 6): bytes since the episode began.
	uint32_t prr_delivered_bytes, prr_out_bytes, prr_flight_bytes;
	// Undo.
	uint32_t cwnd_before_bytes, ssthresh_before_bytes;
	tcp_seq undo_una;   // SND.UNA when the episode began
	tcp_seq undo_until; // after its end, reports of doubles count until this is acked
	uint32_t undo_resent_segments;   // sent again in this episode, not yet reported doubled
	uint32_t first_resent_timestamp; // our clock in the first retransmission (RFC 4015 3.2)
	uint64_t first_resent_at;
	// RTO bookkeeping.
	uint64_t stalled_since_at;    // first RTO without progress since; 0: none
	uint8_t rto_count;            // in a row without progress
	uint32_t episodes, rto_total; // for people
};

void tcp_recovery_init(struct tcp_recovery *recovery);
void tcp_recovery_begin_at(struct tcp_recovery *recovery, tcp_seq una); // no episode is remembered
static inline bool tcp_recovery_is_open(const struct tcp_recovery *recovery)
{
	return recovery->phase == TCP_RECOVERY_OPEN;
}

// Step 5 of tcp_ack_process.
void tcp_recovery_after_ack(struct tcp_layer *tcp, struct tcp_conn *conn,
			    struct tcp_ack_report *report, uint64_t now);
// Losses were found without an ACK (reordering timer).
void tcp_recovery_on_loss(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
// The retransmission timer fired: losses are marked already.
void tcp_recovery_on_rto(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
// A tail loss probe repaired something: reduce once, as if repaired (RFC 8985 7.4.2).
void tcp_recovery_on_probe_repair(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
// Segments were too big for the path, and are marked lost: repair without blame (RFC 1191 6.4).
void tcp_recovery_on_smaller_path(struct tcp_conn *conn);
// `bytes` left in `segments` segments; again: not for the first time.
void tcp_recovery_note_sent(struct tcp_recovery *recovery, uint32_t bytes, uint32_t segments,
			    bool again, uint32_t timestamp, uint64_t now);
// The timer fired; what it waited for left first at since_at.
void tcp_recovery_note_stall(struct tcp_recovery *recovery, uint64_t since_at);
void tcp_recovery_note_progress(struct tcp_recovery *recovery);

// tcp_recovery_prr.c
// DECIDES how many bytes may leave in answer to this ACK. Pure.
uint32_t tcp_recovery_prr_quota(const struct tcp_recovery *recovery, uint32_t ssthresh_bytes,
				uint32_t in_flight_bytes, uint32_t delivered_bytes,
				uint32_t mss_bytes, bool ack_is_safe);

// tcp_recovery_undo.c
enum tcp_undo {
	TCP_UNDO_NONE,
	TCP_UNDO_EIFEL, // the peer's timestamp answers the first transmission
	TCP_UNDO_DSACK, // every retransmission arrived a second time
	TCP_UNDO_FRTO,  // after the RTO, something sent only once was acknowledged
};
enum tcp_undo tcp_recovery_undo_decide(const struct tcp_recovery *recovery,
				       const struct tcp_ack_report *report);
void tcp_recovery_undo_begin(struct tcp_recovery *recovery, uint32_t cwnd_bytes,
			     uint32_t ssthresh_bytes, tcp_seq una);
void tcp_recovery_undo_note_dsack(struct tcp_recovery *recovery,
				  const struct tcp_ack_report *report, uint32_t mss_bytes);

#endif
