// SPDX-License-Identifier: MIT
//
// Is the tail lost? When the last segments of a flight vanish, nothing behind them makes the peer
// speak. A probe sent after two round trips does, long before the retransmission timer (TLP, RFC
// 8985 7).
#include "../../base/numbers.h"
#include "../tcp_layer.h"
#include "../tcp_output.h"
#include "tcp_rto.h"

#define PTO_WITHOUT_RTT_NS NS_PER_S // RFC 8985 7.2

// DECIDES: when a tail loss probe goes out (RFC 8985 7.2); NEVER: not now
uint64_t tcp_loss_probe_decide(const struct tcp_conn *conn, uint64_t now)
{
	const struct tcp_sent *sent = &conn->sent;
	uint64_t rto_ns = tcp_rtt_rto_ns(&conn->rtt);
	uint64_t pto_ns = PTO_WITHOUT_RTT_NS;

	if (!conn->agreed.has_sack || !tcp_recovery_is_open(&conn->recovery))
		return NEVER;
	if (sent->count == 0 || sent->sacked_bytes > 0 || sent->lost_bytes > 0)
		return NEVER;
	if (conn->loss.probe_is_out || conn->rtt.backoff > 0 || tcp_state_is_opening(conn->state))
		return NEVER;
	if (conn->rtt.srtt_ns != 0) {
		pto_ns = 2 * conn->rtt.srtt_ns;
		// The peer may wait before it acknowledges a single segment.
		if (conn->snd.nxt.raw - conn->snd.una.raw <= conn->mss.payload_bytes)
			pto_ns += TCP_RTO_MIN_NS;
		pto_ns = max_u64(pto_ns, TCP_LOSS_PROBE_MIN_NS);
	}
	return now + min_u64(pto_ns, rto_ns);
}

void tcp_loss_probe_on_timer(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	if (tcp_loss_probe_decide(conn, now) != NEVER) {
		tcp_loss_probe_owe(&conn->loss);
		tcp_output_request(tcp, conn);
	}
	tcp_rto_restart(tcp, conn, now); // RFC 8985 7.3
}
