// SPDX-License-Identifier: MIT
//
// UDP sockets: one call's datagram through the pair.
#ifndef BERTH_RUN_PRELOAD_DATAGRAM_H
#define BERTH_RUN_PRELOAD_DATAGRAM_H

#include "run_identity.h"

#include <sys/socket.h>
#include <sys/types.h>

// As sendmsg and recvmsg, for a descriptor known to be a UDP socket of berth. errno is set.
ssize_t datagram_send(struct run_socket *socket, const struct msghdr *message, int flags);
ssize_t datagram_receive(struct run_socket *socket, struct msghdr *message, int flags);

// An error waits: a call for several datagrams stops before it.
bool datagram_has_error(struct run_socket *socket);

// FIONREAD: the payload of the next datagram. 0 or a negative errno.
int datagram_next_length(const struct run_socket *socket, int *ret_bytes);

#endif
