// SPDX-License-Identifier: MIT
//
// The sequence diagram, line by line as a learner sees it, and never wider than 80 columns.
#include <stdio.h>

#include "../../support/unit.h"
#include <berth/trace.h>

#define SYN 0x02
#define RST 0x04
#define ACK 0x10
#define FIN 0x01
#define PSH 0x08

static char text[BERTH_TRACE_SEQUENCE_TEXT_MAX];

static struct berth_endpoint end_of(const char *words, uint16_t port)
{
	struct berth_endpoint end = {.port = port};

	assert_true(berth_address_parse(words, &end.address));
	return end;
}

static struct berth_trace_line tcp_line(bool to_right, uint8_t flags, const char *flag_text,
					uint64_t at_us)
{
	struct berth_trace_line line = {.at_ns = at_us * 1000, .protocol = 6, .flags = flags};

	line.source = end_of("10.0.0.2", 40000);
	line.target = end_of("10.0.0.1", 80);
	if (!to_right) {
		line.source = end_of("10.0.0.1", 80);
		line.target = end_of("10.0.0.2", 40000);
	}
	snprintf(line.flag_text, sizeof(line.flag_text), "%s", flag_text);
	return line;
}

static const char *drawn(const struct berth_trace_line *line)
{
	struct berth_endpoint left = end_of("10.0.0.2", 40000);

	berth_trace_sequence_line(line, &left, text, sizeof(text));
	assert_true(strlen(text) <= 80);
	return text;
}

static void the_header_names_both_lanes(void **state)
{
	struct berth_endpoint left = end_of("10.0.0.2", 40000), right = end_of("10.0.0.1", 80);

	(void)state;
	assert_string_equal(berth_trace_sequence_header(&left, &right, text, sizeof(text)),
			    "time      10.0.0.2:40000                          10.0.0.1:80");
}

static void long_names_take_two_lines(void **state)
{
	struct berth_endpoint left = end_of("fd00:1111:2222:3333:4444:5555:6666:7777", 40000);
	struct berth_endpoint right = end_of("fd00:aaaa:bbbb:cccc:dddd:eeee:ffff:1234", 80);

	(void)state;
	assert_string_equal(berth_trace_sequence_header(&left, &right, text, sizeof(text)),
			    "time      [fd00:1111:2222:3333:4444:5555:6666:7777]:40000\n"
			    "                 [fd00:aaaa:bbbb:cccc:dddd:eeee:ffff:1234]:80");
}

static void a_handshake_is_understood_at_first_sight(void **state)
{
	struct berth_trace_line line;

	(void)state;
	line = tcp_line(true, SYN, "SYN", 0);
	assert_string_equal(drawn(&line),
			    "0.000000  |------------------ SYN  seq 0 ------------------>|  open?");
	line = tcp_line(false, SYN | ACK, "SYN, ACK", 180);
	line.acknowledgment = 1;
	assert_string_equal(
		drawn(&line),
		"0.000180  |<------------ SYN, ACK  seq 0 ack 1 -------------|  yes, open");
	line = tcp_line(true, ACK, "ACK", 230);
	line.sequence = line.acknowledgment = 1;
	assert_string_equal(
		drawn(&line),
		"0.000230  |--------------- ACK  seq 1 ack 1 --------------->|  connected");
}

static void each_remark_stands_where_it_is_due(void **state)
{
	struct berth_trace_line line;

	(void)state;
	line = tcp_line(true, ACK, "ACK", 0);
	line.sequence = line.acknowledgment = 5;
	assert_null(strchr(drawn(&line), ':'));
	assert_int_equal(strlen(text), 61); // no remark
	line.round_trip_ns = 1;
	assert_string_equal(drawn(&line) + 61, "  arrived");
	line.payload_bytes = 10;
	assert_string_equal(drawn(&line) + 61, "  data");
	line.retransmission = true;
	assert_string_equal(drawn(&line) + 61, "  sent again");
	line.retransmission = false;
	line.out_of_order = true;
	assert_string_equal(drawn(&line) + 61, "  late");
	line = tcp_line(true, ACK, "ACK", 0);
	line.duplicate_ack = true;
	assert_string_equal(drawn(&line) + 61, "  still missing");
	line.duplicate_ack = false;
	line.zero_window = true;
	assert_string_equal(drawn(&line) + 61, "  wait: no room");
	line.zero_window = false;
	line.window_update = true;
	assert_string_equal(drawn(&line) + 61, "  room again");
	line.window_update = false;
	line.keepalive = true;
	assert_string_equal(drawn(&line) + 61, "  still there?");
	line = tcp_line(true, FIN | ACK, "FIN, ACK", 0);
	assert_string_equal(drawn(&line) + 61, "  no more from here");
	line = tcp_line(true, RST | ACK, "RST, ACK", 0);
	assert_string_equal(drawn(&line) + 61, "  refused");
	line.sequence = 1;
	assert_string_equal(drawn(&line) + 61, "  broken off");
	line = tcp_line(true, SYN, "SYN", 0);
	line.retransmission = true;
	assert_string_equal(drawn(&line) + 61, "  open? (again)");
}

static void a_label_too_long_says_it_in_fewer_words(void **state)
{
	struct berth_trace_line line = tcp_line(true, PSH | ACK, "PSH, ACK", 0);

	(void)state;
	line.sequence = 123456;
	line.acknowledgment = 1;
	line.payload_bytes = 1448;
	assert_string_equal(drawn(&line),
			    "0.000000  |----- PSH, ACK  seq 123456 ack 1 len 1448 ------>|  data");
	line.acknowledgment = 12345678;
	assert_string_equal(drawn(&line),
			    "0.000000  |-- PSH, ACK  seq 123456 ack 12345678 len 1448 -->|  data");
	line.sequence = 1234567;
	line.acknowledgment = 4294967295;
	assert_string_equal(drawn(&line),
			    "0.000000  |--- ACK seq 1234567 ack 4294967295 len 1448 ---->|  data");
	line.sequence = line.acknowledgment = 4294967295;
	assert_string_equal(drawn(&line),
			    "0.000000  |-- ACK seq 4294967295 ack 4294967295 len 1448 -->|  data");
	snprintf(line.flag_text, sizeof(line.flag_text), "%s", "PSH, ACK, ECE");
	assert_string_equal(drawn(&line),
			    "0.000000  |------- ACK, ECE seq 4294967295 len 1448 ------->|  data");
	line.payload_bytes = 65495;
	snprintf(line.flag_text, sizeof(line.flag_text), "%s", "FIN, PSH, ACK, ECE, CWR");
	assert_string_equal(drawn(&line),
			    "0.000000  |------ FIN, PSH, ACK, ECE, CWR len 65495 ------->|  data");
}

static void no_time_and_no_text_widens_the_picture(void **state)
{
	static const uint64_t times[] = {0, 99, 100, 999, 1000, 99999, 999999, 9999999};
	struct berth_trace_line line = tcp_line(false, FIN | ACK, "FIN, ACK", 0);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		line.at_ns = times[i] * 1000000000 + 999999999;
		assert_int_equal(strchr(drawn(&line), '|') - text, 10);
	}
	line.at_ns = 123456789012;
	drawn(&line);
	assert_memory_equal(text, "123.45678 |", 11);
	memset(line.info, 'x', sizeof(line.info) - 1);
	line.protocol = 1;
	line.flag_text[0] = '\0';
	drawn(&line);
	assert_int_equal(strlen(text), 61);
}

static void what_is_not_tcp_has_its_arrow_too(void **state)
{
	struct berth_trace_line line = tcp_line(true, 0, "", 0);

	(void)state;
	line.protocol = 17;
	line.payload_bytes = 32;
	assert_string_equal(drawn(&line),
			    "0.000000  |----------------- UDP  len 32 ------------------>|");
	line.protocol = 0;
	line.source.port = line.target.port = 0;
	snprintf(line.info, sizeof(line.info), "%s", "who has 10.0.0.1? tell 10.0.0.2");
	assert_string_equal(drawn(&line),
			    "0.000000  |----- ARP  who has 10.0.0.1? tell 10.0.0.2 ----->|");
}

static void a_line_of_somebody_else_crosses_no_lane(void **state)
{
	struct berth_trace_line line = tcp_line(true, SYN, "SYN", 0);

	(void)state;
	line.source.port = 40001;
	assert_string_equal(drawn(&line), "0.000000  :  SYN  seq 0");
}

static void small_room_cuts_and_terminates(void **state)
{
	struct berth_trace_line line = tcp_line(true, SYN, "SYN", 0);
	struct berth_endpoint left = end_of("10.0.0.2", 40000);
	char small[12];

	(void)state;
	assert_string_equal(berth_trace_sequence_line(&line, &left, small, sizeof(small)),
			    "0.000000  |");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_names_both_lanes),
		cmocka_unit_test(long_names_take_two_lines),
		cmocka_unit_test(a_handshake_is_understood_at_first_sight),
		cmocka_unit_test(each_remark_stands_where_it_is_due),
		cmocka_unit_test(a_label_too_long_says_it_in_fewer_words),
		cmocka_unit_test(no_time_and_no_text_widens_the_picture),
		cmocka_unit_test(what_is_not_tcp_has_its_arrow_too),
		cmocka_unit_test(a_line_of_somebody_else_crosses_no_lane),
		cmocka_unit_test(small_room_cuts_and_terminates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
