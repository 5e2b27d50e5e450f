// SPDX-License-Identifier: MIT
//
// How fast are bytes carried, for each loss rate and round trip time? A table, and for each cell a
// bound.
//
// Theory: without loss, the rate of the cable less headers. With loss p, a window of about MSS *
// sqrt(1.5 / p) a round trip (Mathis, Semke, Mahdavi, Ott 1997), or the cable if that is less. Each
// cell must reach its fraction of it: a sender that repairs one hole a round trip, waits for timers
// or shrinks its window for nothing falls far below.
#include "world.h"

#define CABLE_BYTES_PER_SECOND 12500000.0 // 100 Mbit/s
#define MSS 1448.0
#define FRAME_OVERHEAD 66.0
#define PERCENT 10000.0

struct cell {
	uint32_t loss; // of 1,000,000
	uint32_t rtt_ms;
	uint32_t kib;
	double fraction; // of the theory, at least; a short talk may beat it by its slow start
};

static const struct cell cells[] = {
	{0, 1, 8192, 0.95},      {0, 10, 8192, 0.85},     {0, 50, 8192, 0.50},
	{0, 200, 8192, 0.18},    {1000, 1, 8192, 0.90},   {1000, 10, 8192, 1.10},
	{1000, 50, 4096, 3.00},  {1000, 200, 4096, 2.80}, {10000, 1, 4096, 0.70},
	{10000, 10, 4096, 0.65}, {10000, 50, 1024, 2.00}, {10000, 200, 512, 1.80},
	{50000, 1, 2048, 0.45},  {50000, 10, 1024, 0.55}, {50000, 50, 512, 0.70},
	{50000, 200, 256, 0.90},
};

// sqrt(1.5 / p) segments
static double window_segments(uint32_t loss)
{
	return loss == 1000 ? 38.73 : loss == 10000 ? 12.25 : 5.48;
}

static double theory(const struct cell *cell)
{
	double cable = CABLE_BYTES_PER_SECOND * MSS / (MSS + FRAME_OVERHEAD);
	double lossy =
		cell->loss ? MSS * window_segments(cell->loss) / (cell->rtt_ms / 1e3) : cable;

	return lossy < cable ? lossy : cable;
}

// Loss strikes the data only, as the theory has it.
static double goodput(const struct cell *cell, uint64_t seed, const char *congestion)
{
	struct world_options options = {.seed = seed};
	struct world_plan plan = {.up_bytes = cell->kib * UINT64_C(1024)};
	struct berth_cable_faults back = {.delay_ns = cell->rtt_ms * TEST_MS / 2};
	struct world world;
	uint64_t took_ns;

	options.faults.delay_ns = cell->rtt_ms * TEST_MS / 2;
	options.faults.bytes_per_second = (uint64_t)CABLE_BYTES_PER_SECOND;
	options.faults.queue_bytes = 512 << 10;
	options.faults.loss = cell->loss;
	options.host.config.congestion = congestion;
	world_open(&world, &options);
	berth_cable_set_faults(world.cable, 1, &back);
	took_ns = world_talk_whole(&world, &plan);
	world_close(&world);
	return (double)plan.up_bytes / ((double)took_ns / 1e9);
}

static void every_cell_reaches_its_bound(const char *congestion)
{
	unsigned too_slow = 0;

	print_message("# %s\n#   loss %%   rtt ms   Mbit/s   theory   share   bound\n", congestion);
	for (unsigned i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		double sum = 0, share;

		for (uint64_t seed = 1; seed <= 3; seed++)
			sum += goodput(&cells[i], seed * 100 + i, congestion) / 3;
		share = sum / theory(&cells[i]);
		print_message("# %8.1f %8u %8.2f %8.2f %7.2f %7.2f%s\n", cells[i].loss / PERCENT,
			      cells[i].rtt_ms, sum * 8e-6, theory(&cells[i]) * 8e-6, share,
			      cells[i].fraction, share < cells[i].fraction ? "  too slow" : "");
		too_slow += share < cells[i].fraction;
	}
	assert_int_equal(too_slow, 0);
}

static void cubic_is_as_fast_as_the_cable_allows(void **state)
{
	(void)state;
	every_cell_reaches_its_bound("cubic");
}

static void reno_is_as_fast_as_the_cable_allows(void **state)
{
	(void)state;
	every_cell_reaches_its_bound("reno");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cubic_is_as_fast_as_the_cable_allows),
		cmocka_unit_test(reno_is_as_fast_as_the_cable_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
