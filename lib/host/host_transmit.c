// SPDX-License-Identifier: MIT
//
// What goes on the cable next?
//
// Waiting packets first, then segments while the burst has room. Frames point into packets and send
// rings of this host, so nothing that could free those happens between here and the caller's
// next call: packets of a burst live until the next one begins. Segments to ourselves are
// delivered inside, which may cause more of both; they are copies and touch no ring that the burst
// points into.
#include "host_internal.h"

#define LOOPBACK_ROUNDS_MAX 32 // segments there and back inside one call

static void count_frames(struct berth_host *host, const struct berth_frame *frames, size_t count)
{
	host->frames_out += count;
	for (size_t i = 0; i < count; i++)
		host->bytes_out += frames[i].length;
}

size_t berth_host_transmit(struct berth_host *host, struct berth_frame *frames, size_t max,
			   uint64_t now)
{
	size_t count;

	link_burst_begin(host->link, frames, max);
	link_transmit_queued(host->link);
	for (int round = 0; round < LOOPBACK_ROUNDS_MAX; round++) {
		tcp_transmit(host->tcp, now);
		if (!host_deliver_loopback(host, now))
			break;
		host->loopback_waits = round == LOOPBACK_ROUNDS_MAX - 1;
	}
	count = link_burst_end(host->link);
	count_frames(host, frames, count);
	socket_collect_changes(host->sockets);
	return count;
}
