// SPDX-License-Identifier: MIT
//
// What happens to a frame on the way from one port into the cable? Everything chance or arithmetic
// decides is decided here; carrying it out is cable.c's.
#ifndef BERTH_SIM_CABLE_FAULTS_H
#define BERTH_SIM_CABLE_FAULTS_H

#include <berth/sim.h>

#include "../base/random.h"

#define CABLE_REORDER_DEFAULT_NS UINT64_C(1000000) // 1 ms
#define CABLE_QUEUE_DEFAULT_BYTES (256u << 10)     // 256 KiB

// Each kind of chance draws from numbers of its own: adding jitter does not change which frames
// are lost.
enum cable_chance {
	CABLE_CHANCE_JITTER = 0,
	CABLE_CHANCE_LOSS,
	CABLE_CHANCE_DUPLICATE,
	CABLE_CHANCE_REORDER,
	CABLE_CHANCE_CORRUPT,
	CABLE_CHANCE_COUNT,
};

// The way from one port into the cable.
struct cable_line {
	struct berth_cable_faults faults;
	struct random chance[CABLE_CHANCE_COUNT];
	uint64_t busy_until_at;     // with a rate: the last bit of what was accepted has left
	uint64_t rate_remainder;    // of the division that gave it
	uint64_t newest_arrival_at; // of frames in order: nothing arrives before it
};

struct cable_fate {
	bool is_queue_full; // never left
	bool is_lost;       // left and did not arrive
	bool is_duplicated;
	bool is_reordered;
	bool is_corrupted;
	uint32_t corrupt_bit; // which bit of the frame flips
	uint64_t arrives_at;  // when it is neither lost nor refused
};

void cable_line_init(struct cable_line *line, uint64_t seed, unsigned port);
// Frames under way keep their fate; order is kept among frames sent under the same settings.
void cable_line_set_faults(struct cable_line *line, const struct berth_cable_faults *faults);
// May superframes and partial checksums pass as they are?
bool cable_line_is_clean(const struct cable_line *line);
struct cable_fate cable_line_decide(struct cable_line *line, uint32_t frame_bytes, uint64_t now);

#endif
