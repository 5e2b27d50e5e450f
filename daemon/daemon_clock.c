// SPDX-License-Identifier: MIT
//
// What time is it?
#include "daemon_clock.h"

#include <time.h>

#include "daemon_limits.h"

static uint64_t clock_read(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * DAEMON_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t daemon_clock_monotonic(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

uint64_t daemon_clock_wall(void)
{
	return clock_read(CLOCK_REALTIME);
}
