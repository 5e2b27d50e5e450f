// SPDX-License-Identifier: MIT
//
// Which sequence number does a connection begin with (RFC 6528), and where does its timestamp clock
// stand (RFC 7323 5.4)?
#ifndef BERTH_TCP_ISN_H
#define BERTH_TCP_ISN_H

#include <berth/address.h>

#include "../../base/random.h"
#include "../tcp_seq.h"

struct tcp_isn_secret {
	struct siphash_key sequence_key, timestamp_key;
};

void tcp_isn_init(struct tcp_isn_secret *secret, struct random *random);
// at_least: not before this, because the last incarnation of the tuple got so far; NULL: there is
// none.
tcp_seq tcp_isn_choose(const struct tcp_isn_secret *secret, const struct berth_endpoint *local,
		       const struct berth_endpoint *remote, const tcp_seq *at_least, uint64_t now);
// The same for all connections between two addresses, so that a later one shows later timestamps.
uint32_t tcp_isn_timestamp_offset(const struct tcp_isn_secret *secret,
				  const struct berth_address *local,
				  const struct berth_address *remote);

#endif
