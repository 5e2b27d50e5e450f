// SPDX-License-Identifier: MIT
//
// Front door of layer 3: which computer?
//
// Addresses and routes of this host, checking what arrives, heading what leaves, ICMP. Knows IPv4
// and IPv6; layers above see struct berth_address and rarely ask which.
#ifndef BERTH_IP_IP_H
#define BERTH_IP_IP_H

#include "../link/link.h"

struct ip_layer; // ip_layer.h, private

// How packets to one destination leave. Found once per connection and kept; ip_path_is_current
// tells when to look again (addresses or routes or the path's MTU changed).
struct ip_path {
	struct berth_address source, target;
	struct link_path link;
	uint32_t offloads; // BERTH_OFFLOAD_* of the interface
	uint32_t generation;
	uint32_t flow_hash; // of source and target: half of the IPv6 flow label
	uint16_t mtu;       // of the path: the interface's, or less after ICMP said so
	uint8_t ttl, tos;
};

// What a received packet turned out to be.
enum ip_result {
	IP_CONSUMED, // ICMP handled, or dropped and counted
	IP_TCP,
	IP_UDP,
	IP_ERROR, // an ICMP error about a packet of ours: struct ip_error
};

struct ip_packet {
	struct berth_address source, target;
	struct slices payload; // from the transport header on, padding cut off
	uint8_t ttl, tos;
	bool checksum_is_valid; // the transport checksum need not be summed
	bool target_is_group;   // multicast or broadcast: never answered with errors or RST
	int interface_index;
	uint8_t segmentation; // a superframe: enum berth_frame_segmentation
	uint16_t segment_bytes;
	// The raw packet from its IP header on, for quoting in ICMP errors.
	const uint8_t *raw;
	uint32_t raw_bytes; // contiguous there
};

// Somebody on the way, or our own link layer, reports that a packet of ours got nowhere.
struct ip_error {
	uint8_t protocol;
	struct berth_endpoint local, remote; // of the packet we had sent
	uint32_t tcp_sequence;               // of the quoted segment (RFC 5927 4.1)
	int error;    // positive errno: ECONNREFUSED, EHOSTUNREACH, EMSGSIZE, EPROTO, …
	bool is_hard; // says "never" (port or protocol unreachable) rather than "not now"
	uint16_t mtu; // with EMSGSIZE
};

struct ip_layer *ip_new(struct memory *memory, struct link_layer *link, struct packet_pool *packets,
			struct random *random, uint64_t *drops);
void ip_free(struct ip_layer *ip);

int ip_add_interface(struct ip_layer *ip, int interface_index, const struct berth_mac *mac);
int ip_add_address(struct ip_layer *ip, int interface_index, const struct berth_address *address,
		   uint8_t prefix_bits);
int ip_add_route(struct ip_layer *ip, int interface_index, const struct berth_address *destination,
		 uint8_t prefix_bits, const struct berth_address *gateway);

// Is this one of our addresses (loopback included)? any is not.
bool ip_address_is_ours(const struct ip_layer *ip, const struct berth_address *address);

// How do packets reach target? source: the address they must come from, or any for the best one
// (RFC 6724 5). 0, -ENETUNREACH, -EHOSTUNREACH, -EINVAL.
int ip_find_path(struct ip_layer *ip, const struct berth_address *target,
		 const struct berth_address *source, struct ip_path *ret_path);
bool ip_path_is_current(const struct ip_layer *ip, const struct ip_path *path);
// A smaller MTU was learnt for target (RFC 1191, 8201). Never below 576 / 1280. Bumps the
// generation.
void ip_path_mtu_learn(struct ip_layer *ip, const struct berth_address *target, uint16_t mtu,
		       uint64_t now);

// Header room of LINK_HEADER_ROOM bytes for one frame of the current burst, to be built from the
// end backwards and given to ip_send at once. NULL: the burst is full, or there is none.
uint8_t *ip_burst_header(struct ip_layer *ip);

// Prepend the IP header and send. out->header_bytes + payload must fit path->mtu, superframes
// excepted. Takes out->owner in every case. BERTH_DROP_NONE or why it went nowhere (counted).
enum berth_drop ip_send(struct ip_layer *ip, struct ip_path *path, uint8_t protocol,
			struct outgoing *out, uint64_t now);

// A packet came up from link (or loopback, interface_index LINK_LOOPBACK).
enum ip_result ip_receive(struct ip_layer *ip, enum link_result kind, const struct slices *packet,
			  const struct berth_frame *frame, int interface_index, uint64_t now,
			  struct ip_packet *ret_packet, struct ip_error *ret_error);

// The transport has no taker for this packet: answer "port unreachable" (RFC 1122 4.1.3.1, RFC
// 4443 3.1), rate-limited, never about groups or errors.
void ip_send_port_unreachable(struct ip_layer *ip, const struct ip_packet *packet, uint64_t now);

// Packets of ours given up by link, as errors. false: none.
bool ip_next_unreachable(struct ip_layer *ip, uint64_t now, struct ip_error *ret_error);

// Verify or complete a transport checksum over the pseudo header.
bool ip_checksum_is_right(const struct ip_packet *packet, uint8_t protocol);

// Counters this layer keeps.
uint64_t ip_icmp_in(const struct ip_layer *ip);
uint64_t ip_icmp_out(const struct ip_layer *ip);

#endif
