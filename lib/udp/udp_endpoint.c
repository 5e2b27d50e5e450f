// SPDX-License-Identifier: MIT
//
// The UDP layer and the life of an endpoint: open, bind, connect, dissolve, close, and its pending
// error.
//
// An endpoint holds a port from bind (or its first connect or send) until close. While it is
// connected its local address is the one packets leave from, but its claim stays as bound: what
// a program took, nobody else gets. Addresses are never mapped here; socket/ does that.
#include <errno.h>
#include <string.h>

#include "../base/assertion.h"
#include "../base/numbers.h"
#include "../wire/wire_address.h"
#include "../wire/wire_ipv4.h"
#include "udp_layer.h"

#define UDP_ENDPOINTS_PER_CHUNK 32u

struct udp_layer *udp_new(struct memory *memory, struct ip_layer *ip, struct packet_pool *packets,
			  struct port_space *ports, struct random *random, uint64_t *drops,
			  const struct berth_config *config)
{
	struct udp_layer *udp = memory_acquire(memory, sizeof(*udp));

	if (!udp)
		return NULL;
	if (!udp_table_init(&udp->table, memory, random)) {
		memory_release(memory, udp, sizeof(*udp));
		return NULL;
	}
	udp->memory = memory;
	udp->ip = ip;
	udp->packets = packets;
	udp->ports = ports;
	udp->drops = drops;
	udp->receive_bytes_max = config->udp_receive_bytes_max;
	// A quarter of the room is left for those who cannot be told to wait: ARP, ICMP,
	// handshakes.
	udp->packets_high = max_u32(1, config->queued_packets_max - config->queued_packets_max / 4);
	udp->packets_low = udp->packets_high / 2;
	list_init(&udp->changed);
	list_init(&udp->blocked);
	object_pool_init(&udp->endpoints, memory, sizeof(struct udp_endpoint),
			 UDP_ENDPOINTS_PER_CHUNK, 0);
	packet_pool_init(&udp->received_packets, memory, packets->buffers, 0);
	return udp;
}

void udp_free(struct udp_layer *udp)
{
	struct memory *memory = udp->memory;

	packet_pool_clear(&udp->received_packets);
	object_pool_clear(&udp->endpoints);
	udp_table_clear(&udp->table);
	memory_release(memory, udp, sizeof(*udp));
}

struct udp_endpoint *udp_open(struct udp_layer *udp, uint8_t family, uint32_t owner)
{
	struct udp_endpoint *endpoint = object_pool_acquire(&udp->endpoints);

	if (!endpoint)
		return NULL;
	endpoint->family = family;
	endpoint->owner = owner;
	endpoint->local.address = address_any(family);
	endpoint->claim.protocol = IP_PROTOCOL_UDP;
	endpoint->claim.address = endpoint->local.address;
	endpoint->ttl = -1;
	endpoint->tos = -1;
	udp_received_init(endpoint, udp->receive_bytes_max);
	return endpoint;
}

void udp_close(struct udp_layer *udp, struct udp_endpoint *endpoint)
{
	udp_table_remove(&udp->table, endpoint);
	port_space_release(udp->ports, &endpoint->claim);
	udp_received_release(udp, endpoint);
	udp_leave_blocked(endpoint);
	list_remove_if_on(&endpoint->changed_node);
	object_pool_release(&udp->endpoints, endpoint);
}

struct port_claim *udp_claim(struct udp_endpoint *endpoint)
{
	return &endpoint->claim;
}

// The endpoint has a port: be found under it.
static void enter_table(struct udp_layer *udp, struct udp_endpoint *endpoint)
{
	endpoint->local.address = endpoint->claim.address;
	endpoint->local.port = endpoint->claim.port;
	udp_table_insert(&udp->table, endpoint);
}

int udp_bind(struct udp_layer *udp, struct udp_endpoint *endpoint,
	     const struct berth_endpoint *local, uint64_t *ret_holder_tag)
{
	const struct port_claim *holder = NULL;
	struct port_claim *claim = &endpoint->claim;
	int result;

	if (endpoint->local.port != 0)
		return -EINVAL;
	// A group may be bound: datagrams to it then arrive, and none to our own addresses.
	if (!berth_address_is_any(&local->address) && !address_is_multicast(&local->address) &&
	    !address_is_broadcast(&local->address) && !ip_address_is_ours(udp->ip, &local->address))
		return -EADDRNOTAVAIL;
	claim->address = local->address;
	if (local->address.family == BERTH_FAMILY_NONE)
		claim->address = address_any(endpoint->family);
	if (local->port == 0)
		result = port_space_claim_any(udp->ports, claim);
	else
		result = port_space_claim(udp->ports, claim, local->port, &holder);
	if (result < 0) {
		if (holder && ret_holder_tag)
			*ret_holder_tag = holder->holder_tag;
		claim->address = address_any(endpoint->family);
		return result;
	}
	endpoint->is_port_bound = true;
	udp_forget_path(endpoint);
	enter_table(udp, endpoint);
	return 0;
}

int udp_bind_any(struct udp_layer *udp, struct udp_endpoint *endpoint,
		 const struct berth_address *address)
{
	ASSERT(endpoint->local.port == 0);
	endpoint->claim.address = *address;
	if (port_space_claim_any(udp->ports, &endpoint->claim) < 0) {
		endpoint->claim.address = address_any(endpoint->family);
		return -EAGAIN;
	}
	enter_table(udp, endpoint);
	return 0;
}

// A port taken without asking belongs to the address it is used from; another remote may need
// another address.
static int move_unbound_claim(struct udp_layer *udp, struct udp_endpoint *endpoint,
			      const struct berth_address *source)
{
	const struct port_claim *holder;
	struct port_claim *claim = &endpoint->claim;
	uint16_t port = claim->port;

	if (endpoint->is_port_bound || berth_address_is_any(&claim->address) ||
	    berth_address_equal(&claim->address, source))
		return 0;
	port_space_release(udp->ports, claim);
	claim->address = *source;
	if (port_space_claim(udp->ports, claim, port, &holder) == 0)
		return 0;
	return port_space_claim_any(udp->ports, claim) < 0 ? -EAGAIN : 0;
}

static void dissolve(struct udp_layer *udp, struct udp_endpoint *endpoint)
{
	udp_table_remove(&udp->table, endpoint);
	memset(&endpoint->remote, 0, sizeof(endpoint->remote));
	endpoint->is_connected = false;
	udp_forget_path(endpoint);
	if (endpoint->is_port_bound) {
		enter_table(udp, endpoint);
		return;
	}
	port_space_release(udp->ports, &endpoint->claim);
	endpoint->claim.address = address_any(endpoint->family);
	endpoint->local.address = endpoint->claim.address;
	endpoint->local.port = 0;
}

// Packets to remote leave from path.source: that is our end from now on, unless a group is bound.
static int connect_over_path(struct udp_layer *udp, struct udp_endpoint *endpoint,
			     const struct berth_endpoint *remote)
{
	struct berth_address source = endpoint->path.source;
	int result;

	if (endpoint->local.port == 0)
		result = udp_bind_any(udp, endpoint, &source);
	else
		result = move_unbound_claim(udp, endpoint, &source);
	if (result < 0)
		return result;
	udp_table_remove(&udp->table, endpoint);
	endpoint->local.port = endpoint->claim.port;
	endpoint->local.address = endpoint->claim.address;
	if (berth_address_is_any(&endpoint->claim.address))
		endpoint->local.address = source;
	endpoint->remote = *remote;
	endpoint->remote.address = endpoint->path.target; // with its scope
	endpoint->is_connected = true;
	udp_table_insert(&udp->table, endpoint);
	return 0;
}

int udp_connect(struct udp_layer *udp, struct udp_endpoint *endpoint,
		const struct berth_endpoint *remote)
{
	struct berth_address source;
	int result;

	if (remote->address.family == BERTH_FAMILY_NONE) {
		if (endpoint->is_connected)
			dissolve(udp, endpoint);
		return 0;
	}
	result = udp_check_target(endpoint, &remote->address);
	if (result < 0)
		return result;
	udp_forget_path(endpoint);
	source = endpoint->is_port_bound ? endpoint->claim.address : address_any(BERTH_FAMILY_NONE);
	result = udp_find_path(udp, endpoint, &remote->address, &source);
	if (result < 0)
		return result;
	result = connect_over_path(udp, endpoint, remote);
	if (result < 0) {
		dissolve(udp, endpoint);
		return result;
	}
	return 0;
}

const struct berth_endpoint *udp_local(const struct udp_endpoint *endpoint)
{
	return &endpoint->local;
}

const struct berth_endpoint *udp_remote(const struct udp_endpoint *endpoint)
{
	return &endpoint->remote;
}

bool udp_is_connected(const struct udp_endpoint *endpoint)
{
	return endpoint->is_connected;
}

void udp_set_ttl_tos(struct udp_endpoint *endpoint, int ttl, int tos)
{
	if (ttl >= 0)
		endpoint->ttl = ttl;
	if (tos >= 0)
		endpoint->tos = tos;
	udp_forget_path(endpoint);
}

void udp_set_soft_errors(struct udp_endpoint *endpoint, bool are_reported)
{
	endpoint->reports_soft_errors = are_reported;
}

void udp_set_broadcast(struct udp_endpoint *endpoint, bool is_allowed)
{
	endpoint->allows_broadcast = is_allowed;
	udp_forget_path(endpoint);
}

const struct link_path *udp_path(const struct udp_endpoint *endpoint)
{
	return endpoint->is_connected && endpoint->has_path ? &endpoint->path.link : NULL;
}

int udp_peek_error(const struct udp_endpoint *endpoint)
{
	return endpoint->error;
}

int udp_take_error(struct udp_endpoint *endpoint)
{
	int error = endpoint->error;

	endpoint->error = 0;
	return error;
}

// DECIDES: does a program hear of this error? (RFC 1122 4.1.3.3; udp(7))
static bool should_report_error(const struct udp_endpoint *endpoint, const struct ip_error *error)
{
	if (endpoint->reports_soft_errors)
		return true;
	return endpoint->is_connected && (error->is_hard || error->error == EMSGSIZE);
}

void udp_on_error(struct udp_layer *udp, const struct ip_error *error, uint64_t now)
{
	struct udp_endpoint *endpoint =
		udp_table_lookup(&udp->table, &error->local, &error->remote);

	// Quotes what none of us can have sent.
	if (!endpoint) {
		udp_drop(udp, BERTH_DROP_ICMP_ERROR_UNRELATED);
		return;
	}
	if (error->error == EMSGSIZE && error->mtu != 0)
		ip_path_mtu_learn(udp->ip, &error->remote.address, error->mtu, now);
	if (!should_report_error(endpoint, error))
		return;
	endpoint->error = error->error;
	udp_mark_changed(udp, endpoint, UDP_CHANGED_ERROR);
}

void udp_mark_changed(struct udp_layer *udp, struct udp_endpoint *endpoint, uint32_t what)
{
	endpoint->changed_what |= what;
	if (!list_contains_node(&endpoint->changed_node))
		list_append(&udp->changed, &endpoint->changed_node);
}

bool udp_next_changed(struct udp_layer *udp, uint32_t *ret_owner, uint32_t *ret_what)
{
	struct udp_endpoint *endpoint;
	struct list_node *node;

	udp_wake_blocked(udp);
	node = list_take_first(&udp->changed);
	if (!node)
		return false;
	endpoint = CONTAINER_OF(node, struct udp_endpoint, changed_node);
	*ret_owner = endpoint->owner;
	*ret_what = endpoint->changed_what;
	endpoint->changed_what = 0;
	return true;
}

uint64_t udp_datagrams_in(const struct udp_layer *udp)
{
	return udp->datagrams_in;
}

uint64_t udp_datagrams_out(const struct udp_layer *udp)
{
	return udp->datagrams_out;
}
