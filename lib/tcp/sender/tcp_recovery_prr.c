// SPDX-License-Identifier: MIT
//
// While repairing, how much may leave in answer to this ACK? Proportional Rate Reduction (RFC
// 9937).
//
// Spread over one round trip, the flight shrinks to ssthresh: for so many bytes delivered,
// ssthresh/flight times as many are sent. Has it fallen below ssthresh, it is filled up again, no
// faster than bytes are delivered, or one segment faster when the ACK says that all goes well.
#include "../../base/numbers.h"
#include "tcp_recovery.h"

uint32_t tcp_recovery_prr_quota(const struct tcp_recovery *recovery, uint32_t ssthresh_bytes,
				uint32_t in_flight_bytes, uint32_t delivered_bytes,
				uint32_t mss_bytes, bool ack_is_safe)
{
	uint64_t delivered = recovery->prr_delivered_bytes, out = recovery->prr_out_bytes;
	uint64_t flight = max_u32(recovery->prr_flight_bytes, 1);
	uint64_t target, quota;

	if (in_flight_bytes > ssthresh_bytes) { // RFC 9937 6: proportional rate reduction
		target = (delivered * ssthresh_bytes + flight - 1) / flight;
		quota = target > out ? target - out : 0;
	} else { // slow start reduction bound, or the conservative one
		quota = max_u64(delivered > out ? delivered - out : 0, delivered_bytes);
		if (ack_is_safe)
			quota += mss_bytes;
		quota = min_u64(quota, ssthresh_bytes - in_flight_bytes);
	}
	if (out == 0 && quota < mss_bytes)
		quota = mss_bytes; // the fast retransmit itself
	return (uint32_t)min_u64(quota, UINT32_MAX / 2);
}
