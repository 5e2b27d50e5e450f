// SPDX-License-Identifier: MIT
//
// How many ICMP errors may leave: a token bucket for the whole host (RFC 1812 4.3.2.8, RFC 4443
// 2.4 f).
#ifndef BERTH_IP_ICMP_RATE_LIMIT_H
#define BERTH_IP_ICMP_RATE_LIMIT_H

#include <stdbool.h>

#include "../base/time_units.h"

#define ICMP_ERRORS_PER_SECOND 1000u
#define ICMP_ERRORS_BURST 50u

struct icmp_rate_limit {
	uint64_t full_at; // when the bucket is full again
};

// One error wants to leave. false: not now.
bool icmp_rate_limit_take(struct icmp_rate_limit *limit, uint64_t now);

#endif
