// SPDX-License-Identifier: MIT
//
// Simulated cables: hosts joined in memory, with every fault a real network has, from a seed.
//
// A cable is a learning switch with up to 64 ports. A frame sent into a port is copied, delayed,
// lost, doubled, damaged as the port's settings say, and comes out of the port(s) where its
// destination was last seen, or of all others. Time is an argument here too: virtual in tests, real
// in berthd.
#ifndef BERTH_SIM_H
#define BERTH_SIM_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

struct berth_cable;

// Faults of one port, applied to what enters the cable through it. Chances are in millionths.
struct berth_cable_faults {
	uint64_t delay_ns;
	uint64_t jitter_ns;        // 0..jitter added to each frame's delay; keeps order on its own
	uint32_t loss;             // of 1,000,000
	uint32_t duplicate;        // of 1,000,000
	uint32_t reorder;          // of 1,000,000: such a frame is held back by reorder_ns
	uint64_t reorder_ns;       // (1 ms)
	uint32_t corrupt;          // of 1,000,000: one bit of it flips
	uint64_t bytes_per_second; // 0: no limit
	uint32_t queue_bytes;      // with a rate: what may wait (256 KiB); the rest is lost
};

struct berth_cable_counters {
	uint64_t frames, bytes, lost, duplicated, reordered, corrupted, queue_full;
};

// NULL: no memory.
struct berth_cable *berth_cable_new(const struct berth_allocator *allocator, uint64_t seed);
void berth_cable_free(struct berth_cable *cable);

// Add a port; its number or -ENOSPC, -ENOMEM.
int berth_cable_add_port(struct berth_cable *cable);
// Take a port away: what is on its way to it is lost. Its number may be given again.
void berth_cable_remove_port(struct berth_cable *cable, int port);
void berth_cable_set_faults(struct berth_cable *cable, int port,
			    const struct berth_cable_faults *faults);

// Frames enter through port. Superframes and CHECKSUM_PARTIAL pass as they are on a port without
// loss, reordering, duplication, corruption and rate; otherwise they are cut and summed first, so
// that faults strike what would be on a real wire.
void berth_cable_send(struct berth_cable *cable, int port, const struct berth_frame *frames,
		      size_t count, uint64_t now_ns);

// When does the next frame come out somewhere? BERTH_NEVER: none is under way.
uint64_t berth_cable_deadline(const struct berth_cable *cable);

// Take frames that have arrived at port: at most max, returns how many. The slices are valid until
// the next call that takes this cable's port. interface_index is 0.
size_t berth_cable_receive(struct berth_cable *cable, int port, struct berth_frame *frames,
			   size_t max, uint64_t now_ns);

void berth_cable_counters(const struct berth_cable *cable, int port,
			  struct berth_cable_counters *ret_counters);

// Parse "delay=10ms,jitter=2ms,loss=1%,duplicate=0.1%,reorder=2%,corrupt=0.01%,rate=100mbit,
// queue=64k". On failure returns false and *ret_wrong (may be NULL) points at the first word not
// understood.
bool berth_cable_faults_parse(const char *text, struct berth_cable_faults *ret_faults,
			      const char **ret_wrong);

#ifdef __cplusplus
}
#endif

#endif
