// SPDX-License-Identifier: MIT
//
// Sockets: what a program holds. Linux's vocabulary, never blocking: what would block returns
// -EAGAIN, and an event tells when to try again. Every function returns 0 or a count, or a
// negative errno value with Linux's meaning; -EBADF is said of any handle that is not open.
//
// A handle is a number with a generation in it: one kept after close names nothing, for ever.
#ifndef BERTH_SOCKET_H
#define BERTH_SOCKET_H

#include "address.h"
#include "frame.h"
#include "host.h"
#include "option.h"
#include "tcp_info.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t berth_socket; // 0 is never a socket

enum berth_protocol {
	BERTH_PROTOCOL_TCP = 6,
	BERTH_PROTOCOL_UDP = 17,
};

enum berth_shutdown {
	BERTH_SHUTDOWN_READ = 0,
	BERTH_SHUTDOWN_WRITE = 1,
	BERTH_SHUTDOWN_BOTH = 2,
};

// Flags of send, Linux's numbers.
#define BERTH_MSG_MORE 0x8000u // more follows: do not send a short segment yet

// Open a socket. family decides which addresses it takes; an IPv6 socket takes IPv4 too, mapped
// (::ffff:a.b.c.d), unless IPV6_V6ONLY is set. -EMFILE at sockets_max, -ENOMEM,
// -EPROTONOSUPPORT, -EAFNOSUPPORT.
int berth_socket_open(struct berth_host *host, enum berth_family family,
		      enum berth_protocol protocol, berth_socket *ret_socket);

// A number of the embedder's own, kept with the socket and shown in events, rows and refusals:
// who holds it? 0 until set. An accepted socket starts with its listener's.
int berth_socket_set_tag(struct berth_host *host, berth_socket socket, uint64_t tag);

// Take a port. Port 0 asks for any (RFC 6056). -EADDRINUSE when another socket holds it (then
// *ret_holder_tag, if not NULL, is the holder's tag), -EADDRNOTAVAIL when the address is not ours,
// -EINVAL when already bound.
int berth_socket_bind(struct berth_host *host, berth_socket socket,
		      const struct berth_endpoint *local, uint64_t *ret_holder_tag);

// Wait for connections, at most backlog of them unaccepted (0 counts as 1; calling it again
// changes the backlog). Binds to any port when not bound. -EADDRINUSE, -EINVAL when connected.
int berth_socket_listen(struct berth_host *host, berth_socket socket, int backlog, uint64_t now_ns);

// Take the oldest established connection. -EAGAIN when there is none, -EINVAL when not listening.
int berth_socket_accept(struct berth_host *host, berth_socket listener, berth_socket *ret_socket,
			struct berth_endpoint *ret_remote, uint64_t now_ns);

// TCP: begin to connect; returns -EINPROGRESS, then BERTH_EVENT_WRITABLE means connected and
// BERTH_EVENT_ERROR that it failed (SO_ERROR tells: -ECONNREFUSED, -ETIMEDOUT, -EHOSTUNREACH).
// -EALREADY while under way, -EISCONN when done, -ENETUNREACH, -EADDRNOTAVAIL (no port left).
// UDP: from now on send to and receive from this endpoint only; remote of family none undoes it.
int berth_socket_connect(struct berth_host *host, berth_socket socket,
			 const struct berth_endpoint *remote, uint64_t now_ns);

// Copy bytes into the send buffer (TCP: as many as fit; UDP: one whole datagram to the connected
// endpoint). Returns the number taken. -EAGAIN, -EPIPE after shutdown or when the peer reset
// (once -ECONNRESET), -ENOTCONN, -EDESTADDRREQ, -EMSGSIZE.
int64_t berth_socket_send(struct berth_host *host, berth_socket socket, const void *data,
			  size_t length, unsigned flags, uint64_t now_ns);

// TCP without a copy: the free room of the send buffer, at least min_bytes of it if the buffer may
// grow so far, as one or two slices to write into (cast away the const). Returns the bytes in
// them, 0 when full. commit then takes the first `length` bytes written. Nothing else may be
// called on the host in between.
int64_t berth_socket_send_space(struct berth_host *host, berth_socket socket, size_t min_bytes,
				struct berth_slice slices[2], uint64_t now_ns);
int berth_socket_send_commit(struct berth_host *host, berth_socket socket, size_t length,
			     unsigned flags, uint64_t now_ns);

// Copy received bytes out (TCP: what is there; UDP: one datagram, cut to length). 0 from TCP: the
// peer has closed its side. -EAGAIN, -ENOTCONN, -ECONNRESET, -ETIMEDOUT, …: the pending error,
// once.
int64_t berth_socket_receive(struct berth_host *host, berth_socket socket, void *data,
			     size_t length, uint64_t now_ns);

// TCP without a copy: the bytes in order, as one or two slices (slice_count of them set).
// Returns their number; 0 also at the end of the stream, which *ret_finished tells apart.
int64_t berth_socket_receive_slices(struct berth_host *host, berth_socket socket,
				    struct berth_slice slices[2], bool *ret_finished);
// The first `length` of them were used.
int berth_socket_receive_consume(struct berth_host *host, berth_socket socket, size_t length,
				 uint64_t now_ns);

// UDP with addresses. local says from (to) which of our addresses; NULL: not of interest.
int64_t berth_socket_send_to(struct berth_host *host, berth_socket socket,
			     const struct berth_endpoint *remote, const void *data, size_t length,
			     uint64_t now_ns);
// *ret_full_length (may be NULL) gets the datagram's whole length, also when it was cut.
int64_t berth_socket_receive_from(struct berth_host *host, berth_socket socket, void *data,
				  size_t length, struct berth_endpoint *ret_remote,
				  struct berth_endpoint *ret_local, size_t *ret_full_length,
				  uint64_t now_ns);

// End one or both directions. TCP WRITE sends FIN after the buffered bytes. -ENOTCONN.
int berth_socket_shutdown(struct berth_host *host, berth_socket socket, enum berth_shutdown how,
			  uint64_t now_ns);

// Let go of the handle. TCP goes on in the background: buffered bytes, FIN, TIME-WAIT; it resets
// instead when received bytes were not read (RFC 2525 2.17) or SO_LINGER says 0 seconds.
int berth_socket_close(struct berth_host *host, berth_socket socket, uint64_t now_ns);

// Let go of it at once: RST to the peer (RFC 9293 3.10.5).
int berth_socket_abort(struct berth_host *host, berth_socket socket, uint64_t now_ns);

int berth_socket_local(struct berth_host *host, berth_socket socket,
		       struct berth_endpoint *ret_local);
int berth_socket_remote(struct berth_host *host, berth_socket socket, // -ENOTCONN
			struct berth_endpoint *ret_remote);

// Options as Linux has them: see option.h. -ENOPROTOOPT for one we do not have: never a pretended
// success. *length is the room and then what was written.
int berth_socket_set_option(struct berth_host *host, berth_socket socket, int level, int name,
			    const void *value, size_t length, uint64_t now_ns);
int berth_socket_get_option(struct berth_host *host, berth_socket socket, int level, int name,
			    void *value, size_t *length, uint64_t now_ns);

// News of a socket. Each bit is told once per change ("edge"): act until -EAGAIN.
#define BERTH_EVENT_READABLE 0x01u // bytes, a datagram or the end of the stream
#define BERTH_EVENT_WRITABLE 0x02u // connected, or room again after -EAGAIN or a full buffer
#define BERTH_EVENT_ACCEPTABLE 0x04u
#define BERTH_EVENT_ERROR 0x08u    // SO_ERROR has something
#define BERTH_EVENT_FINISHED 0x10u // the peer sent FIN: nothing more will come
#define BERTH_EVENT_RESET 0x20u    // the connection is gone: RST, time-out
#define BERTH_EVENT_CLOSED 0x40u   // both directions are done and acknowledged

struct berth_event {
	berth_socket socket;
	uint64_t tag;
	uint32_t what; // BERTH_EVENT_*
	int32_t error; // with ERROR or RESET: positive errno, not cleared by the telling
};

// Next piece of news, oldest socket first; false when there is none.
bool berth_host_next_event(struct berth_host *host, struct berth_event *ret_event);

#ifdef __cplusplus
}
#endif

#endif
