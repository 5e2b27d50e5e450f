// SPDX-License-Identifier: MIT
//
// What does one TCP connection look like to somebody who only watches? Both directions' numbers,
// and what is remarkable about the segment that just passed.
#ifndef BERTH_TRACE_FLOW_H
#define BERTH_TRACE_FLOW_H

#include <berth/trace.h>

#include "../wire/wire_tcp.h"

#define TRACE_SENT_MAX 32u // segments whose time of sending is remembered, per direction
#define TRACE_HOLES_MAX 4u // stretches of sequence numbers that were skipped, per direction

// A segment passed, and its acknowledgment has not.
struct trace_sent {
	uint32_t begin, end;
	uint64_t sent_at;
	bool is_repeated; // which of the two was acknowledged? (RFC 6298 3)
};

struct trace_hole {
	uint32_t begin, end;
	uint64_t seen_at;
};

// One direction. Numbers are relative to its initial sequence number.
struct trace_half {
	uint32_t initial; // on the wire
	bool has_initial, has_sent, has_acked, has_window, has_scale, has_syn, has_rtt;
	bool has_probed; // its last segment was a keepalive or window probe
	uint8_t window_scale;
	uint16_t window;         // last one offered, unscaled
	uint32_t next;           // after the highest it has sent
	uint32_t acked;          // highest acknowledgment it has sent
	uint32_t duplicate_acks; // it sent in a row
	uint64_t rtt_min_ns;     // of its segments
	uint32_t sent_first, sent_count;
	struct trace_sent sent[TRACE_SENT_MAX];
	uint32_t hole_count;
	struct trace_hole holes[TRACE_HOLES_MAX];
};

struct trace_flow {
	struct trace_half half[2];
};

// What the flags of a line have no room for.
enum trace_remark {
	TRACE_REMARK_NONE = 0,
	TRACE_REMARK_AFTER_GAP,    // something before it did not pass here
	TRACE_REMARK_WINDOW_PROBE, // the receiver's window is zero: has it opened?
	TRACE_REMARK_PROBE_ANSWER,
};

// A segment from half `from` (0 or 1) to the other passed. Fills the TCP numbers and flags of line,
// except payload_bytes, which it reads.
enum trace_remark trace_flow_watch(struct trace_flow *flow, unsigned from,
				   const struct tcp_header *header, uint64_t at_ns,
				   struct berth_trace_line *line);

#endif
