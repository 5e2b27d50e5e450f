// SPDX-License-Identifier: MIT
//
// Do we believe this RST or SYN, and when do we send a RST or a challenge ACK?
//
// A stranger who guesses a sequence number inside the window must not be able to end a connection:
// only a RST at exactly RCV.NXT is believed, any other inside the window is answered with an ACK,
// which a true peer answers with the right RST (RFC 5961 3.2). The answers themselves are limited:
// for the host, since they cost packets, and for each connection, so that two ends with different
// ideas do not talk for ever.
#include "tcp_reset.h"

#include <errno.h>
#include <string.h>

#include "../receiver/tcp_receiver.h"
#include "../sender/tcp_emit.h"
#include "../tcp_layer.h"
#include "tcp_close.h"

void tcp_reset_limits_init(struct tcp_reset_limits *limits)
{
	memset(limits, 0, sizeof(*limits));
	limits->challenges.left = TCP_CHALLENGE_ACKS_PER_S;
	limits->resets.left = TCP_RESETS_PER_S;
}

static bool take_from_limit(struct tcp_rate_limit *limit, uint32_t per_second, uint64_t now)
{
	if (now - limit->second_began_at >= NS_PER_S) {
		limit->second_began_at = now;
		limit->left = per_second;
	}
	if (limit->left == 0)
		return false;
	limit->left--;
	return true;
}

// RFC 9293 3.10.7.1: the RST must be acceptable to whoever sent the segment.
static struct tcp_header reset_for(const struct tcp_segment *segment)
{
	struct tcp_header header;

	memset(&header, 0, sizeof(header));
	header.source_port = segment->local.port;
	header.target_port = segment->remote.port;
	header.flags = TCP_FLAG_RST;
	if (segment->has_ack) {
		header.sequence = segment->ack;
	} else {
		header.acknowledgment = tcp_seq_add(segment->seq, tcp_segment_space(segment));
		header.flags |= TCP_FLAG_ACK;
	}
	return header;
}

void tcp_reset_answer(struct tcp_layer *tcp, const struct tcp_segment *segment, uint64_t now)
{
	struct tcp_header header;
	struct ip_path path;

	if (segment->is_rst || segment->packet->target_is_group)
		return;
	if (ip_find_path(tcp->ip, &segment->remote.address, &segment->local.address, &path) < 0)
		return;
	if (!take_from_limit(&tcp->reset_limits.resets, TCP_RESETS_PER_S, now)) {
		tcp_drop(tcp, BERTH_DROP_TCP_RESET_LIMITED);
		return;
	}
	header = reset_for(segment);
	tcp_emit_control(tcp, &path, &header, now);
	tcp->counters.tcp_resets_sent++;
}

void tcp_reset_send(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	tcp_emit_reset(tcp, conn, now);
	tcp->counters.tcp_resets_sent++;
}

enum tcp_reset_choice tcp_reset_decide(tcp_seq seq, tcp_seq rcv_nxt, uint32_t rcv_window)
{
	if (tcp_seq_equal(seq, rcv_nxt))
		return TCP_RESET_BELIEVE;
	if (tcp_seq_in_window(seq, rcv_nxt, rcv_window))
		return TCP_RESET_CHALLENGE;
	return TCP_RESET_IGNORE;
}

// What the program hears of a RST (Linux's choice).
static int error_of_reset(enum tcp_state state)
{
	switch (state) {
	case TCP_STATE_SYN_RECEIVED: // of a simultaneous open: RFC 9293 3.10.7.4 second
		return ECONNREFUSED;
	case TCP_STATE_CLOSE_WAIT: // it has read the end already: only writing is left
		return EPIPE;
	default:
		return ECONNRESET;
	}
}

enum berth_drop tcp_reset_on_rst(struct tcp_layer *tcp, struct tcp_conn *conn,
				 const struct tcp_segment *segment, uint64_t now)
{
	switch (tcp_reset_decide(segment->seq, conn->rcv.nxt, tcp_receiver_window(conn))) {
	case TCP_RESET_BELIEVE:
		tcp->counters.tcp_resets_in++;
		tcp_conn_fail(tcp, conn, error_of_reset(conn->state), now);
		return BERTH_DROP_NONE;
	case TCP_RESET_CHALLENGE:
		tcp_reset_challenge(tcp, conn, now);
		return BERTH_DROP_TCP_RST_INVALID;
	case TCP_RESET_IGNORE:
		break;
	}
	return BERTH_DROP_TCP_RST_INVALID;
}

bool tcp_reset_may_challenge(struct tcp_layer *tcp, uint64_t *last_at, uint64_t now)
{
	if (*last_at != 0 && now - *last_at < TCP_INVALID_ACK_INTERVAL_NS) {
		tcp_drop(tcp, BERTH_DROP_TCP_CHALLENGE_LIMITED);
		return false;
	}
	if (!take_from_limit(&tcp->reset_limits.challenges, TCP_CHALLENGE_ACKS_PER_S, now)) {
		tcp_drop(tcp, BERTH_DROP_TCP_CHALLENGE_LIMITED);
		return false;
	}
	*last_at = now ? now : 1;
	return true;
}

void tcp_reset_challenge(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	if (tcp_reset_may_challenge(tcp, &conn->challenged_at, now))
		tcp_ack_owe_now(tcp, conn);
}
