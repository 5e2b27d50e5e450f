// SPDX-License-Identifier: MIT
//
// Initial sequence numbers: a clock for each tuple that nobody else can read.
#include "../../../lib/base/time_units.h"
#include "../../../lib/tcp/opening/tcp_isn.h"
#include "../../../lib/tcp/opening/tcp_table.h"
#include "../../support/unit.h"

static struct tcp_isn_secret secret_of(uint64_t number)
{
	const uint64_t seed[2] = {number, 0};
	struct tcp_isn_secret secret;
	struct random numbers;

	random_init(&numbers, seed, 0);
	tcp_isn_init(&secret, &numbers);
	return secret;
}

static struct berth_endpoint endpoint_of(const char *text, uint16_t port)
{
	struct berth_address address;

	assert_true(berth_address_parse(text, &address));
	return tcp_endpoint_of(&address, port);
}

static void one_tuple_counts_every_four_microseconds(void **state)
{
	struct tcp_isn_secret secret = secret_of(1);
	struct berth_endpoint local = endpoint_of("10.0.0.1", 80);
	struct berth_endpoint remote = endpoint_of("10.0.0.2", 4000);
	tcp_seq first = tcp_isn_choose(&secret, &local, &remote, NULL, 0);

	(void)state;
	assert_u64(tcp_isn_choose(&secret, &local, &remote, NULL, 3999).raw, first.raw);
	assert_u64(tcp_isn_choose(&secret, &local, &remote, NULL, 4000).raw, first.raw + 1u);
	assert_u64(tcp_isn_choose(&secret, &local, &remote, NULL, NS_PER_S).raw,
		   (uint32_t)(first.raw + 250000u));
}

static void each_part_of_the_tuple_and_the_secret_moves_it(void **state)
{
	struct tcp_isn_secret secret = secret_of(1), other_secret = secret_of(2);
	struct berth_endpoint local = endpoint_of("10.0.0.1", 80);
	struct berth_endpoint remote = endpoint_of("10.0.0.2", 4000);
	struct berth_endpoint others[] = {endpoint_of("10.0.0.3", 80), endpoint_of("10.0.0.1", 81),
					  endpoint_of("10.0.0.3", 4000),
					  endpoint_of("10.0.0.2", 4001)};
	uint32_t base = tcp_isn_choose(&secret, &local, &remote, NULL, 0).raw;

	(void)state;
	assert_int_not_equal(tcp_isn_choose(&secret, &others[0], &remote, NULL, 0).raw, base);
	assert_int_not_equal(tcp_isn_choose(&secret, &others[1], &remote, NULL, 0).raw, base);
	assert_int_not_equal(tcp_isn_choose(&secret, &local, &others[2], NULL, 0).raw, base);
	assert_int_not_equal(tcp_isn_choose(&secret, &local, &others[3], NULL, 0).raw, base);
	assert_int_not_equal(tcp_isn_choose(&other_secret, &local, &remote, NULL, 0).raw, base);
	assert_int_not_equal(tcp_isn_choose(&secret, &remote, &local, NULL, 0).raw, base);
}

static void a_new_incarnation_begins_above_the_last_one(void **state)
{
	struct tcp_isn_secret secret = secret_of(1);
	struct berth_endpoint local = endpoint_of("10.0.0.1", 80);
	struct berth_endpoint remote = endpoint_of("10.0.0.2", 4000);
	tcp_seq plain = tcp_isn_choose(&secret, &local, &remote, NULL, 0);
	tcp_seq above = tcp_seq_add(plain, 1000), below = tcp_seq_add(plain, 0u - 1000u);

	(void)state;
	assert_u64(tcp_isn_choose(&secret, &local, &remote, &above, 0).raw, above.raw);
	assert_u64(tcp_isn_choose(&secret, &local, &remote, &below, 0).raw, plain.raw);
}

static void timestamps_of_two_hosts_have_one_clock_whatever_the_ports(void **state)
{
	struct tcp_isn_secret secret = secret_of(1);
	struct berth_endpoint local = endpoint_of("10.0.0.1", 80);
	struct berth_endpoint remote = endpoint_of("10.0.0.2", 4000);
	struct berth_endpoint third = endpoint_of("10.0.0.3", 4000);
	uint32_t offset = tcp_isn_timestamp_offset(&secret, &local.address, &remote.address);

	(void)state;
	assert_u64(tcp_isn_timestamp_offset(&secret, &local.address, &remote.address), offset);
	assert_int_not_equal(tcp_isn_timestamp_offset(&secret, &local.address, &third.address),
			     offset);
	assert_int_not_equal(tcp_isn_timestamp_offset(&secret, &remote.address, &local.address),
			     offset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_tuple_counts_every_four_microseconds),
		cmocka_unit_test(each_part_of_the_tuple_and_the_secret_moves_it),
		cmocka_unit_test(a_new_incarnation_begins_above_the_last_one),
		cmocka_unit_test(timestamps_of_two_hosts_have_one_clock_whatever_the_ports),
	};

	return cmocka_run_group_tests_name("tcp_isn", tests, NULL, NULL);
}
