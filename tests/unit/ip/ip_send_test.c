// SPDX-License-Identifier: MIT
//
// Packets out: the header byte for byte, what is too long, flow labels, the loopback round trip.
#include <errno.h>

#include "../../support/test_layers.h"

#define START (50 * NS_PER_S)

static void ipv4_headers_say_df_and_no_identification(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	test_layers_send(&layers, "10.0.0.2", 6, "abcd", 4, START);
	test_layers_transmit(&layers);
	assert_frame(&layers, 0,
		     "020000000002 020000000001 0800"
		     "4500 0018 0000 4000 40 06 26de 0a000001 0a000002 61626364");
	test_layers_close(&layers);
}

static struct ip_path path_to(struct test_layers *layers, const char *target)
{
	const struct berth_address to = test_address(target);
	const struct berth_address any = {.family = BERTH_FAMILY_NONE};
	struct ip_path path;

	assert_int_equal(ip_find_path(layers->ip, &to, &any, &path), 0);
	return path;
}

static void ipv6_headers_carry_class_hop_limit_and_a_flow_label(void **state)
{
	struct test_layers layers;
	struct ip_path path;
	struct outgoing out = {0};
	struct packet *packet;
	const uint8_t *header;

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "fd00::2", 2, START);
	path = path_to(&layers, "fd00::2");
	path.tos = 0xa5;
	path.ttl = 33;
	packet = packet_acquire(&layers.packets, 4);
	memcpy(packet_append(packet, 4), "abcd", 4);
	out.header = packet_data(packet);
	out.header_bytes = 4;
	out.owner = packet;
	assert_int_equal(ip_send(layers.ip, &path, 6, &out, START), BERTH_DROP_NONE);
	test_layers_transmit(&layers);
	header = (const uint8_t *)layers.frames[0].slice[0].data + 14;
	assert_u64(layers.frames[0].length, 14 + 40 + 4);
	assert_u64(header[0], 0x6a);
	assert_u64(header[1] & 0xf0, 0x50);
	assert_true((header[1] & 0x0f) || header[2] || header[3]);
	assert_hex(header + 4, 40,
		   "0004 06 21 fd000000000000000000000000000001 fd000000000000000000000000000002"
		   "61626364");
	test_layers_close(&layers);
}

static uint32_t flow_label_of_sent(struct test_layers *layers, const char *target, uint8_t protocol,
				   const char *ports)
{
	const uint8_t *header;

	test_layers_send(layers, target, protocol, ports, 4, START);
	assert_u64(test_layers_transmit(layers), 1);
	header = (const uint8_t *)layers->frames[0].slice[0].data + 14;
	return (uint32_t)(header[1] & 0x0f) << 16 | (uint32_t)header[2] << 8 | header[3];
}

static void a_flow_label_belongs_to_its_flow(void **state)
{
	struct test_layers layers;
	uint32_t label;

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "fd00::2", 2, START);
	test_layers_resolve(&layers, "fd00::3", 3, START);
	label = flow_label_of_sent(&layers, "fd00::2", 6, "abcd");
	assert_u64(flow_label_of_sent(&layers, "fd00::2", 6, "abcd"), label);
	assert_true(flow_label_of_sent(&layers, "fd00::2", 6, "abce") != label);
	assert_true(flow_label_of_sent(&layers, "fd00::2", 17, "abcd") != label);
	assert_true(flow_label_of_sent(&layers, "fd00::3", 6, "abcd") != label);
	test_layers_close(&layers);
}

static void what_exceeds_the_mtu_is_dropped_but_superframes_pass(void **state)
{
	struct test_layers layers;
	static uint8_t payload[65536];
	struct ip_path path;
	struct outgoing out;
	uint8_t *header;

	(void)state;
	test_layers_open(&layers);
	test_layers_resolve(&layers, "10.0.0.2", 2, START);
	assert_int_equal(test_layers_send(&layers, "10.0.0.2", 17, payload, 1480, START),
			 BERTH_DROP_NONE);
	assert_int_equal(test_layers_send(&layers, "10.0.0.2", 17, payload, 1481, START),
			 BERTH_DROP_IP_TOO_LONG);
	assert_u64(layers.drops[BERTH_DROP_IP_TOO_LONG], 1);
	test_layers_transmit(&layers);
	path = path_to(&layers, "10.0.0.2");
	for (uint32_t length = 65535 - 40; length <= 65536 - 40; length++) {
		link_burst_begin(layers.link, layers.frames, 1);
		header = ip_burst_header(layers.ip);
		out = (struct outgoing){
			.header = header + LINK_HEADER_ROOM - 20,
			.header_bytes = 20,
			.payload = {{payload, length}},
			.payload_count = 1,
			.payload_bytes = length,
			.segmentation = BERTH_SEGMENTATION_TCP4,
			.segment_bytes = 1460,
			.checksum = BERTH_CHECKSUM_PARTIAL,
			.checksum_offset = 16,
			.transport_bytes = 20,
		};
		assert_int_equal(ip_send(layers.ip, &path, 6, &out, START),
				 length == 65535 - 40 ? BERTH_DROP_NONE : BERTH_DROP_IP_TOO_LONG);
		assert_u64(link_burst_end(layers.link), length == 65535 - 40 ? 1 : 0);
	}
	assert_u64(layers.frames[0].length, 14 + 65535);
	assert_u64(layers.frames[0].header_bytes, 14 + 20 + 20);
	assert_u64(layers.frames[0].checksum_start, 14 + 20);
	assert_u64(layers.frames[0].segmentation, BERTH_SEGMENTATION_TCP4);
	test_layers_close(&layers);
}

static void a_packet_to_ourselves_comes_up_as_it_went_down(void **state)
{
	static const char *const ours[] = {"127.0.0.1", "::1", "10.0.0.1", "fd00::1",
					   "fe80::ff:fe00:1"};
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	for (unsigned index = 0; index < sizeof(ours) / sizeof(ours[0]); index++) {
		struct berth_address expected = test_address(ours[index]);

		if (expected.byte[0] == 0xfe)
			expected.scope = 1;
		assert_int_equal(test_layers_send(&layers, ours[index], 17, "datagram", 8, START),
				 BERTH_DROP_NONE);
		assert_int_equal(test_layers_receive_loopback(&layers, START), IP_UDP);
		assert_true(berth_address_equal(&layers.packet.target, &expected));
		assert_true(berth_address_equal(&layers.packet.source, &expected));
		assert_int_equal(layers.packet.interface_index, LINK_LOOPBACK);
		assert_u64(layers.packet.payload.length, 8);
		assert_true(layers.packet.checksum_is_valid);
		assert_false(layers.packet.target_is_group);
	}
	assert_u64(test_layers_transmit(&layers), 0);
	test_layers_close(&layers);
}

static void a_superframe_to_ourselves_stays_one(void **state)
{
	struct test_layers layers;
	static uint8_t payload[60000];
	uint8_t room[LINK_HEADER_ROOM];
	struct ip_path path;
	struct outgoing out = {
		.header = room + sizeof(room) - 20,
		.header_bytes = 20,
		.payload = {{payload, sizeof(payload)}},
		.payload_count = 1,
		.payload_bytes = sizeof(payload),
		.segmentation = BERTH_SEGMENTATION_TCP6,
		.segment_bytes = 1440,
		.checksum = BERTH_CHECKSUM_PARTIAL,
		.transport_bytes = 20,
	};

	(void)state;
	memset(room, 0, sizeof(room));
	test_layers_open(&layers);
	path = path_to(&layers, "fd00::1");
	assert_int_equal(ip_send(layers.ip, &path, 6, &out, START), BERTH_DROP_NONE);
	assert_int_equal(test_layers_receive_loopback(&layers, START), IP_TCP);
	assert_u64(layers.packet.payload.length, 60020);
	assert_u64(layers.packet.segmentation, BERTH_SEGMENTATION_TCP6);
	assert_u64(layers.packet.segment_bytes, 1440);
	assert_true(ip_checksum_is_right(&layers.packet, 6));
	test_layers_close(&layers);
}

static void a_next_hop_that_never_answers_becomes_host_unreachable(void **state)
{
	struct test_layers layers;
	struct ip_error error;
	const struct berth_address local = test_address("10.0.0.1");
	const struct berth_address remote = test_address("10.0.0.2");

	(void)state;
	test_layers_open(&layers);
	test_layers_send(&layers, "10.0.0.2", 132, "\x30\x39\x00\x50\x01\x02\x03\x04", 8, START);
	test_layers_send(&layers, "10.0.0.2", 6, "\x30\x39\x00\x50\x01\x02\x03\x04", 8, START);
	for (unsigned second = 1; second <= 3; second++) {
		assert_false(ip_next_unreachable(layers.ip, START, &error));
		link_advance(layers.link, START + second * NS_PER_S);
	}
	assert_true(ip_next_unreachable(layers.ip, START + 3 * NS_PER_S, &error));
	assert_int_equal(error.error, EHOSTUNREACH);
	assert_false(error.is_hard);
	assert_int_equal(error.protocol, 6);
	assert_true(berth_address_equal(&error.local.address, &local));
	assert_true(berth_address_equal(&error.remote.address, &remote));
	assert_u64(error.local.port, 12345);
	assert_u64(error.remote.port, 80);
	assert_u64(error.tcp_sequence, 0x01020304);
	assert_false(ip_next_unreachable(layers.ip, START + 3 * NS_PER_S, &error));
	test_layers_close(&layers);
}

static void a_group_target_needs_no_neighbour(void **state)
{
	struct test_layers layers;

	(void)state;
	test_layers_open(&layers);
	test_layers_send(&layers, "10.0.0.255", 17, "abcd", 4, START);
	test_layers_send(&layers, "255.255.255.255", 17, "abcd", 4, START);
	test_layers_send(&layers, "ff02::1", 17, "abcd", 4, START);
	assert_u64(test_layers_transmit(&layers), 3);
	assert_frame(&layers, 0,
		     "ffffffffffff 020000000001 0800"
		     "4500 0018 0000 4000 40 11 25d6 0a000001 0a0000ff 61626364");
	assert_frame(&layers, 1,
		     "ffffffffffff 020000000001 0800"
		     "4500 0018 0000 4000 40 11 30d5 0a000001 ffffffff 61626364");
	assert_memory_equal(layers.frames[2].slice[0].data, "\x33\x33\x00\x00\x00\x01", 6);
	test_layers_close(&layers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_headers_say_df_and_no_identification),
		cmocka_unit_test(ipv6_headers_carry_class_hop_limit_and_a_flow_label),
		cmocka_unit_test(a_flow_label_belongs_to_its_flow),
		cmocka_unit_test(what_exceeds_the_mtu_is_dropped_but_superframes_pass),
		cmocka_unit_test(a_packet_to_ourselves_comes_up_as_it_went_down),
		cmocka_unit_test(a_superframe_to_ourselves_stays_one),
		cmocka_unit_test(a_next_hop_that_never_answers_becomes_host_unreachable),
		cmocka_unit_test(a_group_target_needs_no_neighbour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
