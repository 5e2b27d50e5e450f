// SPDX-License-Identifier: MIT
//
// Which socket does this handle mean? And what is a socket?
#ifndef BERTH_SOCKET_SOCKET_HANDLES_H
#define BERTH_SOCKET_SOCKET_HANDLES_H

#include "socket_layer.h"

// What the program asked for with options. Written by socket_options.c; an accepted socket begins
// with its listener's.
struct socket_settings {
	int debug, reuse_address, reuse_port, dont_route, broadcast, keepalive, oob_inline;
	int priority;
	int receive_low_water;           // UDP, as the two below: tcp keeps its own
	int send_buffer, receive_buffer; // as Linux shows them: doubled. 0: never set
	int linger_enabled, linger_seconds;
	int tos, ttl, packet_info, mtu_discover, receive_errors; // IP_*; ttl -1: the default
	int traffic_class, hops, v6only, mtu_discover6, receive_errors6; // IPV6_*
};

// Exactly one of conn, listener and udp is set in an open socket.
struct socket {
	uint32_t index;
	uint32_t generation;
	bool is_open;
	uint8_t protocol, family;
	bool read_shut, write_shut; // UDP only: tcp knows its own
	uint64_t tag;
	struct tcp_conn *conn;
	struct tcp_listener *listener;
	struct udp_endpoint *udp;
	struct socket_settings settings;
	struct list_node event_node; // news not yet told, or while free: the list of free slots
	uint32_t event_what;         // BERTH_EVENT_*
};

#define SOCKETS_PER_CHUNK 64u

struct socket_handles {
	struct memory *memory;
	struct socket **chunks; // of SOCKETS_PER_CHUNK
	uint32_t chunk_count, chunk_capacity;
	uint32_t open, open_max;
	struct list free;
};

struct socket_layer {
	struct memory *memory;
	struct tcp_layer *tcp;
	struct udp_layer *udp;
	struct ip_layer *ip;
	struct socket_handles handles;
	struct list events;             // sockets with news, oldest first
	uint32_t udp_receive_bytes_max; // what SO_RCVBUF shows before it is set
};

void socket_handles_init(struct socket_handles *handles, struct memory *memory, uint32_t open_max);
void socket_handles_clear(struct socket_handles *handles);
// An open, zeroed socket. NULL: -EMFILE or -ENOMEM in *ret_error.
struct socket *socket_acquire(struct socket_handles *handles, int *ret_error);
void socket_release(struct socket_handles *handles, struct socket *socket);
// NULL: not open, or no longer.
struct socket *socket_lookup(const struct socket_handles *handles, berth_socket handle);
// By the number that tcp and udp know as owner. NULL: not open.
struct socket *socket_at(const struct socket_handles *handles, uint32_t index);
berth_socket socket_handle_of(const struct socket *socket);
// Every index that was ever open is below this.
uint32_t socket_index_end(const struct socket_handles *handles);

// socket_address.c: mapped addresses end here.
// What a program calls remote, as tcp and udp know it: unmapped, any made loopback.
// -EAFNOSUPPORT, -ENETUNREACH.
int socket_remote_below(const struct socket *socket, const struct berth_endpoint *remote,
			struct berth_endpoint *ret_below);
// What a program binds to. -EAFNOSUPPORT, -EINVAL.
int socket_local_below(const struct socket *socket, const struct berth_endpoint *local,
		       struct berth_endpoint *ret_below);
// How the socket's program sees an endpoint of tcp or udp.
struct berth_endpoint socket_endpoint_above(const struct socket *socket,
					    const struct berth_endpoint *below);

// socket_layer.c
struct port_claim *socket_claim(const struct socket *socket);
int socket_peek_error(const struct socket *socket);
// -ENETUNREACH when SO_DONTROUTE is set and remote is behind a gateway.
int socket_check_route(const struct socket_layer *sockets, const struct socket *socket,
		       const struct berth_endpoint *below);

// socket_options.c
void socket_settings_init(struct socket_settings *settings);
void socket_apply_claim(const struct socket *socket); // flags and tag for the port space

// socket_events.c
void socket_note_event(struct socket_layer *sockets, struct socket *socket, uint32_t what);
void socket_forget_events(struct socket *socket);

// socket_datagram.c
int64_t socket_datagram_send(struct socket_layer *sockets, struct socket *socket,
			     const struct berth_endpoint *remote, const void *data, size_t length,
			     uint64_t now);
int64_t socket_datagram_receive(struct socket_layer *sockets, struct socket *socket, void *data,
				size_t length, struct berth_endpoint *ret_remote,
				struct berth_endpoint *ret_local, size_t *ret_full_length);

// socket_stream.c
int64_t socket_stream_send(struct socket_layer *sockets, struct socket *socket, const void *data,
			   size_t length, unsigned flags, uint64_t now);
int64_t socket_stream_receive(struct socket_layer *sockets, struct socket *socket, void *data,
			      size_t length, uint64_t now);

#endif
