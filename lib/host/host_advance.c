// SPDX-License-Identifier: MIT
//
// Time has passed: what is due? And when is the next thing?
#include "../base/time_units.h"
#include "host_internal.h"

void berth_host_advance(struct berth_host *host, uint64_t now)
{
	link_advance(host->link, now);
	tcp_advance(host->tcp, now);
	host_settle(host, now);
}

uint64_t berth_host_deadline(const struct berth_host *host)
{
	if (link_has_queued(host->link) || tcp_has_output(host->tcp) || host->loopback_waits)
		return 0;
	return earliest(link_deadline(host->link), tcp_deadline(host->tcp));
}
