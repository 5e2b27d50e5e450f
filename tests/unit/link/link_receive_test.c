// SPDX-License-Identifier: MIT
//
// Frames in: each reason of link to drop one, and what passes.
#include "../../support/test_layers.h"

static enum link_result receive_hex(struct test_layers *layers, const char *hex,
				    struct slices *ret_packet)
{
	static uint8_t bytes[256];
	const size_t length = test_bytes_of_hex(hex, bytes, sizeof(bytes));
	const struct berth_frame frame = {
		.slice = {{bytes, (uint32_t)length}},
		.slice_count = 1,
		.length = (uint32_t)length,
	};

	return link_receive(layers->link, &frame, 0, ret_packet);
}

static void expect_drop(const char *hex, enum berth_drop reason)
{
	struct test_layers layers;
	struct slices packet;
	uint64_t expected[BERTH_DROP_COUNT] = {0};

	test_layers_open(&layers);
	assert_int_equal(receive_hex(&layers, hex, &packet), LINK_CONSUMED);
	expected[reason] = 1;
	assert_memory_equal(layers.drops, expected, sizeof(expected));
	test_layers_close(&layers);
}

static void a_frame_shorter_than_its_header_is_truncated(void **state)
{
	(void)state;
	expect_drop("020000000001 020000000002 08", BERTH_DROP_FRAME_TRUNCATED);
	expect_drop("", BERTH_DROP_FRAME_TRUNCATED);
}

static void a_frame_for_another_machine_is_not_for_us(void **state)
{
	(void)state;
	expect_drop("020000000009 020000000002 0800 45", BERTH_DROP_FRAME_NOT_FOR_US);
	expect_drop("01005e0000fb 020000000002 0800 45", BERTH_DROP_FRAME_NOT_FOR_US);
	expect_drop("3333ff000009 020000000002 86dd 60", BERTH_DROP_FRAME_NOT_FOR_US);
}

static void a_group_cannot_be_the_source(void **state)
{
	(void)state;
	expect_drop("020000000001 010000000002 0800 45", BERTH_DROP_FRAME_SOURCE_INVALID);
	expect_drop("020000000001 ffffffffffff 0800 45", BERTH_DROP_FRAME_SOURCE_INVALID);
}

static void an_unknown_type_is_counted(void **state)
{
	(void)state;
	expect_drop("020000000001 020000000002 88cc 0207", BERTH_DROP_FRAME_TYPE_UNKNOWN);
	expect_drop("020000000001 020000000002 0010 0207", BERTH_DROP_FRAME_TYPE_UNKNOWN);
}

static void an_unknown_interface_is_counted(void **state)
{
	struct test_layers layers;
	struct slices packet;
	struct berth_frame frame = {.slice_count = 1, .interface_index = 1};

	(void)state;
	test_layers_open(&layers);
	assert_int_equal(link_receive(layers.link, &frame, 0, &packet), LINK_CONSUMED);
	frame.interface_index = 255;
	assert_int_equal(link_receive(layers.link, &frame, 0, &packet), LINK_CONSUMED);
	assert_u64(layers.drops[BERTH_DROP_FRAME_INTERFACE_UNKNOWN], 2);
	test_layers_close(&layers);
}

static void a_frame_with_an_impossible_number_of_slices_is_truncated(void **state)
{
	struct test_layers layers;
	struct slices packet;
	struct berth_frame frame = {.slice_count = 0};

	(void)state;
	test_layers_open(&layers);
	assert_int_equal(link_receive(layers.link, &frame, 0, &packet), LINK_CONSUMED);
	frame.slice_count = BERTH_FRAME_SLICES_MAX + 1;
	assert_int_equal(link_receive(layers.link, &frame, 0, &packet), LINK_CONSUMED);
	frame.slice_count = 1;
	frame.slice[0].length = UINT32_MAX;
	assert_int_equal(link_receive(layers.link, &frame, 0, &packet), LINK_CONSUMED);
	assert_u64(layers.drops[BERTH_DROP_FRAME_TRUNCATED], 3);
	test_layers_close(&layers);
}

static void ip_packets_come_out_without_the_ethernet_header(void **state)
{
	struct test_layers layers;
	struct slices packet;

	(void)state;
	test_layers_open(&layers);
	assert_int_equal(receive_hex(&layers, "020000000001 020000000002 0800 aabbcc", &packet),
			 LINK_IPV4);
	assert_u64(packet.count, 1);
	assert_hex(packet.part[0].data, packet.length, "aabbcc");
	assert_int_equal(receive_hex(&layers, "ffffffffffff 020000000002 86dd 01", &packet),
			 LINK_IPV6);
	assert_hex(packet.part[0].data, packet.length, "01");
	assert_int_equal(receive_hex(&layers, "01005e000001 020000000002 0800 02", &packet),
			 LINK_IPV4);
	assert_int_equal(receive_hex(&layers, "3333ff000001 020000000002 86dd", &packet),
			 LINK_IPV6);
	assert_u64(packet.length, 0);
	test_layers_close(&layers);
}

static void payload_slices_pass_through(void **state)
{
	struct test_layers layers;
	struct slices packet;
	uint8_t head[18];
	struct berth_frame frame = {
		.slice = {{head, sizeof(head)}, {"payload", 7}},
		.slice_count = 2,
		.length = sizeof(head) + 7,
	};

	(void)state;
	test_layers_open(&layers);
	test_bytes_of_hex("020000000001 020000000002 0800 45464748", head, sizeof(head));
	assert_int_equal(link_receive(layers.link, &frame, 0, &packet), LINK_IPV4);
	assert_u64(packet.count, 2);
	assert_u64(packet.length, 4 + 7);
	assert_memory_equal(packet.part[1].data, "payload", 7);
	test_layers_close(&layers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_shorter_than_its_header_is_truncated),
		cmocka_unit_test(a_frame_for_another_machine_is_not_for_us),
		cmocka_unit_test(a_group_cannot_be_the_source),
		cmocka_unit_test(an_unknown_type_is_counted),
		cmocka_unit_test(an_unknown_interface_is_counted),
		cmocka_unit_test(a_frame_with_an_impossible_number_of_slices_is_truncated),
		cmocka_unit_test(ip_packets_come_out_without_the_ethernet_header),
		cmocka_unit_test(payload_slices_pass_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
