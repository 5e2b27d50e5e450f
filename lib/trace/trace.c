// SPDX-License-Identifier: MIT
//
// What does this frame say?
//
// Ethernet, then ARP or IP, then ICMP, UDP or TCP: each step fills its part of the line, and the
// first that cannot be read ends it with a reason. What is remarkable about a TCP segment comes
// from what passed before (trace_flow.c). A segment whose checksum is wrong is told but not
// remembered: its receiver will not have seen it either.
//
// Not here: text (trace_print.c, trace_sequence.c), and reassembly of anything.
#include <berth/trace.h>

#include <string.h>

#include "../base/checksum.h"
#include "../base/slices.h"
#include "../base/text.h"
#include "../wire/wire_arp.h"
#include "../wire/wire_checksum.h"
#include "../wire/wire_ethernet.h"
#include "../wire/wire_ipv4.h"
#include "../wire/wire_ipv6.h"
#include "../wire/wire_udp.h"
#include "trace_flow_table.h"
#include "trace_icmp.h"
#include "trace_tcp_words.h"

struct berth_trace {
	struct memory memory;
	struct trace_flow_table flows;
};

struct berth_trace *berth_trace_new(const struct berth_allocator *allocator, uint32_t flows_max)
{
	struct memory memory;
	struct berth_trace *trace;

	memory_init(&memory, allocator);
	trace = memory_acquire(&memory, sizeof(*trace));
	if (!trace)
		return NULL;
	trace->memory = memory;
	if (!trace_flow_table_init(&trace->flows, &trace->memory, flows_max)) {
		berth_trace_free(trace);
		return NULL;
	}
	return trace;
}

void berth_trace_free(struct berth_trace *trace)
{
	struct memory memory;

	if (!trace)
		return;
	trace_flow_table_clear(&trace->flows);
	memory = trace->memory;
	memory_release(&memory, trace, sizeof(*trace));
}

static bool unreadable(struct berth_trace_line *line, const char *why)
{
	struct text info;

	text_init(&info, line->info, sizeof(line->info));
	text_append(&info, why);
	return false;
}

// A capture may have cut the frame: then there is less in the slices than its length says.
static bool packet_of_frame(const struct berth_frame *frame, struct trace_packet *ret_packet)
{
	uint64_t length = 0;
	unsigned i;

	if (frame->slice_count == 0 || frame->slice_count > BERTH_FRAME_SLICES_MAX)
		return false;
	for (i = 0; i < frame->slice_count; i++)
		length += frame->slice[i].length;
	if (length > frame->length)
		return false;
	memset(ret_packet, 0, sizeof(*ret_packet));
	ret_packet->frame = frame;
	ret_packet->headers = frame->slice[0].data;
	ret_packet->headers_bytes = frame->slice[0].length;
	ret_packet->is_cut = length < frame->length;
	return true;
}

// Is the transport checksum wrong? Only asked when nobody vouches for it.
static bool checksum_is_wrong(const struct trace_packet *packet,
			      const struct berth_trace_line *line)
{
	struct slices bytes;
	uint64_t sum = 0;

	if (packet->frame->checksum != BERTH_CHECKSUM_UNKNOWN || packet->is_cut)
		return false;
	memcpy(bytes.part, packet->frame->slice, sizeof(bytes.part));
	bytes.count = packet->frame->slice_count;
	bytes.length = packet->frame->length;
	slices_trim_to(&bytes, packet->end);
	slices_trim_front(&bytes, packet->transport_at);
	if (line->protocol != IP_PROTOCOL_ICMP)
		sum = pseudo_header_sum(&line->source.address, &line->target.address,
					line->protocol, bytes.length);
	return checksum_finish(slices_checksum(sum, &bytes)) != 0;
}

static void append_wrong_checksum(struct berth_trace_line *line)
{
	struct text info;
	size_t length = strlen(line->info);

	text_init(&info, line->info + length, sizeof(line->info) - length);
	text_append(&info, length > 0 ? " [wrong checksum]" : "[wrong checksum]");
}

static uint32_t segments_of(const struct berth_frame *frame, uint32_t payload_bytes)
{
	if (frame->segmentation == BERTH_SEGMENTATION_NONE || frame->segment_bytes == 0)
		return 1;
	return (payload_bytes + frame->segment_bytes - 1) / frame->segment_bytes;
}

static bool read_tcp(struct berth_trace *trace, const struct trace_packet *packet,
		     struct berth_trace_line *line)
{
	enum trace_remark remark = TRACE_REMARK_NONE;
	uint32_t here, sack_initial = 0;
	struct trace_flow *flow = NULL;
	struct tcp_header header;
	const uint8_t *at;
	bool is_wrong;
	unsigned from;

	at = trace_transport(packet, &here);
	if (!tcp_parse(at, here, &header))
		return unreadable(line, "TCP header cut short or impossible");
	line->source.port = header.source_port;
	line->target.port = header.target_port;
	line->payload_bytes = trace_transport_bytes(packet) - header.header_bytes;
	is_wrong = checksum_is_wrong(packet, line);
	if (!is_wrong)
		flow = trace_flow_table_find(&trace->flows, &line->source, &line->target, &from);
	if (flow) {
		remark = trace_flow_watch(flow, from, &header, line->at_ns, line);
		sack_initial = flow->half[!from].initial;
	} else { // numbers as they are on the wire
		line->flags = header.flags;
		line->sequence = header.sequence.raw;
		line->acknowledgment = header.acknowledgment.raw;
		line->window_bytes = header.window;
	}
	trace_tcp_words(&header, sack_initial, remark,
			segments_of(packet->frame, line->payload_bytes), line);
	if (is_wrong)
		append_wrong_checksum(line);
	return true;
}

static bool read_udp(const struct trace_packet *packet, struct berth_trace_line *line)
{
	struct udp_header header;
	struct text info;
	const uint8_t *at;
	uint32_t here, segments;

	at = trace_transport(packet, &here);
	if (!udp_parse(at, here, trace_transport_bytes(packet), &header))
		return unreadable(line, "UDP header cut short or length impossible");
	line->source.port = header.source_port;
	line->target.port = header.target_port;
	line->payload_bytes = header.length - UDP_HEADER_BYTES;
	segments = segments_of(packet->frame, line->payload_bytes);
	if (segments > 1) {
		text_init(&info, line->info, sizeof(line->info));
		text_append(&info, "datagrams ");
		text_append_u64(&info, segments);
	}
	if (header.checksum != 0 && checksum_is_wrong(packet, line))
		append_wrong_checksum(line);
	return true;
}

static bool read_icmp(const struct trace_packet *packet, struct berth_trace_line *line)
{
	if (!trace_icmp_read(packet, line))
		return false;
	if (checksum_is_wrong(packet, line))
		append_wrong_checksum(line);
	return true;
}

static bool read_transport(struct berth_trace *trace, const struct trace_packet *packet,
			   struct berth_trace_line *line)
{
	switch (line->protocol) {
	case IP_PROTOCOL_TCP:
		return read_tcp(trace, packet, line);
	case IP_PROTOCOL_UDP:
		return read_udp(packet, line);
	case IP_PROTOCOL_ICMP:
	case IP_PROTOCOL_ICMPV6:
		return read_icmp(packet, line);
	default:
		line->payload_bytes = trace_transport_bytes(packet);
		return true;
	}
}

static bool read_fragment(const struct trace_packet *packet, struct berth_trace_line *line,
			  uint32_t offset)
{
	struct text info;

	line->payload_bytes = trace_transport_bytes(packet);
	text_init(&info, line->info, sizeof(line->info));
	text_append(&info, "fragment");
	if (offset > 0) {
		text_append(&info, " at ");
		text_append_u64(&info, offset);
	}
	return true;
}

static bool read_ipv4(struct berth_trace *trace, struct trace_packet *packet,
		      struct berth_trace_line *line)
{
	const uint8_t *at = packet->headers + ETHERNET_HEADER_BYTES;
	struct ipv4_header header;
	enum berth_drop drop;

	drop = ipv4_parse(at, packet->headers_bytes - ETHERNET_HEADER_BYTES,
			  packet->frame->length - ETHERNET_HEADER_BYTES, &header);
	if (drop != BERTH_DROP_NONE)
		return unreadable(line, berth_drop_sentence(drop));
	line->protocol = header.protocol;
	line->source.address = header.source;
	line->target.address = header.target;
	packet->transport_at = ETHERNET_HEADER_BYTES + header.header_bytes;
	packet->end = ETHERNET_HEADER_BYTES + header.total_bytes;
	if (header.more_fragments || header.fragment_offset > 0)
		return read_fragment(packet, line, header.fragment_offset);
	return read_transport(trace, packet, line);
}

static bool read_ipv6(struct berth_trace *trace, struct trace_packet *packet,
		      struct berth_trace_line *line)
{
	const uint8_t *at = packet->headers + ETHERNET_HEADER_BYTES;
	uint32_t here = packet->headers_bytes - ETHERNET_HEADER_BYTES;
	struct ipv6_header header;
	struct ipv6_upper upper;
	enum berth_drop drop;

	drop = ipv6_parse(at, here, packet->frame->length - ETHERNET_HEADER_BYTES, &header);
	if (drop != BERTH_DROP_NONE)
		return unreadable(line, berth_drop_sentence(drop));
	line->protocol = header.next_header;
	line->source.address = header.source;
	line->target.address = header.target;
	packet->end = ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES + header.payload_bytes;
	packet->transport_at = ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES;
	drop = ipv6_find_upper(at, here, &header, &upper);
	if (drop == BERTH_DROP_IP_FRAGMENT || (drop == BERTH_DROP_NONE && upper.is_fragment))
		return read_fragment(packet, line, 0);
	if (drop != BERTH_DROP_NONE)
		return unreadable(line, berth_drop_sentence(drop));
	line->protocol = upper.protocol;
	packet->transport_at = ETHERNET_HEADER_BYTES + upper.offset;
	return read_transport(trace, packet, line);
}

static bool read_arp(const struct trace_packet *packet, struct berth_trace_line *line)
{
	char name[BERTH_ADDRESS_TEXT_MAX];
	struct arp_packet arp;
	struct text info;

	if (!arp_parse(packet->headers + ETHERNET_HEADER_BYTES,
		       packet->headers_bytes - ETHERNET_HEADER_BYTES, &arp))
		return unreadable(line, berth_drop_sentence(BERTH_DROP_ARP_MALFORMED));
	line->source.address = arp.sender_address;
	line->target.address = arp.target_address;
	text_init(&info, line->info, sizeof(line->info));
	if (arp.operation == ARP_REQUEST) {
		text_append(&info, "who has ");
		text_append(&info, berth_address_print(&arp.target_address, name, sizeof(name)));
		text_append(&info, "? tell ");
		text_append(&info, berth_address_print(&arp.sender_address, name, sizeof(name)));
	} else {
		text_append(&info, berth_address_print(&arp.sender_address, name, sizeof(name)));
		text_append(&info, " is at ");
		text_append(&info, berth_mac_print(&arp.sender_mac, name, sizeof(name)));
	}
	return true;
}

static bool read_other_type(const struct trace_packet *packet, uint16_t type,
			    struct berth_trace_line *line)
{
	struct text info;

	line->payload_bytes = packet->frame->length - ETHERNET_HEADER_BYTES;
	text_init(&info, line->info, sizeof(line->info));
	text_append(&info, "Ethernet type 0x");
	text_append_hex(&info, type, 4);
	text_append(&info, " len ");
	text_append_u64(&info, line->payload_bytes);
	return true;
}

bool berth_trace_feed(struct berth_trace *trace, const struct berth_frame *frame, uint64_t at_ns,
		      struct berth_trace_line *ret_line)
{
	struct ethernet_header ethernet;
	struct trace_packet packet;

	memset(ret_line, 0, sizeof(*ret_line));
	ret_line->at_ns = at_ns;
	if (!packet_of_frame(frame, &packet) ||
	    !ethernet_parse(packet.headers, packet.headers_bytes, &ethernet))
		return unreadable(ret_line, berth_drop_sentence(BERTH_DROP_FRAME_TRUNCATED));
	ret_line->source_mac = ethernet.source;
	ret_line->target_mac = ethernet.target;
	switch (ethernet.type) {
	case ETHERNET_TYPE_ARP:
		return read_arp(&packet, ret_line);
	case ETHERNET_TYPE_IPV4:
		return read_ipv4(trace, &packet, ret_line);
	case ETHERNET_TYPE_IPV6:
		return read_ipv6(trace, &packet, ret_line);
	default:
		return read_other_type(&packet, ethernet.type, ret_line);
	}
}
