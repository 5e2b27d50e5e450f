// SPDX-License-Identifier: MIT
//
// Offload facts to virtio-net headers and back, and headers that cannot be.
#include "../../../devices/device_vnet.h"
#include "../../support/unit.h"

static uint8_t bytes[2000];

static struct berth_frame plain_frame(uint32_t length)
{
	struct berth_frame frame = {.slice = {{bytes, length}}, .slice_count = 1, .length = length};

	memset(bytes, 0, sizeof(bytes));
	return frame;
}

// flags, type, header length, segment size, start, offset, buffers
static bool parse(const char *hex, struct berth_frame *frame)
{
	uint8_t header[DEVICE_VNET_HEADER_BYTES];

	assert_int_equal(test_bytes_of_hex(hex, header, sizeof(header)), sizeof(header));
	return device_vnet_parse(header, frame);
}

static void check_emitted(const struct berth_frame *frame, const char *hex)
{
	uint8_t header[DEVICE_VNET_HEADER_BYTES];

	memset(header, 0xa5, sizeof(header));
	device_vnet_emit(frame, header);
	assert_hex(header, sizeof(header), hex);
}

static void a_plain_frame_has_a_header_of_zeros(void **state)
{
	struct berth_frame frame = plain_frame(60);

	(void)state;
	check_emitted(&frame, "00 00 0000 0000 0000 0000 0000");
	assert_true(parse("00 00 0000 0000 0000 0000 0000", &frame));
	assert_int_equal(frame.checksum, BERTH_CHECKSUM_UNKNOWN);
	assert_int_equal(frame.segmentation, BERTH_SEGMENTATION_NONE);
}

static void a_checksum_vouched_for_stays_so(void **state)
{
	struct berth_frame frame = plain_frame(60);

	(void)state;
	assert_true(parse("02 00 0000 0000 0000 0000 0000", &frame));
	assert_int_equal(frame.checksum, BERTH_CHECKSUM_VALID);
	check_emitted(&frame, "02 00 0000 0000 0000 0000 0000");
}

static void an_open_checksum_tells_where_it_goes(void **state)
{
	struct berth_frame frame = plain_frame(60);

	(void)state;
	assert_true(parse("01 00 0000 0000 2200 0600 0000", &frame));
	assert_int_equal(frame.checksum, BERTH_CHECKSUM_PARTIAL);
	assert_int_equal(frame.checksum_start, 34);
	assert_int_equal(frame.checksum_offset, 6);
	check_emitted(&frame, "01 00 0000 0000 2200 0600 0000");
}

static void superframes_of_every_kind_go_both_ways(void **state)
{
	struct berth_frame frame = plain_frame(1500);

	(void)state;
	bytes[34 + 12] = 0x80;                                        // 32 bytes of TCP header
	assert_true(parse("01 01 ff05 b405 2200 1000 0000", &frame)); // its length is only a hint
	assert_int_equal(frame.segmentation, BERTH_SEGMENTATION_TCP4);
	assert_int_equal(frame.segment_bytes, 1460);
	assert_int_equal(frame.header_bytes, 66);
	check_emitted(&frame, "01 01 4200 b405 2200 1000 0000");
	bytes[34 + 13] = 0x80; // CWR
	check_emitted(&frame, "01 81 4200 b405 2200 1000 0000");
	assert_true(parse("01 81 4200 b405 2200 1000 0000", &frame));
	assert_int_equal(frame.segmentation, BERTH_SEGMENTATION_TCP4);
	frame = plain_frame(1500);
	bytes[54 + 12] = 0x50;
	assert_true(parse("01 04 0000 6405 3600 1000 0000", &frame));
	assert_int_equal(frame.segmentation, BERTH_SEGMENTATION_TCP6);
	assert_int_equal(frame.header_bytes, 74);
	check_emitted(&frame, "01 04 4a00 6405 3600 1000 0000");
	assert_true(parse("01 05 0000 b004 2200 0600 0000", &frame));
	assert_int_equal(frame.segmentation, BERTH_SEGMENTATION_UDP);
	assert_int_equal(frame.header_bytes, 42);
	check_emitted(&frame, "01 05 2a00 b004 2200 0600 0000");
}

static void headers_that_cannot_be_are_refused(void **state)
{
	struct berth_frame frame = plain_frame(60);

	(void)state;
	bytes[34 + 12] = 0x50;
	assert_true(parse("01 01 0000 b405 2200 1000 0000", &frame));
	assert_false(parse("00 01 0000 b405 2200 1000 0000", &frame)); // checksum not open
	assert_false(parse("01 01 0000 0000 2200 1000 0000", &frame)); // no segment size
	assert_false(parse("01 03 0000 b405 2200 1000 0000", &frame)); // UDP fragments
	assert_false(parse("01 09 0000 b405 2200 1000 0000", &frame));
	assert_false(parse("01 00 0000 0000 0d00 1000 0000", &frame)); // within Ethernet
	assert_false(parse("01 00 0000 0000 2200 1900 0000", &frame)); // one byte is outside
	assert_true(parse("01 00 0000 0000 2200 1800 0000", &frame));
	assert_false(parse("01 00 0000 0000 ffff ffff 0000", &frame));
	assert_false(parse("01 01 0000 b405 2900 0000 0000", &frame)); // header runs past the end
	bytes[34 + 12] = 0x40;
	assert_false(parse("01 01 0000 b405 2200 1000 0000", &frame));
	bytes[34 + 12] = 0xf0;
	assert_false(parse("01 01 0000 b405 2200 1000 0000", &frame));
	frame.length = frame.slice[0].length = 13;
	assert_false(parse("00 00 0000 0000 0000 0000 0000", &frame));
	frame.length = 65551;
	assert_false(parse("00 00 0000 0000 0000 0000 0000", &frame));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_frame_has_a_header_of_zeros),
		cmocka_unit_test(a_checksum_vouched_for_stays_so),
		cmocka_unit_test(an_open_checksum_tells_where_it_goes),
		cmocka_unit_test(superframes_of_every_kind_go_both_ways),
		cmocka_unit_test(headers_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
