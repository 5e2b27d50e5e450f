// SPDX-License-Identifier: MIT
//
// Loss detection: which sent segments are gone?
//
// A segment is lost when one sent later was delivered and the reordering window has passed since
// the time it should have been heard of (RACK, RFC 8985 6). The window is zero once DupThresh
// segments are SACKed and no reordering was ever seen: that is the old fast retransmit. Where it
// was seen, the window is a quarter of the shortest round trip, and grows when DSACKs show that it
// was too short.
//
// Without SACK nothing is known of single segments: the third duplicate ACK, and each partial ACK
// in recovery, says that the first one is missing (RFC 5681 3.2, RFC 6582 3.2).
//
// Not here: what we do about it (tcp_recovery.c), the tail (tcp_loss_probe.c), the RTO (tcp_rto.c).
#include "tcp_loss.h"

#include <string.h>

#include "../../base/memory.h"
#include "../../base/numbers.h"
#include "../tcp_limits.h"
#include "tcp_ack_report.h"
#include "tcp_rtt.h"
#include "tcp_sent.h"

#define WINDOW_PERSISTS_RECOVERIES 16u // RFC 8985 6.2 step 4

void tcp_loss_init(struct tcp_loss *loss)
{
	memset(loss, 0, sizeof(*loss));
	loss->next_at = NEVER;
	loss->window_multiplier = 1;
}

// RFC 8985 6.2: RACK_sent_after, equal times told apart by sequence.
static bool rack_was_sent_after(const struct tcp_loss *loss, const struct tcp_sent_record *record)
{
	if (loss->rack_sent_at != record->sent_at)
		return loss->rack_sent_at > record->sent_at;
	return tcp_seq_after(loss->rack_end, record->end);
}

// RFC 8985 6.2 steps 1 and 2.
static void update_rack(struct tcp_loss *loss, const struct tcp_rtt *rtt,
			const struct tcp_ack_report *report, uint64_t now)
{
	uint64_t rtt_ns = max_u64(now - report->newest_sent_at, 1);

	if (report->newest_sent_at == 0)
		return;
	// Perhaps the ACK answers the first transmission, and not this one.
	if (report->newest_was_retransmitted) {
		if (tcp_rtt_min_ns(rtt) != NEVER && rtt_ns < tcp_rtt_min_ns(rtt))
			return;
		if (report->has_timestamp_echo && report->newest_timestamp_is_later)
			return;
	}
	loss->rack_rtt_ns = rtt_ns;
	if (report->newest_sent_at > loss->rack_sent_at ||
	    (report->newest_sent_at == loss->rack_sent_at &&
	     tcp_seq_after(report->newest_end, loss->rack_end))) {
		loss->rack_sent_at = report->newest_sent_at;
		loss->rack_end = report->newest_end;
	}
}

// RFC 8985 6.2 step 4, first half: once a round trip, a DSACK widens the window.
static void adapt_window(struct tcp_loss *loss, const struct tcp_loss_view *view,
			 const struct tcp_ack_report *report)
{
	if (loss->window_round_valid && tcp_seq_at_or_after(view->una, loss->window_round))
		loss->window_round_valid = false;
	if (!report->has_dsack || loss->window_round_valid)
		return;
	loss->window_round = view->nxt;
	loss->window_round_valid = true;
	if (loss->window_multiplier < UINT8_MAX)
		loss->window_multiplier++;
	loss->window_persists = WINDOW_PERSISTS_RECOVERIES;
}

void tcp_loss_on_recovery_end(struct tcp_loss *loss)
{
	if (loss->window_persists > 0 && --loss->window_persists == 0)
		loss->window_multiplier = 1;
}

// DECIDES: how long may a segment be late before it is lost (RFC 8985 6.2 step 4)
uint64_t tcp_loss_reordering_window_ns(const struct tcp_loss *loss, const struct tcp_sent *sent,
				       const struct tcp_rtt *rtt, bool in_recovery)
{
	uint64_t min_rtt_ns = tcp_rtt_min_ns(rtt);

	if (!loss->reordering_seen && (in_recovery || sent->sacked_segments >= TCP_DUPLICATE_ACKS))
		return 0;
	if (min_rtt_ns == NEVER)
		return 0;
	return min_u64(min_rtt_ns * loss->window_multiplier / 4, rtt->srtt_ns);
}

// Is it lost, or when will it be?
static bool judge(struct tcp_loss *loss, struct tcp_sent *sent, uint32_t index, uint64_t window_ns,
		  uint64_t now)
{
	uint64_t lost_at = tcp_sent_at(sent, index)->sent_at + loss->rack_rtt_ns + window_ns;

	if (lost_at <= now) {
		tcp_sent_mark_lost(sent, index);
		return true;
	}
	loss->next_at = earliest(loss->next_at, lost_at);
	return false;
}

// What was sent once stands in order of time: stop at the first that is not lost.
static void judge_originals(struct tcp_loss *loss, struct tcp_sent *sent, uint64_t window_ns,
			    uint64_t now)
{
	uint32_t index;

	for (index = tcp_sent_first_original(sent); index < sent->count; index++) {
		const struct tcp_sent_record *record = tcp_sent_at(sent, index);

		if (record->fate != TCP_SENT_IN_FLIGHT || record->transmissions > 1)
			continue;
		if (!rack_was_sent_after(loss, record) || !judge(loss, sent, index, window_ns, now))
			return;
	}
}

static void judge_retransmissions(struct tcp_loss *loss, struct tcp_sent *sent, uint64_t window_ns,
				  uint64_t now)
{
	uint32_t left_bytes = sent->retransmitted_bytes, index;

	for (index = 0; left_bytes > 0 && index < sent->count; index++) {
		const struct tcp_sent_record *record = tcp_sent_at(sent, index);

		if (record->fate != TCP_SENT_IN_FLIGHT || record->transmissions == 1)
			continue;
		left_bytes -= tcp_sent_length(record);
		if (rack_was_sent_after(loss, record))
			judge(loss, sent, index, window_ns, now);
	}
}

// DECIDES: which segments are lost: fast retransmit (RFC 8985 6.2 step 5)
static uint32_t judge_all(struct tcp_loss *loss, struct tcp_sent *sent, const struct tcp_rtt *rtt,
			  const struct tcp_loss_view *view, uint64_t now)
{
	uint32_t lost_before = sent->lost_bytes;
	uint64_t window_ns;

	loss->next_at = NEVER;
	if (loss->rack_sent_at == 0 || sent->count == 0)
		return 0;
	window_ns = tcp_loss_reordering_window_ns(loss, sent, rtt, view->in_recovery);
	judge_originals(loss, sent, window_ns, now);
	if (sent->retransmitted_bytes > 0)
		judge_retransmissions(loss, sent, window_ns, now);
	return sent->lost_bytes - lost_before;
}

// DECIDES: is the first segment lost, when the peer does not SACK? (RFC 5681 3.2, RFC 6582 3.2)
static bool first_is_lost_by_count(const struct tcp_sent *sent, const struct tcp_loss_view *view,
				   const struct tcp_ack_report *report)
{
	if (view->in_recovery)
		return report->acked_bytes > 0 && tcp_seq_before(view->una, view->until);
	return sent->duplicate_acks >= TCP_DUPLICATE_ACKS && tcp_seq_after(view->una, view->until);
}

void tcp_loss_detect(struct tcp_loss *loss, struct tcp_sent *sent, struct buffer_pool *buffers,
		     const struct tcp_rtt *rtt, const struct tcp_loss_view *view, uint64_t now,
		     struct tcp_ack_report *report)
{
	uint32_t lost_before = sent->lost_bytes;

	if (report->reordering_seen)
		loss->reordering_seen = true;
	update_rack(loss, rtt, report, now);
	if (view->has_sack) {
		adapt_window(loss, view, report);
		report->lost_bytes = judge_all(loss, sent, rtt, view, now);
		return;
	}
	if (first_is_lost_by_count(sent, view, report))
		tcp_sent_mark_first_lost(sent, buffers, view->mss_bytes);
	report->lost_bytes = sent->lost_bytes - lost_before;
}

uint32_t tcp_loss_on_reordering_timer(struct tcp_loss *loss, struct tcp_sent *sent,
				      const struct tcp_rtt *rtt, const struct tcp_loss_view *view,
				      uint64_t now)
{
	return judge_all(loss, sent, rtt, view, now);
}

// RFC 8985 6.3: the first segment, and each that had its time. What was sent only now may still
// arrive.
uint32_t tcp_loss_on_rto(struct tcp_loss *loss, struct tcp_sent *sent, const struct tcp_rtt *rtt,
			 const struct tcp_loss_view *view, uint64_t now)
{
	bool all = !view->has_sack || loss->rack_rtt_ns == 0;
	uint32_t lost_before = sent->lost_bytes, index;
	uint64_t grace_ns = loss->rack_rtt_ns +
			    tcp_loss_reordering_window_ns(loss, sent, rtt, view->in_recovery);

	tcp_sent_forget_duplicates(sent);
	tcp_loss_probe_not_sent(loss);
	loss->next_at = NEVER;
	for (index = 0; index < sent->count; index++) {
		const struct tcp_sent_record *record = tcp_sent_at(sent, index);

		if (record->fate != TCP_SENT_IN_FLIGHT)
			continue;
		if (all || index == 0 || record->sent_at + grace_ns <= now)
			tcp_sent_mark_lost(sent, index);
	}
	return sent->lost_bytes - lost_before;
}

void tcp_loss_probe_owe(struct tcp_loss *loss)
{
	loss->probe_owed = true;
}

void tcp_loss_probe_sent(struct tcp_loss *loss, tcp_seq end, bool was_retransmission)
{
	loss->probe_owed = false;
	loss->probe_is_out = true;
	loss->probe_was_retransmission = was_retransmission;
	loss->probe_end = end;
}

void tcp_loss_probe_not_sent(struct tcp_loss *loss)
{
	loss->probe_owed = false;
	loss->probe_is_out = false;
}

// RFC 8985 7.4.2.
bool tcp_loss_probe_on_ack(struct tcp_loss *loss, const struct tcp_ack_report *report)
{
	if (loss->probe_owed && report->acked_bytes > 0)
		loss->probe_owed = false; // no need any more
	if (!loss->probe_is_out || tcp_seq_before(report->ack, loss->probe_end))
		return false;
	if (!loss->probe_was_retransmission) {
		loss->probe_is_out = false; // the probe was new data, and arrived
		return false;
	}
	if (report->has_dsack && tcp_seq_equal(report->dsack_end, loss->probe_end)) {
		loss->probe_is_out = false; // case 1: both arrived
		return false;
	}
	if (tcp_seq_after(report->ack, loss->probe_end)) {
		loss->probe_is_out = false; // case 2: only the probe did
		return true;
	}
	if (report->is_duplicate && !report->has_new_sack)
		loss->probe_is_out = false; // case 3: both arrived
	return false;
}
