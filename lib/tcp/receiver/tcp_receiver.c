// SPDX-License-Identifier: MIT
//
// The receiving half begins and ends, and how much it may hold.
#include "tcp_receiver.h"

#include "../../base/numbers.h"
#include "../tcp_layer.h"

#define UNSCALED_WINDOW_MAX 65535u

static uint32_t clamp_of(const struct tcp_settings *settings)
{
	return settings->window_clamp ? settings->window_clamp : UINT32_MAX;
}

static uint32_t buffer_max(const struct tcp_layer *tcp, const struct tcp_settings *settings)
{
	uint32_t bytes = settings->receive_bytes_max ? settings->receive_bytes_max
						     : tcp->config.tcp_receive_bytes_max;

	return min_u32(bytes, BUFFER_BYTES_MAX);
}

static uint32_t buffer_initial(const struct tcp_layer *tcp, const struct tcp_settings *settings)
{
	if (settings->receive_bytes_max)
		return buffer_max(tcp, settings);
	return min_u32(tcp->config.tcp_initial_receive_bytes, buffer_max(tcp, settings));
}

uint32_t tcp_receiver_initial_window(const struct tcp_layer *tcp,
				     const struct tcp_settings *settings)
{
	return min_u32(buffer_initial(tcp, settings), clamp_of(settings));
}

// DECIDES: which window scale to offer: enough for the largest buffer (RFC 7323 2.3)
uint8_t tcp_receiver_window_scale(const struct tcp_layer *tcp, const struct tcp_settings *settings)
{
	uint32_t bytes = min_u32(buffer_max(tcp, settings), clamp_of(settings));
	uint8_t scale = 0;

	while (scale < TCP_WINDOW_SCALE_MAX && bytes >> scale > UNSCALED_WINDOW_MAX)
		scale++;
	return scale;
}

void tcp_receiver_init(struct tcp_layer *tcp, struct tcp_conn *conn, tcp_seq irs)
{
	tcp_receive_window_init(&conn->rcv, irs, buffer_initial(tcp, &conn->settings),
				buffer_max(tcp, &conn->settings), clamp_of(&conn->settings),
				conn->agreed.receive_scale);
	tcp_reassembly_init(&conn->received);
	tcp_ack_policy_init(&conn->ack);
}

void tcp_receiver_release(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	tcp_reassembly_release(&conn->received, tcp->buffers, tcp->memory);
}

void tcp_receiver_apply_settings(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	uint32_t buffer_bytes =
		max_u32(buffer_initial(tcp, &conn->settings),
			conn->settings.receive_bytes_max ? 0 : conn->rcv.buffer_bytes);

	tcp_receive_window_limit(&conn->rcv, buffer_bytes, buffer_max(tcp, &conn->settings),
				 clamp_of(&conn->settings));
}

uint32_t tcp_receiver_window(const struct tcp_conn *conn)
{
	return tcp_receive_window_offered(&conn->rcv);
}

bool tcp_receiver_is_finished(const struct tcp_conn *conn)
{
	return conn->received.is_finished;
}

uint32_t tcp_receiver_unread_bytes(const struct tcp_conn *conn)
{
	return conn->received.ring.used;
}

void tcp_receiver_discard(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	tcp_reassembly_discard(&conn->received, tcp->buffers, tcp->memory);
}

void tcp_receiver_consume(struct tcp_layer *tcp, struct tcp_conn *conn, uint32_t length,
			  uint64_t now)
{
	uint32_t mss_bytes = conn->agreed.mss_receive;

	tcp_reassembly_consume(&conn->received, tcp->buffers, length);
	tcp_receive_window_on_consumed(&conn->rcv, length, conn->rtt.srtt_ns, mss_bytes, now);
	if (tcp_state_may_receive_data(conn->state) &&
	    tcp_receive_window_update_is_due(&conn->rcv, conn->received.ring.used, mss_bytes))
		tcp_ack_owe_now(tcp, conn);
}
