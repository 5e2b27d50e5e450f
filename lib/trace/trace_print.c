// SPDX-License-Identifier: MIT
//
// How does a frame read on one line?
//
//     0.000123 10.0.0.1:40000 > 10.0.0.2:80 TCP SYN seq 0 win 64240 len 0 mss 1460 sackok ws 7
//     0.000160 10.0.0.2:80 > 10.0.0.1:40000 TCP SYN, ACK seq 0 ack 1 win 65535 len 0 [rtt 0.037 ms]
//     0.000010 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff ARP who has 10.0.0.2? tell 10.0.0.1
#include <berth/trace.h>

#include "../base/text.h"
#include "../base/time_units.h"
#include "../wire/wire_ipv4.h"
#include "../wire/wire_tcp.h"

#define TIME_DECIMALS 6u

static void append_end(struct text *text, const struct berth_endpoint *end,
		       const struct berth_mac *mac)
{
	char name[BERTH_ENDPOINT_TEXT_MAX];

	if (end->port > 0)
		text_append(text, berth_endpoint_print(end, name, sizeof(name)));
	else if (end->address.family == BERTH_FAMILY_NONE)
		text_append(text, berth_mac_print(mac, name, sizeof(name)));
	else
		text_append(text, berth_address_print(&end->address, name, sizeof(name)));
}

static void append_protocol(struct text *text, const struct berth_trace_line *line)
{
	switch (line->protocol) {
	case 0:
		if (line->source.address.family == BERTH_FAMILY_IPV4)
			text_append(text, " ARP");
		break;
	case IP_PROTOCOL_TCP:
		text_append(text, " TCP");
		break;
	case IP_PROTOCOL_UDP:
		text_append(text, " UDP");
		break;
	case IP_PROTOCOL_ICMP:
		text_append(text, " ICMP");
		break;
	case IP_PROTOCOL_ICMPV6:
		text_append(text, " ICMPv6");
		break;
	default:
		text_append(text, " IP protocol ");
		text_append_u64(text, line->protocol);
	}
}

static void append_number(struct text *text, const char *word, uint64_t number)
{
	text_append(text, word);
	text_append_u64(text, number);
}

static void append_remarks(struct text *text, const struct berth_trace_line *line)
{
	if (line->retransmission)
		text_append(text, " [retransmission]");
	if (line->out_of_order)
		text_append(text, " [out of order]");
	if (line->duplicate_ack)
		text_append(text, " [duplicate ACK]");
	if (line->keepalive)
		text_append(text, " [keepalive]");
	if (line->zero_window)
		text_append(text, " [zero window]");
	if (line->window_update)
		text_append(text, " [window update]");
	if (line->round_trip_ns > 0) {
		// Milliseconds are thousandths, so seconds of a thousandfold duration read as such.
		text_append(text, " [rtt ");
		text_append_seconds(text, line->round_trip_ns * 1000, 3);
		text_append(text, " ms]");
	}
}

static void append_tcp(struct text *text, const struct berth_trace_line *line)
{
	text_append_char(text, ' ');
	text_append(text, line->flag_text);
	append_number(text, " seq ", line->sequence);
	if (line->flags & TCP_FLAG_ACK)
		append_number(text, " ack ", line->acknowledgment);
	append_number(text, " win ", line->window_bytes);
	append_number(text, " len ", line->payload_bytes);
}

const char *berth_trace_print(const struct berth_trace_line *line, char *memory, size_t size)
{
	bool has_ip = line->protocol > 0;
	struct berth_endpoint none = {0};
	struct text text;

	text_init(&text, memory, size);
	text_append_seconds(&text, line->at_ns, TIME_DECIMALS);
	text_append_char(&text, ' ');
	append_end(&text, has_ip ? &line->source : &none, &line->source_mac);
	text_append(&text, " > ");
	append_end(&text, has_ip ? &line->target : &none, &line->target_mac);
	append_protocol(&text, line);
	if (line->flag_text[0]) // a TCP segment that could be read
		append_tcp(&text, line);
	else if (line->protocol == IP_PROTOCOL_UDP && line->source.port + line->target.port > 0)
		append_number(&text, " len ", line->payload_bytes);
	if (line->info[0]) {
		text_append_char(&text, ' ');
		text_append(&text, line->info);
	}
	append_remarks(&text, line);
	return memory;
}
