// SPDX-License-Identifier: MIT
//
// What happens to a frame on the way from one port into the cable?
//
// In this order, as on a real line: it waits for its turn in a queue with a rate (or finds the
// queue full), is lost, or is damaged, doubled, delayed, held back. A lost frame has used its time
// on the line; a double has not. Jitter keeps the order: no frame arrives before one sent earlier,
// except that a reordered one is held back and does not hold up those behind it.
//
// Rate arithmetic is exact: the remainder of each division is carried on, so that a million frames
// take exactly as long as their bytes.
#include "cable_faults.h"

#include <string.h>

#include "../base/numbers.h"
#include "../base/time_units.h"

#define CHANCE_WHOLE 1000000u

void cable_line_init(struct cable_line *line, uint64_t seed, unsigned port)
{
	const uint64_t seeds[2] = {seed, UINT64_C(0x6361626c65)}; // "cable"
	unsigned i;

	memset(line, 0, sizeof(*line));
	for (i = 0; i < CABLE_CHANCE_COUNT; i++)
		random_init(&line->chance[i], seeds, port * (uint64_t)CABLE_CHANCE_COUNT + i);
}

void cable_line_set_faults(struct cable_line *line, const struct berth_cable_faults *faults)
{
	line->faults = *faults;
	if (line->faults.reorder_ns == 0)
		line->faults.reorder_ns = CABLE_REORDER_DEFAULT_NS;
	if (line->faults.queue_bytes == 0)
		line->faults.queue_bytes = CABLE_QUEUE_DEFAULT_BYTES;
	line->rate_remainder = 0;
	line->newest_arrival_at = 0;
}

bool cable_line_is_clean(const struct cable_line *line)
{
	const struct berth_cable_faults *faults = &line->faults;

	return faults->loss == 0 && faults->duplicate == 0 && faults->reorder == 0 &&
	       faults->corrupt == 0 && faults->bytes_per_second == 0;
}

static bool happens(struct cable_line *line, enum cable_chance chance, uint32_t millionths)
{
	return millionths > 0 && random_below(&line->chance[chance], CHANCE_WHOLE) < millionths;
}

// 0 .. limit. A bound beyond 32 bits is drawn with a bias of one part in four billion at most.
static uint64_t random_up_to(struct random *random, uint64_t limit)
{
	if (limit == 0)
		return 0;
	if (limit < UINT32_MAX)
		return random_below(random, (uint32_t)limit + 1);
	return limit == UINT64_MAX ? random_u64(random) : random_u64(random) % (limit + 1);
}

// Would a frame of this length, which would have to wait, find the queue full?
// DECIDES: tail drop at a port with a rate
static bool queue_is_full(const struct cable_line *line, uint32_t frame_bytes, uint64_t now)
{
	uint64_t rate = line->faults.bytes_per_second;
	uint64_t wait_ns = line->busy_until_at > now ? line->busy_until_at - now : 0;
	uint64_t whole_s = wait_ns / NS_PER_S;
	uint64_t part_ns = wait_ns % NS_PER_S;
	uint64_t waiting_bytes;

	if (wait_ns == 0)
		return false; // it does not wait
	if (whole_s > line->faults.queue_bytes / rate)
		return true;
	// wait_ns * rate / NS_PER_S, in pieces that cannot overflow.
	waiting_bytes = whole_s * rate + part_ns * (rate / NS_PER_S) +
			part_ns * (rate % NS_PER_S) / NS_PER_S;
	return waiting_bytes + frame_bytes > line->faults.queue_bytes;
}

// When will the last bit of this frame have left? It has been accepted.
static uint64_t leave(struct cable_line *line, uint32_t frame_bytes, uint64_t now)
{
	uint64_t rate = line->faults.bytes_per_second;
	uint64_t total;

	if (rate == 0)
		return now;
	if (line->busy_until_at <= now) {
		line->busy_until_at = now;
		line->rate_remainder = 0;
	}
	total = frame_bytes * NS_PER_S + line->rate_remainder;
	line->rate_remainder = total % rate;
	line->busy_until_at = time_after(line->busy_until_at, total / rate);
	return line->busy_until_at;
}

struct cable_fate cable_line_decide(struct cable_line *line, uint32_t frame_bytes, uint64_t now)
{
	const struct berth_cable_faults *faults = &line->faults;
	struct cable_fate fate = {0};
	uint64_t jitter_ns;

	if (faults->bytes_per_second > 0 && queue_is_full(line, frame_bytes, now)) {
		fate.is_queue_full = true;
		return fate;
	}
	fate.arrives_at = time_after(leave(line, frame_bytes, now), faults->delay_ns);
	fate.is_lost = happens(line, CABLE_CHANCE_LOSS, faults->loss);
	if (fate.is_lost)
		return fate;
	fate.is_duplicated = happens(line, CABLE_CHANCE_DUPLICATE, faults->duplicate);
	fate.is_corrupted = happens(line, CABLE_CHANCE_CORRUPT, faults->corrupt);
	if (fate.is_corrupted)
		fate.corrupt_bit =
			random_below(&line->chance[CABLE_CHANCE_CORRUPT], frame_bytes * 8);
	jitter_ns = random_up_to(&line->chance[CABLE_CHANCE_JITTER], faults->jitter_ns);
	fate.arrives_at = time_after(fate.arrives_at, jitter_ns);
	fate.arrives_at = max_u64(fate.arrives_at, line->newest_arrival_at);
	fate.is_reordered = happens(line, CABLE_CHANCE_REORDER, faults->reorder);
	if (fate.is_reordered)
		fate.arrives_at = time_after(fate.arrives_at, faults->reorder_ns);
	else
		line->newest_arrival_at = fate.arrives_at;
	return fate;
}
