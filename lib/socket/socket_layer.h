// SPDX-License-Identifier: MIT
//
// Front door of socket/: what a program holds. Handles with generations, options, readiness,
// events. Each function of include/berth/socket.h has its twin here without the host.
#ifndef BERTH_SOCKET_SOCKET_LAYER_H
#define BERTH_SOCKET_SOCKET_LAYER_H

#include <berth/socket.h>

#include "../tcp/tcp.h"
#include "../udp/udp.h"

struct socket_layer;

struct socket_layer *socket_layer_new(struct memory *memory, struct tcp_layer *tcp,
				      struct udp_layer *udp, struct ip_layer *ip,
				      const struct berth_config *config);
void socket_layer_free(struct socket_layer *sockets);

int socket_open(struct socket_layer *sockets, uint8_t family, uint8_t protocol,
		berth_socket *ret_socket);
int socket_set_tag(struct socket_layer *sockets, berth_socket socket, uint64_t tag);
int socket_bind(struct socket_layer *sockets, berth_socket socket,
		const struct berth_endpoint *local, uint64_t *ret_holder_tag);
int socket_listen(struct socket_layer *sockets, berth_socket socket, int backlog, uint64_t now);
int socket_accept(struct socket_layer *sockets, berth_socket listener, berth_socket *ret_socket,
		  struct berth_endpoint *ret_remote, uint64_t now);
int socket_connect(struct socket_layer *sockets, berth_socket socket,
		   const struct berth_endpoint *remote, uint64_t now);
int64_t socket_send(struct socket_layer *sockets, berth_socket socket, const void *data,
		    size_t length, unsigned flags, uint64_t now);
int64_t socket_send_space(struct socket_layer *sockets, berth_socket socket, size_t min_bytes,
			  struct berth_slice slices[2]);
int socket_send_commit(struct socket_layer *sockets, berth_socket socket, size_t length,
		       unsigned flags, uint64_t now);
int64_t socket_receive(struct socket_layer *sockets, berth_socket socket, void *data, size_t length,
		       uint64_t now);
int64_t socket_receive_slices(struct socket_layer *sockets, berth_socket socket,
			      struct berth_slice slices[2], bool *ret_finished);
int socket_receive_consume(struct socket_layer *sockets, berth_socket socket, size_t length,
			   uint64_t now);
int64_t socket_send_to(struct socket_layer *sockets, berth_socket socket,
		       const struct berth_endpoint *remote, const void *data, size_t length,
		       uint64_t now);
int64_t socket_receive_from(struct socket_layer *sockets, berth_socket socket, void *data,
			    size_t length, struct berth_endpoint *ret_remote,
			    struct berth_endpoint *ret_local, size_t *ret_full_length);
int socket_shutdown(struct socket_layer *sockets, berth_socket socket, enum berth_shutdown how,
		    uint64_t now);
int socket_close(struct socket_layer *sockets, berth_socket socket, uint64_t now);
int socket_abort(struct socket_layer *sockets, berth_socket socket, uint64_t now);
int socket_local(struct socket_layer *sockets, berth_socket socket,
		 struct berth_endpoint *ret_local);
int socket_remote(struct socket_layer *sockets, berth_socket socket,
		  struct berth_endpoint *ret_remote);
int socket_set_option(struct socket_layer *sockets, berth_socket socket, int level, int name,
		      const void *value, size_t length, uint64_t now);
int socket_get_option(struct socket_layer *sockets, berth_socket socket, int level, int name,
		      void *value, size_t *length, uint64_t now);

// Turn what tcp and udp report as changed into queued events; the host calls it before it returns.
void socket_collect_changes(struct socket_layer *sockets);
bool socket_next_event(struct socket_layer *sockets, struct berth_event *ret_event);

bool socket_inspect_next(struct socket_layer *sockets, uint64_t *cursor,
			 struct berth_connection_info *ret_info);
int socket_inspect(struct socket_layer *sockets, berth_socket socket,
		   struct berth_connection_info *ret_info);
struct text;
void socket_dump(struct socket_layer *sockets, berth_socket socket, struct text *text,
		 uint64_t now);

#endif
