// SPDX-License-Identifier: MIT
//
// What does an ICMP or ICMPv6 message say, NDP included?
//
// An error quotes the packet it is about; of that, the ports and the far address are told, which is
// how a host finds the connection meant (RFC 1122 3.2.2, RFC 4443 2.4).
#include "trace_icmp.h"

#include "../base/text.h"
#include "../wire/wire_icmp.h"
#include "../wire/wire_ipv4.h"
#include "../wire/wire_ipv6.h"
#include "../wire/wire_ndp.h"
#include "../wire/wire_udp.h"

#define QUOTED_PORTS_BYTES 4u

enum icmp_shape {
	ICMP_SHAPE_PLAIN, // its name says it all
	ICMP_SHAPE_ECHO,
	ICMP_SHAPE_QUOTE,
	ICMP_SHAPE_QUOTE_MTU,
	ICMP_SHAPE_NEIGHBOR,
};

struct icmp_kind {
	uint8_t protocol, type;
	int16_t code; // -1: any
	enum icmp_shape shape;
	const char *name;
};

#define V4 IP_PROTOCOL_ICMP
#define V6 IP_PROTOCOL_ICMPV6

// The first that matches counts.
static const struct icmp_kind icmp_kinds[] = {
	{V4, ICMPV4_ECHO_REQUEST, -1, ICMP_SHAPE_ECHO, "echo request"},
	{V4, ICMPV4_ECHO_REPLY, -1, ICMP_SHAPE_ECHO, "echo reply"},
	{V4, ICMPV4_UNREACHABLE, ICMPV4_UNREACHABLE_NET, ICMP_SHAPE_QUOTE, "net unreachable"},
	{V4, ICMPV4_UNREACHABLE, ICMPV4_UNREACHABLE_HOST, ICMP_SHAPE_QUOTE, "host unreachable"},
	{V4, ICMPV4_UNREACHABLE, ICMPV4_UNREACHABLE_PROTOCOL, ICMP_SHAPE_QUOTE,
	 "protocol unreachable"},
	{V4, ICMPV4_UNREACHABLE, ICMPV4_UNREACHABLE_PORT, ICMP_SHAPE_QUOTE, "port unreachable"},
	{V4, ICMPV4_UNREACHABLE, ICMPV4_UNREACHABLE_NEEDS_FRAGMENTATION, ICMP_SHAPE_QUOTE_MTU,
	 "too big"},
	{V4, ICMPV4_UNREACHABLE, -1, ICMP_SHAPE_QUOTE, "unreachable"},
	{V4, ICMPV4_TIME_EXCEEDED, -1, ICMP_SHAPE_QUOTE, "time exceeded"},
	{V4, ICMPV4_PARAMETER_PROBLEM, -1, ICMP_SHAPE_QUOTE, "parameter problem"},
	{V6, ICMPV6_ECHO_REQUEST, -1, ICMP_SHAPE_ECHO, "echo request"},
	{V6, ICMPV6_ECHO_REPLY, -1, ICMP_SHAPE_ECHO, "echo reply"},
	{V6, ICMPV6_UNREACHABLE, ICMPV6_UNREACHABLE_NO_ROUTE, ICMP_SHAPE_QUOTE, "no route"},
	{V6, ICMPV6_UNREACHABLE, ICMPV6_UNREACHABLE_ADMINISTRATIVELY, ICMP_SHAPE_QUOTE,
	 "prohibited"},
	{V6, ICMPV6_UNREACHABLE, ICMPV6_UNREACHABLE_ADDRESS, ICMP_SHAPE_QUOTE,
	 "address unreachable"},
	{V6, ICMPV6_UNREACHABLE, ICMPV6_UNREACHABLE_PORT, ICMP_SHAPE_QUOTE, "port unreachable"},
	{V6, ICMPV6_UNREACHABLE, -1, ICMP_SHAPE_QUOTE, "unreachable"},
	{V6, ICMPV6_PACKET_TOO_BIG, -1, ICMP_SHAPE_QUOTE_MTU, "too big"},
	{V6, ICMPV6_TIME_EXCEEDED, -1, ICMP_SHAPE_QUOTE, "time exceeded"},
	{V6, ICMPV6_PARAMETER_PROBLEM, -1, ICMP_SHAPE_QUOTE, "parameter problem"},
	{V6, ICMPV6_ROUTER_SOLICITATION, -1, ICMP_SHAPE_PLAIN, "router solicitation"},
	{V6, ICMPV6_ROUTER_ADVERTISEMENT, -1, ICMP_SHAPE_PLAIN, "router advertisement"},
	{V6, ICMPV6_NEIGHBOR_SOLICITATION, -1, ICMP_SHAPE_NEIGHBOR, "neighbor solicitation"},
	{V6, ICMPV6_NEIGHBOR_ADVERTISEMENT, -1, ICMP_SHAPE_NEIGHBOR, "neighbor advertisement"},
};

static const struct icmp_kind *find_kind(uint8_t protocol, const struct icmp_header *header)
{
	size_t i;

	for (i = 0; i < ARRAY_LENGTH(icmp_kinds); i++) {
		const struct icmp_kind *kind = &icmp_kinds[i];

		if (kind->protocol == protocol && kind->type == header->type &&
		    (kind->code < 0 || kind->code == header->code))
			return kind;
	}
	return NULL;
}

// "quotes UDP :40000 > 10.0.0.2:9". at: the quoted packet.
static void append_quote(struct text *info, uint8_t protocol, const uint8_t *at, size_t length)
{
	char name[BERTH_ENDPOINT_TEXT_MAX];
	struct berth_endpoint target = {0};
	uint8_t quoted_protocol;
	struct ipv4_header ipv4;
	struct ipv6_header ipv6;
	struct udp_header ports;
	uint32_t offset;

	if (protocol == IP_PROTOCOL_ICMP && ipv4_parse_quoted(at, length, &ipv4)) {
		target.address = ipv4.target;
		quoted_protocol = ipv4.protocol;
		offset = ipv4.header_bytes;
	} else if (protocol == IP_PROTOCOL_ICMPV6 && ipv6_parse_quoted(at, length, &ipv6)) {
		target.address = ipv6.target;
		quoted_protocol = ipv6.next_header;
		offset = IPV6_HEADER_BYTES;
	} else {
		text_append(info, ", quotes nothing readable");
		return;
	}
	text_append(info, ", quotes ");
	// TCP's ports lie where UDP's do.
	if ((quoted_protocol != IP_PROTOCOL_TCP && quoted_protocol != IP_PROTOCOL_UDP) ||
	    offset + UDP_HEADER_BYTES > length ||
	    !udp_parse(at + offset, UDP_HEADER_BYTES, UINT16_MAX, &ports)) {
		text_append(info, "protocol ");
		text_append_u64(info, quoted_protocol);
		text_append(info, " > ");
		text_append(info, berth_address_print(&target.address, name, sizeof(name)));
		return;
	}
	target.port = ports.target_port;
	text_append(info, quoted_protocol == IP_PROTOCOL_TCP ? "TCP :" : "UDP :");
	text_append_u64(info, ports.source_port);
	text_append(info, " > ");
	text_append(info, berth_endpoint_print(&target, name, sizeof(name)));
}

static void append_echo(struct text *info, const struct icmp_header *header, uint32_t payload_bytes)
{
	text_append(info, " id ");
	text_append_u64(info, header->rest >> 16);
	text_append(info, " seq ");
	text_append_u64(info, header->rest & 0xffff);
	text_append(info, " len ");
	text_append_u64(info, payload_bytes);
}

// "who has fd00::2? tell fd00::1", "fd00::2 is at 02:00:00:00:00:02"
static void append_neighbor(struct text *info, const uint8_t *at, size_t length,
			    const struct berth_trace_line *line)
{
	char name[BERTH_ADDRESS_TEXT_MAX];
	struct ndp_message message;

	if (!ndp_parse(at, length, &message)) {
		text_append(info, "neighbor discovery that cannot be read");
		return;
	}
	if (!message.is_advertisement) {
		text_append(info, "who has ");
		text_append(info, berth_address_print(&message.target, name, sizeof(name)));
		text_append(info, "? tell ");
		text_append(info, berth_address_print(&line->source.address, name, sizeof(name)));
		return;
	}
	text_append(info, berth_address_print(&message.target, name, sizeof(name)));
	text_append(info, " is at ");
	text_append(info, berth_mac_print(message.has_mac ? &message.mac : &line->source_mac, name,
					  sizeof(name)));
}

bool trace_icmp_read(const struct trace_packet *packet, struct berth_trace_line *line)
{
	const struct icmp_kind *kind;
	struct icmp_header header;
	struct text info;
	const uint8_t *at;
	uint32_t here;

	text_init(&info, line->info, sizeof(line->info));
	at = trace_transport(packet, &here);
	if (!icmp_parse(at, here, &header)) {
		text_append(&info, "ICMP message cut short");
		return false;
	}
	line->payload_bytes = trace_transport_bytes(packet) - ICMP_HEADER_BYTES;
	kind = find_kind(line->protocol, &header);
	if (!kind) {
		text_append(&info, "type ");
		text_append_u64(&info, header.type);
		text_append(&info, " code ");
		text_append_u64(&info, header.code);
		return true;
	}
	if (kind->shape == ICMP_SHAPE_NEIGHBOR) {
		append_neighbor(&info, at, here, line);
		return true;
	}
	text_append(&info, kind->name);
	if (kind->shape == ICMP_SHAPE_ECHO)
		append_echo(&info, &header, line->payload_bytes);
	if (kind->shape == ICMP_SHAPE_QUOTE_MTU) {
		text_append(&info, ", MTU ");
		text_append_u64(&info, line->protocol == V4 ? header.rest & 0xffff : header.rest);
	}
	if (kind->shape == ICMP_SHAPE_QUOTE || kind->shape == ICMP_SHAPE_QUOTE_MTU)
		append_quote(&info, line->protocol, at + ICMP_HEADER_BYTES,
			     here - ICMP_HEADER_BYTES);
	return true;
}
