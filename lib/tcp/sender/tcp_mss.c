// SPDX-License-Identifier: MIT
//
// The size of a full segment: what the peer takes and the path carries, less the options that each
// segment has (RFC 6691 2). And what to do when the path gets narrower under segments in flight.
#include "tcp_mss.h"

#include "../../base/numbers.h"
#include "../tcp_layer.h"
#include "../tcp_output.h"

#define TIMESTAMPS_BYTES 12u // with two NOPs

void tcp_mss_refresh(struct tcp_conn *conn)
{
	uint32_t mss = max_u32(conn->agreed.mss_send, TCP_MSS_MIN);
	uint32_t options = conn->agreed.has_timestamps ? TIMESTAMPS_BYTES : 0;

	conn->mss.payload_bytes = (uint16_t)(mss - options);
}

uint32_t tcp_mss_payload(const struct tcp_conn *conn, uint32_t option_bytes)
{
	uint32_t payload = conn->mss.payload_bytes;

	return payload > option_bytes ? payload - option_bytes : 1;
}

void tcp_mss_reduce(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	struct tcp_sent *sent = &conn->sent;
	uint32_t mss_before = conn->mss.payload_bytes, index;
	uint16_t path_mss = tcp_mss_of_path(&conn->path);

	(void)now;
	if (path_mss < conn->agreed.mss_send)
		tcp_negotiate_clamp_mss(&conn->agreed, path_mss);
	tcp_mss_refresh(conn);
	if (conn->mss.payload_bytes >= mss_before)
		return;
	tcp_congestion_set_mss(&conn->congestion, conn->mss.payload_bytes);
	for (index = 0; index < sent->count; index++) {
		const struct tcp_sent_record *record = tcp_sent_at(sent, index);

		if (record->fate == TCP_SENT_IN_FLIGHT &&
		    min_u32(tcp_sent_length(record), record->mss_bytes) > conn->mss.payload_bytes)
			tcp_sent_mark_lost(sent, index);
	}
	if (sent->lost_bytes > 0)
		tcp_recovery_on_smaller_path(conn);
	tcp_output_request(tcp, conn);
}
