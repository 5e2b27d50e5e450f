// SPDX-License-Identifier: MIT
//
// Was the loss real? Three witnesses that it was not:
//
//   Eifel (RFC 3522): the ACK that fills the hole echoes a timestamp from before the first
//     retransmission, so the first transmission had arrived;
//   DSACK (RFC 3708): everything that was sent again arrived a second time;
//   F-RTO (RFC 5682): after the retransmission timer, bytes sent only once are acknowledged.
//
// Then the congestion window and ssthresh go back to what they were (RFC 4015 3.2).
#include "../../base/numbers.h"
#include "tcp_ack_report.h"
#include "tcp_recovery.h"

void tcp_recovery_undo_begin(struct tcp_recovery *recovery, uint32_t cwnd_bytes,
			     uint32_t ssthresh_bytes, tcp_seq una)
{
	recovery->undo_is_possible = true;
	recovery->has_resent = false;
	recovery->undo_una = una;
	recovery->undo_resent_segments = 0;
	recovery->cwnd_before_bytes = cwnd_bytes;
	recovery->ssthresh_before_bytes = ssthresh_bytes;
}

void tcp_recovery_undo_note_dsack(struct tcp_recovery *recovery,
				  const struct tcp_ack_report *report, uint32_t mss_bytes)
{
	uint32_t bytes, segments;

	if (!report->has_dsack || !recovery->undo_is_possible)
		return;
	if (tcp_seq_before(report->dsack_begin, recovery->undo_una) ||
	    tcp_seq_after(report->dsack_end, recovery->until) ||
	    !tcp_seq_after(report->dsack_end, report->dsack_begin))
		return; // about something older
	bytes = report->dsack_end.raw - report->dsack_begin.raw;
	segments = (bytes + mss_bytes - 1) / mss_bytes;
	recovery->undo_resent_segments -= min_u32(segments, recovery->undo_resent_segments);
}

// DECIDES: was this loss episode a false alarm? (RFC 3522 3.2, RFC 3708 4, RFC 5682 3.1)
enum tcp_undo tcp_recovery_undo_decide(const struct tcp_recovery *recovery,
				       const struct tcp_ack_report *report)
{
	if (!recovery->undo_is_possible)
		return TCP_UNDO_NONE;
	if (recovery->phase == TCP_RECOVERY_RTO && recovery->frto == TCP_FRTO_WAIT_SECOND &&
	    report->acked_original)
		return TCP_UNDO_FRTO;
	if (!recovery->has_resent)
		return TCP_UNDO_NONE;
	if (recovery->phase != TCP_RECOVERY_OPEN && report->acked_bytes > 0 &&
	    report->has_timestamp_echo &&
	    (int32_t)(report->timestamp_echo - recovery->first_resent_timestamp) < 0)
		return TCP_UNDO_EIFEL;
	if (report->has_dsack && recovery->undo_resent_segments == 0)
		return TCP_UNDO_DSACK;
	return TCP_UNDO_NONE;
}
