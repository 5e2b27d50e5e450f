// SPDX-License-Identifier: MIT
//
// Which sequence number does a connection begin with? ISN = M + F(tuple, secret) (RFC 6528 3): M
// ticks every 4 microseconds (RFC 9293 3.4.1), F is SipHash. So a stranger cannot guess it, and a
// tuple that is used again begins above where it ended.
//
// The timestamp clock of a pair of addresses begins at a keyed offset (RFC 7323 5.4 leaves it
// open): it tells no stranger how long the host has been up.
#include "tcp_isn.h"

#include <string.h>

#include "../../base/time_units.h"

#define TCP_ISN_TICK_NS (4 * NS_PER_US) // RFC 9293 3.4.1

void tcp_isn_init(struct tcp_isn_secret *secret, struct random *random)
{
	secret->sequence_key.word[0] = random_u64(random);
	secret->sequence_key.word[1] = random_u64(random);
	secret->timestamp_key.word[0] = random_u64(random);
	secret->timestamp_key.word[1] = random_u64(random);
}

tcp_seq tcp_isn_choose(const struct tcp_isn_secret *secret, const struct berth_endpoint *local,
		       const struct berth_endpoint *remote, const tcp_seq *at_least, uint64_t now)
{
	uint8_t key[36];
	tcp_seq isn;

	memcpy(key, local->address.byte, 16);
	memcpy(key + 16, remote->address.byte, 16);
	memcpy(key + 32, &local->port, 2);
	memcpy(key + 34, &remote->port, 2);
	isn = tcp_seq_of((uint32_t)(now / TCP_ISN_TICK_NS) +
			 (uint32_t)siphash(&secret->sequence_key, key, sizeof(key)));
	return at_least ? tcp_seq_later(isn, *at_least) : isn;
}

uint32_t tcp_isn_timestamp_offset(const struct tcp_isn_secret *secret,
				  const struct berth_address *local,
				  const struct berth_address *remote)
{
	uint8_t key[32];

	memcpy(key, local->byte, 16);
	memcpy(key + 16, remote->byte, 16);
	return (uint32_t)siphash(&secret->timestamp_key, key, sizeof(key));
}
