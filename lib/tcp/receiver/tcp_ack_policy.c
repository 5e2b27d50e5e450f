// SPDX-License-Identifier: MIT
//
// Do we acknowledge now or later? Every second full segment, and otherwise within
// TCP_DELAYED_ACK_NS (RFC 9293 3.8.6.3); at once while the peer's window is still small, and
// whenever something is out of order or a hole is filled (RFC 5681 4.2). A program that answers
// carries the ACK with its answer.
//
// "Now" means with the next transmission: segments that arrive in one burst share one ACK.
#include "tcp_ack_policy.h"

#include <string.h>

#include "../../base/numbers.h"
#include "../tcp_layer.h"
#include "../tcp_output.h"

#define SEGMENTS_PER_ACK 2u

void tcp_ack_policy_init(struct tcp_ack_policy *policy)
{
	memset(policy, 0, sizeof(*policy));
	policy->quick_left = TCP_QUICK_ACKS;
	policy->segment_bytes = TCP_MSS_DEFAULT_IPV4;
}

void tcp_ack_policy_note_data(struct tcp_ack_policy *policy, uint32_t bytes, uint32_t segment_bytes)
{
	policy->unacked_bytes += bytes;
	if (segment_bytes > policy->segment_bytes)
		policy->segment_bytes = (uint16_t)min_u32(segment_bytes, UINT16_MAX);
}

// DECIDES: acknowledge now or later? (RFC 9293 3.8.6.3, RFC 5681 4.2)
enum tcp_ack_urgency tcp_ack_policy_decide(const struct tcp_ack_policy *policy, bool quick,
					   bool had_holes)
{
	if (quick || had_holes)
		return TCP_ACK_NOW;
	if (policy->quick_left > 0 && !policy->is_interactive)
		return TCP_ACK_NOW;
	if (policy->unacked_bytes >= SEGMENTS_PER_ACK * policy->segment_bytes)
		return TCP_ACK_NOW;
	return TCP_ACK_LATER;
}

void tcp_ack_owe_now(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	conn->ack.owed_now = true;
	tcp_output_request(tcp, conn);
}

void tcp_ack_owe(struct tcp_layer *tcp, struct tcp_conn *conn, bool had_holes, uint64_t now)
{
	struct tcp_ack_policy *policy = &conn->ack;

	if (tcp_ack_policy_decide(policy, conn->settings.quick_ack, had_holes) == TCP_ACK_NOW) {
		if (policy->quick_left > 0)
			policy->quick_left--;
		tcp_ack_owe_now(tcp, conn);
		return;
	}
	if (!policy->owed_later)
		tcp_timers_arm(tcp, conn, TCP_TIMER_DELAYED_ACK, now + TCP_DELAYED_ACK_NS);
	policy->owed_later = true;
}

void tcp_ack_on_timer(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	(void)now;
	if (conn->ack.owed_later)
		tcp_ack_owe_now(tcp, conn);
}

void tcp_ack_policy_sent(struct tcp_layer *tcp, struct tcp_conn *conn, bool with_data, uint64_t now)
{
	struct tcp_ack_policy *policy = &conn->ack;

	if (with_data && policy->unacked_bytes > 0)
		policy->is_interactive = true;
	if (policy->owed_later)
		tcp_timers_disarm(tcp, conn, TCP_TIMER_DELAYED_ACK);
	policy->owed_now = policy->owed_later = false;
	policy->unacked_bytes = 0;
	policy->sent_at = now;
}
