// SPDX-License-Identifier: MIT
//
// What may a program set and ask of a connection? The settings themselves are kept by
// tcp_settings.c; here is what a change means to a connection that lives, and what only a
// connection can answer.
#include "tcp_options.h"

#include <berth/option.h>
#include <errno.h>
#include <string.h>

#include "../base/numbers.h"
#include "receiver/tcp_receiver.h"
#include "tcp_layer.h"
#include "tcp_output.h"
#include "tcp_path.h"

static void apply_mss(struct tcp_conn *conn)
{
	if (conn->settings.mss_max == 0)
		return;
	tcp_negotiate_clamp_mss(&conn->agreed, conn->settings.mss_max);
	tcp_mss_refresh(conn);
}

static void apply_tcp_level(struct tcp_layer *tcp, struct tcp_conn *conn, int name, uint64_t now)
{
	switch (name) {
	case BERTH_TCP_NODELAY: // what was held back may go now
	case BERTH_TCP_CORK:
		tcp_output_request(tcp, conn);
		break;
	case BERTH_TCP_KEEPIDLE:
	case BERTH_TCP_KEEPINTVL:
	case BERTH_TCP_KEEPCNT:
		tcp_keepalive_refresh(tcp, conn, now);
		break;
	case BERTH_TCP_QUICKACK:
		if (conn->settings.quick_ack && conn->ack.owed_later)
			tcp_ack_owe_now(tcp, conn);
		break;
	case BERTH_TCP_CONGESTION:
		if (tcp_state_is_synchronized(conn->state))
			tcp_congestion_switch(&conn->congestion, conn->settings.congestion);
		break;
	case BERTH_TCP_WINDOW_CLAMP:
		tcp_receiver_apply_settings(tcp, conn);
		break;
	case BERTH_TCP_MAXSEG:
		if (tcp_state_is_synchronized(conn->state))
			apply_mss(conn);
		break;
	}
}

// The setting has changed under a connection that is not CLOSED.
static void apply(struct tcp_layer *tcp, struct tcp_conn *conn, int level, int name, uint64_t now)
{
	switch (level) {
	case BERTH_SOL_SOCKET:
		if (name == BERTH_SO_KEEPALIVE)
			tcp_keepalive_refresh(tcp, conn, now);
		if (name == BERTH_SO_RCVBUF)
			tcp_receiver_apply_settings(tcp, conn);
		break;
	case BERTH_IPPROTO_IP:
	case BERTH_IPPROTO_IPV6:
		tcp_path_apply_settings(&conn->path, &conn->settings);
		break;
	case BERTH_IPPROTO_TCP:
		apply_tcp_level(tcp, conn, name, now);
		break;
	}
}

int tcp_set_option(struct tcp_layer *tcp, struct tcp_conn *conn, int level, int name,
		   const void *value, size_t length, uint64_t now)
{
	int result = tcp_settings_set(&conn->settings, &conn->claim, level, name, value, length);

	if (result == 0 && conn->state != TCP_STATE_CLOSED)
		apply(tcp, conn, level, name, now);
	return result;
}

static bool is_connected(const struct tcp_conn *conn)
{
	return conn->state != TCP_STATE_CLOSED;
}

static int get_info(const struct tcp_layer *tcp, const struct tcp_conn *conn, void *value,
		    size_t *length, uint64_t now)
{
	struct berth_tcp_info info;

	tcp_info_fill(tcp, conn, now, &info);
	*length = *length < sizeof(info) ? *length : sizeof(info);
	memcpy(value, &info, *length);
	return 0;
}

// What only the connection knows. false: ask the settings.
static bool get_from_conn(const struct tcp_layer *tcp, const struct tcp_conn *conn, int level,
			  int name, int *ret_number)
{
	if (level == BERTH_SOL_SOCKET && name == BERTH_SO_SNDBUF)
		*ret_number = (int)tcp_send_buffer_limit(conn, tcp->config.tcp_send_bytes_max);
	else if (level == BERTH_SOL_SOCKET && name == BERTH_SO_RCVBUF)
		*ret_number = (int)conn->rcv.buffer_bytes;
	else if (level == BERTH_IPPROTO_TCP && name == BERTH_TCP_MAXSEG &&
		 tcp_state_is_synchronized(conn->state))
		*ret_number = conn->mss.payload_bytes;
	else
		return false;
	return true;
}

static bool asks_for_mtu(int level, int name)
{
	return (level == BERTH_IPPROTO_IP && name == BERTH_IP_MTU) ||
	       (level == BERTH_IPPROTO_IPV6 && name == BERTH_IPV6_MTU);
}

int tcp_get_option(const struct tcp_layer *tcp, const struct tcp_conn *conn, int level, int name,
		   void *value, size_t *length, uint64_t now)
{
	int number;

	if (level == BERTH_IPPROTO_TCP && name == BERTH_TCP_INFO)
		return get_info(tcp, conn, value, length, now);
	if (asks_for_mtu(level, name))
		return is_connected(conn) ? tcp_option_put_int(conn->path.mtu, value, length)
					  : -ENOTCONN;
	if (is_connected(conn) && get_from_conn(tcp, conn, level, name, &number))
		return tcp_option_put_int(number, value, length);
	return tcp_settings_get(&conn->settings, &conn->claim, level, name, value, length);
}
