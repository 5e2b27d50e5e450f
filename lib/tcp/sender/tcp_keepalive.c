// SPDX-License-Identifier: MIT
//
// Keepalive (RFC 9293 3.8.4): off unless the program asks. A peer that was silent for the idle time
// gets probes that it must answer; when none is answered, the connection fails.
//
// The timer is lazy: segments only note when they came; the timer looks at that when it fires.
#include "tcp_keepalive.h"

#include <errno.h>
#include <string.h>

#include "../../base/numbers.h"
#include "../closing/tcp_close.h"
#include "../closing/tcp_reset.h"
#include "../tcp_layer.h"
#include "../tcp_output.h"

void tcp_keepalive_init(struct tcp_keepalive *keepalive, uint64_t now)
{
	memset(keepalive, 0, sizeof(*keepalive));
	keepalive->heard_at = now;
}

static uint64_t idle_ns(const struct tcp_conn *conn)
{
	uint32_t seconds = conn->settings.keepalive_idle_s;

	return seconds ? seconds * NS_PER_S : TCP_KEEPALIVE_IDLE_NS;
}

static uint64_t probe_interval_ns(const struct tcp_conn *conn)
{
	uint32_t seconds = conn->settings.keepalive_interval_s;

	return seconds ? seconds * NS_PER_S : TCP_KEEPALIVE_INTERVAL_NS;
}

static bool keepalive_applies(const struct tcp_conn *conn)
{
	return conn->settings.keepalive && tcp_state_is_synchronized(conn->state);
}

// DECIDES: is a silent peer dead? After so many probes, or the user timeout when there is one (RFC
// 5482).
static bool peer_is_dead(const struct tcp_conn *conn, uint64_t now)
{
	uint32_t probes_max = conn->settings.keepalive_probes ? conn->settings.keepalive_probes
							      : TCP_KEEPALIVE_PROBES;
	uint64_t patience_ns = conn->settings.user_timeout_ms * NS_PER_MS;

	if (conn->keepalive.probes == 0)
		return false;
	if (patience_ns != 0)
		return now - conn->keepalive.heard_at >= patience_ns;
	return conn->keepalive.probes >= probes_max;
}

void tcp_keepalive_refresh(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	if (!keepalive_applies(conn)) {
		tcp_timers_disarm(tcp, conn, TCP_TIMER_KEEPALIVE);
		return;
	}
	tcp_timers_arm(tcp, conn, TCP_TIMER_KEEPALIVE,
		       max_u64(time_after(conn->keepalive.heard_at, idle_ns(conn)), now));
}

bool tcp_keepalive_on_timer(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	struct tcp_keepalive *keepalive = &conn->keepalive;
	uint64_t due_at = time_after(keepalive->heard_at, idle_ns(conn));

	if (!keepalive_applies(conn))
		return true;
	// Bytes on their way have timers of their own.
	if (conn->sent.count > 0 || tcp_send_buffer_unsent(conn) > 0) {
		tcp_timers_arm(tcp, conn, TCP_TIMER_KEEPALIVE, now + idle_ns(conn));
		return true;
	}
	if (due_at > now) {
		tcp_timers_arm(tcp, conn, TCP_TIMER_KEEPALIVE, due_at);
		return true;
	}
	if (peer_is_dead(conn, now)) {
		tcp_reset_send(tcp, conn, now);
		tcp_conn_fail(tcp, conn, ETIMEDOUT, now);
		return false;
	}
	keepalive->probe_owed = true;
	if (keepalive->probes < UINT8_MAX)
		keepalive->probes++;
	tcp_timers_arm(tcp, conn, TCP_TIMER_KEEPALIVE, now + probe_interval_ns(conn));
	tcp_output_request(tcp, conn);
	return true;
}

void tcp_keepalive_probe_sent(struct tcp_keepalive *keepalive)
{
	keepalive->probe_owed = false;
}
