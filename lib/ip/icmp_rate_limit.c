// SPDX-License-Identifier: MIT
//
// The token bucket, kept as the one instant at which it will be full again: taking a token moves
// that instant by the time one token needs, and it may not lie further away than a whole bucket.

#include "icmp_rate_limit.h"

#define TOKEN_NS (NS_PER_S / ICMP_ERRORS_PER_SECOND)

bool icmp_rate_limit_take(struct icmp_rate_limit *limit, uint64_t now)
{
	uint64_t full_at = (limit->full_at > now ? limit->full_at : now) + TOKEN_NS;

	if (full_at - now > ICMP_ERRORS_BURST * TOKEN_NS)
		return false;
	limit->full_at = full_at;
	return true;
}
