// SPDX-License-Identifier: MIT
//
// Reading frames aloud: a line a segment or datagram, with relative sequence numbers, and what an
// expert would remark: retransmission, duplicate ACK, round trip. It watches; it changes nothing.
#ifndef BERTH_TRACE_H
#define BERTH_TRACE_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

struct berth_trace;

// One frame, understood. Text fields are empty when they do not apply.
struct berth_trace_line {
	uint64_t at_ns;
	uint8_t protocol; // 6, 17, 1, 58; 0: ARP or another Ethernet type
	struct berth_mac source_mac, target_mac;
	struct berth_endpoint source, target; // port 0 when the protocol has none
	uint8_t flags;                        // TCP flag byte
	uint32_t sequence, acknowledgment;    // TCP, relative to each side's initial number
	uint32_t payload_bytes;
	uint32_t window_bytes;  // TCP, scaled when the scale was seen
	uint64_t round_trip_ns; // TCP: this ACK answers a segment sent so long ago; 0: none
	bool retransmission, duplicate_ack, out_of_order, zero_window, keepalive, window_update;
	char flag_text[24]; // "SYN, ACK"
	char info[96];      // the rest of the line: options, ARP question, ICMP type, …
};

struct berth_trace *berth_trace_new(const struct berth_allocator *allocator, uint32_t flows_max);
void berth_trace_free(struct berth_trace *trace);

// Look at one frame (in the order of capture). Its length may exceed the sum of its slices: a
// capture that kept only the beginning. Returns false for a frame that cannot be read at all;
// *ret_line then says why in info.
bool berth_trace_feed(struct berth_trace *trace, const struct berth_frame *frame, uint64_t at_ns,
		      struct berth_trace_line *ret_line);

// "0.000123 10.0.0.1:40000 > 10.0.0.2:80 TCP SYN seq 0 win 64240 len 0 mss 1460 …". Returns text.
const char *berth_trace_print(const struct berth_trace_line *line, char *text, size_t size);

// The same as a sequence diagram of two lanes, for who wants to see it: at most 80 columns, line by
// line. left is the endpoint of the left lane (the one seen first, by custom).
//
//     time      10.0.0.2:40000                          10.0.0.1:80
//     0.000000  |------------------ SYN  seq 0 ------------------>|  open?
//     0.000180  |<------------ SYN, ACK  seq 0 ack 1 -------------|  yes, open
//
// Returns text, without a line end; the header is two lines when two long IPv6 addresses do not
// fit on one. A line without ports (ICMP, ARP) goes by its addresses.
#define BERTH_TRACE_SEQUENCE_TEXT_MAX 192
const char *berth_trace_sequence_header(const struct berth_endpoint *left,
					const struct berth_endpoint *right, char *text,
					size_t size);
const char *berth_trace_sequence_line(const struct berth_trace_line *line,
				      const struct berth_endpoint *left, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
