// SPDX-License-Identifier: MIT
//
// A packet goes out: the IP header in front, then down to link.
//
// IPv4 packets are never fragmented: DF is always set, and with it the identification means nothing
// and is 0 (RFC 6864 4.1).

#include "../base/assertion.h"
#include "../base/bytes.h"
#include "../wire/wire_ethernet.h"
#include "ip_layer.h"

#define FLOW_LABEL_MASK 0xfffffu

// RFC 6437 3: alike for all packets of a flow, hard to guess for others. The addresses come in
// through the secret flow_hash, the ports are stirred in here.
static uint32_t flow_label_of(const struct ip_path *path, uint8_t protocol,
			      const struct outgoing *out)
{
	uint32_t mixed = path->flow_hash ^ protocol;

	if ((protocol == IP_PROTOCOL_TCP || protocol == IP_PROTOCOL_UDP) && out->header_bytes >= 4)
		mixed ^= load_be32(out->header);
	mixed = (mixed ^ mixed >> 16) * 0x85ebca6bu; // two rounds of multiply and fold
	mixed = (mixed ^ mixed >> 13) * 0xc2b2ae35u;
	return (mixed ^ mixed >> 16) & FLOW_LABEL_MASK;
}

static void prepend_ipv4(const struct ip_path *path, uint8_t protocol, struct outgoing *out,
			 uint32_t packet_bytes)
{
	struct ipv4_header header = {
		.source = path->source,
		.target = path->target,
		.total_bytes = (uint16_t)packet_bytes,
		.tos = path->tos,
		.ttl = path->ttl,
		.protocol = protocol,
		.dont_fragment = true,
	};

	out->header -= IPV4_HEADER_BYTES;
	out->header_bytes += IPV4_HEADER_BYTES;
	ipv4_emit(&header, out->header);
}

static void prepend_ipv6(const struct ip_path *path, uint8_t protocol, struct outgoing *out,
			 uint32_t packet_bytes)
{
	struct ipv6_header header = {
		.source = path->source,
		.target = path->target,
		.flow_label = flow_label_of(path, protocol, out),
		.payload_bytes = (uint16_t)(packet_bytes - IPV6_HEADER_BYTES),
		.traffic_class = path->tos,
		.next_header = protocol,
		.hop_limit = path->ttl,
	};

	out->header -= IPV6_HEADER_BYTES;
	out->header_bytes += IPV6_HEADER_BYTES;
	ipv6_emit(&header, out->header);
}

// DECIDES: is the packet too long for its path? Superframes are cut later (RFC 1191 4)
static bool is_too_long(const struct ip_path *path, const struct outgoing *out,
			uint32_t packet_bytes)
{
	if (packet_bytes > IP_PACKET_BYTES_LIMIT)
		return true;
	return out->segmentation == BERTH_SEGMENTATION_NONE && packet_bytes > path->mtu;
}

enum berth_drop ip_send(struct ip_layer *ip, struct ip_path *path, uint8_t protocol,
			struct outgoing *out, uint64_t now)
{
	bool is_ipv4 = path->target.family == BERTH_FAMILY_IPV4;
	uint32_t header_bytes = is_ipv4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
	uint32_t packet_bytes = header_bytes + out->header_bytes + out->payload_bytes;

	ip_forget_old_path_mtus(ip, now);
	if (is_too_long(path, out, packet_bytes)) {
		if (out->owner)
			packet_release(ip->packets, out->owner);
		out->owner = NULL;
		return ip_drop(ip, BERTH_DROP_IP_TOO_LONG);
	}
	if (out->owner)
		ASSERT(out->header >= out->owner->bytes + header_bytes);
	if (is_ipv4)
		prepend_ipv4(path, protocol, out, packet_bytes);
	else
		prepend_ipv6(path, protocol, out, packet_bytes);
	return link_send(ip->link, &path->link, is_ipv4 ? ETHERNET_TYPE_IPV4 : ETHERNET_TYPE_IPV6,
			 out, now);
}

uint8_t *ip_burst_header(struct ip_layer *ip)
{
	return link_burst_header(ip->link);
}
