// SPDX-License-Identifier: MIT
//
// Is this descriptor one of berth's, and which?
#ifndef BERTH_RUN_RUN_IDENTITY_H
#define BERTH_RUN_RUN_IDENTITY_H

#include <berth/control.h>

struct run_socket {
	int fd;
	bool is_known; // the row is there; else the daemon is gone or has forgotten the socket
	struct berth_identity identity;
	struct berth_board_row row;
};

// Read "\0berth/<instance>/<slot>/<generation>" of `length` bytes.
bool run_identity_parse(const char *name, size_t length, struct berth_identity *ret_identity);

// The identity that travels with the descriptor. false: not one of berth's. errno stays.
bool run_identity_of(int fd, struct berth_identity *ret_identity);

// The same with its row. false: not one of berth's.
bool run_socket_lookup(int fd, struct run_socket *ret_socket);

// Read the row again.
void run_socket_refresh(struct run_socket *socket);

static inline bool run_socket_is_stream(const struct run_socket *socket)
{
	return socket->row.type == 1;
}

// Is it a stream that was never connected (or refused) and does not listen? Reading or writing it
// is an error with TCP, but would wait for ever on the pair.
bool run_socket_is_unconnected(const struct run_socket *socket);

#endif
