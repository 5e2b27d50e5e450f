// SPDX-License-Identifier: MIT
//
// What is in flight, SACKed, lost? The scoreboard: one record for each transmitted run of sequence
// space, in sequence order.
//
// Invariants: records touch each other and cover SND.UNA..SND.NXT exactly; each is in flight,
// SACKed or lost, and in_flight = all - sacked - lost. Sending a lost record again makes it in
// flight.
#ifndef BERTH_TCP_SENT_H
#define BERTH_TCP_SENT_H

#include "../../base/memory.h"
#include "../tcp_seq.h"

struct tcp_ack_report;
struct tcp_rate;
struct tcp_segment;

enum tcp_sent_fate {
	TCP_SENT_IN_FLIGHT,
	TCP_SENT_SACKED,
	TCP_SENT_LOST,
};

struct tcp_sent_record {
	uint64_t sent_at;         // most recently
	uint64_t delivered_bytes; // the connection's total, delivered_at and first_sent_at when it
	uint64_t delivered_at;    // was sent: for the delivery rate
	uint64_t first_sent_at;
	tcp_seq begin, end;
	uint16_t mss_bytes;    // it left in segments of this size
	uint8_t fate;          // enum tcp_sent_fate
	uint8_t transmissions; // saturates
	bool has_syn, has_fin; // SYN stands first, FIN last
	bool was_application_limited;
	bool was_lost; // found lost at least once
};

struct tcp_sent {
	struct tcp_sent_record *records; // a ring; NULL: no memory held
	uint32_t capacity;               // records
	uint32_t bytes_held;             // of the buffer
	uint32_t first, count;
	uint32_t sacked_bytes, lost_bytes;
	uint32_t sacked_segments;
	uint32_t retransmitted_bytes; // in flight again
	uint32_t duplicate_bytes;     // without SACK: what duplicates say has left the network
	uint32_t duplicate_acks;      // in a row
	uint32_t lost_from;           // no lost record before this index
	uint32_t original_from;       // no in-flight record that was sent only once before it
	tcp_seq highest_sacked;       // end of the highest SACKed byte; una when none
	tcp_seq rto_end;              // SND.NXT when the retransmission timer last fired
	// The SACK blocks of the last ACK: their part of the scoreboard needs no second visit.
	struct tcp_sack_block seen[TCP_SACK_BLOCKS_MAX];
	uint8_t seen_count;
};

void tcp_sent_init(struct tcp_sent *sent, tcp_seq una);
void tcp_sent_release(struct tcp_sent *sent, struct buffer_pool *buffers);

static inline struct tcp_sent_record *tcp_sent_at(const struct tcp_sent *sent, uint32_t index)
{
	uint32_t slot = sent->first + index;

	return &sent->records[slot >= sent->capacity ? slot - sent->capacity : slot];
}

static inline uint32_t tcp_sent_length(const struct tcp_sent_record *record)
{
	return record->end.raw - record->begin.raw;
}

// Room for one more record (and a split)? false: no memory; nothing may be sent now.
bool tcp_sent_reserve(struct tcp_sent *sent, struct buffer_pool *buffers);
// New sequence space went out. Room must have been reserved.
void tcp_sent_record(struct tcp_sent *sent, tcp_seq begin, uint32_t space, bool has_syn,
		     bool has_fin, uint32_t mss_bytes, const struct tcp_rate *rate, uint64_t now);
// The record at index goes out again, its first `space` numbers only: the rest is split off. Room
// must have been reserved.
void tcp_sent_record_again(struct tcp_sent *sent, uint32_t index, uint32_t space,
			   uint32_t mss_bytes, const struct tcp_rate *rate, uint64_t now);

// Step 1 of tcp_ack_process. una: before this ACK.
void tcp_sent_apply_ack(struct tcp_sent *sent, struct buffer_pool *buffers, tcp_seq una,
			tcp_seq nxt, const struct tcp_segment *seg, uint32_t mss_bytes,
			bool has_sack, struct tcp_ack_report *report);

// Nothing happens to a record that is not in flight.
void tcp_sent_mark_lost(struct tcp_sent *sent, uint32_t index);
// Cut the last segment off the last record. Room must have been reserved.
void tcp_sent_split_tail(struct tcp_sent *sent, uint32_t mss_bytes);
// Without SACK: only the first segment is known to be missing (RFC 6582).
void tcp_sent_mark_first_lost(struct tcp_sent *sent, struct buffer_pool *buffers,
			      uint32_t mss_bytes);
// A false alarm: what is marked lost is in flight after all.
void tcp_sent_unmark_lost(struct tcp_sent *sent);
void tcp_sent_forget_duplicates(struct tcp_sent *sent);
// The peer may have thrown SACKed bytes away (RFC 2018 8): forget all SACKs.
void tcp_sent_forget_sacks(struct tcp_sent *sent, tcp_seq una);
void tcp_sent_note_rto(struct tcp_sent *sent, tcp_seq nxt);

// The first lost record; false: none.
bool tcp_sent_next_lost(struct tcp_sent *sent, uint32_t *ret_index);

// The first record in flight that was sent only once; count: none. From there on such records are
// in order of time too.
uint32_t tcp_sent_first_original(struct tcp_sent *sent);

// Its invariants: ASSERTs, for tests. tcp_sent_check.c
void tcp_sent_check(const struct tcp_sent *sent, tcp_seq una, tcp_seq nxt);

// RFC 6675's pipe.
static inline uint32_t tcp_sent_in_flight(const struct tcp_sent *sent, tcp_seq una, tcp_seq nxt)
{
	uint32_t gone = sent->sacked_bytes + sent->lost_bytes + sent->duplicate_bytes;
	uint32_t all = nxt.raw - una.raw;

	return gone < all ? all - gone : 0;
}

#endif
