// SPDX-License-Identifier: MIT
//
// The scoreboard: what was sent, and what is known of its fate?
//
// Records stand in a ring in sequence order, so an ACK takes them from the front, and a SACK block
// is found by bisection. Only a block that ends inside a record (which happens to superframes)
// moves records. Records of bytes sent once are in order of time as well, which is what loss
// detection lives on: original_from lets it go on where it stopped.
//
// A split stands at a multiple of the record's MSS: that is where the segments of the wire end, and
// a peer that reports other edges cannot make us keep more records than segments.
//
// Not here: what counts as lost (tcp_loss.c), what is sent next (tcp_send_decide.c).
#include "tcp_sent.h"

#include <string.h>

#include "../../base/assertion.h"
#include "../../base/numbers.h"
#include "../tcp_segment.h"
#include "tcp_ack_report.h"
#include "tcp_rate.h"

// For one ACK: what its steps share.
struct ack_walk {
	struct buffer_pool *buffers;
	struct tcp_ack_report *report;
	tcp_seq delivered_before; // end of the highest byte delivered before this ACK
	uint64_t oldest_acked_at, oldest_sacked_at; // first sent, never sent again; 0: none
	bool acked_retransmission;
};

void tcp_sent_init(struct tcp_sent *sent, tcp_seq una)
{
	memset(sent, 0, sizeof(*sent));
	sent->highest_sacked = una;
	sent->rto_end = una;
}

static void release_records(struct tcp_sent *sent, struct buffer_pool *buffers)
{
	if (!sent->records)
		return;
	buffer_pool_release(buffers, (uint8_t *)sent->records, sent->bytes_held);
	sent->records = NULL;
	sent->capacity = sent->bytes_held = sent->first = 0;
}

void tcp_sent_release(struct tcp_sent *sent, struct buffer_pool *buffers)
{
	release_records(sent, buffers);
	tcp_sent_init(sent, sent->highest_sacked);
}

static uint32_t record_segments(const struct tcp_sent_record *record)
{
	return (tcp_sent_length(record) + record->mss_bytes - 1) / record->mss_bytes;
}

bool tcp_sent_reserve(struct tcp_sent *sent, struct buffer_pool *buffers)
{
	uint32_t bytes = sent->bytes_held ? sent->bytes_held * 2 : BUFFER_BYTES_MIN;
	struct tcp_sent_record *records;
	uint32_t first_run;

	if (sent->count + 2 <= sent->capacity)
		return true;
	if (bytes > BUFFER_BYTES_MAX)
		return false;
	records = (void *)buffer_pool_acquire(buffers, bytes);
	if (!records)
		return false;
	if (sent->count > 0) {
		first_run = min_u32(sent->count, sent->capacity - sent->first);
		memcpy(records, sent->records + sent->first, first_run * sizeof(*records));
		memcpy(records + first_run, sent->records,
		       (sent->count - first_run) * sizeof(*records));
	}
	if (sent->records)
		buffer_pool_release(buffers, (uint8_t *)sent->records, sent->bytes_held);
	sent->records = records;
	sent->bytes_held = bytes;
	sent->capacity = (uint32_t)(bytes / sizeof(*records));
	sent->first = 0;
	return true;
}

static void note_rate(struct tcp_sent_record *record, const struct tcp_rate *rate, uint64_t now)
{
	record->sent_at = now;
	record->delivered_bytes = rate->delivered_bytes;
	record->delivered_at = rate->delivered_at;
	record->first_sent_at = rate->first_sent_at;
	record->was_application_limited = rate->limited_until_bytes != 0;
}

void tcp_sent_record(struct tcp_sent *sent, tcp_seq begin, uint32_t space, bool has_syn,
		     bool has_fin, uint32_t mss_bytes, const struct tcp_rate *rate, uint64_t now)
{
	struct tcp_sent_record *record;

	ASSERT(space > 0);
	ASSERT(sent->count < sent->capacity);
	if (sent->count == 0)
		sent->first = 0;
	else
		ASSERT(tcp_seq_equal(tcp_sent_at(sent, sent->count - 1)->end, begin));
	record = tcp_sent_at(sent, sent->count++);
	record->begin = begin;
	record->end = tcp_seq_add(begin, space);
	record->mss_bytes = (uint16_t)mss_bytes;
	record->fate = TCP_SENT_IN_FLIGHT;
	record->transmissions = 1;
	record->has_syn = has_syn;
	record->has_fin = has_fin;
	record->was_lost = false;
	note_rate(record, rate, now);
}

// A hole at index: records from there on move up by one. Room must be there.
static void open_gap(struct tcp_sent *sent, uint32_t index)
{
	uint32_t at;

	ASSERT(sent->count < sent->capacity);
	for (at = sent->count; at > index; at--)
		*tcp_sent_at(sent, at) = *tcp_sent_at(sent, at - 1);
	sent->count++;
	if (sent->lost_from >= index)
		sent->lost_from++;
	if (sent->original_from >= index)
		sent->original_from++;
}

// Cut the record at index after `offset` sequence numbers; the rest becomes index + 1.
static void split_record(struct tcp_sent *sent, uint32_t index, uint32_t offset)
{
	struct tcp_sent_record *head, *tail;
	uint32_t segments_before = record_segments(tcp_sent_at(sent, index));

	open_gap(sent, index + 1);
	head = tcp_sent_at(sent, index);
	tail = tcp_sent_at(sent, index + 1);
	ASSERT(offset > 0);
	ASSERT(offset < tcp_sent_length(head));
	*tail = *head;
	head->end = tail->begin = tcp_seq_add(head->begin, offset);
	head->has_fin = false;
	tail->has_syn = false;
	if (head->fate == TCP_SENT_SACKED)
		sent->sacked_segments +=
			record_segments(head) + record_segments(tail) - segments_before;
}

// The record is neither lost, SACKed nor in flight any more: take it out of the sums.
static void uncount(struct tcp_sent *sent, const struct tcp_sent_record *record, uint32_t bytes)
{
	if (record->fate == TCP_SENT_SACKED)
		sent->sacked_bytes -= bytes;
	else if (record->fate == TCP_SENT_LOST)
		sent->lost_bytes -= bytes;
	else if (record->transmissions > 1)
		sent->retransmitted_bytes -= bytes;
}

void tcp_sent_record_again(struct tcp_sent *sent, uint32_t index, uint32_t space,
			   uint32_t mss_bytes, const struct tcp_rate *rate, uint64_t now)
{
	struct tcp_sent_record *record = tcp_sent_at(sent, index);

	ASSERT(record->fate != TCP_SENT_SACKED);
	if (space < tcp_sent_length(record)) {
		split_record(sent, index, space);
		record = tcp_sent_at(sent, index);
	}
	uncount(sent, record, tcp_sent_length(record));
	record->fate = TCP_SENT_IN_FLIGHT;
	if (record->transmissions < UINT8_MAX)
		record->transmissions++;
	record->mss_bytes = (uint16_t)mss_bytes;
	sent->retransmitted_bytes += tcp_sent_length(record);
	note_rate(record, rate, now);
}

// `bytes` of this record were delivered, and we hear of it for the first time.
static void note_delivered(struct tcp_sent *sent, const struct tcp_sent_record *record,
			   uint32_t bytes, struct ack_walk *walk)
{
	struct tcp_ack_report *report = walk->report;

	report->delivered_bytes += bytes;
	if (record->transmissions > 1)
		report->retransmitted_acked_bytes += bytes;
	else if (tcp_seq_before(record->end, walk->delivered_before))
		report->reordering_seen = true; // RFC 8985 6.2 step 3
	if (record->transmissions == 1 && tcp_seq_at_or_before(record->end, sent->rto_end))
		report->acked_original = true;
	if (report->newest_sent_at > record->sent_at ||
	    (report->newest_sent_at == record->sent_at &&
	     tcp_seq_after(report->newest_end, record->end)))
		return;
	report->newest_sent_at = record->sent_at;
	report->newest_end = record->end;
	report->newest_was_retransmitted = record->transmissions > 1;
	report->newest_delivered_bytes = record->delivered_bytes;
	report->newest_delivered_at = record->delivered_at;
	report->newest_first_sent_at = record->first_sent_at;
	report->newest_was_application_limited = record->was_application_limited;
}

static void note_acked(struct tcp_sent *sent, const struct tcp_sent_record *record, uint32_t bytes,
		       struct ack_walk *walk)
{
	uncount(sent, record, bytes);
	if (record->transmissions > 1)
		walk->acked_retransmission = true;
	if (record->fate == TCP_SENT_SACKED)
		return;
	note_delivered(sent, record, bytes, walk);
	if (record->transmissions == 1 && walk->oldest_acked_at == 0)
		walk->oldest_acked_at = record->sent_at;
}

// Everything before ack leaves the scoreboard.
static void take_acked(struct tcp_sent *sent, tcp_seq ack, struct ack_walk *walk)
{
	uint32_t taken = 0;

	while (taken < sent->count) {
		struct tcp_sent_record *record = tcp_sent_at(sent, taken);
		uint32_t segments = 0;

		if (tcp_seq_after(record->end, ack)) {
			if (!tcp_seq_after(ack, record->begin))
				break;
			if (record->fate == TCP_SENT_SACKED)
				segments = record_segments(record);
			note_acked(sent, record, ack.raw - record->begin.raw, walk);
			record->begin = ack;
			if (record->fate == TCP_SENT_SACKED)
				sent->sacked_segments -= segments - record_segments(record);
			break;
		}
		if (record->fate == TCP_SENT_SACKED)
			sent->sacked_segments -= record_segments(record);
		note_acked(sent, record, tcp_sent_length(record), walk);
		walk->report->syn_acked |= record->has_syn;
		walk->report->fin_acked |= record->has_fin;
		taken++;
	}
	sent->first += taken;
	if (sent->first >= sent->capacity)
		sent->first -= sent->capacity;
	sent->count -= taken;
	sent->lost_from -= min_u32(sent->lost_from, taken);
	sent->original_from -= min_u32(sent->original_from, taken);
	if (sent->count == 0)
		release_records(sent, walk->buffers);
}

// The first record that ends after seq; count: none.
static uint32_t find_record(const struct tcp_sent *sent, tcp_seq seq)
{
	uint32_t low = 0, high = sent->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (tcp_seq_after(tcp_sent_at(sent, middle)->end, seq))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void mark_sacked(struct tcp_sent *sent, uint32_t index, struct ack_walk *walk)
{
	struct tcp_sent_record *record = tcp_sent_at(sent, index);
	uint32_t bytes = tcp_sent_length(record);

	uncount(sent, record, bytes);
	note_delivered(sent, record, bytes, walk);
	if (record->transmissions == 1 &&
	    (walk->oldest_sacked_at == 0 || record->sent_at < walk->oldest_sacked_at))
		walk->oldest_sacked_at = record->sent_at;
	record->fate = TCP_SENT_SACKED;
	sent->sacked_bytes += bytes;
	sent->sacked_segments += record_segments(record);
	sent->highest_sacked = tcp_seq_later(sent->highest_sacked, record->end);
	walk->report->sacked_bytes += bytes;
	walk->report->has_new_sack = true;
}

static void apply_block(struct tcp_sent *sent, tcp_seq begin, tcp_seq end, struct ack_walk *walk)
{
	uint32_t index;

	for (index = find_record(sent, begin); index < sent->count; index++) {
		struct tcp_sent_record *record = tcp_sent_at(sent, index);
		uint32_t length = tcp_sent_length(record), offset;

		if (tcp_seq_at_or_after(record->begin, end))
			break;
		if (record->fate == TCP_SENT_SACKED)
			continue;
		if (tcp_seq_before(record->begin, begin)) {
			offset = begin.raw - record->begin.raw + record->mss_bytes - 1u;
			offset -= offset % record->mss_bytes;
			if (offset >= length || !tcp_sent_reserve(sent, walk->buffers))
				continue;
			split_record(sent, index, offset);
			continue; // the rest is next
		}
		if (tcp_seq_after(record->end, end)) {
			offset = end.raw - record->begin.raw;
			offset -= offset % record->mss_bytes;
			if (offset == 0 || !tcp_sent_reserve(sent, walk->buffers))
				break;
			split_record(sent, index, offset);
		}
		mark_sacked(sent, index, walk);
	}
}

// The part of a block that the last ACK had not reported. Its last MSS is visited again, for an
// edge that was rounded down then may be whole now.
static void narrow_block(const struct tcp_sent *sent, uint32_t mss_bytes,
			 struct tcp_sack_block *block)
{
	unsigned i;

	for (i = 0; i < sent->seen_count; i++) {
		const struct tcp_sack_block *seen = &sent->seen[i];

		if (tcp_seq_after(seen->begin, block->begin) ||
		    tcp_seq_at_or_before(seen->end, block->begin))
			continue;
		if (tcp_seq_at_or_after(seen->end, block->end)) {
			block->begin = block->end;
			return;
		}
		block->begin = tcp_seq_later(block->begin, tcp_seq_of(seen->end.raw - mss_bytes));
	}
}

// DECIDES: is the first SACK block a report of duplicates? (RFC 2883 4)
static bool block_is_dsack(const struct tcp_options *options, tcp_seq ack)
{
	const struct tcp_sack_block *first = &options->sack[0], *second = &options->sack[1];

	if (tcp_seq_at_or_before(first->end, ack))
		return true;
	return options->sack_count > 1 && tcp_seq_at_or_after(first->begin, second->begin) &&
	       tcp_seq_at_or_before(first->end, second->end);
}

static void apply_sack(struct tcp_sent *sent, tcp_seq ack, tcp_seq nxt,
		       const struct tcp_options *options, uint32_t mss_bytes, struct ack_walk *walk)
{
	struct tcp_sack_block now_seen[TCP_SACK_BLOCKS_MAX];
	uint8_t seen_count = 0;
	unsigned i = 0;

	if (block_is_dsack(options, ack)) {
		walk->report->has_dsack = true;
		walk->report->dsack_begin = options->sack[0].begin;
		walk->report->dsack_end = options->sack[0].end;
		i = 1;
	}
	for (; i < options->sack_count; i++) {
		struct tcp_sack_block block = options->sack[i];

		if (!tcp_seq_after(block.end, block.begin) || !tcp_seq_after(block.end, ack) ||
		    tcp_seq_after(block.end, nxt))
			continue; // nonsense, or about what is acknowledged already
		block.begin = tcp_seq_later(block.begin, ack);
		now_seen[seen_count++] = block;
		narrow_block(sent, mss_bytes, &block);
		if (!tcp_seq_equal(block.begin, block.end))
			apply_block(sent, block.begin, block.end, walk);
	}
	memcpy(sent->seen, now_seen, seen_count * sizeof(now_seen[0]));
	sent->seen_count = seen_count;
}

// Without SACK, a duplicate ACK says that some segment has arrived, not which (RFC 6582 3.2).
static void count_duplicate(struct tcp_sent *sent, uint32_t all_bytes, uint32_t mss_bytes,
			    struct tcp_ack_report *report)
{
	uint32_t room = all_bytes - sent->lost_bytes;

	if (sent->duplicate_acks < UINT32_MAX)
		sent->duplicate_acks++;
	room = room > sent->duplicate_bytes + mss_bytes ? room - sent->duplicate_bytes - mss_bytes
							: 0;
	report->delivered_bytes = min_u32(mss_bytes, room);
	sent->duplicate_bytes += report->delivered_bytes;
}

// An ACK that advances makes good for duplicates: one segment filled the hole, the rest had been
// counted.
static void settle_duplicates(struct tcp_sent *sent, uint32_t mss_bytes,
			      struct tcp_ack_report *report)
{
	uint32_t settled = report->acked_bytes > mss_bytes ? report->acked_bytes - mss_bytes : 0;

	settled = min_u32(settled, sent->duplicate_bytes);
	sent->duplicate_bytes -= settled;
	report->delivered_bytes -= min_u32(report->delivered_bytes, settled);
	sent->duplicate_acks = 0;
}

void tcp_sent_apply_ack(struct tcp_sent *sent, struct buffer_pool *buffers, tcp_seq una,
			tcp_seq nxt, const struct tcp_segment *seg, uint32_t mss_bytes,
			bool has_sack, struct tcp_ack_report *report)
{
	struct ack_walk walk = {.buffers = buffers, .report = report};
	bool advances = tcp_seq_after(seg->ack, una);
	tcp_seq ack = advances ? seg->ack : una;

	report->una_before = una;
	report->ack = ack;
	report->nxt = nxt;
	report->acked_bytes = ack.raw - una.raw;
	report->in_flight_before_bytes = tcp_sent_in_flight(sent, una, nxt);
	walk.delivered_before = tcp_seq_later(sent->highest_sacked, una);
	if (advances) {
		take_acked(sent, ack, &walk);
		sent->highest_sacked = tcp_seq_later(sent->highest_sacked, ack);
	}
	if (has_sack && seg->options.sack_count > 0)
		apply_sack(sent, ack, nxt, &seg->options, mss_bytes, &walk);
	else
		sent->seen_count = 0;
	if (!has_sack && advances)
		settle_duplicates(sent, mss_bytes, report);
	else if (!has_sack && report->is_duplicate)
		count_duplicate(sent, nxt.raw - ack.raw, mss_bytes, report);
	if (walk.oldest_acked_at != 0 && !walk.acked_retransmission)
		report->oldest_sent_at = walk.oldest_acked_at;
	else if (walk.oldest_sacked_at != 0)
		report->oldest_sent_at = walk.oldest_sacked_at;
}

void tcp_sent_mark_lost(struct tcp_sent *sent, uint32_t index)
{
	struct tcp_sent_record *record = tcp_sent_at(sent, index);
	uint32_t bytes = tcp_sent_length(record);

	if (record->fate != TCP_SENT_IN_FLIGHT)
		return;
	uncount(sent, record, bytes);
	record->fate = TCP_SENT_LOST;
	record->was_lost = true;
	sent->lost_bytes += bytes;
	sent->lost_from = min_u32(sent->lost_from, index);
}

void tcp_sent_mark_first_lost(struct tcp_sent *sent, struct buffer_pool *buffers,
			      uint32_t mss_bytes)
{
	struct tcp_sent_record *record;

	if (sent->count == 0 || tcp_sent_at(sent, 0)->fate != TCP_SENT_IN_FLIGHT)
		return;
	record = tcp_sent_at(sent, 0);
	if (tcp_sent_length(record) > mss_bytes + record->has_fin &&
	    tcp_sent_reserve(sent, buffers))
		split_record(sent, 0, mss_bytes);
	tcp_sent_mark_lost(sent, 0);
}

void tcp_sent_split_tail(struct tcp_sent *sent, uint32_t mss_bytes)
{
	const struct tcp_sent_record *last = tcp_sent_at(sent, sent->count - 1);
	uint32_t length = tcp_sent_length(last) - last->has_fin;

	if (length > mss_bytes)
		split_record(sent, sent->count - 1, (length - 1) / mss_bytes * mss_bytes);
}

void tcp_sent_unmark_lost(struct tcp_sent *sent)
{
	uint32_t index;

	for (index = sent->lost_from; index < sent->count && sent->lost_bytes > 0; index++) {
		struct tcp_sent_record *record = tcp_sent_at(sent, index);

		if (record->fate != TCP_SENT_LOST)
			continue;
		sent->lost_bytes -= tcp_sent_length(record);
		record->fate = TCP_SENT_IN_FLIGHT;
		if (record->transmissions > 1)
			sent->retransmitted_bytes += tcp_sent_length(record);
	}
	sent->lost_from = sent->count;
	sent->original_from = 0;
}

void tcp_sent_forget_duplicates(struct tcp_sent *sent)
{
	sent->duplicate_bytes = 0;
	sent->duplicate_acks = 0;
}

void tcp_sent_forget_sacks(struct tcp_sent *sent, tcp_seq una)
{
	uint32_t index;

	for (index = 0; index < sent->count; index++) {
		struct tcp_sent_record *record = tcp_sent_at(sent, index);

		if (record->fate != TCP_SENT_SACKED)
			continue;
		record->fate = TCP_SENT_IN_FLIGHT;
		if (record->transmissions > 1)
			sent->retransmitted_bytes += tcp_sent_length(record);
	}
	sent->sacked_bytes = sent->sacked_segments = 0;
	sent->highest_sacked = una;
	sent->seen_count = 0;
	sent->original_from = 0;
}

void tcp_sent_note_rto(struct tcp_sent *sent, tcp_seq nxt)
{
	sent->rto_end = nxt;
}

bool tcp_sent_next_lost(struct tcp_sent *sent, uint32_t *ret_index)
{
	if (sent->lost_bytes == 0)
		return false;
	while (tcp_sent_at(sent, sent->lost_from)->fate != TCP_SENT_LOST) {
		sent->lost_from++;
		ASSERT(sent->lost_from < sent->count);
	}
	*ret_index = sent->lost_from;
	return true;
}

uint32_t tcp_sent_first_original(struct tcp_sent *sent)
{
	while (sent->original_from < sent->count) {
		const struct tcp_sent_record *record = tcp_sent_at(sent, sent->original_from);

		if (record->fate == TCP_SENT_IN_FLIGHT && record->transmissions == 1)
			break;
		sent->original_from++;
	}
	return sent->original_from;
}
