// SPDX-License-Identifier: MIT
//
// Time and results of a benchmark: what each peer's work is reported as.
#ifndef BERTH_BENCH_CLOCK_H
#define BERTH_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// The work, the same for every peer.
struct bench_amounts {
	uint64_t bulk_bytes;
	uint32_t round_trips;
	uint32_t connections;
	uint32_t datagrams;
	uint32_t idle_connections;
};

// 0 where the peer was not asked.
struct bench_results {
	double bulk_ns_per_segment; // of 1460 bytes, both ends together
	double round_trip_ns;       // 64 bytes there and back
	double connect_close_ns;    // SYN to the last ACK
	double datagram_ns;         // 64 bytes, end to end
	double idle_bytes;          // memory of one end of an idle connection
	double idle_round_trip_ns;  // 64 bytes over a random one of them
};

#endif
