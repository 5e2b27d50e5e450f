// SPDX-License-Identifier: MIT
//
// The in-memory benchmark: one peer, one kind of work, one line of result. bench/run puts the lines
// beside each other, and runs the same under callgrind for instructions.
//
// usage: bench_memory berth|lwip WORK AMOUNT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_berth.h"
#include "bench_lwip.h"

int main(int argc, char **argv)
{
	struct bench_amounts amounts;
	struct bench_results results = {0};
	uint64_t amount;
	int good;

	if (argc != 4 || (amount = strtoull(argv[3], NULL, 10)) == 0) {
		fprintf(stderr, "usage: bench_memory berth|lwip WORK AMOUNT\n");
		return 2;
	}
	amounts = (struct bench_amounts){.bulk_bytes = amount,
					 .round_trips = (uint32_t)amount,
					 .connections = (uint32_t)amount,
					 .datagrams = (uint32_t)amount,
					 .idle_connections = (uint32_t)amount};
	if (strcmp(argv[2], "idle") == 0)
		amounts.round_trips = amounts.idle_connections < 2000 ? 2000 : 20000;
	if (strcmp(argv[1], "berth") == 0)
		good = bench_berth(argv[2], &amounts, &results);
	else if (strcmp(argv[1], "lwip") == 0)
		good = bench_lwip(argv[2], &amounts, &results);
	else
		good = 0;
	if (!good) {
		fprintf(stderr, "bench_memory: %s %s failed\n", argv[1], argv[2]);
		return 1;
	}
	printf("%s %s %.1f %.1f %.1f %.1f %.1f %.1f\n", argv[1], argv[2],
	       results.bulk_ns_per_segment, results.round_trip_ns, results.connect_close_ns,
	       results.datagram_ns, results.idle_bytes, results.idle_round_trip_ns);
	return 0;
}
