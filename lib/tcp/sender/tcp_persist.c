// SPDX-License-Identifier: MIT
//
// Zero window probes (RFC 9293 3.8.6.1): when bytes wait, nothing is in flight and the window takes
// none of them, the ACK that opens it may get lost, and nobody would ever speak again. So we ask,
// less and less often, for as long as the peer answers.
//
// The probe carries no byte and a sequence number just below SND.UNA: unacceptable, so it must be
// answered with an ACK that shows the window (RFC 9293 3.10.7.4, first).
#include "tcp_persist.h"

#include <errno.h>
#include <string.h>

#include "../../base/numbers.h"
#include "../closing/tcp_close.h"
#include "../tcp_layer.h"
#include "../tcp_output.h"
#include "tcp_sender.h"

void tcp_persist_init(struct tcp_persist *persist)
{
	memset(persist, 0, sizeof(*persist));
}

// DECIDES: must somebody ask whether the window is open? (RFC 9293 3.8.6.1)
static bool probe_is_needed(const struct tcp_conn *conn)
{
	if (!tcp_state_is_synchronized(conn->state) || conn->sent.count > 0)
		return false;
	if (tcp_send_buffer_unsent(conn) == 0 &&
	    (!conn->fin_queued || tcp_sender_fin_is_sent(conn)))
		return false;
	return tcp_send_window_room(&conn->snd) == 0;
}

static uint64_t interval_ns(const struct tcp_conn *conn)
{
	uint64_t wait_ns = tcp_rtt_rto_ns(&conn->rtt) << min_u32(conn->persist.backoff, 20);

	return min_u64(wait_ns, TCP_PERSIST_MAX_NS);
}

void tcp_persist_refresh(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	if (!probe_is_needed(conn)) {
		if (conn->persist.backoff != 0 || conn->persist.probe_owed)
			tcp_persist_init(&conn->persist);
		tcp_timers_disarm(tcp, conn, TCP_TIMER_PERSIST);
	} else if (tcp_timers_at(&conn->timers, TCP_TIMER_PERSIST) == NEVER) {
		tcp_timers_arm(tcp, conn, TCP_TIMER_PERSIST, now + interval_ns(conn));
	}
}

void tcp_persist_on_ack(struct tcp_conn *conn)
{
	conn->persist.probes = 0;
}

// DECIDES: is it time to give the peer up? While it answers, only an orphan gives up, or a program
// that said how long it waits (RFC 5482).
static bool has_waited_enough(const struct tcp_conn *conn, uint64_t now)
{
	const struct tcp_persist *persist = &conn->persist;
	uint64_t patience_ns = conn->settings.user_timeout_ms * NS_PER_MS;

	if (patience_ns != 0 && persist->began_at != 0 && now - persist->began_at >= patience_ns)
		return true;
	if (tcp_conn_is_orphan(conn) && persist->backoff >= TCP_ORPHAN_RETRIES)
		return true;
	return persist->probes >= TCP_PERSIST_RETRIES;
}

bool tcp_persist_on_timer(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	struct tcp_persist *persist = &conn->persist;

	if (!probe_is_needed(conn))
		return true;
	if (has_waited_enough(conn, now)) {
		tcp_conn_fail(tcp, conn, ETIMEDOUT, now);
		return false;
	}
	if (persist->began_at == 0)
		persist->began_at = now;
	persist->probe_owed = true;
	if (persist->backoff < UINT8_MAX)
		persist->backoff++;
	tcp_timers_arm(tcp, conn, TCP_TIMER_PERSIST, now + interval_ns(conn));
	tcp_output_request(tcp, conn);
	return true;
}

void tcp_persist_probe_sent(struct tcp_persist *persist)
{
	persist->probe_owed = false;
	if (persist->probes < UINT8_MAX)
		persist->probes++;
}
