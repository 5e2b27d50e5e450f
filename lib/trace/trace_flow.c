// SPDX-License-Identifier: MIT
//
// What does one TCP connection look like to somebody who only watches?
//
// Each direction is a half: where its numbers begin, the highest byte it has sent, the highest it
// has acknowledged, the window it offered last. A segment below the highest byte has been here
// before, unless it lies in a hole: a stretch that was skipped. Then it is late, or it was lost
// before this place and sent again; time and duplicate ACKs tell which (is_retransmission_of_hole).
//
// A round trip is measured from the passing of a segment to the passing of the first ACK that
// covers its last byte or ends within it (a superframe is acknowledged in pieces), and never for a
// segment that passed twice (RFC 6298 3). It is the round trip beyond this place.
//
// When the beginning was not seen, the first number seen counts as 1, as after a handshake.
// Everything is bounded: when more is in flight than can be remembered, round trips are measured
// less often, and the oldest hole is taken for filled.
#include "trace_flow.h"

#include <string.h>

#include "../base/assertion.h"
#include "../base/numbers.h"
#include "../base/time_units.h"

#define LATE_UNTIL_NS (UINT64_C(3) * NS_PER_MS)   // without a measured round trip
#define LOST_AFTER_NS (UINT64_C(200) * NS_PER_MS) // usual least retransmission timeout
#define DUPLICATE_ACKS_FOR_REPAIR 2u              // RFC 5681 3.2 wants three; one may be lost

// RFC 9293 3.4: numbers compare within half the circle.
static bool sequence_is_before(uint32_t left, uint32_t right)
{
	return (int32_t)(left - right) < 0;
}

// Captures from several places are not always in the order of time.
static uint64_t elapsed_ns(uint64_t since, uint64_t now)
{
	return now > since ? now - since : 0;
}

static bool is_only_ack(const struct tcp_header *header)
{
	return (header->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST | TCP_FLAG_ACK)) ==
	       TCP_FLAG_ACK;
}

static void forget_half(struct trace_half *half)
{
	memset(half, 0, sizeof(*half));
}

// Where do the numbers of both sides begin? A SYN says so; else a first number seen is made 1.
static void learn_initial(struct trace_flow *flow, unsigned from, const struct tcp_header *header)
{
	struct trace_half *half = &flow->half[from];
	struct trace_half *other = &flow->half[!from];
	bool is_syn = header->flags & TCP_FLAG_SYN;
	bool is_reset = header->flags & TCP_FLAG_RST;

	if (is_syn && half->has_initial && header->sequence.raw != half->initial) {
		forget_half(half); // the ports are used for a new connection
		if (!(header->flags & TCP_FLAG_ACK))
			forget_half(other);
	}
	if (!half->has_initial) {
		half->has_initial = true;
		half->initial = header->sequence.raw - !(is_syn || is_reset);
	}
	if (!other->has_initial && (header->flags & TCP_FLAG_ACK)) {
		other->has_initial = true;
		other->initial = header->acknowledgment.raw - 1;
	}
	if (is_syn) {
		half->has_syn = true;
		half->has_scale = header->options.has_window_scale;
		half->window_scale = header->options.window_scale;
	}
}

// RFC 7323 2.2: scaled when both sides offered it, and never in a SYN.
static uint32_t scaled_window(const struct trace_flow *flow, unsigned from,
			      const struct tcp_header *header)
{
	const struct trace_half *half = &flow->half[from];
	const struct trace_half *other = &flow->half[!from];

	if ((header->flags & TCP_FLAG_SYN) || !half->has_scale || !other->has_scale)
		return header->window;
	return (uint32_t)header->window << min_u32(half->window_scale, 14); // RFC 7323 2.3
}

static struct trace_sent *sent_at(struct trace_half *half, uint32_t index)
{
	return &half->sent[(half->sent_first + index) % TRACE_SENT_MAX];
}

static void remember_sent(struct trace_half *half, uint32_t begin, uint32_t end, uint64_t at_ns)
{
	struct trace_sent *sent;

	if (half->sent_count == TRACE_SENT_MAX)
		return;
	sent = sent_at(half, half->sent_count++);
	sent->begin = begin;
	sent->end = end;
	sent->sent_at = at_ns;
	sent->is_repeated = false;
}

static void mark_repeated(struct trace_half *half, uint32_t begin, uint32_t end)
{
	uint32_t i;

	for (i = 0; i < half->sent_count; i++) {
		struct trace_sent *sent = sent_at(half, i);

		if (sequence_is_before(sent->begin, end) && sequence_is_before(begin, sent->end))
			sent->is_repeated = true;
	}
}

static void add_hole(struct trace_half *half, uint32_t begin, uint32_t end, uint64_t at_ns)
{
	if (half->hole_count == TRACE_HOLES_MAX) {
		memmove(&half->holes[0], &half->holes[1],
			(TRACE_HOLES_MAX - 1) * sizeof(half->holes[0]));
		half->hole_count--;
	}
	half->holes[half->hole_count].begin = begin;
	half->holes[half->hole_count].end = end;
	half->holes[half->hole_count].seen_at = at_ns;
	half->hole_count++;
}

static void remove_hole(struct trace_half *half, uint32_t index)
{
	ASSERT(index < half->hole_count);
	half->hole_count--;
	memmove(&half->holes[index], &half->holes[index + 1],
		(half->hole_count - index) * sizeof(half->holes[0]));
}

// Take [begin, end) out of the holes. false: it lies in none. A segment in the middle of a hole
// leaves the larger rest only.
static bool fill_hole(struct trace_half *half, uint32_t begin, uint32_t end, uint64_t *ret_seen_at)
{
	uint32_t i;

	for (i = 0; i < half->hole_count; i++) {
		struct trace_hole *hole = &half->holes[i];
		uint32_t below = begin - hole->begin, above = hole->end - end;

		if (!sequence_is_before(begin, hole->end) || !sequence_is_before(hole->begin, end))
			continue;
		*ret_seen_at = hole->seen_at;
		if (sequence_is_before(begin, hole->begin))
			below = 0;
		if (sequence_is_before(hole->end, end))
			above = 0;
		if (below == 0 && above == 0)
			remove_hole(half, i);
		else if (below > above)
			hole->end = begin;
		else
			hole->begin = end;
		return true;
	}
	return false;
}

// Bytes came that had been skipped. Were they sent again, or are they merely late?
// DECIDES: retransmission or out of order, for an onlooker
static bool is_retransmission_of_hole(const struct trace_half *receiver, uint64_t age_ns)
{
	uint64_t round_trip_ns = receiver->has_rtt ? receiver->rtt_min_ns : LATE_UNTIL_NS;

	if (age_ns >= max_u64(LOST_AFTER_NS, round_trip_ns))
		return true;
	return receiver->duplicate_acks >= DUPLICATE_ACKS_FOR_REPAIR && age_ns >= round_trip_ns;
}

// A segment that asks for an ACK and carries nothing new (RFC 9293 3.8.4, 3.8.6.1).
static bool is_probe(const struct trace_half *half, const struct trace_half *other,
		     const struct tcp_header *header, uint32_t begin, uint32_t payload_bytes)
{
	if (!is_only_ack(header) || !half->has_sent || begin != half->next - 1)
		return false;
	if (payload_bytes == 0)
		return true;
	return payload_bytes == 1 && other->has_acked &&
	       !sequence_is_before(other->acked, half->next);
}

// Bytes [begin, end) passed. Are they new?
static enum trace_remark watch_sequence(struct trace_half *half, const struct trace_half *other,
					uint32_t begin, uint32_t end, uint64_t at_ns,
					struct berth_trace_line *line)
{
	enum trace_remark remark = TRACE_REMARK_NONE;
	uint64_t hole_seen_at;

	if (begin == end)
		return TRACE_REMARK_NONE;
	if (!half->has_sent) {
		half->has_sent = true;
		half->next = begin;
	}
	if (sequence_is_before(begin, half->next)) {
		if (!fill_hole(half, begin, end, &hole_seen_at)) {
			line->retransmission = true;
			mark_repeated(half, begin, end);
		} else if (is_retransmission_of_hole(other, elapsed_ns(hole_seen_at, at_ns))) {
			line->retransmission = true;
		} else {
			line->out_of_order = true;
		}
		begin = half->next;
	} else if (begin != half->next) {
		add_hole(half, half->next, begin, at_ns);
		remark = TRACE_REMARK_AFTER_GAP;
	}
	if (sequence_is_before(half->next, end)) {
		remember_sent(half, begin, end, at_ns);
		half->next = end;
	}
	return remark;
}

// How long ago did the segment pass that ends at or around ack? Forgets what is acknowledged. 0:
// unknown.
static uint64_t take_round_trip(struct trace_half *sender, uint32_t ack, uint64_t at_ns)
{
	uint64_t round_trip_ns = 0;

	while (sender->sent_count > 0) {
		const struct trace_sent *sent = sent_at(sender, 0);

		if (!sequence_is_before(sent->begin, ack))
			break;
		if (!sequence_is_before(sent->end, ack) && !sent->is_repeated) {
			round_trip_ns = elapsed_ns(sent->sent_at, at_ns);
			if (!sender->has_rtt || round_trip_ns < sender->rtt_min_ns)
				sender->rtt_min_ns = round_trip_ns;
			sender->has_rtt = true;
		}
		if (sequence_is_before(ack, sent->end))
			break;
		sender->sent_first = (sender->sent_first + 1) % TRACE_SENT_MAX;
		sender->sent_count--;
	}
	return round_trip_ns;
}

// The acknowledgment covers more than any before it.
static void advance_ack(struct trace_half *half, struct trace_half *sender, uint32_t ack,
			uint64_t at_ns, struct berth_trace_line *line)
{
	half->has_acked = true;
	half->acked = ack;
	half->duplicate_acks = 0;
	line->round_trip_ns = take_round_trip(sender, ack, at_ns);
	if (!sender->has_sent || sequence_is_before(sender->next, ack)) {
		sender->has_sent = true; // it was sent where nobody watched
		sender->next = ack;
	}
	while (sender->hole_count > 0 && !sequence_is_before(ack, sender->holes[0].end))
		remove_hole(sender, 0);
}

static enum trace_remark watch_ack(struct trace_half *half, struct trace_half *sender,
				   const struct tcp_header *header, uint32_t ack, uint64_t at_ns,
				   struct berth_trace_line *line)
{
	bool is_outstanding;

	if (!half->has_acked || sequence_is_before(half->acked, ack)) {
		advance_ack(half, sender, ack, at_ns, line);
		return TRACE_REMARK_NONE;
	}
	if (ack != half->acked || line->payload_bytes > 0 || !is_only_ack(header))
		return TRACE_REMARK_NONE;
	if (sender->has_probed)
		return TRACE_REMARK_PROBE_ANSWER;
	is_outstanding = sender->has_sent && sequence_is_before(ack, sender->next);
	// RFC 5681 2: same window; with SACK a block says the same (RFC 6675 2).
	if (is_outstanding && (header->window == half->window || header->options.sack_count > 0)) {
		line->duplicate_ack = true;
		half->duplicate_acks++;
	} else {
		line->window_update = half->has_window && header->window > half->window;
	}
	return TRACE_REMARK_NONE;
}

enum trace_remark trace_flow_watch(struct trace_flow *flow, unsigned from,
				   const struct tcp_header *header, uint64_t at_ns,
				   struct berth_trace_line *line)
{
	struct trace_half *half = &flow->half[from];
	struct trace_half *other = &flow->half[!from];
	enum trace_remark remark = TRACE_REMARK_NONE, answer = TRACE_REMARK_NONE;
	bool probes = false;
	uint32_t length = line->payload_bytes;

	ASSERT(from < 2);
	learn_initial(flow, from, header);
	length += !!(header->flags & TCP_FLAG_SYN) + !!(header->flags & TCP_FLAG_FIN);
	line->flags = header->flags;
	line->sequence = header->sequence.raw - half->initial;
	line->window_bytes = scaled_window(flow, from, header);
	if (is_probe(half, other, header, line->sequence, line->payload_bytes)) {
		probes = true;
		line->keepalive = !other->has_window || other->window > 0;
		if (!line->keepalive)
			remark = TRACE_REMARK_WINDOW_PROBE;
	} else if (!(header->flags & TCP_FLAG_RST)) {
		remark = watch_sequence(half, other, line->sequence, line->sequence + length, at_ns,
					line);
	}
	if (header->flags & TCP_FLAG_ACK) {
		line->acknowledgment = header->acknowledgment.raw - other->initial;
		if (!probes && !(header->flags & TCP_FLAG_RST))
			answer = watch_ack(half, other, header, line->acknowledgment, at_ns, line);
	}
	line->zero_window = header->window == 0 && !(header->flags & (TCP_FLAG_SYN | TCP_FLAG_RST));
	half->window = header->window;
	half->has_window = true;
	half->has_probed = probes;
	other->has_probed = false;
	return remark != TRACE_REMARK_NONE ? remark : answer;
}
