// SPDX-License-Identifier: MIT
//
// Frames as lines: every protocol's words, and what is said of frames that cannot be read.
#include "../../../lib/base/checksum.h"
#include "../../../lib/wire/wire_arp.h"
#include "../../../lib/wire/wire_checksum.h"
#include "../../../lib/wire/wire_ethernet.h"
#include "../../../lib/wire/wire_icmp.h"
#include "../../../lib/wire/wire_ipv4.h"
#include "../../../lib/wire/wire_ipv6.h"
#include "../../../lib/wire/wire_ndp.h"
#include "../../../lib/wire/wire_tcp.h"
#include "../../../lib/wire/wire_udp.h"
#include "../../support/unit.h"
#include <berth/trace.h>

static struct berth_trace *trace;
static uint8_t bytes[2048];
static struct berth_trace_line line;
static char text[256];

static int open_trace(void **state)
{
	struct berth_allocator allocator = test_allocator();

	(void)state;
	trace = berth_trace_new(&allocator, 4);
	return trace ? 0 : -1;
}

static int close_trace(void **state)
{
	(void)state;
	berth_trace_free(trace);
	return test_allocated_bytes() == 0 ? 0 : -1;
}

static struct berth_address address_of(const char *words)
{
	struct berth_address address = {0};

	assert_true(berth_address_parse(words, &address));
	return address;
}

static void put_ethernet(uint16_t type)
{
	struct ethernet_header header = {
		.target = {{2, 0, 0, 0, 0, 2}}, .source = {{2, 0, 0, 0, 0, 1}}, .type = type};

	memset(bytes, 0, sizeof(bytes));
	ethernet_emit(&header, bytes);
}

// Ethernet and IP between .1 and .2, for a transport part of that length.
static uint8_t *put_ip(int family, uint8_t protocol, uint32_t length)
{
	struct ipv4_header ipv4 = {.total_bytes = (uint16_t)(20 + length),
				   .ttl = 64,
				   .protocol = protocol,
				   .source = berth_ipv4(10, 0, 0, 1),
				   .target = berth_ipv4(10, 0, 0, 2)};
	struct ipv6_header ipv6 = {.payload_bytes = (uint16_t)length,
				   .next_header = protocol,
				   .hop_limit = 64,
				   .source = address_of("fd00::1"),
				   .target = address_of("fd00::2")};

	put_ethernet(family == 4 ? ETHERNET_TYPE_IPV4 : ETHERNET_TYPE_IPV6);
	if (family == 4) {
		ipv4_emit(&ipv4, bytes + 14);
		return bytes + 34;
	}
	ipv6_emit(&ipv6, bytes + 14);
	return bytes + 54;
}

static bool feed_as(uint32_t length, enum berth_frame_checksum checksum)
{
	struct berth_frame frame = {.slice = {{bytes, length}},
				    .slice_count = 1,
				    .checksum = (uint8_t)checksum,
				    .length = length};

	return berth_trace_feed(trace, &frame, 123456, &line);
}

static const char *line_of(uint32_t length)
{
	feed_as(length, BERTH_CHECKSUM_VALID);
	return berth_trace_print(&line, text, sizeof(text));
}

static void arp_asks_and_answers_in_plain_words(void **state)
{
	struct arp_packet arp = {.operation = ARP_REQUEST,
				 .sender_mac = {{2, 0, 0, 0, 0, 1}},
				 .sender_address = berth_ipv4(10, 0, 0, 1),
				 .target_address = berth_ipv4(10, 0, 0, 2)};

	(void)state;
	put_ethernet(ETHERNET_TYPE_ARP);
	arp_emit(&arp, bytes + 14);
	assert_string_equal(line_of(60), "0.000123 02:00:00:00:00:01 > 02:00:00:00:00:02 ARP "
					 "who has 10.0.0.2? tell 10.0.0.1");
	assert_int_equal(line.protocol, 0);
	assert_string_equal(line.info, "who has 10.0.0.2? tell 10.0.0.1");
	arp.operation = ARP_REPLY;
	arp_emit(&arp, bytes + 14);
	line_of(60);
	assert_string_equal(line.info, "10.0.0.1 is at 02:00:00:00:00:01");
	bytes[14] = 9;
	assert_false(feed_as(60, BERTH_CHECKSUM_VALID));
	assert_string_equal(line.info, "ARP packet is truncated or of a foreign kind");
}

static void ndp_asks_and_answers_in_plain_words(void **state)
{
	struct ndp_message message = {.target = {0}, .has_mac = true, .mac = {{2, 0, 0, 0, 0, 7}}};
	size_t length;
	uint8_t *at;

	(void)state;
	message.target = address_of("fd00::2");
	at = put_ip(6, IP_PROTOCOL_ICMPV6, NDP_MESSAGE_BYTES);
	length = ndp_emit(&message, at);
	assert_string_equal(line_of(54 + (uint32_t)length),
			    "0.000123 fd00::1 > fd00::2 ICMPv6 who has fd00::2? tell fd00::1");
	message.is_advertisement = true;
	ndp_emit(&message, at);
	line_of(54 + (uint32_t)length);
	assert_string_equal(line.info, "fd00::2 is at 02:00:00:00:00:07");
	message.has_mac = false;
	at = put_ip(6, IP_PROTOCOL_ICMPV6, 24);
	ndp_emit(&message, at);
	line_of(78);
	assert_string_equal(line.info, "fd00::2 is at 02:00:00:00:00:01"); // who said it
}

static void udp_tells_its_length(void **state)
{
	struct udp_header udp = {.source_port = 5353, .target_port = 53, .length = 8 + 32};

	(void)state;
	udp_emit(&udp, put_ip(4, IP_PROTOCOL_UDP, 40));
	assert_string_equal(line_of(74), "0.000123 10.0.0.1:5353 > 10.0.0.2:53 UDP len 32");
	assert_int_equal(line.protocol, 17);
	assert_u64(line.payload_bytes, 32);
	udp_emit(&udp, put_ip(6, IP_PROTOCOL_UDP, 40));
	assert_string_equal(line_of(94), "0.000123 [fd00::1]:5353 > [fd00::2]:53 UDP len 32");
	udp.length = 41;
	udp_emit(&udp, put_ip(4, IP_PROTOCOL_UDP, 40));
	assert_false(feed_as(74, BERTH_CHECKSUM_VALID));
	assert_string_equal(line_of(74), "0.000123 10.0.0.1 > 10.0.0.2 UDP UDP header cut short or "
					 "length impossible");
}

static void an_echo_tells_whose_it_is(void **state)
{
	struct icmp_header icmp = {.type = ICMPV4_ECHO_REQUEST, .rest = 7u << 16 | 3};

	(void)state;
	icmp_emit(&icmp, put_ip(4, IP_PROTOCOL_ICMP, 8 + 56));
	assert_string_equal(line_of(98),
			    "0.000123 10.0.0.1 > 10.0.0.2 ICMP echo request id 7 seq 3 len 56");
	icmp.type = ICMPV6_ECHO_REPLY;
	icmp_emit(&icmp, put_ip(6, IP_PROTOCOL_ICMPV6, 8 + 56));
	assert_string_equal(line_of(118),
			    "0.000123 fd00::1 > fd00::2 ICMPv6 echo reply id 7 seq 3 len 56");
}

// An error of that type and code about a packet from .2 with these ports.
static const char *error_about(int family, uint8_t type, uint8_t code, uint8_t protocol)
{
	uint8_t icmp_protocol = family == 4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMPV6;
	uint32_t ip_bytes = family == 4 ? 20 : 40;
	struct icmp_header icmp = {.type = type, .code = code, .rest = 1400};
	struct udp_header udp = {.source_port = 40000, .target_port = 9, .length = 100};
	uint8_t quoted[48], *at;

	at = put_ip(family, protocol, 500);
	memcpy(quoted, at - ip_bytes, ip_bytes);
	udp_emit(&udp, quoted + ip_bytes);
	at = put_ip(family, icmp_protocol, 8 + ip_bytes + 8);
	icmp_emit(&icmp, at);
	memcpy(at + 8, quoted, ip_bytes + 8);
	line_of(14 + 2 * ip_bytes + 16);
	return line.info;
}

static void an_icmp_error_tells_what_it_is_about(void **state)
{
	(void)state;
	assert_string_equal(error_about(4, 3, 3, IP_PROTOCOL_UDP),
			    "port unreachable, quotes UDP :40000 > 10.0.0.2:9");
	assert_string_equal(error_about(4, 3, 1, IP_PROTOCOL_TCP),
			    "host unreachable, quotes TCP :40000 > 10.0.0.2:9");
	assert_string_equal(error_about(4, 3, 4, IP_PROTOCOL_TCP),
			    "too big, MTU 1400, quotes TCP :40000 > 10.0.0.2:9");
	assert_string_equal(error_about(4, 11, 0, 47),
			    "time exceeded, quotes protocol 47 > 10.0.0.2");
	assert_string_equal(error_about(6, 1, 4, IP_PROTOCOL_UDP),
			    "port unreachable, quotes UDP :40000 > [fd00::2]:9");
	assert_string_equal(error_about(6, 2, 0, IP_PROTOCOL_TCP),
			    "too big, MTU 1400, quotes TCP :40000 > [fd00::2]:9");
	assert_string_equal(error_about(4, 99, 7, IP_PROTOCOL_TCP), "type 99 code 7");
}

static void other_protocols_and_types_are_named_by_number(void **state)
{
	(void)state;
	put_ip(4, 132, 30);
	assert_string_equal(line_of(64), "0.000123 10.0.0.1 > 10.0.0.2 IP protocol 132");
	put_ethernet(0x88cc);
	assert_string_equal(line_of(60), "0.000123 02:00:00:00:00:01 > 02:00:00:00:00:02 Ethernet "
					 "type 0x88cc len 46");
}

static void a_fragment_is_called_one(void **state)
{
	struct ipv4_header ipv4 = {.total_bytes = 100,
				   .ttl = 64,
				   .protocol = 17,
				   .fragment_offset = 1480,
				   .source = berth_ipv4(10, 0, 0, 1),
				   .target = berth_ipv4(10, 0, 0, 2)};

	(void)state;
	put_ethernet(ETHERNET_TYPE_IPV4);
	ipv4_emit(&ipv4, bytes + 14);
	assert_string_equal(line_of(114), "0.000123 10.0.0.1 > 10.0.0.2 UDP fragment at 1480");
	ipv4.fragment_offset = 0;
	ipv4.more_fragments = true;
	ipv4_emit(&ipv4, bytes + 14);
	assert_string_equal(line_of(114), "0.000123 10.0.0.1 > 10.0.0.2 UDP fragment");
}

static void frames_that_cannot_be_read_say_why(void **state)
{
	struct berth_frame frame = {.slice = {{bytes, 60}}, .slice_count = 1, .length = 59};

	(void)state;
	assert_false(feed_as(13, BERTH_CHECKSUM_VALID));
	assert_string_equal(line.info, "frame shorter than an Ethernet header");
	assert_false(berth_trace_feed(trace, &frame, 0, &line));
	frame.slice_count = 0;
	assert_false(berth_trace_feed(trace, &frame, 0, &line));
	put_ip(4, 6, 100);
	assert_false(feed_as(14 + 30, BERTH_CHECKSUM_VALID));
	assert_string_equal(line.info, "IP packet shorter than its header says");
	put_ip(4, 6, 10);
	assert_false(feed_as(44, BERTH_CHECKSUM_VALID));
	assert_string_equal(line.info, "TCP header cut short or impossible");
	put_ip(4, 1, 4);
	assert_false(feed_as(38, BERTH_CHECKSUM_VALID));
	assert_string_equal(line.info, "ICMP message cut short");
}

static void a_capture_that_kept_the_beginning_is_enough(void **state)
{
	struct udp_header udp = {.source_port = 5353, .target_port = 53, .length = 1008};
	struct berth_frame frame = {.slice = {{bytes, 60}}, .slice_count = 1, .length = 1042};

	(void)state;
	udp_emit(&udp, put_ip(4, IP_PROTOCOL_UDP, 1008));
	assert_true(berth_trace_feed(trace, &frame, 0, &line));
	assert_u64(line.payload_bytes, 1000);
	assert_string_equal(line.info, "");
}

static void a_syn_tells_its_options(void **state)
{
	struct tcp_header tcp = {.source_port = 40000,
				 .target_port = 80,
				 .sequence = {1000},
				 .flags = TCP_FLAG_SYN,
				 .window = 64240,
				 .options = {.mss = 1460,
					     .window_scale = 7,
					     .has_window_scale = true,
					     .sack_permitted = true,
					     .has_timestamps = true,
					     .timestamp_value = 5}};
	uint32_t length = (uint32_t)tcp_header_length(&tcp.options);

	(void)state;
	tcp_emit_header(&tcp, put_ip(4, IP_PROTOCOL_TCP, length));
	assert_string_equal(line_of(34 + length),
			    "0.000123 10.0.0.1:40000 > 10.0.0.2:80 TCP SYN seq 0 win 64240 len 0 "
			    "mss 1460 sackok ts 5 0 ws 7");
	assert_string_equal(line.flag_text, "SYN");
}

static void flags_are_listed_as_far_as_there_is_room(void **state)
{
	struct tcp_header tcp = {.source_port = 1, .target_port = 2, .flags = 0xff};

	(void)state;
	tcp_emit_header(&tcp, put_ip(4, IP_PROTOCOL_TCP, 20));
	line_of(54);
	assert_string_equal(line.flag_text, "SYN, FIN, RST, PSH, ACK");
	tcp.flags = 0;
	tcp_emit_header(&tcp, put_ip(4, IP_PROTOCOL_TCP, 20));
	line_of(54);
	assert_string_equal(line.flag_text, "none");
}

static void sack_blocks_are_relative_to_the_senders_numbers(void **state)
{
	struct tcp_header tcp = {
		.source_port = 40000,
		.target_port = 80,
		.sequence = {500},
		.acknowledgment = {9001},
		.flags = TCP_FLAG_ACK,
		.options = {.sack_count = 2, .sack = {{{10449}, {11897}}, {{13345}, {14793}}}}};
	uint32_t length = (uint32_t)tcp_header_length(&tcp.options);

	(void)state;
	tcp_emit_header(&tcp, put_ip(4, IP_PROTOCOL_TCP, length));
	line_of(34 + length);
	assert_string_equal(line.info, "sack 1449:2897 4345:5793");
}

static void a_superframe_is_one_line(void **state)
{
	struct tcp_header tcp = {.source_port = 40000, .target_port = 80, .flags = TCP_FLAG_ACK};
	struct udp_header udp = {.source_port = 1, .target_port = 2, .length = 8 + 1000};
	static uint8_t payload[60000];
	struct berth_frame frame = {.slice = {{bytes, 54}, {payload, 60000}},
				    .slice_count = 2,
				    .checksum = BERTH_CHECKSUM_PARTIAL,
				    .segmentation = BERTH_SEGMENTATION_TCP4,
				    .segment_bytes = 1460,
				    .length = 60054};

	(void)state;
	tcp_emit_header(&tcp, put_ip(4, IP_PROTOCOL_TCP, 20 + 60000));
	assert_true(berth_trace_feed(trace, &frame, 0, &line));
	assert_u64(line.payload_bytes, 60000);
	assert_string_equal(line.info, "segments 42");
	udp_emit(&udp, put_ip(4, IP_PROTOCOL_UDP, 1008));
	frame.segmentation = BERTH_SEGMENTATION_UDP;
	frame.segment_bytes = 500;
	frame.slice[0].length = 42;
	frame.slice[1].length = 1000;
	frame.length = 1042;
	assert_true(berth_trace_feed(trace, &frame, 0, &line));
	assert_string_equal(line.info, "datagrams 2");
}

static void a_wrong_checksum_is_told_and_not_remembered(void **state)
{
	struct tcp_header tcp = {
		.source_port = 40000, .target_port = 80, .sequence = {1000}, .flags = TCP_FLAG_SYN};
	struct berth_address from = berth_ipv4(10, 0, 0, 1), to = berth_ipv4(10, 0, 0, 2);
	uint16_t sum;
	uint8_t *at;

	(void)state;
	at = put_ip(4, IP_PROTOCOL_TCP, 20);
	tcp_emit_header(&tcp, at);
	assert_true(feed_as(54, BERTH_CHECKSUM_UNKNOWN));
	assert_string_equal(line.info, "[wrong checksum]");
	assert_u64(line.sequence, 1000); // as on the wire
	assert_true(feed_as(54, BERTH_CHECKSUM_VALID));
	assert_string_equal(line.info, "");
	assert_false(line.retransmission);
	sum = checksum_finish(checksum_add(pseudo_header_sum(&from, &to, 6, 20), at, 20));
	memcpy(at + TCP_CHECKSUM_OFFSET, &sum, 2);
	assert_true(feed_as(54, BERTH_CHECKSUM_UNKNOWN));
	assert_string_equal(line.info, "");
	assert_true(line.retransmission); // seen once before
}

static void a_udp_datagram_without_checksum_is_right(void **state)
{
	struct udp_header udp = {.source_port = 5353, .target_port = 53, .length = 40};
	uint8_t *at;

	(void)state;
	at = put_ip(4, IP_PROTOCOL_UDP, 40);
	udp_emit(&udp, at);
	at[6] = at[7] = 0;
	assert_true(feed_as(74, BERTH_CHECKSUM_UNKNOWN));
	assert_string_equal(line.info, "");
	at[6] = 1;
	assert_true(feed_as(74, BERTH_CHECKSUM_UNKNOWN));
	assert_string_equal(line.info, "[wrong checksum]");
}

static void the_flow_not_seen_longest_yields(void **state)
{
	struct tcp_header tcp = {.target_port = 80, .sequence = {1000}, .flags = TCP_FLAG_SYN};
	uint16_t port;

	(void)state;
	for (port = 1; port <= 5; port++) { // room is for four
		tcp.source_port = port;
		tcp_emit_header(&tcp, put_ip(4, IP_PROTOCOL_TCP, 20));
		feed_as(54, BERTH_CHECKSUM_VALID);
		assert_false(line.retransmission);
	}
	for (port = 5; port >= 2; port--) {
		tcp.source_port = port;
		tcp_emit_header(&tcp, put_ip(4, IP_PROTOCOL_TCP, 20));
		feed_as(54, BERTH_CHECKSUM_VALID);
		assert_true(line.retransmission);
	}
	tcp.source_port = 1;
	tcp_emit_header(&tcp, put_ip(4, IP_PROTOCOL_TCP, 20));
	feed_as(54, BERTH_CHECKSUM_VALID);
	assert_false(line.retransmission);
}

static void text_that_does_not_fit_is_cut_and_terminated(void **state)
{
	char small[20];

	(void)state;
	put_ethernet(0x88cc);
	feed_as(60, BERTH_CHECKSUM_VALID);
	assert_ptr_equal(berth_trace_print(&line, small, sizeof(small)), small);
	assert_string_equal(small, "0.000123 02:00:00:0");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_trace, close_trace)
	const struct CMUnitTest tests[] = {
		TEST(arp_asks_and_answers_in_plain_words),
		TEST(ndp_asks_and_answers_in_plain_words),
		TEST(udp_tells_its_length),
		TEST(an_echo_tells_whose_it_is),
		TEST(an_icmp_error_tells_what_it_is_about),
		TEST(other_protocols_and_types_are_named_by_number),
		TEST(a_fragment_is_called_one),
		TEST(frames_that_cannot_be_read_say_why),
		TEST(a_capture_that_kept_the_beginning_is_enough),
		TEST(a_syn_tells_its_options),
		TEST(flags_are_listed_as_far_as_there_is_room),
		TEST(sack_blocks_are_relative_to_the_senders_numbers),
		TEST(a_superframe_is_one_line),
		TEST(a_wrong_checksum_is_told_and_not_remembered),
		TEST(a_udp_datagram_without_checksum_is_right),
		TEST(the_flow_not_seen_longest_yields),
		TEST(text_that_does_not_fit_is_cut_and_terminated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
