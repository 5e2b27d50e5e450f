// SPDX-License-Identifier: MIT
//
// Paths: which interface, which next hop, which source, which MTU?
#include <errno.h>

#include "../../support/test_layers.h"

// Interface 0 as always; interface 1: 02::11, 172.16.0.1/16, 2001:db8:1::1/64; default routes
// through 10.0.0.254 and fe80::fe on interface 1.
static void open_two_interfaces(struct test_layers *layers)
{
	test_layers_open(layers);
	assert_int_equal(test_layers_add_interface(layers, 0x11, BERTH_OFFLOAD_CHECKSUM), 1);
	test_layers_add_address(layers, 1, "172.16.0.1/16");
	test_layers_add_address(layers, 1, "2001:db8:1::1/64");
	test_layers_add_route(layers, 0, "0.0.0.0/0", "10.0.0.254");
	test_layers_add_route(layers, 1, "::/0", "fe80::fe");
}

static struct berth_address scoped_address(const char *text, uint8_t scope)
{
	struct berth_address address = test_address(text);

	address.scope = scope;
	return address;
}

static int find(struct test_layers *layers, const char *target, const char *source,
		struct ip_path *ret_path)
{
	const struct berth_address to = test_address(target);
	struct berth_address from = {.family = BERTH_FAMILY_NONE};

	if (source)
		from = test_address(source);
	return ip_find_path(layers->ip, &to, &from, ret_path);
}

static void assert_address(const struct berth_address *address, const char *expected, uint8_t scope)
{
	const struct berth_address wanted = scoped_address(expected, scope);

	assert_true(berth_address_equal(address, &wanted));
}

static void an_on_link_target_is_its_own_next_hop(void **state)
{
	struct test_layers layers;
	struct ip_path path;

	(void)state;
	open_two_interfaces(&layers);
	assert_int_equal(find(&layers, "172.16.9.9", NULL, &path), 0);
	assert_int_equal(path.link.interface_index, 1);
	assert_address(&path.link.next_hop, "172.16.9.9", 0);
	assert_address(&path.source, "172.16.0.1", 0);
	assert_address(&path.target, "172.16.9.9", 0);
	assert_u64(path.mtu, 1500);
	assert_u64(path.ttl, 64);
	assert_u64(path.tos, 0);
	assert_u64(path.offloads, BERTH_OFFLOAD_CHECKSUM);
	assert_u64(path.link.neighbor_generation, 0);
	test_layers_close(&layers);
}

static void a_far_target_goes_by_the_gateway(void **state)
{
	struct test_layers layers;
	struct ip_path path;

	(void)state;
	open_two_interfaces(&layers);
	assert_int_equal(find(&layers, "192.0.2.7", NULL, &path), 0);
	assert_int_equal(path.link.interface_index, 0);
	assert_address(&path.link.next_hop, "10.0.0.254", 0);
	assert_address(&path.source, "10.0.0.1", 0);
	assert_u64(path.offloads, 0);
	assert_int_equal(find(&layers, "2606::7", NULL, &path), 0);
	assert_int_equal(path.link.interface_index, 1);
	assert_address(&path.link.next_hop, "fe80::fe", 2);
	assert_address(&path.source, "2001:db8:1::1", 0);
	test_layers_close(&layers);
}

static void our_own_addresses_lead_to_the_loopback(void **state)
{
	static const struct {
		const char *target, *source;
	} cases[] = {
		{"127.0.0.1", "127.0.0.1"}, {"127.9.9.9", "127.0.0.1"}, {"::1", "::1"},
		{"10.0.0.1", "10.0.0.1"},   {"fd00::1", "fd00::1"},
	};
	struct test_layers layers;
	struct ip_path path;

	(void)state;
	open_two_interfaces(&layers);
	for (unsigned index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
		assert_int_equal(find(&layers, cases[index].target, NULL, &path), 0);
		assert_int_equal(path.link.interface_index, LINK_LOOPBACK);
		assert_address(&path.source, cases[index].source, 0);
		assert_u64(path.mtu, 65535);
		assert_u64(path.offloads, 0x0f);
	}
	assert_int_equal(find(&layers, "127.0.0.1", "10.0.0.1", &path), 0);
	assert_address(&path.source, "10.0.0.1", 0);
	test_layers_close(&layers);
}

static void a_given_source_must_be_ours_and_of_the_same_kind(void **state)
{
	struct test_layers layers;
	struct ip_path path;

	(void)state;
	open_two_interfaces(&layers);
	assert_int_equal(find(&layers, "10.0.0.2", "172.16.0.1", &path), 0); // weak host model
	assert_int_equal(path.link.interface_index, 0);
	assert_address(&path.source, "172.16.0.1", 0);
	assert_int_equal(find(&layers, "10.0.0.2", "10.0.0.77", &path), -EINVAL);
	assert_int_equal(find(&layers, "10.0.0.2", "fd00::1", &path), -EINVAL);
	assert_int_equal(find(&layers, "10.0.0.2", "127.0.0.1", &path), -EINVAL);
	assert_int_equal(find(&layers, "0.0.0.0", NULL, &path), -EINVAL);
	test_layers_close(&layers);
}

static void without_route_the_network_is_unreachable(void **state)
{
	struct test_layers layers;
	struct ip_path path;

	(void)state;
	test_layers_open(&layers);
	assert_int_equal(find(&layers, "192.0.2.7", NULL, &path), -ENETUNREACH);
	assert_int_equal(find(&layers, "2606::7", NULL, &path), -ENETUNREACH);
	test_layers_close(&layers);
}

static void without_address_the_network_is_unreachable(void **state)
{
	struct test_layers layers;
	const struct berth_config config = {.neighbors_max = 0};
	struct ip_path path;

	(void)state;
	test_layers_open_bare(&layers, &config);
	test_layers_add_interface(&layers, 1, 0);
	test_layers_add_route(&layers, 0, "10.0.0.0/8", NULL);
	assert_int_equal(find(&layers, "10.0.0.2", NULL, &path), -ENETUNREACH);
	test_layers_close(&layers);
}

static void link_local_targets_need_an_interface_unless_there_is_only_one(void **state)
{
	struct test_layers layers;
	struct ip_path path;
	struct berth_address target;
	const struct berth_address any = {.family = BERTH_FAMILY_NONE};
	struct berth_address source;

	(void)state;
	test_layers_open(&layers);
	assert_int_equal(find(&layers, "fe80::9", NULL, &path), 0);
	assert_address(&path.target, "fe80::9", 1);
	assert_address(&path.link.next_hop, "fe80::9", 1);
	assert_address(&path.source, "fe80::ff:fe00:1", 1);
	test_layers_close(&layers);
	open_two_interfaces(&layers);
	assert_int_equal(find(&layers, "fe80::9", NULL, &path), -EINVAL);
	target = scoped_address("fe80::9", 2);
	assert_int_equal(ip_find_path(layers.ip, &target, &any, &path), 0);
	assert_int_equal(path.link.interface_index, 1);
	assert_address(&path.source, "fe80::ff:fe00:11", 2);
	target = scoped_address("fe80::9", 0);
	source = scoped_address("fe80::ff:fe00:11", 2);
	assert_int_equal(ip_find_path(layers.ip, &target, &source, &path), 0);
	assert_int_equal(path.link.interface_index, 1);
	target = scoped_address("fe80::9", 7);
	assert_int_equal(ip_find_path(layers.ip, &target, &any, &path), -EINVAL);
	test_layers_close(&layers);
}

static void broadcasts_go_to_everybody_on_one_cable(void **state)
{
	struct test_layers layers;
	struct ip_path path;

	(void)state;
	open_two_interfaces(&layers);
	assert_int_equal(find(&layers, "172.16.255.255", NULL, &path), 0);
	assert_int_equal(path.link.interface_index, 1);
	assert_address(&path.link.next_hop, "255.255.255.255", 0);
	assert_address(&path.target, "172.16.255.255", 0);
	assert_u64(path.ttl, 64);
	assert_int_equal(find(&layers, "255.255.255.255", NULL, &path), 0);
	assert_int_equal(path.link.interface_index, 0); // where the default route goes
	assert_int_equal(find(&layers, "255.255.255.255", "172.16.0.1", &path), 0);
	assert_int_equal(path.link.interface_index, 1);
	assert_address(&path.link.next_hop, "255.255.255.255", 0);
	test_layers_close(&layers);
}

static void a_prefix_of_31_bits_has_no_broadcast(void **state)
{
	struct test_layers layers;
	struct ip_path path;

	(void)state;
	test_layers_open(&layers);
	test_layers_add_address(&layers, 0, "192.0.2.2/31");
	test_layers_add_address(&layers, 0, "198.51.100.1/30");
	assert_int_equal(find(&layers, "192.0.2.3", NULL, &path), 0);
	assert_address(&path.link.next_hop, "192.0.2.3", 0);
	assert_int_equal(find(&layers, "198.51.100.3", NULL, &path), 0);
	assert_address(&path.link.next_hop, "255.255.255.255", 0);
	assert_int_equal(find(&layers, "198.51.100.2", NULL, &path), 0);
	assert_address(&path.link.next_hop, "198.51.100.2", 0);
	test_layers_close(&layers);
}

static void multicast_stays_on_the_cable(void **state)
{
	struct test_layers layers;
	struct ip_path path;
	const struct berth_address any = {.family = BERTH_FAMILY_NONE};
	struct berth_address group = scoped_address("ff02::1", 1);

	(void)state;
	open_two_interfaces(&layers);
	assert_int_equal(find(&layers, "224.0.0.251", NULL, &path), 0);
	assert_int_equal(path.link.interface_index, 0);
	assert_address(&path.link.next_hop, "224.0.0.251", 0);
	assert_u64(path.ttl, 1);
	assert_int_equal(find(&layers, "ff02::1", NULL, &path), 0);
	assert_int_equal(path.link.interface_index, 1);
	assert_address(&path.source, "fe80::ff:fe00:11", 2);
	assert_int_equal(ip_find_path(layers.ip, &group, &any, &path), 0);
	assert_int_equal(path.link.interface_index, 0);
	test_layers_close(&layers);
}

static void a_group_without_any_route_takes_the_first_interface_of_its_family(void **state)
{
	struct test_layers layers;
	struct ip_path path;
	const struct berth_config config = {.neighbors_max = 0};

	(void)state;
	test_layers_open(&layers);
	assert_int_equal(find(&layers, "255.255.255.255", NULL, &path), 0);
	assert_int_equal(path.link.interface_index, 0);
	test_layers_close(&layers);
	test_layers_open_bare(&layers, &config);
	assert_int_equal(find(&layers, "255.255.255.255", NULL, &path), -ENETUNREACH);
	test_layers_close(&layers);
}

static void a_learnt_mtu_belongs_to_its_target_and_expires(void **state)
{
	struct test_layers layers;
	struct ip_path path;
	const struct berth_address target = test_address("192.0.2.7");
	const struct berth_address ours = test_address("10.0.0.1");
	const uint64_t start = 9 * NS_PER_S;

	(void)state;
	open_two_interfaces(&layers);
	ip_path_mtu_learn(layers.ip, &target, 1300, start);
	ip_path_mtu_learn(layers.ip, &ours, 1300, start);
	assert_int_equal(find(&layers, "192.0.2.7", NULL, &path), 0);
	assert_u64(path.mtu, 1300);
	// Time is noticed with whatever comes.
	test_layers_receive_hex(&layers, "020000000001 020000000002 0800",
				start + 600 * NS_PER_S - 1);
	assert_true(ip_path_is_current(layers.ip, &path));
	test_layers_receive_hex(&layers, "020000000001 020000000002 0800", start + 600 * NS_PER_S);
	assert_false(ip_path_is_current(layers.ip, &path));
	assert_int_equal(find(&layers, "192.0.2.7", NULL, &path), 0);
	assert_u64(path.mtu, 1500);
	assert_int_equal(find(&layers, "192.0.2.8", NULL, &path), 0);
	assert_u64(path.mtu, 1500);
	assert_int_equal(find(&layers, "10.0.0.1", NULL, &path), 0);
	assert_u64(path.mtu, 65535);
	test_layers_close(&layers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_on_link_target_is_its_own_next_hop),
		cmocka_unit_test(a_far_target_goes_by_the_gateway),
		cmocka_unit_test(our_own_addresses_lead_to_the_loopback),
		cmocka_unit_test(a_given_source_must_be_ours_and_of_the_same_kind),
		cmocka_unit_test(without_route_the_network_is_unreachable),
		cmocka_unit_test(without_address_the_network_is_unreachable),
		cmocka_unit_test(link_local_targets_need_an_interface_unless_there_is_only_one),
		cmocka_unit_test(broadcasts_go_to_everybody_on_one_cable),
		cmocka_unit_test(a_prefix_of_31_bits_has_no_broadcast),
		cmocka_unit_test(multicast_stays_on_the_cable),
		cmocka_unit_test(a_group_without_any_route_takes_the_first_interface_of_its_family),
		cmocka_unit_test(a_learnt_mtu_belongs_to_its_target_and_expires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
