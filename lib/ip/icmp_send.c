// SPDX-License-Identifier: MIT
//
// Sending ICMP messages: sum them, put them on their way. Echo replies are made here, too, alike
// for both families.

#include <string.h>

#include "../base/checksum.h"
#include "../wire/wire_checksum.h"
#include "ip_layer.h"

#define ICMP_CHECKSUM_OFFSET 2u

void icmp_send(struct ip_layer *ip, struct ip_path *path, struct packet *message, uint64_t now)
{
	bool is_ipv4 = path->target.family == BERTH_FAMILY_IPV4;
	struct outgoing out = {
		.header = packet_data(message),
		.header_bytes = packet_length(message),
		.owner = message,
	};
	uint64_t sum = 0;
	uint16_t checksum;

	if (!is_ipv4)
		sum = pseudo_header_sum(&path->source, &path->target, IP_PROTOCOL_ICMPV6,
					packet_length(message));
	checksum = checksum_finish(checksum_add(sum, packet_data(message), packet_length(message)));
	memcpy(packet_data(message) + ICMP_CHECKSUM_OFFSET, &checksum, sizeof(checksum));
	if (ip_send(ip, path, is_ipv4 ? IP_PROTOCOL_ICMP : IP_PROTOCOL_ICMPV6, &out, now) ==
	    BERTH_DROP_NONE)
		ip->icmp_out++;
}

// From the address that was asked; from our best one when a group was.
static bool find_reply_path(struct ip_layer *ip, const struct ip_packet *packet,
			    struct ip_path *ret_path)
{
	struct berth_address source = packet->target;

	if (packet->target_is_group)
		memset(&source, 0, sizeof(source));
	if (ip_find_path(ip, &packet->source, &source, ret_path) < 0) {
		ip_drop(ip, BERTH_DROP_IP_NO_ROUTE);
		return false;
	}
	return true;
}

void icmp_send_echo_reply(struct ip_layer *ip, const struct ip_packet *request, uint8_t reply_type,
			  uint64_t now)
{
	struct packet *reply;
	struct ip_path path;
	struct icmp_header header;
	uint8_t *message;

	if (!find_reply_path(ip, request, &path))
		return;
	reply = packet_acquire(ip->packets, request->payload.length);
	if (!reply) {
		ip_drop(ip, BERTH_DROP_PACKET_MEMORY);
		return;
	}
	message = packet_append(reply, request->payload.length);
	slices_copy_out(&request->payload, message);
	icmp_parse(message, request->payload.length, &header);
	header.type = reply_type;
	icmp_emit(&header, message); // RFC 1122 3.2.2.6: identifier, sequence and data as they came
	path.tos = request->tos & IP_DSCP_MASK;
	icmp_send(ip, &path, reply, now);
}
