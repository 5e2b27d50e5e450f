// SPDX-License-Identifier: MIT
//
// What did both ends agree on?
//
// Our SYN offers everything we have; an option is in use when both SYNs carry it (RFC 7323 1.3 and
// 3.2, RFC 2018 2). MSS is no agreement: each end says what it takes (RFC 9293 3.7.1). A SYN,ACK
// carries only what the SYN did.
//
// Timestamps, once agreed, stand in every segment. TS.Recent is what we echo, and what makes an old
// duplicate known as such (PAWS, RFC 7323 5).
#include "tcp_negotiate.h"

#include <string.h>

#include "../../base/numbers.h"
#include "../../wire/wire_ipv4.h"
#include "../../wire/wire_ipv6.h"
#include "../receiver/tcp_receiver.h"
#include "../tcp_layer.h"

uint16_t tcp_mss_of_path(const struct ip_path *path)
{
	uint32_t headers = TCP_HEADER_BYTES;

	headers += path->target.family == BERTH_FAMILY_IPV4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
	return path->mtu > headers + TCP_MSS_MIN ? (uint16_t)(path->mtu - headers) : TCP_MSS_MIN;
}

static uint16_t clamp_to_program(uint16_t mss, const struct tcp_settings *settings)
{
	return settings->mss_max && settings->mss_max < mss ? settings->mss_max : mss;
}

void tcp_negotiate_offer(const struct tcp_layer *tcp, const struct tcp_settings *settings,
			 const struct ip_path *path, struct tcp_agreed *ret_agreed)
{
	struct tcp_agreed agreed;

	memset(&agreed, 0, sizeof(agreed));
	agreed.mss_receive = clamp_to_program(tcp_mss_of_path(path), settings);
	agreed.mss_send = agreed.mss_receive;
	agreed.receive_scale = tcp_receiver_window_scale(tcp, settings);
	agreed.has_scaling = true;
	agreed.has_sack = true;
	agreed.has_timestamps = true;
	agreed.timestamp_offset = tcp_isn_timestamp_offset(&tcp->isn, &path->source, &path->target);
	*ret_agreed = agreed;
}

// DECIDES: the payload of one segment to this peer (RFC 9293 3.7.1)
static uint16_t decide_mss_send(uint16_t peer_mss, const struct tcp_settings *settings,
				const struct ip_path *path)
{
	uint16_t mss = peer_mss;

	if (mss == 0)
		mss = path->target.family == BERTH_FAMILY_IPV4 ? TCP_MSS_DEFAULT_IPV4
							       : TCP_MSS_DEFAULT_IPV6;
	if (mss < TCP_MSS_MIN)
		mss = TCP_MSS_MIN;
	mss = clamp_to_program(mss, settings);
	return (uint16_t)min_u32(mss, tcp_mss_of_path(path));
}

void tcp_negotiate_answer(struct tcp_agreed *agreed, const struct tcp_options *peer,
			  const struct tcp_settings *settings, const struct ip_path *path,
			  uint64_t now)
{
	agreed->mss_send = decide_mss_send(peer->mss, settings, path);
	agreed->has_scaling = agreed->has_scaling && peer->has_window_scale;
	agreed->has_sack = agreed->has_sack && peer->sack_permitted;
	agreed->has_timestamps = agreed->has_timestamps && peer->has_timestamps;
	if (agreed->has_scaling)
		// RFC 7323 2.3: more than 14 is used as 14
		agreed->send_scale = (uint8_t)min_u32(peer->window_scale, TCP_WINDOW_SCALE_MAX);
	else
		agreed->receive_scale = 0;
	if (agreed->has_timestamps) {
		agreed->timestamp_recent = peer->timestamp_value;
		agreed->timestamp_recent_at = now;
	}
}

void tcp_negotiate_inherit(struct tcp_agreed *agreed, const struct tcp_agreed *from)
{
	*agreed = *from;
}

void tcp_offer_options(const struct tcp_agreed *agreed, uint64_t now,
		       struct tcp_options *ret_options)
{
	struct tcp_options options;

	memset(&options, 0, sizeof(options));
	options.mss = agreed->mss_receive;
	options.has_window_scale = agreed->has_scaling;
	options.window_scale = agreed->receive_scale;
	options.sack_permitted = agreed->has_sack;
	options.has_timestamps = agreed->has_timestamps;
	if (agreed->has_timestamps) {
		options.timestamp_value = tcp_timestamp_now(agreed, now);
		options.timestamp_echo = agreed->timestamp_recent; // 0 in a SYN (RFC 7323 3.2)
	}
	*ret_options = options;
}

void tcp_negotiate_clamp_mss(struct tcp_agreed *agreed, uint16_t mss_send)
{
	if (mss_send < agreed->mss_send)
		agreed->mss_send = mss_send;
}

bool tcp_paws_rejects(const struct tcp_agreed *agreed, const struct tcp_segment *segment,
		      uint64_t now)
{
	if (!agreed->has_timestamps || !segment->options.has_timestamps)
		return false;
	if (segment->is_rst) // RFC 7323 5.2: RST is not subject to it
		return false;
	if ((int32_t)(segment->options.timestamp_value - agreed->timestamp_recent) >= 0)
		return false;
	// RFC 7323 5.5: after 24 days of silence TS.Recent itself is too old to judge by
	return now - agreed->timestamp_recent_at <= TCP_PAWS_IDLE_NS;
}

void tcp_timestamp_remember(struct tcp_agreed *agreed, const struct tcp_segment *segment,
			    tcp_seq last_ack_sent, uint64_t now)
{
	if (!agreed->has_timestamps || !segment->options.has_timestamps)
		return;
	// RFC 7323 4.3 (2): SEG.TSval >= TS.Recent and SEG.SEQ <= Last.ACK.sent
	if (tcp_seq_after(segment->seq, last_ack_sent))
		return;
	if ((int32_t)(segment->options.timestamp_value - agreed->timestamp_recent) < 0 &&
	    now - agreed->timestamp_recent_at <= TCP_PAWS_IDLE_NS)
		return;
	agreed->timestamp_recent = segment->options.timestamp_value;
	agreed->timestamp_recent_at = now;
}
