// SPDX-License-Identifier: MIT
//
// Who is waiting to be accepted? Listeners, found by port, and their queues.
#ifndef BERTH_TCP_LISTEN_H
#define BERTH_TCP_LISTEN_H

#include "../tcp_conn.h"

// A local port held together: by the listener and every connection it accepted. The claim leaves
// the port space with the last of them, as a port belongs to its program until then.
struct tcp_port_hold {
	struct port_claim claim;
	uint32_t users;
};

struct tcp_listener {
	struct hash_node node;       // in tcp_listeners, by port
	struct berth_endpoint local; // address any: every one of its family
	struct tcp_port_hold *hold;
	struct tcp_settings settings; // accepted connections start with them
	struct list accept_queue;     // connections, oldest first
	struct list embryos;          // half-open ones
	struct list_node changed_node;
	uint32_t accept_count, backlog;
	uint32_t owner, changed;
	uint8_t family; // of the socket
};

struct tcp_listeners {
	struct hash_table by_port;
	struct object_pool pool, holds;
};

bool tcp_listeners_init(struct tcp_listeners *listeners, struct memory *memory);
void tcp_listeners_clear(struct tcp_layer *tcp);

// Which listener takes a connection from remote to local? NULL: nobody listens.
struct tcp_listener *tcp_listener_lookup(struct tcp_layer *tcp, const struct berth_endpoint *local,
					 const struct berth_endpoint *remote);
// A segment that belongs to no connection, for a port somebody listens on (RFC 9293 3.10.7.2).
enum berth_drop tcp_listener_receive(struct tcp_layer *tcp, struct tcp_listener *listener,
				     const struct tcp_segment *segment, const tcp_seq *iss_at_least,
				     uint64_t now);
bool tcp_listener_is_full(const struct tcp_listener *listener);
// A new connection, whose handshake is done, waits to be accepted.
void tcp_listener_enqueue(struct tcp_layer *tcp, struct tcp_listener *listener,
			  struct tcp_conn *conn);
// A connection leaves its listener's queue for another reason than accept.
void tcp_listener_forget(struct tcp_conn *conn);

void tcp_port_hold_release(struct tcp_layer *tcp, struct tcp_port_hold *hold);

#endif
