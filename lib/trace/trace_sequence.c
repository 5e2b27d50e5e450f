// SPDX-License-Identifier: MIT
//
// How does a conversation look? Two lanes, an arrow for each segment, time downwards.
//
//     time      10.0.0.2:40000                          10.0.0.1:80
//     0.000000  |------------------ SYN  seq 0 ------------------>|  open?
//     0.000180  |<------------ SYN, ACK  seq 0 ack 1 -------------|  yes, open
//
// Columns: time from 1, left lane at 11, right lane at 61, remark from 64 to 80. A label that is
// too long for its arrow is said in fewer words, never across a lane. Remarks are for people who
// see this for the first time: one or two plain words for what the segment does, not what it
// contains.
#include <berth/trace.h>

#include <string.h>

#include "../base/assertion.h"
#include "../base/text.h"
#include "../base/time_units.h"
#include "../wire/wire_ipv4.h"
#include "../wire/wire_tcp.h"

#define LEFT_LANE 10u // columns in front of it
#define ARROW_COLUMNS 49u
#define RIGHT_LANE (LEFT_LANE + 1 + ARROW_COLUMNS)
#define REMARK_COLUMN (RIGHT_LANE + 3)
#define COLUMNS_MAX 80u
#define LABEL_MAX (ARROW_COLUMNS - 5) // head, a dash at either end, a blank at either side

#define BREVITY_MAX 3u

// Fewer decimals for a longer time, so that the column keeps its width for eleven days.
static void append_time(struct text *text, uint64_t at_ns)
{
	uint64_t seconds = at_ns / NS_PER_S;
	unsigned decimals = 6;

	for (; seconds >= 100 && decimals > 0; seconds /= 10)
		decimals--;
	text_append_seconds(text, at_ns, decimals);
}

// A line that belongs to neither lane starts in neither.
static bool is_end(const struct berth_endpoint *end, const struct berth_endpoint *lane)
{
	return berth_address_equal(&end->address, &lane->address) &&
	       (end->port == lane->port || end->port == 0 || lane->port == 0);
}

static void append_number(struct text *text, const char *word, uint64_t number)
{
	text_append(text, word);
	text_append_u64(text, number);
}

// brevity 0: everything. 1: without PSH, which says little. 2: without the acknowledgment too. 3:
// without any number but the length. Numbers are never cut.
static void tcp_label(const struct berth_trace_line *line, unsigned brevity, struct text *label)
{
	const char *flags = line->flag_text;

	if (brevity > 0 && memcmp(flags, "PSH, ", 5) == 0)
		flags += 5;
	text_append(label, flags);
	if (brevity < BREVITY_MAX)
		append_number(label, brevity > 0 ? " seq " : "  seq ", line->sequence);
	if ((line->flags & TCP_FLAG_ACK) && brevity < 2)
		append_number(label, " ack ", line->acknowledgment);
	if (line->payload_bytes > 0)
		append_number(label, " len ", line->payload_bytes);
}

static void other_label(const struct berth_trace_line *line, struct text *label)
{
	switch (line->protocol) {
	case 0:
		text_append(label, line->source.address.family == BERTH_FAMILY_IPV4 ? "ARP  " : "");
		break;
	case IP_PROTOCOL_UDP:
		append_number(label, "UDP  len ", line->payload_bytes);
		return;
	case IP_PROTOCOL_ICMP:
		text_append(label, "ICMP  ");
		break;
	case IP_PROTOCOL_ICMPV6:
		text_append(label, "ICMPv6  ");
		break;
	default:
		append_number(label, "IP protocol ", line->protocol);
		text_append_char(label, ' ');
	}
	text_append(label, line->info);
}

// memory holds LABEL_MAX + 1.
static void make_label(const struct berth_trace_line *line, char *memory)
{
	struct text label;
	unsigned brevity = 0;

	text_init(&label, memory, LABEL_MAX + 1);
	if (!line->flag_text[0]) {
		other_label(line, &label);
		return;
	}
	tcp_label(line, brevity, &label);
	while (label.cut && brevity < BREVITY_MAX) {
		text_init(&label, memory, LABEL_MAX + 1);
		tcp_label(line, ++brevity, &label);
	}
}

static void append_dashes(struct text *text, size_t count)
{
	while (count-- > 0)
		text_append_char(text, '-');
}

static void append_arrow(struct text *text, const char *label, bool to_right)
{
	size_t dashes = ARROW_COLUMNS - 3 - strlen(label); // head and blanks
	size_t in_front = dashes / 2;

	ASSERT(strlen(label) <= LABEL_MAX);
	text_append_char(text, '|');
	if (!to_right)
		text_append_char(text, '<');
	append_dashes(text, in_front);
	text_append_char(text, ' ');
	text_append(text, label);
	text_append_char(text, ' ');
	append_dashes(text, dashes - in_front);
	if (to_right)
		text_append_char(text, '>');
	text_append_char(text, '|');
}

// DECIDES: which words stand beside a TCP segment
static const char *tcp_remark(const struct berth_trace_line *line)
{
	bool is_ack = line->flags & TCP_FLAG_ACK;

	if (line->flags & TCP_FLAG_RST)
		return is_ack && line->sequence == 0 ? "refused" : "broken off";
	if (line->flags & TCP_FLAG_SYN) {
		if (line->retransmission)
			return is_ack ? "yes, open (again)" : "open? (again)";
		return is_ack ? "yes, open" : "open?";
	}
	if (line->retransmission)
		return "sent again";
	if (line->out_of_order)
		return "late";
	if (line->flags & TCP_FLAG_FIN)
		return "no more from here";
	if (line->keepalive)
		return "still there?";
	if (line->duplicate_ack)
		return "still missing";
	if (line->zero_window)
		return "wait: no room";
	if (line->window_update)
		return "room again";
	if (line->payload_bytes > 0)
		return "data";
	if (line->sequence == 1 && line->acknowledgment == 1)
		return "connected";
	return line->round_trip_ns > 0 ? "arrived" : "";
}

static void append_remark(struct text *text, const struct berth_trace_line *line)
{
	const char *remark = line->flag_text[0] ? tcp_remark(line) : "";

	if (!*remark)
		return;
	text_pad_to(text, REMARK_COLUMN);
	text_append(text, remark);
}

const char *berth_trace_sequence_line(const struct berth_trace_line *line,
				      const struct berth_endpoint *left, char *memory, size_t size)
{
	char label[LABEL_MAX + 1];
	struct text text;
	bool to_right;

	text_init(&text, memory, size < COLUMNS_MAX + 1 ? size : COLUMNS_MAX + 1);
	append_time(&text, line->at_ns);
	text_pad_to(&text, LEFT_LANE);
	make_label(line, label);
	to_right = is_end(&line->source, left);
	if (!to_right && !is_end(&line->target, left)) { // of somebody else
		text_append(&text, ":  ");
		text_append(&text, label);
		return memory;
	}
	append_arrow(&text, label, to_right);
	append_remark(&text, line);
	return memory;
}

const char *berth_trace_sequence_header(const struct berth_endpoint *left,
					const struct berth_endpoint *right, char *memory,
					size_t size)
{
	char name[BERTH_ENDPOINT_TEXT_MAX];
	struct text text;
	size_t right_at;

	text_init(&text, memory, size);
	text_append(&text, "time");
	text_pad_to(&text, LEFT_LANE);
	text_append(&text, berth_endpoint_print(left, name, sizeof(name)));
	berth_endpoint_print(right, name, sizeof(name));
	right_at = RIGHT_LANE + 1 - strlen(name); // ends over its lane
	if (text.length + 2 > right_at) {
		text_append_char(&text, '\n');
		right_at += text.length;
	}
	text_pad_to(&text, right_at);
	text_append(&text, name);
	return memory;
}
