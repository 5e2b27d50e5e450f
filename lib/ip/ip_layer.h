// SPDX-License-Identifier: MIT
//
// Layer 3 from the inside: what all of this folder shares.
#ifndef BERTH_IP_IP_LAYER_H
#define BERTH_IP_IP_LAYER_H

#include "../base/siphash.h"
#include "../wire/wire_icmp.h"
#include "../wire/wire_ipv4.h"
#include "../wire/wire_ipv6.h"
#include "icmp_rate_limit.h"
#include "ip.h"
#include "ip_addresses.h"
#include "path_mtu.h"
#include "route_table.h"

#define IP_TTL_DEFAULT 64u  // RFC 1122 3.2.1.7
#define IP_TTL_MULTICAST 1u // RFC 1112 6.1
#define IP_PACKET_BYTES_LIMIT 65535u
#define IP_LOOPBACK_MTU 65535u
#define IP_DSCP_MASK 0xfcu // of TOS and traffic class; the rest is ECN

struct ip_layer {
	struct memory *memory;
	struct link_layer *link;
	struct packet_pool *packets;
	uint64_t *drops;
	struct ip_addresses addresses;
	struct route_table routes;
	struct path_mtu_table path_mtus;
	struct icmp_rate_limit icmp_limit;
	struct siphash_key flow_key;
	uint32_t generation; // of addresses, routes and path MTUs
	uint64_t icmp_in, icmp_out;
};

// What came up, before anything is known about it.
struct ip_arrival {
	const struct berth_frame *frame;
	const struct slices *packet;
	int interface_index; // LINK_LOOPBACK: from ourselves
};

static inline enum berth_drop ip_drop(struct ip_layer *ip, enum berth_drop reason)
{
	ip->drops[reason]++;
	return reason;
}

// ip_layer.c
// What was learnt long ago is forgotten; who kept a path looks again.
void ip_forget_old_path_mtus(struct ip_layer *ip, uint64_t now);

// ipv4_receive.c, ipv6_receive.c
// Check the packet, answer what must be answered. NONE: *ret_packet is filled in but for the facts
// of the frame. Other reasons are counted by the caller.
enum berth_drop ipv4_receive(struct ip_layer *ip, const struct ip_arrival *arrival, uint64_t now,
			     struct ip_packet *ret_packet, uint8_t *ret_protocol);
enum berth_drop ipv6_receive(struct ip_layer *ip, const struct ip_arrival *arrival, uint64_t now,
			     struct ip_packet *ret_packet, uint8_t *ret_protocol);

// ip_receive.c
// The packet's bytes without padding: raw, and payload from the IP header on.
void ip_fill_bytes(const struct ip_arrival *arrival, uint32_t packet_bytes,
		   struct ip_packet *ret_packet);
// NONE, or why no packet may have this source, whatever its family.
enum berth_drop ip_decide_source_drop(const struct ip_layer *ip, const struct berth_address *source,
				      int interface_index);
// NONE, or why the packet is not for us.
enum berth_drop ip_decide_target_drop(const struct ip_layer *ip, const struct ip_arrival *arrival,
				      const struct berth_address *target, bool *ret_is_group);

// icmpv4.c, icmpv6.c
enum ip_result icmpv4_receive(struct ip_layer *ip, const struct ip_packet *packet, uint64_t now,
			      struct ip_error *ret_error);
enum ip_result icmpv6_receive(struct ip_layer *ip, const struct ip_packet *packet, uint64_t now,
			      struct ip_error *ret_error);

// icmp_send.c
// Sum and send the ICMP message that packet holds. Takes packet.
void icmp_send(struct ip_layer *ip, struct ip_path *path, struct packet *message, uint64_t now);
// The message of an echo request, sent back (RFC 1122 3.2.2.6, RFC 4443 4.2).
void icmp_send_echo_reply(struct ip_layer *ip, const struct ip_packet *request, uint8_t reply_type,
			  uint64_t now);

// icmp_error.c
// Tell packet's source that something is wrong with it, when that is allowed and due. rest: the
// second word of the message.
void icmp_send_error(struct ip_layer *ip, const struct ip_packet *packet, uint8_t type,
		     uint8_t code, uint32_t rest, uint64_t now);

// icmp_quote.c
// Which packet of ours is quoted? Fills in protocol, endpoints and sequence number; false: none.
bool icmp_read_quote(const struct ip_layer *ip, uint8_t family, const uint8_t *quote, size_t length,
		     int interface_index, struct ip_error *ret_error, uint16_t *ret_packet_bytes);

#endif
