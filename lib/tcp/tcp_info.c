// SPDX-License-Identifier: MIT
//
// What does a connection know about itself, in Linux's struct tcp_info? Every field that has a
// meaning here is filled truthfully; what berth does not measure stays 0.
#include <berth/tcp_info.h>
#include <string.h>

#include "../base/numbers.h"
#include "receiver/tcp_receiver.h"
#include "sender/tcp_sender.h"
#include "tcp_layer.h"
#include "tcp_options.h"

// tcpi_ca_state: Linux's enum tcp_ca_state.
enum {
	CA_OPEN = 0,
	CA_DISORDER = 1,
	CA_RECOVERY = 3,
	CA_LOSS = 4,
};

static uint32_t microseconds(uint64_t duration_ns)
{
	return (uint32_t)min_u64(duration_ns / NS_PER_US, UINT32_MAX);
}

static uint32_t milliseconds_since(uint64_t at, uint64_t now)
{
	return at == 0 || now < at ? 0 : (uint32_t)min_u64((now - at) / NS_PER_MS, UINT32_MAX);
}

static uint32_t segments_of(const struct tcp_conn *conn, uint32_t bytes)
{
	uint32_t mss = conn->mss.payload_bytes;

	return mss ? (uint32_t)(((uint64_t)bytes + mss - 1) / mss) : 0;
}

static uint8_t ca_state(const struct tcp_conn *conn)
{
	if (conn->recovery.phase == TCP_RECOVERY_RTO)
		return CA_LOSS;
	if (conn->recovery.phase == TCP_RECOVERY_FAST)
		return CA_RECOVERY;
	return conn->sent.sacked_bytes || conn->sent.duplicate_acks ? CA_DISORDER : CA_OPEN;
}

static uint8_t option_bits(const struct tcp_agreed *agreed)
{
	return (uint8_t)((agreed->has_timestamps ? BERTH_TCPI_OPT_TIMESTAMPS : 0) |
			 (agreed->has_sack ? BERTH_TCPI_OPT_SACK : 0) |
			 (agreed->has_scaling ? BERTH_TCPI_OPT_WSCALE : 0));
}

static void fill_sender(const struct tcp_conn *conn, struct berth_tcp_info *info)
{
	uint32_t out_bytes = conn->snd.nxt.raw - conn->snd.una.raw;

	info->tcpi_ca_state = ca_state(conn);
	info->tcpi_retransmits = conn->recovery.rto_count;
	info->tcpi_probes = (uint8_t)(conn->persist.probes + conn->keepalive.probes);
	info->tcpi_backoff = conn->rtt.backoff;
	info->tcpi_rto = microseconds(tcp_rtt_rto_ns(&conn->rtt));
	info->tcpi_snd_mss = conn->mss.payload_bytes;
	info->tcpi_unacked = segments_of(conn, out_bytes);
	info->tcpi_sacked = segments_of(conn, conn->sent.sacked_bytes);
	info->tcpi_lost = segments_of(conn, conn->sent.lost_bytes);
	info->tcpi_retrans = segments_of(conn, conn->sent.retransmitted_bytes);
	info->tcpi_rtt = microseconds(conn->rtt.srtt_ns);
	info->tcpi_rttvar = microseconds(conn->rtt.rttvar_ns);
	info->tcpi_min_rtt = microseconds(tcp_rtt_min_ns(&conn->rtt));
	info->tcpi_snd_cwnd = segments_of(conn, conn->congestion.cwnd_bytes);
	info->tcpi_snd_ssthresh = conn->congestion.ssthresh_bytes == UINT32_MAX
					  ? INT32_MAX // Linux: no threshold yet
					  : segments_of(conn, conn->congestion.ssthresh_bytes);
	info->tcpi_delivery_rate = tcp_rate_bytes_per_second(&conn->rate);
	info->tcpi_delivery_rate_app_limited = conn->rate.sample_is_limited;
	info->tcpi_delivered = (uint32_t)min_u64(
		conn->mss.payload_bytes ? conn->rate.delivered_bytes / conn->mss.payload_bytes : 0,
		UINT32_MAX);
	info->tcpi_notsent_bytes = tcp_send_buffer_unsent(conn);
	info->tcpi_snd_wnd = conn->snd.window;
	info->tcpi_total_rto = (uint16_t)min_u32(conn->recovery.rto_total, UINT16_MAX);
}

static void fill_receiver(const struct tcp_conn *conn, struct berth_tcp_info *info)
{
	info->tcpi_ato = microseconds(TCP_DELAYED_ACK_NS);
	info->tcpi_rcv_mss = conn->ack.segment_bytes;
	info->tcpi_advmss = conn->agreed.mss_receive;
	info->tcpi_rcv_rtt = microseconds(conn->rcv.rtt_ns);
	info->tcpi_rcv_space = conn->rcv.buffer_bytes;
	info->tcpi_rcv_ssthresh = conn->rcv.buffer_bytes;
	info->tcpi_rcv_wnd = tcp_receiver_window(conn);
}

static void fill_counts(const struct tcp_counts *count, uint64_t now, struct berth_tcp_info *info)
{
	info->tcpi_last_data_sent = milliseconds_since(count->last_sent_at, now);
	info->tcpi_last_data_recv = milliseconds_since(count->last_data_received_at, now);
	info->tcpi_last_ack_recv = milliseconds_since(count->last_ack_received_at, now);
	info->tcpi_total_retrans = count->retransmitted;
	info->tcpi_bytes_acked = count->bytes_acked;
	info->tcpi_bytes_received = count->bytes_received;
	info->tcpi_bytes_sent = count->bytes_sent;
	info->tcpi_bytes_retrans = count->bytes_retransmitted;
	info->tcpi_segs_out = count->segments_out;
	info->tcpi_segs_in = count->segments_in;
	info->tcpi_data_segs_out = count->data_segments_out;
	info->tcpi_data_segs_in = count->data_segments_in;
	info->tcpi_rcv_ooopack = count->out_of_order;
	info->tcpi_dsack_dups = count->dsack_duplicates;
}

void tcp_info_fill(const struct tcp_layer *tcp, const struct tcp_conn *conn, uint64_t now,
		   struct berth_tcp_info *ret_info)
{
	(void)tcp;
	memset(ret_info, 0, sizeof(*ret_info));
	ret_info->tcpi_state = (uint8_t)tcp_public_state(conn);
	ret_info->tcpi_options = option_bits(&conn->agreed);
	ret_info->tcpi_snd_wscale = conn->agreed.send_scale & 0xfu;
	ret_info->tcpi_rcv_wscale = conn->agreed.receive_scale & 0xfu;
	ret_info->tcpi_pmtu = conn->path.mtu;
	ret_info->tcpi_reordering = TCP_DUPLICATE_ACKS;
	ret_info->tcpi_reord_seen = conn->loss.reordering_seen;
	ret_info->tcpi_last_ack_sent = milliseconds_since(conn->ack.sent_at, now);
	if (!conn->was_established && conn->state == TCP_STATE_CLOSED)
		return; // nothing below has begun
	fill_sender(conn, ret_info);
	fill_receiver(conn, ret_info);
	fill_counts(&conn->count, now, ret_info);
}
