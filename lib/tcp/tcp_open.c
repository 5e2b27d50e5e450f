// SPDX-License-Identifier: MIT
//
// A connection before it is one: open, bind, connect.
//
// A port belongs to a program, so a local port is claimed in the port space before it is used. A
// program that binds gets it alone (or shares on purpose: SO_REUSEADDR, SO_REUSEPORT). A connect
// without bind needs only a tuple of its own: its claim shares the port with other such connections
// whose remotes differ, which is how more of them exist than there are ports (RFC 6056 3.3.4).
//
// Not here: what listening makes of a claim (opening/tcp_listen.c).
#include "tcp_open.h"

#include <errno.h>
#include <string.h>

#include "../base/assertion.h"
#include "../wire/wire_address.h"
#include "../wire/wire_ipv4.h"
#include "closing/tcp_close.h"
#include "receiver/tcp_receiver.h"
#include "sender/tcp_sender.h"
#include "tcp_layer.h"
#include "tcp_options.h"
#include "tcp_output.h"
#include "tcp_path.h"

struct tcp_conn *tcp_conn_new(struct tcp_layer *tcp, uint8_t family, uint32_t owner)
{
	struct tcp_conn *conn = object_pool_acquire(&tcp->conns);

	if (!conn)
		return NULL;
	conn->state = TCP_STATE_CLOSED;
	conn->family = family;
	conn->owner = owner;
	conn->entry.kind = TCP_ENTRY_CONN;
	conn->entry.local.address.family = family;
	conn->claim.protocol = IP_PROTOCOL_TCP;
	conn->claim.address = address_any(family);
	tcp_timers_init(&conn->timers);
	tcp_settings_init(&conn->settings, tcp->congestion);
	list_append(&tcp->all, &conn->all_node);
	return conn;
}

struct tcp_conn *tcp_open(struct tcp_layer *tcp, uint8_t family, uint32_t owner)
{
	return tcp_conn_new(tcp, family, owner);
}

struct port_claim *tcp_claim(struct tcp_conn *conn)
{
	return &conn->claim;
}

void tcp_conn_release_port(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	port_space_release(tcp->ports, &conn->claim);
	conn->claim.is_connection = false;
	if (conn->hold)
		tcp_port_hold_release(tcp, conn->hold);
	conn->hold = NULL;
	if (!conn->is_bound)
		conn->claim.address = address_any(conn->family);
}

// May a socket of this family use that address? (RFC 3493 3.7)
static bool family_fits(const struct tcp_conn *conn, const struct berth_address *address)
{
	if (address->family == conn->family)
		return !address_is_mapped(address);
	return conn->family == BERTH_FAMILY_IPV6 && address->family == BERTH_FAMILY_IPV4 &&
	       !conn->claim.v6only;
}

// Enter the claim on port, or on any when it is 0.
static int claim_port(struct tcp_layer *tcp, struct tcp_conn *conn, uint16_t port,
		      uint64_t *ret_holder_tag)
{
	const struct port_claim *holder;

	if (port == 0)
		return port_space_claim_any(tcp->ports, &conn->claim);
	if (port_space_claim(tcp->ports, &conn->claim, port, &holder) == 0)
		return 0;
	if (ret_holder_tag)
		*ret_holder_tag = holder->holder_tag;
	return -EADDRINUSE;
}

int tcp_bind(struct tcp_layer *tcp, struct tcp_conn *conn, const struct berth_endpoint *local,
	     uint64_t *ret_holder_tag)
{
	struct berth_endpoint wanted = tcp_endpoint_of(&local->address, local->port);
	bool any = berth_address_is_any(&wanted.address);
	int result = 0;

	if (conn->state != TCP_STATE_CLOSED || conn->was_established || conn->is_bound)
		return -EINVAL;
	if (wanted.address.family == BERTH_FAMILY_NONE)
		wanted.address = address_any(conn->family);
	if (!family_fits(conn, &wanted.address))
		return -EAFNOSUPPORT;
	if (!any && !ip_address_is_ours(tcp->ip, &wanted.address))
		return -EADDRNOTAVAIL;

	conn->claim.address = wanted.address;
	if (wanted.port != 0 || !conn->settings.bind_address_no_port)
		result = claim_port(tcp, conn, wanted.port, ret_holder_tag);
	if (result < 0) {
		conn->claim.address = address_any(conn->family);
		return result;
	}
	conn->is_bound = true;
	conn->entry.local = tcp_endpoint_of(&wanted.address, conn->claim.port);
	return 0;
}

// May the tuple be used? A remnant of ours that is old enough yields.
static bool tuple_is_free(struct tcp_layer *tcp, const struct berth_endpoint *local,
			  const struct berth_endpoint *remote, uint64_t now)
{
	struct tcp_table_entry *entry = tcp_table_lookup(&tcp->table, local, remote);

	return !entry ||
	       (entry->kind == TCP_ENTRY_REMNANT &&
		tcp_time_wait_may_reuse(&tcp->remnants, (const struct tcp_remnant *)entry, now));
}

// A local port for a connection from local's address to remote. 0 or -EADDRNOTAVAIL.
static int choose_port(struct tcp_layer *tcp, struct tcp_conn *conn, struct berth_endpoint *local,
		       const struct berth_endpoint *remote, uint64_t now)
{
	uint32_t ports = (uint32_t)tcp->ports->ephemeral_high - tcp->ports->ephemeral_low + 1;
	const struct port_claim *holder;

	conn->claim.is_connection = true;
	for (uint32_t attempt = 0; attempt < ports; attempt++) {
		local->port = port_space_candidate(tcp->ports, IP_PROTOCOL_TCP, &local->address,
						   remote, attempt);
		// A connection to itself is never what a program wants that did not ask for it.
		if (memcmp(local, remote, sizeof(*local)) == 0)
			continue;
		if (!tuple_is_free(tcp, local, remote, now))
			continue;
		if (port_space_claim(tcp->ports, &conn->claim, local->port, &holder) == 0)
			return 0;
	}
	conn->claim.is_connection = false;
	return -EADDRNOTAVAIL;
}

// The local end: what was bound, and the rest as the path and the port space have it.
static int choose_local(struct tcp_layer *tcp, struct tcp_conn *conn, const struct ip_path *path,
			const struct berth_endpoint *remote, struct berth_endpoint *ret_local,
			uint64_t now)
{
	struct berth_endpoint local = tcp_endpoint_of(&path->source, conn->claim.port);
	int result;

	if (conn->claim.port == 0) {
		struct berth_address before = conn->claim.address;

		conn->claim.address = local.address;
		result = choose_port(tcp, conn, &local, remote, now);
		if (result < 0) {
			conn->claim.address = before;
			return result;
		}
	} else if (!tuple_is_free(tcp, &local, remote, now)) {
		return -EADDRNOTAVAIL;
	}
	*ret_local = local;
	return 0;
}

static int check_may_connect(struct tcp_conn *conn)
{
	if (conn->state == TCP_STATE_SYN_SENT || conn->state == TCP_STATE_SYN_RECEIVED)
		return -EALREADY;
	if (conn->state != TCP_STATE_CLOSED || conn->was_established)
		return -EISCONN;
	return 0;
}

// Where to? "Any" means ourselves, as everywhere.
static int check_remote(const struct tcp_conn *conn, const struct berth_endpoint *remote,
			struct berth_endpoint *ret_remote)
{
	struct berth_endpoint wanted = tcp_endpoint_of(&remote->address, remote->port);

	if (!family_fits(conn, &wanted.address))
		return wanted.address.family == BERTH_FAMILY_IPV4 &&
				       conn->family == BERTH_FAMILY_IPV6
			       ? -ENETUNREACH
			       : -EAFNOSUPPORT;
	if (wanted.port == 0)
		return -EADDRNOTAVAIL;
	if (address_is_multicast(&wanted.address) || address_is_broadcast(&wanted.address))
		return -ENETUNREACH;
	if (berth_address_is_any(&wanted.address)) {
		if (wanted.address.family == BERTH_FAMILY_IPV4)
			wanted.address = berth_ipv4(127, 0, 0, 1);
		else
			wanted.address.byte[15] = 1;
	}
	*ret_remote = wanted;
	return 0;
}

static int find_path(struct tcp_layer *tcp, struct tcp_conn *conn,
		     const struct berth_address *remote, struct ip_path *ret_path)
{
	struct berth_address source = conn->claim.address;

	if (berth_address_is_any(&source))
		source = address_any(remote->family);
	else if (source.family != remote->family)
		return -ENETUNREACH;
	return ip_find_path(tcp->ip, remote, &source, ret_path);
}

// The connection begins: its SYN goes out with the next transmission.
static void begin_handshake(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now)
{
	struct tcp_table_entry *entry =
		tcp_table_lookup(&tcp->table, &conn->entry.local, &conn->entry.remote);
	tcp_seq at_least, *at_least_known = NULL;

	if (entry) { // an old remnant: tuple_is_free said yes
		struct tcp_remnant *remnant = (struct tcp_remnant *)entry;

		at_least = tcp_time_wait_next_iss(remnant);
		at_least_known = &at_least;
		tcp_remnant_free(tcp, remnant);
	}
	tcp_negotiate_offer(tcp, &conn->settings, &conn->path, &conn->agreed);
	tcp_receiver_init(tcp, conn, tcp_seq_of(0));
	tcp_sender_init(tcp, conn,
			tcp_isn_choose(&tcp->isn, &conn->entry.local, &conn->entry.remote,
				       at_least_known, now));
	tcp_state_change(conn, TCP_EVENT_CONNECT);
	tcp_table_insert(&tcp->table, &conn->entry);
	tcp->counters.tcp_opened_active++;
	tcp->counters.tcp_connections++;
	tcp_output_request(tcp, conn);
}

int tcp_connect(struct tcp_layer *tcp, struct tcp_conn *conn, const struct berth_endpoint *remote,
		uint64_t now)
{
	struct berth_endpoint local, target;
	struct ip_path path;
	int result = check_may_connect(conn);

	if (result == 0)
		result = check_remote(conn, remote, &target);
	if (result == 0)
		result = find_path(tcp, conn, &target.address, &path);
	if (result == 0)
		result = choose_local(tcp, conn, &path, &target, &local, now);
	if (result < 0)
		return result;

	tcp_path_apply_settings(&path, &conn->settings);
	conn->path = path;
	conn->entry.local = local;
	conn->entry.remote = target;
	conn->soft_error = 0;
	conn->error = 0;
	begin_handshake(tcp, conn, now);
	return -EINPROGRESS;
}

const struct berth_endpoint *tcp_local(const struct tcp_conn *conn)
{
	return &conn->entry.local;
}

const struct berth_endpoint *tcp_remote(const struct tcp_conn *conn)
{
	return &conn->entry.remote;
}

int tcp_take_error(struct tcp_conn *conn)
{
	int error = conn->error;

	conn->error = 0;
	return error;
}

int tcp_peek_error(const struct tcp_conn *conn)
{
	return conn->error;
}
