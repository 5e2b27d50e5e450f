// SPDX-License-Identifier: MIT
//
// Somebody says a segment of ours got nowhere: do we believe it, and what follows?
//
// Only an error that quotes a sequence number in flight is heard (RFC 5927 4.1). Then (RFC 9293
// 3.9.2.2): "too big" lowers the path's MTU. Once the connection is up, everything else is a hint
// that is remembered, and told if the connection fails by itself later. A connect fails at once
// when the error is hard, or when a soft one follows a repeated SYN: one error may pass, two are
// the truth (RFC 5461 4.1 knows such stacks; waiting two minutes for a host that does not exist
// helps nobody).
#include <errno.h>

#include "closing/tcp_close.h"
#include "sender/tcp_mss.h"
#include "sender/tcp_sender.h"
#include "tcp_layer.h"
#include "tcp_path.h"

static bool quotes_segment_in_flight(const struct tcp_conn *conn, tcp_seq seq)
{
	return tcp_seq_at_or_after(seq, conn->snd.una) && tcp_seq_before(seq, conn->snd.nxt);
}

static void on_too_big(struct tcp_layer *tcp, struct tcp_conn *conn, uint16_t mtu, uint64_t now)
{
	uint16_t before = conn->path.mtu;

	ip_path_mtu_learn(tcp->ip, &conn->entry.remote.address, mtu, now);
	if (tcp_path_refresh(tcp, conn) && conn->path.mtu < before)
		tcp_mss_reduce(tcp, conn, now);
}

// DECIDES: does an ICMP error end this connection? (RFC 9293 3.9.2.2, RFC 5927 5.2)
static bool error_is_the_end(const struct tcp_conn *conn, const struct ip_error *error)
{
	if (!tcp_state_is_opening(conn->state))
		return false;
	return error->is_hard || tcp_sender_syn_was_resent(conn);
}

static bool on_conn_error(struct tcp_layer *tcp, struct tcp_conn *conn,
			  const struct ip_error *error, uint64_t now)
{
	if (!quotes_segment_in_flight(conn, tcp_seq_of(error->tcp_sequence)))
		return false;
	if (error->error == EMSGSIZE)
		on_too_big(tcp, conn, error->mtu, now);
	else if (error_is_the_end(conn, error))
		tcp_conn_fail(tcp, conn, error->error, now);
	else
		conn->soft_error = error->error;
	return true;
}

void tcp_on_error(struct tcp_layer *tcp, const struct ip_error *error, uint64_t now)
{
	struct berth_endpoint local = tcp_endpoint_of(&error->local.address, error->local.port);
	struct berth_endpoint remote = tcp_endpoint_of(&error->remote.address, error->remote.port);
	struct tcp_table_entry *entry = tcp_table_lookup(&tcp->table, &local, &remote);

	if (entry && entry->kind == TCP_ENTRY_CONN &&
	    on_conn_error(tcp, (struct tcp_conn *)entry, error, now))
		return;
	if (entry && entry->kind == TCP_ENTRY_EMBRYO) {
		tcp_embryo_on_error(tcp, (struct tcp_embryo *)entry, error);
		return;
	}
	tcp_drop(tcp, BERTH_DROP_ICMP_ERROR_UNRELATED);
}
