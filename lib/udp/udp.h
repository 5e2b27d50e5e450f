// SPDX-License-Identifier: MIT
//
// Front door of UDP: careless by design. A datagram is thrown and forgotten; what arrives waits in
// a bounded queue for its program, or is dropped and counted.
#ifndef BERTH_UDP_UDP_H
#define BERTH_UDP_UDP_H

#include "../ip/ip.h"
#include "../port/port_space.h"

struct udp_layer;

// One UDP socket's transport half. Owned by socket/, which embeds nothing of it: it acquires one
// from the layer and gives it back.
struct udp_endpoint;

struct udp_datagram {
	struct berth_endpoint source, target;
	uint32_t length;
	struct packet *packet; // its data is the payload; released with udp_datagram_release
};

struct udp_layer *udp_new(struct memory *memory, struct ip_layer *ip, struct packet_pool *packets,
			  struct port_space *ports, struct random *random, uint64_t *drops,
			  const struct berth_config *config);
void udp_free(struct udp_layer *udp);

// owner: the socket's own number, given back by udp_next_changed. family as the socket's.
struct udp_endpoint *udp_open(struct udp_layer *udp, uint8_t family, uint32_t owner);
void udp_close(struct udp_layer *udp, struct udp_endpoint *endpoint);

struct port_claim *udp_claim(struct udp_endpoint *endpoint); // flags for bind are set here
// local.port 0: any. Errors of bind.
int udp_bind(struct udp_layer *udp, struct udp_endpoint *endpoint,
	     const struct berth_endpoint *local, uint64_t *ret_holder_tag);
// remote of family none dissolves.
int udp_connect(struct udp_layer *udp, struct udp_endpoint *endpoint,
		const struct berth_endpoint *remote);
const struct berth_endpoint *udp_local(const struct udp_endpoint *endpoint);
const struct berth_endpoint *udp_remote(const struct udp_endpoint *endpoint);

// remote NULL: the connected one. Returns length or -errno (pending ICMP errors first).
int64_t udp_send(struct udp_layer *udp, struct udp_endpoint *endpoint,
		 const struct berth_endpoint *remote, const void *data, size_t length,
		 uint64_t now);
// The oldest datagram, or -EAGAIN or the pending error. The caller releases it.
int udp_receive_next(struct udp_layer *udp, struct udp_endpoint *endpoint,
		     struct udp_datagram *ret_datagram);
void udp_datagram_release(struct udp_layer *udp, struct udp_datagram *datagram);

uint32_t udp_queued_bytes(const struct udp_endpoint *endpoint);
int udp_take_error(struct udp_endpoint *endpoint); // positive errno, cleared
int udp_peek_error(const struct udp_endpoint *endpoint);
void udp_set_receive_limit(struct udp_endpoint *endpoint, uint32_t bytes);
void udp_set_ttl_tos(struct udp_endpoint *endpoint, int ttl, int tos); // -1: leave
// Report errors that say "not now" too, and those of unconnected sockets (IP_RECVERR).
void udp_set_soft_errors(struct udp_endpoint *endpoint, bool are_reported);
// Sending to all (SO_BROADCAST): -EACCES until it is allowed.
void udp_set_broadcast(struct udp_endpoint *endpoint, bool is_allowed);
bool udp_is_connected(const struct udp_endpoint *endpoint);            // perhaps to port 0
const struct link_path *udp_path(const struct udp_endpoint *endpoint); // NULL unless connected

// From the host: a packet for us, an error about one of ours. Down by call, up by return: changed
// endpoints put themselves on a list.
void udp_receive(struct udp_layer *udp, const struct ip_packet *packet, uint64_t now);
void udp_on_error(struct udp_layer *udp, const struct ip_error *error, uint64_t now);

#define UDP_CHANGED_READABLE 1u
#define UDP_CHANGED_ERROR 2u
#define UDP_CHANGED_WRITABLE 4u
// The owner of the next endpoint with news; false: none.
bool udp_next_changed(struct udp_layer *udp, uint32_t *ret_owner, uint32_t *ret_what);

uint64_t udp_datagrams_in(const struct udp_layer *udp);
uint64_t udp_datagrams_out(const struct udp_layer *udp);

#endif
