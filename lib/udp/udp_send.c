// SPDX-License-Identifier: MIT
//
// A datagram goes out: one copy into a packet, thrown, forgotten.
//
// The path to the connected or last target is kept while it is current. A datagram longer than the
// path's MTU is refused (EMSGSIZE): fragments are not offered. The checksum is summed while
// the bytes are copied, or left to an interface that offers to.
//
// A program faster than its cable is told to wait (EAGAIN) when too many packets are queued, and
// told again when half of them have gone.
#include <errno.h>
#include <string.h>

#include "../base/assertion.h"
#include "../base/checksum.h"
#include "../base/numbers.h"
#include "../wire/wire_address.h"
#include "../wire/wire_checksum.h"
#include "../wire/wire_ipv4.h"
#include "../wire/wire_ipv6.h"
#include "../wire/wire_udp.h"
#include "udp_layer.h"

#define UDP_CHECKSUM_NEVER_ZERO 0xffffu // 0 would say "none" (RFC 768)

static bool address_is_group(const struct berth_address *address)
{
	return address_is_multicast(address) || address_is_broadcast(address);
}

// DECIDES: can this socket speak to an address of that family? (ipv6(7))
int udp_check_target(const struct udp_endpoint *endpoint, const struct berth_address *target)
{
	const struct berth_address *bound = &endpoint->claim.address;

	if (endpoint->family == BERTH_FAMILY_IPV4)
		return target->family == BERTH_FAMILY_IPV4 ? 0 : -EAFNOSUPPORT;
	if (target->family == BERTH_FAMILY_IPV4 && endpoint->claim.v6only)
		return -ENETUNREACH;
	// An address taken by connecting is given up by connecting again.
	if (!endpoint->is_port_bound || bound->family == target->family)
		return 0;
	// Only the any address of IPv6 speaks both.
	return bound->family == BERTH_FAMILY_IPV6 && berth_address_is_any(bound) ? 0 : -ENETUNREACH;
}

void udp_forget_path(struct udp_endpoint *endpoint)
{
	endpoint->has_path = false;
}

int udp_find_path(struct udp_layer *udp, struct udp_endpoint *endpoint,
		  const struct berth_address *target, const struct berth_address *source)
{
	struct berth_address any = address_any(target->family);
	struct ip_path *path = &endpoint->path;
	int result;

	if (endpoint->has_path && berth_address_equal(&path->target, target) &&
	    ip_path_is_current(udp->ip, path))
		return 0;
	if (berth_address_is_any(source) || address_is_group(source))
		source = &any;
	endpoint->has_path = false;
	result = ip_find_path(udp->ip, target, source, path);
	if (result < 0)
		return result;
	if (address_is_broadcast(&path->link.next_hop) && !endpoint->allows_broadcast)
		return -EACCES;
	if (endpoint->ttl >= 0)
		path->ttl = (uint8_t)endpoint->ttl;
	if (endpoint->tos >= 0)
		path->tos = (uint8_t)endpoint->tos;
	endpoint->has_path = true;
	return 0;
}

void udp_leave_blocked(struct udp_endpoint *endpoint)
{
	list_remove_if_on(&endpoint->blocked_node);
}

void udp_wake_blocked(struct udp_layer *udp)
{
	struct list_node *node;

	if (udp->packets->used > udp->packets_low)
		return;
	while ((node = list_take_first(&udp->blocked)) != NULL)
		udp_mark_changed(udp, CONTAINER_OF(node, struct udp_endpoint, blocked_node),
				 UDP_CHANGED_WRITABLE);
}

static int64_t wait_for_room(struct udp_layer *udp, struct udp_endpoint *endpoint)
{
	if (!list_contains_node(&endpoint->blocked_node))
		list_append(&udp->blocked, &endpoint->blocked_node);
	return -EAGAIN;
}

// Header and payload, with the checksum as far as it is ours to sum.
static void build_datagram(struct outgoing *out, struct packet *packet, const struct ip_path *path,
			   const struct udp_header *header, const void *data)
{
	uint32_t length = header->length - UDP_HEADER_BYTES;
	uint8_t *bytes = packet_append(packet, header->length);
	uint64_t sum =
		pseudo_header_sum(&path->source, &path->target, IP_PROTOCOL_UDP, header->length);
	uint16_t field;

	udp_emit(header, bytes);
	if (path->offloads & BERTH_OFFLOAD_CHECKSUM) {
		if (length)
			memcpy(bytes + UDP_HEADER_BYTES, data, length);
		field = checksum_fold(sum);
		out->checksum = BERTH_CHECKSUM_PARTIAL;
	} else {
		sum = checksum_add(sum, bytes, UDP_HEADER_BYTES);
		if (length)
			sum = checksum_copy(sum, bytes + UDP_HEADER_BYTES, data, length);
		field = checksum_finish(sum);
		if (field == 0)
			field = UDP_CHECKSUM_NEVER_ZERO;
		out->checksum = BERTH_CHECKSUM_UNKNOWN;
	}
	memcpy(bytes + UDP_CHECKSUM_OFFSET, &field, sizeof(field)); // already in memory order
	out->header = bytes;
	out->header_bytes = UDP_HEADER_BYTES;
	out->transport_bytes = UDP_HEADER_BYTES;
	out->checksum_offset = UDP_CHECKSUM_OFFSET;
	out->owner = packet;
	if (length) {
		out->payload[0].data = bytes + UDP_HEADER_BYTES;
		out->payload[0].length = length;
		out->payload_count = 1;
		out->payload_bytes = length;
	}
}

static int64_t send_over_path(struct udp_layer *udp, struct udp_endpoint *endpoint,
			      uint16_t target_port, const void *data, size_t length, uint64_t now)
{
	struct ip_path *path = &endpoint->path;
	uint32_t ip_bytes =
		path->target.family == BERTH_FAMILY_IPV4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
	struct udp_header header = {0};
	struct outgoing out = {0};
	struct packet *packet;

	if (path->mtu < ip_bytes + UDP_HEADER_BYTES ||
	    length > path->mtu - ip_bytes - UDP_HEADER_BYTES)
		return -EMSGSIZE;
	if (udp->packets->used >= udp->packets_high)
		return wait_for_room(udp, endpoint);
	packet = packet_acquire(udp->packets, UDP_HEADER_BYTES + (uint32_t)length);
	if (!packet) {
		udp_drop(udp, BERTH_DROP_PACKET_MEMORY);
		return -ENOBUFS;
	}
	header.source_port = endpoint->local.port;
	header.target_port = target_port;
	header.length = (uint16_t)(UDP_HEADER_BYTES + length);
	build_datagram(&out, packet, path, &header, data);
	udp->datagrams_out++;
	ip_send(udp->ip, path, IP_PROTOCOL_UDP, &out, now); // lost ones are counted below
	return (int64_t)length;
}

int64_t udp_send(struct udp_layer *udp, struct udp_endpoint *endpoint,
		 const struct berth_endpoint *remote, const void *data, size_t length, uint64_t now)
{
	struct berth_endpoint target;
	struct berth_address any;
	int result = udp_take_error(endpoint);

	if (result)
		return -result;
	if (!remote && !endpoint->is_connected)
		return -EDESTADDRREQ;
	target = remote ? *remote : endpoint->remote;
	if (target.port == 0)
		return -EINVAL;
	result = udp_check_target(endpoint, &target.address);
	if (result < 0)
		return result;
	if (endpoint->is_connected && endpoint->local.address.family != target.address.family)
		return -ENETUNREACH;
	if (endpoint->local.port == 0) {
		any = address_any(endpoint->family);
		result = udp_bind_any(udp, endpoint, &any);
		if (result < 0)
			return result;
	}
	result = udp_find_path(udp, endpoint, &target.address, &endpoint->local.address);
	if (result < 0)
		return result;
	return send_over_path(udp, endpoint, target.port, data, length, now);
}
