// SPDX-License-Identifier: MIT
//
// What did this one ACK teach us? Filled step by step in the order of tcp_ack_process; each step
// may read what earlier ones wrote.
#ifndef BERTH_TCP_ACK_REPORT_H
#define BERTH_TCP_ACK_REPORT_H

#include "../tcp_seq.h"

struct tcp_ack_report {
	tcp_seq una_before, ack, nxt;
	uint32_t in_flight_before_bytes;
	uint32_t acked_bytes;     // how far SND.UNA moves
	uint32_t sacked_bytes;    // newly SACKed
	uint32_t delivered_bytes; // newly acked or SACKed, each byte once
	uint32_t lost_bytes;      // newly found lost
	uint32_t retransmitted_acked_bytes;

	// The newest delivered segment: the one sent last (RFC 8985 6.2 step 2).
	uint64_t newest_sent_at; // 0: nothing was delivered
	tcp_seq newest_end;
	bool newest_was_retransmitted;
	// The same segment's delivery rate facts, from when it was sent.
	uint64_t newest_delivered_bytes, newest_delivered_at, newest_first_sent_at;
	bool newest_was_application_limited;

	// When the oldest of what was delivered left; nothing acknowledged was sent twice (Karn).
	uint64_t oldest_sent_at; // 0: nothing can be said

	bool acked_original;  // something never sent twice was delivered, sent before rto_end
	bool reordering_seen; // delivered below what was delivered before, never sent twice
	bool has_dsack;
	tcp_seq dsack_begin, dsack_end;
	bool is_duplicate; // RFC 5681 2: a duplicate ACK
	bool has_new_sack;
	bool has_timestamp_echo;
	uint32_t timestamp_echo;
	uint64_t timestamp_rtt_ns;      // from it; 0: none
	bool newest_timestamp_is_later; // the newest delivered segment left with a later timestamp
	bool syn_acked, fin_acked;
	uint64_t rtt_ns; // sample of this ACK; 0: none
};

#endif
