// SPDX-License-Identifier: MIT
//
// The sending half begins, comes to life with the end of the handshake, and ends.
#include "tcp_sender.h"

#include <string.h>

#include "../../base/numbers.h"
#include "../tcp_layer.h"

static const struct tcp_congestion_ops *algorithm(const struct tcp_layer *tcp,
						  const struct tcp_conn *conn)
{
	const char *name = tcp->config.congestion;
	const struct tcp_congestion_ops *ops = NULL;

	if (conn->settings.congestion)
		return conn->settings.congestion;
	if (name)
		ops = tcp_congestion_find(name, strlen(name));
	return ops ? ops : &tcp_congestion_cubic;
}

static void begin(struct tcp_layer *tcp, struct tcp_conn *conn, tcp_seq iss, bool syn_is_sent)
{
	tcp_send_window_init(&conn->snd, iss, syn_is_sent);
	tcp_send_buffer_init(&conn->unsent, tcp_seq_add(iss, 1));
	tcp_sent_init(&conn->sent, conn->snd.una);
	tcp_rtt_init(&conn->rtt);
	tcp_rate_init(&conn->rate);
	tcp_loss_init(&conn->loss);
	tcp_recovery_init(&conn->recovery);
	tcp_persist_init(&conn->persist);
	tcp_mss_refresh(conn);
	tcp_congestion_init(&conn->congestion, algorithm(tcp, conn), conn->mss.payload_bytes);
}

void tcp_sender_init(struct tcp_layer *tcp, struct tcp_conn *conn, tcp_seq iss)
{
	begin(tcp, conn, iss, false);
}

void tcp_sender_from_embryo(struct tcp_layer *tcp, struct tcp_conn *conn, tcp_seq iss)
{
	begin(tcp, conn, iss, true);
}

void tcp_sender_established(struct tcp_layer *tcp, struct tcp_conn *conn,
			    const struct tcp_segment *seg, uint64_t handshake_rtt_ns,
			    bool syn_was_resent, uint64_t now)
{
	tcp_sent_release(&conn->sent, tcp->buffers);
	tcp_sent_init(&conn->sent, seg->ack);
	tcp_send_window_acked(&conn->snd, seg->ack);
	tcp_send_window_established(&conn->snd, seg, conn->agreed.send_scale);
	tcp_mss_refresh(conn);
	tcp_congestion_init(&conn->congestion, algorithm(tcp, conn), conn->mss.payload_bytes);
	tcp_recovery_init(&conn->recovery);
	tcp_recovery_begin_at(&conn->recovery, seg->ack);
	if (handshake_rtt_ns != 0)
		tcp_rtt_on_sample(&conn->rtt, handshake_rtt_ns, 1, now);
	if (syn_was_resent) {
		tcp_rtt_distrust_handshake(&conn->rtt);
		tcp_congestion_set_cwnd(&conn->congestion, conn->mss.payload_bytes); // RFC 5681 3.1
	}
	tcp_timers_disarm(tcp, conn, TCP_TIMER_RETRANSMIT);
	tcp_keepalive_init(&conn->keepalive, now);
	if (conn->settings.keepalive)
		tcp_keepalive_refresh(tcp, conn, now);
}

void tcp_sender_release(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	tcp_sent_release(&conn->sent, tcp->buffers);
	tcp_send_buffer_release(&conn->unsent, tcp->buffers);
}

bool tcp_sender_syn_is_sent(const struct tcp_conn *conn)
{
	return tcp_seq_after(conn->snd.nxt, conn->snd.iss);
}

bool tcp_sender_syn_was_resent(const struct tcp_conn *conn)
{
	return conn->sent.count > 0 && tcp_sent_at(&conn->sent, 0)->has_syn &&
	       tcp_sent_at(&conn->sent, 0)->transmissions > 1;
}

uint64_t tcp_sender_syn_rtt_ns(const struct tcp_conn *conn, uint64_t now)
{
	if (conn->sent.count == 0 || !tcp_sent_at(&conn->sent, 0)->has_syn ||
	    tcp_sender_syn_was_resent(conn))
		return 0;
	return max_u64(now - tcp_sent_at(&conn->sent, 0)->sent_at, 1);
}

bool tcp_sender_fin_is_sent(const struct tcp_conn *conn)
{
	return conn->fin_queued && tcp_seq_after(conn->snd.nxt, tcp_send_buffer_end(&conn->unsent));
}

bool tcp_sender_fin_is_acked(const struct tcp_conn *conn)
{
	return conn->fin_queued && tcp_seq_after(conn->snd.una, tcp_send_buffer_end(&conn->unsent));
}

uint32_t tcp_sender_unacked_bytes(const struct tcp_conn *conn)
{
	return conn->unsent.ring.used;
}
