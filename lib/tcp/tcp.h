// SPDX-License-Identifier: MIT
//
// Front door of TCP: careful. It connects first, asks whether the data arrived, sends again what
// did not, and ends properly.
#ifndef BERTH_TCP_TCP_H
#define BERTH_TCP_TCP_H

#include "../ip/ip.h"
#include "../port/port_space.h"

struct tcp_layer;
struct tcp_conn;     // tcp_conn.h: an endpoint that is, was or will be connected
struct tcp_listener; // opening/tcp_listen.h

struct tcp_layer *tcp_new(struct memory *memory, struct buffer_pool *buffers, struct ip_layer *ip,
			  struct packet_pool *packets, struct port_space *ports,
			  struct random *random, uint64_t *drops,
			  const struct berth_config *config);
void tcp_free(struct tcp_layer *tcp);

// From the host.
void tcp_receive(struct tcp_layer *tcp, const struct ip_packet *packet, uint64_t now);
void tcp_on_error(struct tcp_layer *tcp, const struct ip_error *error, uint64_t now);
void tcp_advance(struct tcp_layer *tcp, uint64_t now);
uint64_t tcp_deadline(const struct tcp_layer *tcp);
// Put segments into the current burst while it has room; true: more are waiting.
bool tcp_transmit(struct tcp_layer *tcp, uint64_t now);
bool tcp_has_output(const struct tcp_layer *tcp);

// A connection before it is one. owner: the socket's own number, told back by tcp_next_changed.
// NULL: limit or memory.
struct tcp_conn *tcp_open(struct tcp_layer *tcp, uint8_t family, uint32_t owner);
struct port_claim *tcp_claim(struct tcp_conn *conn); // flags for bind are set here
int tcp_bind(struct tcp_layer *tcp, struct tcp_conn *conn, const struct berth_endpoint *local,
	     uint64_t *ret_holder_tag);
// -EINPROGRESS, -ENETUNREACH, -EADDRNOTAVAIL, -EADDRINUSE, -EISCONN, -EALREADY, -EAFNOSUPPORT.
int tcp_connect(struct tcp_layer *tcp, struct tcp_conn *conn, const struct berth_endpoint *remote,
		uint64_t now);

// The unconnected conn becomes a listener: conn is consumed on success, its claim and options move.
int tcp_listen(struct tcp_layer *tcp, struct tcp_conn *conn, int backlog,
	       struct tcp_listener **ret_listener);
void tcp_listener_set_backlog(struct tcp_listener *listener, int backlog);
// The oldest established connection, which now belongs to owner; NULL: none.
struct tcp_conn *tcp_accept(struct tcp_layer *tcp, struct tcp_listener *listener, uint32_t owner);
// Unaccepted connections are reset.
void tcp_listener_close(struct tcp_layer *tcp, struct tcp_listener *listener, uint64_t now);
struct port_claim *tcp_listener_claim(struct tcp_listener *listener);
const struct berth_endpoint *tcp_listener_local(const struct tcp_listener *listener);
uint32_t tcp_listener_queued(const struct tcp_listener *listener);
uint32_t tcp_listener_backlog(const struct tcp_listener *listener);
int tcp_listener_set_option(struct tcp_listener *listener, int level, int name, const void *value,
			    size_t length);
int tcp_listener_get_option(const struct tcp_listener *listener, int level, int name, void *value,
			    size_t *length);

// Bytes. The functions of socket.h, with its errors.
int64_t tcp_send(struct tcp_layer *tcp, struct tcp_conn *conn, const void *data, size_t length,
		 bool more, uint64_t now);
int64_t tcp_send_space(struct tcp_layer *tcp, struct tcp_conn *conn, size_t min_bytes,
		       struct berth_slice slices[2]);
int tcp_send_commit(struct tcp_layer *tcp, struct tcp_conn *conn, size_t length, bool more,
		    uint64_t now);
int64_t tcp_receive_slices(struct tcp_conn *conn, struct berth_slice slices[2], bool *ret_finished);
int tcp_receive_consume(struct tcp_layer *tcp, struct tcp_conn *conn, size_t length, uint64_t now);
int tcp_shutdown(struct tcp_layer *tcp, struct tcp_conn *conn, bool reading, bool writing,
		 uint64_t now);
// The socket lets go: the connection ends on its own, owner hears no more of it.
void tcp_close(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);
void tcp_abort(struct tcp_layer *tcp, struct tcp_conn *conn, uint64_t now);

const struct berth_endpoint *tcp_local(const struct tcp_conn *conn);
const struct berth_endpoint *tcp_remote(const struct tcp_conn *conn); // port 0: none
enum berth_tcp_state tcp_public_state(const struct tcp_conn *conn);
int tcp_take_error(struct tcp_conn *conn); // positive errno, cleared
int tcp_peek_error(const struct tcp_conn *conn);

// Options at TCP, IP and socket level that change TCP. -ENOPROTOOPT, -EINVAL.
int tcp_set_option(struct tcp_layer *tcp, struct tcp_conn *conn, int level, int name,
		   const void *value, size_t length, uint64_t now);
int tcp_get_option(const struct tcp_layer *tcp, const struct tcp_conn *conn, int level, int name,
		   void *value, size_t *length, uint64_t now);

#define TCP_CHANGED_READABLE 0x01u
#define TCP_CHANGED_WRITABLE 0x02u
#define TCP_CHANGED_ACCEPTABLE 0x04u
#define TCP_CHANGED_ERROR 0x08u
#define TCP_CHANGED_FINISHED 0x10u
#define TCP_CHANGED_RESET 0x20u
#define TCP_CHANGED_CLOSED 0x40u
// The owner of the next connection or listener with news (same bits as BERTH_EVENT_*).
bool tcp_next_changed(struct tcp_layer *tcp, uint32_t *ret_owner, uint32_t *ret_what);

// For the connection table: rows that no socket holds (half-open, TIME-WAIT, closed by their
// program but still ending), and the transport's part of a row that one does. The cursor's top bit
// stays 0.
bool tcp_inspect_unowned(struct tcp_layer *tcp, uint64_t *cursor,
			 struct berth_connection_info *ret_info);
void tcp_inspect_conn(const struct tcp_layer *tcp, const struct tcp_conn *conn,
		      struct berth_connection_info *ret_info);
void tcp_inspect_listener(const struct tcp_listener *listener,
			  struct berth_connection_info *ret_info);
void tcp_counters(const struct tcp_layer *tcp, struct berth_counters *ret_counters);
struct text;
void tcp_dump(const struct tcp_layer *tcp, const struct tcp_conn *conn, struct text *text,
	      uint64_t now);
// Connection invariants: ASSERTs. Called by tests after every step.
void tcp_check(const struct tcp_layer *tcp, const struct tcp_conn *conn);

#endif
