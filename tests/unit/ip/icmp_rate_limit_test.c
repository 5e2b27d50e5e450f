// SPDX-License-Identifier: MIT
//
// The token bucket for ICMP errors, to the nanosecond.
#include "../../../lib/ip/icmp_rate_limit.h"
#include "../../support/unit.h"

static void a_full_bucket_gives_a_burst_and_then_one_each_millisecond(void **state)
{
	struct icmp_rate_limit limit = {0};
	uint64_t now = 5 * NS_PER_S;

	(void)state;
	for (unsigned taken = 0; taken < ICMP_ERRORS_BURST; taken++)
		assert_true(icmp_rate_limit_take(&limit, now));
	assert_false(icmp_rate_limit_take(&limit, now));
	assert_false(icmp_rate_limit_take(&limit, now + NS_PER_MS - 1));
	assert_true(icmp_rate_limit_take(&limit, now + NS_PER_MS));
	assert_false(icmp_rate_limit_take(&limit, now + NS_PER_MS));
}

static void an_idle_bucket_never_holds_more_than_a_burst(void **state)
{
	struct icmp_rate_limit limit = {0};
	unsigned taken = 0;

	(void)state;
	assert_true(icmp_rate_limit_take(&limit, 0));
	while (icmp_rate_limit_take(&limit, 3600 * NS_PER_S))
		taken++;
	assert_int_equal(taken, ICMP_ERRORS_BURST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_bucket_gives_a_burst_and_then_one_each_millisecond),
		cmocka_unit_test(an_idle_bucket_never_holds_more_than_a_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
