// SPDX-License-Identifier: MIT
//
// Captures: what was written is read again, other programs read it too, and no file whatever is
// believed.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../../devices/pcapng_reader.h"
#include "../../../devices/pcapng_writer.h"
#include "../../support/unit.h"

static FILE *file;

static int open_file(void **state)
{
	(void)state;
	file = tmpfile();
	return file ? 0 : -1;
}

static int close_file(void **state)
{
	(void)state;
	fclose(file);
	return 0;
}

static struct berth_frame frame_of(const uint8_t *bytes, uint32_t first, uint32_t length)
{
	struct berth_frame frame = {.slice = {{bytes, first}, {bytes + first, length - first}},
				    .slice_count = 2,
				    .length = length};

	return frame;
}

static struct pcapng_reader *reread(void)
{
	struct pcapng_reader *reader;

	rewind(file);
	reader = pcapng_reader_new(file);
	assert_non_null(reader);
	return reader;
}

static void what_was_written_is_read_again(void **state)
{
	static uint8_t bytes[65550];
	struct pcapng_writer *writer = pcapng_writer_new(file);
	struct berth_frame small = frame_of(bytes, 54, 61), super = frame_of(bytes, 54, 65550);
	const uint64_t at_ns = UINT64_C(1700000000123456789);
	struct pcapng_reader *reader;
	struct pcapng_frame frame;
	uint64_t random = 3;

	(void)state;
	test_random_bytes(&random, bytes, sizeof(bytes));
	assert_non_null(writer);
	assert_int_equal(pcapng_writer_add_interface(writer, "eth0", 0), 0);
	assert_int_equal(pcapng_writer_add_interface(writer, "second cable", 100), 1);
	assert_int_equal(
		pcapng_writer_frame(writer, 0, &small, at_ns, PCAPNG_DIRECTION_IN, "curl (4711)"),
		0);
	assert_int_equal(
		pcapng_writer_frame(writer, 0, &super, at_ns + 1, PCAPNG_DIRECTION_OUT, NULL), 0);
	assert_int_equal(pcapng_writer_frame(writer, 1, &super, 7, PCAPNG_DIRECTION_UNKNOWN, ""),
			 0);
	assert_int_equal(pcapng_writer_flush(writer), 0);
	pcapng_writer_free(writer);

	reader = reread();
	assert_true(pcapng_reader_next(reader, &frame));
	assert_u64(frame.at_ns, at_ns);
	assert_u64(frame.captured_bytes, 61);
	assert_u64(frame.original_bytes, 61);
	assert_memory_equal(frame.bytes, bytes, 61);
	assert_string_equal(frame.comment, "curl (4711)");
	assert_string_equal(frame.interface_name, "eth0");
	assert_int_equal(frame.link_type, PCAPNG_LINK_ETHERNET);
	assert_int_equal(frame.direction, PCAPNG_DIRECTION_IN);
	assert_true(pcapng_reader_next(reader, &frame));
	assert_u64(frame.at_ns, at_ns + 1);
	assert_u64(frame.captured_bytes, 65550);
	assert_memory_equal(frame.bytes, bytes, 65550);
	assert_string_equal(frame.comment, "");
	assert_int_equal(frame.direction, PCAPNG_DIRECTION_OUT);
	assert_true(pcapng_reader_next(reader, &frame));
	assert_u64(frame.at_ns, 7);
	assert_u64(frame.captured_bytes, 100); // its snapshot length
	assert_u64(frame.original_bytes, 65550);
	assert_memory_equal(frame.bytes, bytes, 100);
	assert_string_equal(frame.interface_name, "second cable");
	assert_u64(frame.interface, 1);
	assert_int_equal(frame.direction, PCAPNG_DIRECTION_UNKNOWN);
	assert_false(pcapng_reader_next(reader, &frame));
	assert_null(pcapng_reader_error(reader));
	assert_false(pcapng_reader_next(reader, &frame));
	pcapng_reader_free(reader);
}

static void the_first_blocks_are_exactly_these_bytes(void **state)
{
	static const uint8_t body[3] = {0xaa, 0xbb, 0xcc};
	struct berth_frame frame = frame_of(body, 1, 3);
	struct pcapng_writer *writer = pcapng_writer_new(file);
	uint8_t bytes[300];
	size_t length;

	(void)state;
	pcapng_writer_add_interface(writer, "e0", 0);
	pcapng_writer_frame(writer, 0, &frame, UINT64_C(0x1122334455667788), PCAPNG_DIRECTION_IN,
			    "why");
	pcapng_writer_flush(writer);
	pcapng_writer_free(writer);
	rewind(file);
	length = fread(bytes, 1, sizeof(bytes), file);
	assert_hex(bytes, length,
		   "0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff"
		   "0400 0500 6265727468 000000 00000000 2c000000"
		   "01000000 28000000 0100 0000 00000000"
		   "0200 0200 6530 0000 0900 0100 09 000000 00000000 28000000"
		   "06000000 38000000 00000000 44332211 88776655 03000000 03000000 aabbcc 00"
		   "0100 0300 776879 00 0200 0400 01000000 00000000 38000000");
}

static void comments_and_names_are_cut_between_characters(void **state)
{
	struct pcapng_writer *writer = pcapng_writer_new(file);
	static char comment[2001];
	uint8_t bytes[20] = {0};
	struct berth_frame frame = frame_of(bytes, 14, 20);
	struct pcapng_reader *reader;
	struct pcapng_frame out;
	int i;

	(void)state;
	comment[0] = 'x';
	for (i = 1; i < 1999; i += 2)
		memcpy(comment + i, "\xc3\xa9", 2);
	pcapng_writer_add_interface(writer, comment, 0);
	pcapng_writer_frame(writer, 0, &frame, 0, PCAPNG_DIRECTION_UNKNOWN, comment);
	pcapng_writer_flush(writer);
	pcapng_writer_free(writer);
	reader = reread();
	assert_true(pcapng_reader_next(reader, &out));
	assert_int_equal(strlen(out.comment), 1023);
	assert_int_equal(strlen(out.interface_name), 63);
	assert_memory_equal(out.comment, comment, 1023);
	pcapng_reader_free(reader);
}

static void frames_for_no_interface_are_refused(void **state)
{
	struct pcapng_writer *writer = pcapng_writer_new(file);
	uint8_t bytes[20] = {0};
	struct berth_frame frame = frame_of(bytes, 14, 20);

	(void)state;
	assert_int_equal(pcapng_writer_frame(writer, 0, &frame, 0, 0, NULL), -EINVAL);
	pcapng_writer_add_interface(writer, "", 0);
	assert_int_equal(pcapng_writer_frame(writer, 0, &frame, 0, 0, NULL), 0);
	assert_int_equal(pcapng_writer_frame(writer, -1, &frame, 0, 0, NULL), -EINVAL);
	assert_int_equal(pcapng_writer_frame(writer, 1, &frame, 0, 0, NULL), -EINVAL);
	frame.length++;
	assert_int_equal(pcapng_writer_frame(writer, 0, &frame, 0, 0, NULL), -EINVAL);
	pcapng_writer_free(writer);
}

static void a_full_disk_is_an_error_that_sticks(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	errno = 0;
	assert_null(pcapng_writer_new(full));
	assert_int_equal(errno, ENOSPC);
	fclose(full);
}

// Put hexadecimal text into the file and read it.
static struct pcapng_reader *reader_of(const char *hex)
{
	uint8_t bytes[1024];
	size_t length = test_bytes_of_hex(hex, bytes, sizeof(bytes));

	rewind(file);
	assert_int_equal(ftruncate(fileno(file), 0), 0);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	return reread();
}

#define BIG_SECTION "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c"
#define BIG_INTERFACE "00000001 00000014 0001 0000 00000000 00000014"
#define SECTION "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
#define INTERFACE "01000000 14000000 0100 0000 00000000 14000000"

static void the_other_byte_order_is_read_too(void **state)
{
	struct pcapng_reader *reader;
	struct pcapng_frame frame;

	(void)state;
	reader =
		reader_of(BIG_SECTION
			  "00000001 00000034 0001 0000 00000000"
			  "0009 0001 03 000000 000e 0008 0000000000000002 0002 0001 78 000000"
			  "00000000 00000034"
			  "00000006 00000024 00000000 00000000 000007d1 00000003 00000040 aabbcc 00"
			  "00000024"
			  "00000bad 00000010 ffffffff 00000010" // nobody knows this block
			  "00000003 00000014 00000002 ddee 0000 00000014");
	assert_true(pcapng_reader_next(reader, &frame));
	assert_u64(frame.at_ns, UINT64_C(2000000000) + 2001 * UINT64_C(1000000));
	assert_u64(frame.captured_bytes, 3);
	assert_u64(frame.original_bytes, 64);
	assert_hex(frame.bytes, 3, "aabbcc");
	assert_string_equal(frame.interface_name, "x");
	assert_true(pcapng_reader_next(reader, &frame)); // a simple packet
	assert_u64(frame.at_ns, 0);
	assert_hex(frame.bytes, frame.captured_bytes, "ddee");
	assert_false(pcapng_reader_next(reader, &frame));
	assert_null(pcapng_reader_error(reader));
	pcapng_reader_free(reader);
}

static uint64_t instant_with(const char *resolution)
{
	struct pcapng_reader *reader;
	struct pcapng_frame frame;
	char text[512];

	snprintf(text, sizeof(text),
		 SECTION "01000000 20000000 0100 0000 00000000 0900 0100 %s 000000 00000000"
			 "20000000"
			 "06000000 20000000 00000000 01000000 00000000 00000000 00000000 20000000",
		 resolution);
	reader = reader_of(text); // 2^32 ticks
	assert_true(pcapng_reader_next(reader, &frame));
	pcapng_reader_free(reader);
	return frame.at_ns;
}

static void every_resolution_of_time_is_understood(void **state)
{
	(void)state;
	assert_u64(instant_with("00"), UINT64_C(4294967296000000000));
	assert_u64(instant_with("06"), UINT64_C(4294967296000));
	assert_u64(instant_with("09"), UINT64_C(4294967296));
	assert_u64(instant_with("0c"), UINT64_C(4294967));
	assert_u64(instant_with("7f"), 0);
	assert_u64(instant_with("a0"), UINT64_C(1000000000)); // 2^-32 s
	assert_u64(instant_with("ff"), 0);
}

static void a_new_section_forgets_the_interfaces_of_the_last(void **state)
{
	struct pcapng_reader *reader;
	struct pcapng_frame frame;

	(void)state;
	reader = reader_of(SECTION INTERFACE BIG_SECTION
			   "00000003 00000014 00000002 ddee 0000 00000014");
	assert_false(pcapng_reader_next(reader, &frame));
	assert_string_equal(pcapng_reader_error(reader),
			    "a packet names an interface that was not described");
	pcapng_reader_free(reader);
}

static void classic_pcap_is_read_in_both_orders_and_resolutions(void **state)
{
	struct pcapng_reader *reader;
	struct pcapng_frame frame;

	(void)state;
	reader = reader_of("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000"
			   "05000000 07000000 02000000 09000000 aabb"
			   "06000000 00000000 01000000 01000000 cc");
	assert_true(pcapng_reader_next(reader, &frame));
	assert_u64(frame.at_ns, UINT64_C(5000007000));
	assert_hex(frame.bytes, frame.captured_bytes, "aabb");
	assert_u64(frame.original_bytes, 9);
	assert_int_equal(frame.link_type, PCAPNG_LINK_ETHERNET);
	assert_true(pcapng_reader_next(reader, &frame));
	assert_hex(frame.bytes, frame.captured_bytes, "cc");
	assert_false(pcapng_reader_next(reader, &frame));
	assert_null(pcapng_reader_error(reader));
	pcapng_reader_free(reader);
	reader = reader_of("a1b23c4d 0002 0004 00000000 00000000 00040000 00000071"
			   "00000005 00000007 00000002 00000009 aabb");
	assert_true(pcapng_reader_next(reader, &frame));
	assert_u64(frame.at_ns, UINT64_C(5000000007));
	assert_int_equal(frame.link_type, 113);
	pcapng_reader_free(reader);
}

static void check_refused(const char *hex, const char *why)
{
	struct pcapng_reader *reader = reader_of(hex);
	struct pcapng_frame frame;

	while (pcapng_reader_next(reader, &frame))
		;
	if (why)
		assert_string_equal(pcapng_reader_error(reader), why);
	else
		assert_null(pcapng_reader_error(reader));
	pcapng_reader_free(reader);
}

static void hostile_files_end_with_a_sentence(void **state)
{
	static const char length[] = "a block of the capture has an impossible length";
	static const char within[] = "the capture ends within a block";
	static const char packet[] = "a packet is longer than its block";

	(void)state;
	check_refused("", NULL);
	check_refused("0a", within);
	check_refused("00010203 04050607", "this is neither a pcapng nor a pcap file");
	check_refused("0a0d0d0a 1c000000 4d3c2b1b",
		      "a section of the capture has no valid byte order");
	check_refused("0a0d0d0a 0c000000 4d3c2b1a", length);
	check_refused("0a0d0d0a ffffffff 4d3c2b1a", length);
	check_refused("0a0d0d0a 1d000000 4d3c2b1a", length);
	check_refused("0a0d0d0a 1c000000 4d3c2b1a 0100", within);
	check_refused(SECTION "01000000", within);
	check_refused(SECTION "01000000 fcffff00 0100", within); // just below 16 MiB
	check_refused(SECTION "01000000 04000001 0100 0000 0000", length);
	check_refused(SECTION "01000000 08000000 08000000", length);
	check_refused(SECTION "01000000 00000000 08000000", length);
	check_refused(SECTION "01000000 10000000 0100 0000 14000000",
		      "the two lengths of a block of the capture differ");
	check_refused(SECTION "01000000 10000000 0100 0000 10000000",
		      "an interface description is too short");
	check_refused(SECTION INTERFACE "06000000 10000000 00000000 10000000",
		      "a packet block is too short");
	check_refused(SECTION INTERFACE "03000000 0c000000 0c000000",
		      "a packet block is too short");
	check_refused(SECTION INTERFACE "06000000 20000000 00000000 00000000 00000000 01000000"
					"01000000 20000000",
		      packet);
	check_refused(SECTION INTERFACE "06000000 20000000 00000000 00000000 00000000 ffffffff"
					"ffffffff 20000000",
		      packet);
	check_refused(SECTION INTERFACE "06000000 20000000 01000000 00000000 00000000 00000000"
					"00000000 20000000",
		      "a packet names an interface that was not described");
	check_refused(SECTION INTERFACE "03000000 10000000 01000000 10000000", packet);
	check_refused("d4c3b2a1 0200", within);
	check_refused("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000"
		      "05000000 07000000 ffffffff 09000000",
		      "a packet of the capture has an impossible length");
}

static void broken_options_end_the_list_only(void **state)
{
	struct pcapng_reader *reader;
	struct pcapng_frame frame;

	(void)state;
	reader = reader_of(SECTION INTERFACE
			   "06000000 2c000000 00000000 00000000 05000000 00000000 00000000"
			   "0200 0400 0300 0000 0100 ffff 2c000000");
	assert_true(pcapng_reader_next(reader, &frame));
	assert_u64(frame.at_ns, 5000);
	assert_string_equal(frame.comment, "");
	assert_int_equal(frame.direction, PCAPNG_DIRECTION_UNKNOWN); // 3 means nothing
	pcapng_reader_free(reader);
}

static void too_many_interfaces_are_refused(void **state)
{
	uint8_t section[28], interface[20];
	struct pcapng_reader *reader;
	struct pcapng_frame frame;
	int i;

	(void)state;
	test_bytes_of_hex(SECTION, section, sizeof(section));
	test_bytes_of_hex(INTERFACE, interface, sizeof(interface));
	fwrite(section, 1, sizeof(section), file);
	for (i = 0; i < 257; i++)
		fwrite(interface, 1, sizeof(interface), file);
	reader = reread();
	assert_false(pcapng_reader_next(reader, &frame));
	assert_string_equal(pcapng_reader_error(reader),
			    "the capture has more than 256 interfaces");
	pcapng_reader_free(reader);
}

static void a_read_frame_can_be_traced(void **state)
{
	uint8_t bytes[60] = {0};
	struct pcapng_frame frame = {.bytes = bytes,
				     .captured_bytes = 60,
				     .original_bytes = 1514,
				     .link_type = PCAPNG_LINK_ETHERNET};
	struct berth_frame out;

	(void)state;
	assert_true(pcapng_frame_to_berth(&frame, &out));
	assert_u64(out.length, 1514);
	assert_u64(out.slice[0].length, 60);
	assert_int_equal(out.checksum, BERTH_CHECKSUM_VALID);
	frame.link_type = 113;
	assert_false(pcapng_frame_to_berth(&frame, &out));
	frame.link_type = PCAPNG_LINK_ETHERNET;
	frame.captured_bytes = 70000;
	assert_false(pcapng_frame_to_berth(&frame, &out));
}

static void tshark_reads_what_was_written(void **state)
{
	static const uint8_t arp[42] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0,  0, 0, 0, 1, 8, 6, 0, 1, 8, 0,  6, 4, 0,
		1,    2,    0,    0,    0,    0,    1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2};
	struct berth_frame frame = frame_of(arp, 42, 42);
	char path[] = P_tmpdir "/berth-pcapng-XXXXXX", command[256], line[256] = "";
	int fd = mkstemp(path);
	struct pcapng_writer *writer;
	FILE *capture, *tshark;

	(void)state;
	if (system("tshark --version >/dev/null 2>&1") != 0) {
		close(fd);
		unlink(path);
		print_message("tshark is not installed: its opinion was not asked\n");
		skip();
	}
	capture = fdopen(fd, "w");
	writer = pcapng_writer_new(capture);
	pcapng_writer_add_interface(writer, "left", 0);
	pcapng_writer_add_interface(writer, "right", 0);
	pcapng_writer_frame(writer, 1, &frame, UINT64_C(1700000000123456789), PCAPNG_DIRECTION_OUT,
			    "nginx (17)");
	assert_int_equal(pcapng_writer_flush(writer), 0);
	pcapng_writer_free(writer);
	fclose(capture);
	snprintf(command, sizeof(command),
		 "tshark -n -r %s -T fields -E separator='|' -e frame.interface_name "
		 "-e frame.comment -e frame.time_epoch -e frame.packet_flags_direction "
		 "-e arp.dst.proto_ipv4 2>/dev/null",
		 path);
	tshark = popen(command, "r");
	assert_non_null(tshark);
	assert_non_null(fgets(line, sizeof(line), tshark));
	assert_int_equal(pclose(tshark), 0);
	unlink(path);
	assert_string_equal(line, "right|nginx (17)|1700000000.123456789|0x00000002|10.0.0.2\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_file, close_file)
	const struct CMUnitTest tests[] = {
		TEST(what_was_written_is_read_again),
		TEST(the_first_blocks_are_exactly_these_bytes),
		TEST(comments_and_names_are_cut_between_characters),
		TEST(frames_for_no_interface_are_refused),
		TEST(a_full_disk_is_an_error_that_sticks),
		TEST(the_other_byte_order_is_read_too),
		TEST(every_resolution_of_time_is_understood),
		TEST(a_new_section_forgets_the_interfaces_of_the_last),
		TEST(classic_pcap_is_read_in_both_orders_and_resolutions),
		TEST(hostile_files_end_with_a_sentence),
		TEST(broken_options_end_the_list_only),
		TEST(too_many_interfaces_are_refused),
		TEST(a_read_frame_can_be_traced),
		TEST(tshark_reads_what_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
