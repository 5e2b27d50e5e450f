// SPDX-License-Identifier: MIT
//
// What would be on a real wire instead of this frame?
//
// Each segment gets a copy of the superframe's headers and its share of the payload. Then only
// these fields differ (everything else, options and urgent pointer included, is the same in all):
//
//     IPv4   total length, identification (one more each), header checksum
//     IPv6   payload length
//     TCP    sequence number; FIN and PSH only in the last, CWR only in the first (RFC 3168 6.1.2)
//     UDP    length
//     both   checksum, summed over the segment whether the superframe's was complete or not
//
// The headers are patched in place and not emitted anew, because options this library does not know
// must survive. Superframes come from other machines too (a virtual machine's network card), so
// nothing in them is believed before wire/ has checked it.
#include "cable_segment.h"

#include <string.h>

#include "../base/assertion.h"
#include "../base/bytes.h"
#include "../base/checksum.h"
#include "../base/numbers.h"
#include "../wire/wire_address.h"
#include "../wire/wire_checksum.h"
#include "../wire/wire_ethernet.h"
#include "../wire/wire_ipv4.h"
#include "../wire/wire_ipv6.h"
#include "../wire/wire_tcp.h"
#include "../wire/wire_udp.h"

// Offsets of the fields that are patched.
#define IPV4_TOTAL_LENGTH_AT 2u
#define IPV4_IDENTIFICATION_AT 4u
#define IPV4_CHECKSUM_AT 10u
#define IPV4_SOURCE_AT 12u
#define IPV4_TARGET_AT 16u
#define IPV6_PAYLOAD_LENGTH_AT 4u
#define IPV6_SOURCE_AT 8u
#define IPV6_TARGET_AT 24u
#define TCP_SEQUENCE_AT 4u
#define TCP_FLAGS_AT 13u
#define UDP_LENGTH_AT 4u

// Where is the transport header, and which protocol is it? Returns the end of the IP packet, 0 when
// there is nothing to cut.
static uint32_t find_transport(struct cable_cut *cut, const struct berth_frame *frame)
{
	const uint8_t *ip = cut->headers + ETHERNET_HEADER_BYTES;
	uint32_t here = frame->slice[0].length - ETHERNET_HEADER_BYTES;
	uint32_t all = frame->length - ETHERNET_HEADER_BYTES;
	struct ethernet_header ethernet;
	struct ipv6_upper upper;
	struct ipv4_header ipv4;
	struct ipv6_header ipv6;

	if (!ethernet_parse(cut->headers, frame->slice[0].length, &ethernet))
		return 0;
	cut->ip_at = ETHERNET_HEADER_BYTES;
	if (ethernet.type == ETHERNET_TYPE_IPV4) {
		if (ipv4_parse(ip, here, all, &ipv4) != BERTH_DROP_NONE || ipv4.more_fragments ||
		    ipv4.fragment_offset > 0)
			return 0;
		cut->family = BERTH_FAMILY_IPV4;
		cut->protocol = ipv4.protocol;
		cut->transport_at = cut->ip_at + ipv4.header_bytes;
		return cut->ip_at + ipv4.total_bytes;
	}
	if (ethernet.type != ETHERNET_TYPE_IPV6 ||
	    ipv6_parse(ip, here, all, &ipv6) != BERTH_DROP_NONE ||
	    ipv6_find_upper(ip, here, &ipv6, &upper) != BERTH_DROP_NONE || upper.is_fragment)
		return 0;
	cut->family = BERTH_FAMILY_IPV6;
	cut->protocol = upper.protocol;
	cut->transport_at = cut->ip_at + upper.offset;
	return cut->ip_at + IPV6_HEADER_BYTES + ipv6.payload_bytes;
}

// Length of the transport header, 0 when it is not what the frame's facts say.
static uint32_t transport_header_bytes(const struct cable_cut *cut, const struct berth_frame *frame)
{
	uint32_t here = frame->slice[0].length;
	struct tcp_header tcp;

	if (cut->transport_at >= here)
		return 0;
	here -= cut->transport_at;
	switch (frame->segmentation) {
	case BERTH_SEGMENTATION_TCP4:
	case BERTH_SEGMENTATION_TCP6:
		if (cut->protocol != IP_PROTOCOL_TCP ||
		    !tcp_parse(cut->headers + cut->transport_at, here, &tcp))
			return 0;
		return tcp.header_bytes;
	case BERTH_SEGMENTATION_UDP:
		return cut->protocol == IP_PROTOCOL_UDP && here >= UDP_HEADER_BYTES
			       ? UDP_HEADER_BYTES
			       : 0;
	default:
		return 0;
	}
}

static bool begin_superframe(struct cable_cut *cut, const struct berth_frame *frame)
{
	uint32_t packet_end, transport_bytes;

	cut->headers = frame->slice[0].data;
	cut->segment_bytes = frame->segment_bytes;
	packet_end = find_transport(cut, frame);
	if (packet_end == 0 || packet_end > frame->length)
		return false;
	transport_bytes = transport_header_bytes(cut, frame);
	if (transport_bytes == 0)
		return false;
	cut->header_bytes = cut->transport_at + transport_bytes;
	if (packet_end <= cut->header_bytes || cut->segment_bytes == 0)
		return false;
	slices_trim_to(&cut->left, packet_end); // padding is not payload
	slices_trim_front(&cut->left, cut->header_bytes);
	return cut->left.length <= (uint64_t)cut->segment_bytes * CABLE_SEGMENTS_MAX;
}

bool cable_cut_begin(struct cable_cut *cut, const struct berth_frame *frame)
{
	memset(cut, 0, sizeof(*cut));
	memcpy(cut->left.part, frame->slice, frame->slice_count * sizeof(frame->slice[0]));
	cut->left.count = frame->slice_count;
	cut->left.length = frame->length;
	if (frame->segmentation != BERTH_SEGMENTATION_NONE)
		return begin_superframe(cut, frame);
	cut->segment_bytes = frame->length;
	cut->completes_checksum = frame->checksum == BERTH_CHECKSUM_PARTIAL;
	cut->checksum_start = frame->checksum_start;
	cut->checksum_offset = frame->checksum_offset;
	return !cut->completes_checksum ||
	       (uint32_t)cut->checksum_start + cut->checksum_offset + 2 <= frame->length;
}

uint32_t cable_cut_length(const struct cable_cut *cut)
{
	return cut->left.length == 0
		       ? 0
		       : cut->header_bytes + min_u32(cut->left.length, cut->segment_bytes);
}

static void store_checksum(uint8_t *to, uint64_t sum)
{
	uint16_t checksum = checksum_finish(sum);

	if (checksum == 0) // "none" in UDP (RFC 768); the same number everywhere (RFC 1071)
		checksum = 0xffff;
	memcpy(to, &checksum, sizeof(checksum));
}

static void patch_ip(const struct cable_cut *cut, uint8_t *ip, uint32_t packet_bytes)
{
	uint32_t header_bytes = cut->transport_at - cut->ip_at;
	uint16_t checksum;

	if (cut->family == BERTH_FAMILY_IPV6) {
		store_be16(ip + IPV6_PAYLOAD_LENGTH_AT,
			   (uint16_t)(packet_bytes - IPV6_HEADER_BYTES));
		return;
	}
	store_be16(ip + IPV4_TOTAL_LENGTH_AT, (uint16_t)packet_bytes);
	store_be16(ip + IPV4_IDENTIFICATION_AT,
		   (uint16_t)(load_be16(ip + IPV4_IDENTIFICATION_AT) + cut->index));
	store_be16(ip + IPV4_CHECKSUM_AT, 0);
	checksum = checksum_finish(checksum_add(0, ip, header_bytes));
	memcpy(ip + IPV4_CHECKSUM_AT, &checksum, sizeof(checksum));
}

static void patch_transport(const struct cable_cut *cut, uint8_t *transport, uint32_t bytes)
{
	bool is_last = cut->left.length <= cut->segment_bytes;

	if (cut->protocol == IP_PROTOCOL_UDP) {
		store_be16(transport + UDP_LENGTH_AT, (uint16_t)bytes);
		return;
	}
	store_be32(transport + TCP_SEQUENCE_AT,
		   load_be32(transport + TCP_SEQUENCE_AT) + cut->index * cut->segment_bytes);
	if (!is_last)
		transport[TCP_FLAGS_AT] &= (uint8_t) ~(TCP_FLAG_FIN | TCP_FLAG_PSH);
	if (cut->index > 0)
		transport[TCP_FLAGS_AT] &= (uint8_t)~TCP_FLAG_CWR;
}

static void sum_transport(const struct cable_cut *cut, uint8_t *frame, uint32_t bytes)
{
	bool is_ipv4 = cut->family == BERTH_FAMILY_IPV4;
	const uint8_t *ip = frame + cut->ip_at;
	uint8_t *transport = frame + cut->transport_at;
	uint8_t *field = transport + (cut->protocol == IP_PROTOCOL_UDP ? UDP_CHECKSUM_OFFSET
								       : TCP_CHECKSUM_OFFSET);
	struct berth_address source, target;
	uint64_t sum;

	source = address_of_bytes(cut->family, ip + (is_ipv4 ? IPV4_SOURCE_AT : IPV6_SOURCE_AT));
	target = address_of_bytes(cut->family, ip + (is_ipv4 ? IPV4_TARGET_AT : IPV6_TARGET_AT));
	store_be16(field, 0);
	sum = pseudo_header_sum(&source, &target, cut->protocol, bytes);
	store_checksum(field, checksum_add(sum, transport, bytes));
}

static void complete_checksum(const struct cable_cut *cut, uint8_t *frame, uint32_t length)
{
	uint8_t *start = frame + cut->checksum_start;

	// The field already holds the pseudo header's sum, so it is summed with the rest.
	store_checksum(start + cut->checksum_offset,
		       checksum_add(0, start, length - cut->checksum_start));
}

void cable_cut_emit(const struct cable_cut *cut, uint8_t *to)
{
	uint32_t length = cable_cut_length(cut);
	struct slices part = cut->left;

	ASSERT(length > cut->header_bytes);
	slices_trim_to(&part, length - cut->header_bytes);
	slices_copy_out(&part, to + cut->header_bytes);
	if (cut->header_bytes > 0) {
		memcpy(to, cut->headers, cut->header_bytes);
		patch_ip(cut, to + cut->ip_at, length - cut->ip_at);
		patch_transport(cut, to + cut->transport_at, length - cut->transport_at);
		sum_transport(cut, to, length - cut->transport_at);
	} else if (cut->completes_checksum) {
		complete_checksum(cut, to, length);
	}
}

void cable_cut_advance(struct cable_cut *cut)
{
	slices_trim_front(&cut->left, min_u32(cut->left.length, cut->segment_bytes));
	cut->index++;
}
