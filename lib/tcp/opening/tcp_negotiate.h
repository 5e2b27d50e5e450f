// SPDX-License-Identifier: MIT
//
// What did both ends agree on? Options of the two SYNs, and the timestamps that follow from them
// (RFC 9293 3.7.1, RFC 7323, RFC 2018).
//
// Until the peer's SYN is seen, the agreement holds what we offer; then it holds what both have.
#ifndef BERTH_TCP_NEGOTIATE_H
#define BERTH_TCP_NEGOTIATE_H

#include "../../base/time_units.h"
#include "../tcp_limits.h"
#include "../tcp_seq.h"

struct ip_path;
struct tcp_layer;
struct tcp_segment;
struct tcp_settings;

struct tcp_agreed {
	uint16_t mss_send;    // payload without options: what the peer takes and the path carries
	uint16_t mss_receive; // what we announced
	uint8_t send_scale, receive_scale; // both 0 unless both ends scale
	bool has_scaling, has_sack, has_timestamps;
	uint32_t timestamp_recent;    // TS.Recent (RFC 7323 4.3)
	uint64_t timestamp_recent_at; // when it was set
	uint32_t timestamp_offset;    // ours, added to the clock
};

static inline uint32_t tcp_timestamp_now(const struct tcp_agreed *agreed, uint64_t now)
{
	return (uint32_t)(now / TCP_TIMESTAMP_TICK_NS) + agreed->timestamp_offset;
}

// What we offer on this path.
void tcp_negotiate_offer(const struct tcp_layer *tcp, const struct tcp_settings *settings,
			 const struct ip_path *path, struct tcp_agreed *ret_agreed);
// The peer's SYN (or SYN,ACK) has these options: keep what both have.
void tcp_negotiate_answer(struct tcp_agreed *agreed, const struct tcp_options *peer,
			  const struct tcp_settings *settings, const struct ip_path *path,
			  uint64_t now);
// An embryo's agreement becomes its connection's.
void tcp_negotiate_inherit(struct tcp_agreed *agreed, const struct tcp_agreed *from);
// The options of our SYN (before the answer) or SYN,ACK (after it).
void tcp_offer_options(const struct tcp_agreed *agreed, uint64_t now,
		       struct tcp_options *ret_options);
// The largest MSS that fits this path: no options counted.
uint16_t tcp_mss_of_path(const struct ip_path *path);
// The path's MTU changed: never more than the peer takes.
void tcp_negotiate_clamp_mss(struct tcp_agreed *agreed, uint16_t mss_send);

// DECIDES: is this segment an old duplicate? (PAWS, RFC 7323 5.3)
bool tcp_paws_rejects(const struct tcp_agreed *agreed, const struct tcp_segment *segment,
		      uint64_t now);
// Remember the segment's timestamp if it is one to echo (RFC 7323 4.3). last_ack_sent:
// Last.ACK.sent.
void tcp_timestamp_remember(struct tcp_agreed *agreed, const struct tcp_segment *segment,
			    tcp_seq last_ack_sent, uint64_t now);

#endif
