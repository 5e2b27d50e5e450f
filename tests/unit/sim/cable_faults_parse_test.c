// SPDX-License-Identifier: MIT
//
// Faults as a text: every key, every unit, and where the first word stands that is not understood.
#include "../../support/unit.h"
#include <berth/sim.h>

static struct berth_cable_faults parsed(const char *text)
{
	struct berth_cable_faults faults;

	memset(&faults, 0xa5, sizeof(faults));
	if (!berth_cable_faults_parse(text, &faults, NULL))
		fail_msg("\"%s\" was not understood", text);
	return faults;
}

static void every_key_is_understood(void **state)
{
	struct berth_cable_faults faults;

	(void)state;
	faults = parsed("delay=10ms,jitter=2ms,loss=1%,duplicate=0.1%,reorder=2%,corrupt=0.01%,"
			"rate=100mbit,queue=64k,hold=5ms");
	assert_u64(faults.delay_ns, 10000000);
	assert_u64(faults.jitter_ns, 2000000);
	assert_u64(faults.loss, 10000);
	assert_u64(faults.duplicate, 1000);
	assert_u64(faults.reorder, 20000);
	assert_u64(faults.reorder_ns, 5000000);
	assert_u64(faults.corrupt, 100);
	assert_u64(faults.bytes_per_second, 12500000);
	assert_u64(faults.queue_bytes, 65536);
}

static void nothing_said_is_no_fault(void **state)
{
	struct berth_cable_faults faults = parsed(""), none = {0};

	(void)state;
	assert_memory_equal(&faults, &none, sizeof(none));
}

static void the_last_of_two_wins(void **state)
{
	(void)state;
	assert_u64(parsed("delay=1s,delay=2ns").delay_ns, 2);
}

static void units_and_fractions_are_exact(void **state)
{
	static const struct {
		const char *text;
		uint64_t delay_ns;
	} cases[] = {
		{"delay=0ns", 0},
		{"delay=1ns", 1},
		{"delay=1.5us", 1500},
		{"delay=0.000001ms", 1},
		{"delay=2.000001s", 2000001000},
		{"delay=1.1234567ms", 1123456}, // beyond six places is nothing
		{"delay=1000000s", UINT64_C(1000000000000000)},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_u64(parsed(cases[i].text).delay_ns, cases[i].delay_ns);
	assert_u64(parsed("loss=100%").loss, 1000000);
	assert_u64(parsed("loss=0.0001%").loss, 1);
	assert_u64(parsed("rate=8bit").bytes_per_second, 1);
	assert_u64(parsed("rate=56kbit").bytes_per_second, 7000);
	assert_u64(parsed("rate=2.5gbit").bytes_per_second, 312500000);
	assert_u64(parsed("queue=100").queue_bytes, 100);
	assert_u64(parsed("queue=1.5m").queue_bytes, 1572864);
}

static void the_first_word_not_understood_is_pointed_at(void **state)
{
	static const struct {
		const char *text;
		size_t wrong_at;
	} cases[] = {
		{"dellay=1ms", 0},
		{"delay", 0},
		{"delay,loss=1%", 0},
		{"delay=", 6},
		{"delay=1", 6},
		{"delay=ms", 6},
		{"delay=-1ms", 6},
		{"delay=1 ms", 6},
		{"delay=1mss", 6},
		{"delay=1.ms", 6},
		{"delay=.5ms", 6},
		{"delay=1000001s", 6},
		{"delay=99999999999999999999s", 6},
		{"delay=1ms,loss=101%", 15},
		{"delay=1ms,loss=1", 15},
		{"delay=1ms,", 10},
		{"delay=1ms,,loss=1%", 10},
		{",", 0},
		{"=", 0},
		{"loss=100.0001%", 5},
		{"rate=7bit", 5},
		{"rate=10001gbit", 5},
		{"queue=0", 6},
		{"queue=1025m", 6},
		{"delay=1ms=2ms", 6},
		{" delay=1ms", 0},
		{"DELAY=1ms", 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct berth_cable_faults faults = {.loss = 77};
		const char *wrong = NULL;

		assert_false(berth_cable_faults_parse(cases[i].text, &faults, &wrong));
		if (wrong != cases[i].text + cases[i].wrong_at)
			fail_msg("\"%s\": %td, not %zu", cases[i].text, wrong - cases[i].text,
				 cases[i].wrong_at);
		assert_u64(faults.loss, 77); // untouched
		assert_false(berth_cable_faults_parse(cases[i].text, &faults, NULL));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_understood),
		cmocka_unit_test(nothing_said_is_no_fault),
		cmocka_unit_test(the_last_of_two_wins),
		cmocka_unit_test(units_and_fractions_are_exact),
		cmocka_unit_test(the_first_word_not_understood_is_pointed_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
