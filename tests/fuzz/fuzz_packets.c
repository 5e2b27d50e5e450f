// SPDX-License-Identifier: MIT
//
// How are right frames built around wrong bytes, and which frames may a host send?
#include "fuzz_packets.h"

#include <string.h>

#include "../../lib/base/assertion.h"

#define ETHERNET_BYTES 14u
#define TYPE_IPV4 0x0800u
#define TYPE_ARP 0x0806u
#define TYPE_IPV6 0x86ddu
#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_ICMPV6 58

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
	put16(to, value >> 16);
	put16(to + 2, value);
}

static uint32_t get16(const uint8_t *from)
{
	return (uint32_t)from[0] << 8 | from[1];
}

static uint32_t get32(const uint8_t *from)
{
	return get16(from) << 16 | get16(from + 2);
}

static uint32_t sum_of(uint32_t sum, const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void put_addresses(struct fuzz_frame *frame, uint8_t from, uint8_t to, uint32_t type)
{
	memset(frame->bytes, 0, ETHERNET_BYTES + 60);
	frame->bytes[0] = frame->bytes[6] = 2;
	frame->bytes[5] = to;
	frame->bytes[11] = from;
	put16(frame->bytes + 12, type);
}

// Where the sum of an upper protocol stands; 0: it has none here.
static uint32_t sum_offset(uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return 16;
	case PROTOCOL_UDP:
		return 6;
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		return 2;
	default:
		return 0;
	}
}

static uint32_t pseudo_sum(const uint8_t *ip, uint8_t protocol, uint32_t length)
{
	if (protocol == PROTOCOL_ICMP)
		return 0;
	if (ip[0] >> 4 == 4)
		return sum_of(protocol + length, ip + 12, 8);
	return sum_of(protocol + length, ip + 8, 32);
}

static void put_ipv4(uint8_t *ip, uint8_t from, uint8_t to, uint8_t protocol, uint32_t length)
{
	const uint8_t network[3] = {10, 0, 0};

	ip[0] = 0x45;
	put16(ip + 2, 20 + length);
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, network, 3);
	memcpy(ip + 16, network, 3);
	ip[15] = from;
	ip[19] = to;
	put16(ip + 10, ~sum_of(0, ip, 20));
}

static void put_ipv6(uint8_t *ip, uint8_t from, uint8_t to, uint8_t protocol, uint32_t length)
{
	ip[0] = 0x60;
	put16(ip + 4, length);
	ip[6] = protocol;
	ip[7] = 255;
	ip[8] = ip[24] = 0xfd;
	ip[23] = from;
	ip[39] = to;
}

void fuzz_build_packet(struct fuzz_frame *frame, uint8_t from, uint8_t to, bool is_ipv6,
		       uint8_t protocol, const uint8_t *payload, uint32_t length)
{
	uint8_t *ip = frame->bytes + ETHERNET_BYTES;
	uint32_t header_bytes = is_ipv6 ? 40 : 20;
	uint32_t at = sum_offset(protocol);
	uint8_t *upper = ip + header_bytes;

	put_addresses(frame, from, to, is_ipv6 ? TYPE_IPV6 : TYPE_IPV4);
	if (is_ipv6)
		put_ipv6(ip, from, to, protocol, length);
	else
		put_ipv4(ip, from, to, protocol, length);
	if (length)
		memcpy(upper, payload, length);
	frame->length = ETHERNET_BYTES + header_bytes + length;
	if (at == 0 || length < at + 2)
		return;
	put16(upper + at, 0);
	put16(upper + at, ~sum_of(pseudo_sum(ip, protocol, length), upper, length));
}

void fuzz_build_segment(struct fuzz_frame *frame, uint8_t from, uint8_t to,
			const struct fuzz_segment *segment)
{
	static uint8_t bytes[FUZZ_FRAME_BYTES_MAX];
	uint32_t header_bytes = 20u + segment->option_bytes;

	memset(bytes, 0, 20);
	put16(bytes, segment->source_port);
	put16(bytes + 2, segment->target_port);
	put32(bytes + 4, segment->seq);
	put32(bytes + 8, segment->ack);
	bytes[12] = (uint8_t)(header_bytes / 4 << 4);
	bytes[13] = segment->flags;
	put16(bytes + 14, segment->window);
	if (segment->option_bytes)
		memcpy(bytes + 20, segment->options, segment->option_bytes);
	if (segment->payload_bytes)
		memcpy(bytes + header_bytes, segment->payload, segment->payload_bytes);
	fuzz_build_packet(frame, from, to, segment->is_ipv6, PROTOCOL_TCP, bytes,
			  header_bytes + segment->payload_bytes);
}

void fuzz_build_error(struct fuzz_frame *frame, uint8_t from, uint8_t to, uint8_t type,
		      uint8_t code, uint32_t number, const struct fuzz_frame *quoted)
{
	bool is_ipv6 = get16(quoted->bytes + 12) == TYPE_IPV6;
	uint32_t quoted_bytes = quoted->length - ETHERNET_BYTES;
	uint8_t bytes[8 + 100] = {type, code};

	if (quoted_bytes > 100)
		quoted_bytes = 100;
	put32(bytes + 4, number);
	memcpy(bytes + 8, quoted->bytes + ETHERNET_BYTES, quoted_bytes);
	fuzz_build_packet(frame, from, to, is_ipv6, is_ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP,
			  bytes, 8 + quoted_bytes);
}

void fuzz_build_arp(struct fuzz_frame *frame, uint8_t from, uint8_t to, uint8_t operation)
{
	const uint8_t head[8] = {0, 1, 8, 0, 6, 4, 0, operation};
	const uint8_t network[3] = {10, 0, 0};
	uint8_t *arp = frame->bytes + ETHERNET_BYTES;

	put_addresses(frame, from, to, TYPE_ARP);
	memcpy(arp, head, 8);
	memcpy(arp + 8, frame->bytes + 6, 6);
	memcpy(arp + 14, network, 3);
	arp[17] = from;
	memcpy(arp + 18, frame->bytes, 6);
	memcpy(arp + 24, network, 3);
	arp[27] = to;
	frame->length = ETHERNET_BYTES + 28;
}

// --- what a host sends ---------------------------------------------------------------------------

static void check_slices(const struct berth_frame *sent, struct fuzz_frame *frame)
{
	ASSERT(sent->slice_count > 0 && sent->slice_count <= BERTH_FRAME_SLICES_MAX);
	ASSERT(sent->length <= BERTH_FRAME_BYTES_MAX);
	frame->length = 0;
	for (unsigned i = 0; i < sent->slice_count; i++) {
		ASSERT(frame->length + sent->slice[i].length <= sent->length);
		memcpy(frame->bytes + frame->length, sent->slice[i].data, sent->slice[i].length);
		frame->length += sent->slice[i].length;
	}
	ASSERT(frame->length == sent->length);
	ASSERT(sent->slice[0].length >= ETHERNET_BYTES);
}

static void check_facts(const struct berth_frame *sent)
{
	ASSERT(sent->checksum == BERTH_CHECKSUM_UNKNOWN ||
	       sent->checksum == BERTH_CHECKSUM_PARTIAL);
	if (sent->checksum == BERTH_CHECKSUM_PARTIAL)
		ASSERT(sent->checksum_start + sent->checksum_offset + 2u <= sent->slice[0].length);
	if (sent->segmentation == BERTH_SEGMENTATION_NONE) {
		ASSERT(sent->segment_bytes == 0);
		return;
	}
	ASSERT(sent->segment_bytes > 0);
	ASSERT(sent->header_bytes <= sent->slice[0].length);
}

static void check_upper(const struct fuzz_frame *frame, const uint8_t *ip, uint8_t protocol,
			uint32_t header_bytes, uint32_t length, bool has_sum)
{
	const uint8_t *upper = ip + header_bytes;

	ASSERT(frame->length >= ETHERNET_BYTES + header_bytes + length);
	if (!has_sum || sum_offset(protocol) == 0)
		return;
	if (protocol == PROTOCOL_UDP && get16(upper + 6) == 0 && ip[0] >> 4 == 4)
		return;
	ASSERT(sum_of(pseudo_sum(ip, protocol, length), upper, length) == 0xffff);
}

void fuzz_take_frame(const struct berth_frame *sent, struct fuzz_frame *frame)
{
	const uint8_t *ip = frame->bytes + ETHERNET_BYTES;
	bool has_sum = sent->checksum == BERTH_CHECKSUM_UNKNOWN;
	uint32_t type;

	check_slices(sent, frame);
	check_facts(sent);
	type = get16(frame->bytes + 12);
	ASSERT(type == TYPE_ARP || type == TYPE_IPV4 || type == TYPE_IPV6);
	if (type == TYPE_IPV4) {
		uint32_t header_bytes = (ip[0] & 15) * 4u;

		ASSERT(frame->length >= ETHERNET_BYTES + 20 && ip[0] >> 4 == 4 &&
		       header_bytes >= 20);
		ASSERT(sum_of(0, ip, header_bytes) == 0xffff);
		ASSERT(get16(ip + 2) >= header_bytes);
		check_upper(frame, ip, ip[9], header_bytes, get16(ip + 2) - header_bytes,
			    has_sum && (get16(ip + 6) & 0x3fff) == 0);
	} else if (type == TYPE_IPV6) {
		ASSERT(frame->length >= ETHERNET_BYTES + 40 && ip[0] >> 4 == 6);
		check_upper(frame, ip, ip[6], 40, get16(ip + 4), has_sum);
	}
}

bool fuzz_read_segment(const struct fuzz_frame *frame, struct fuzz_segment *ret_segment)
{
	uint32_t type = get16(frame->bytes + 12);
	const uint8_t *ip = frame->bytes + ETHERNET_BYTES;
	bool is_ipv6 = type == TYPE_IPV6;
	const uint8_t *tcp = ip + (is_ipv6 ? 40 : 20);
	uint32_t length, header_bytes;

	if ((type != TYPE_IPV4 && !is_ipv6) || (is_ipv6 ? ip[6] : ip[9]) != PROTOCOL_TCP)
		return false;
	length = is_ipv6 ? get16(ip + 4) : get16(ip + 2) - 20;
	header_bytes = (tcp[12] >> 4) * 4u;
	ASSERT(header_bytes >= 20 && header_bytes <= length);
	memset(ret_segment, 0, sizeof(*ret_segment));
	ret_segment->is_ipv6 = is_ipv6;
	ret_segment->source_port = (uint16_t)get16(tcp);
	ret_segment->target_port = (uint16_t)get16(tcp + 2);
	ret_segment->seq = get32(tcp + 4);
	ret_segment->ack = get32(tcp + 8);
	ret_segment->flags = tcp[13];
	ret_segment->window = (uint16_t)get16(tcp + 14);
	ret_segment->options = tcp + 20;
	ret_segment->option_bytes = (uint8_t)(header_bytes - 20);
	ret_segment->payload = tcp + header_bytes;
	ret_segment->payload_bytes = length - header_bytes;
	return true;
}
