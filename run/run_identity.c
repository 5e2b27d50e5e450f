// SPDX-License-Identifier: MIT
//
// Which berth socket is this descriptor?
//
// The daemon binds its end of each pair to an abstract name with the row's number in it, and the
// kernel tells the name of the other end (getpeername) to whoever holds our end: after dup, fork,
// exec and descriptor passing, and also when the daemon has closed its end. So no table of
// descriptors is kept here, and none can be wrong.
#include "run_identity.h"

#include "run_board.h"
#include "run_system.h"

#include <string.h>
#include <sys/un.h>

#define PREFIX_LENGTH (sizeof(BERTH_NAME_PREFIX) - 1)
#define NAME_LENGTH (1 + PREFIX_LENGTH + 16 + 1 + 8 + 1 + 8)

static bool parse_hexadecimal(const char *text, int digits, uint64_t *ret_number)
{
	uint64_t number = 0;
	int i;

	for (i = 0; i < digits; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			number = number << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			number = number << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*ret_number = number;
	return true;
}

bool run_identity_parse(const char *name, size_t length, struct berth_identity *ret_identity)
{
	uint64_t instance, slot, generation;

	if (length != NAME_LENGTH || name[0] != 0)
		return false;
	name++;
	if (memcmp(name, BERTH_NAME_PREFIX, PREFIX_LENGTH) != 0)
		return false;
	name += PREFIX_LENGTH;
	if (!parse_hexadecimal(name, 16, &instance) || name[16] != '/')
		return false;
	if (!parse_hexadecimal(name + 17, 8, &slot) || name[25] != '/')
		return false;
	if (!parse_hexadecimal(name + 26, 8, &generation))
		return false;
	ret_identity->instance = instance;
	ret_identity->slot = (uint32_t)slot;
	ret_identity->generation = (uint32_t)generation;
	return true;
}

bool run_identity_of(int fd, struct berth_identity *ret_identity)
{
	struct sockaddr_un peer;
	socklen_t length = sizeof(peer);

	if (run_sys_getpeername(fd, &peer, &length) < 0)
		return false;
	if (length <= offsetof(struct sockaddr_un, sun_path) || peer.sun_family != AF_UNIX)
		return false;
	return run_identity_parse(peer.sun_path, length - offsetof(struct sockaddr_un, sun_path),
				  ret_identity);
}

bool run_socket_lookup(int fd, struct run_socket *ret_socket)
{
	if (!run_identity_of(fd, &ret_socket->identity))
		return false;
	ret_socket->fd = fd;
	run_socket_refresh(ret_socket);
	return true;
}

void run_socket_refresh(struct run_socket *socket)
{
	socket->is_known = run_board_row(&socket->identity, &socket->row);
}

bool run_socket_is_unconnected(const struct run_socket *socket)
{
	const struct berth_board_row *row = &socket->row;

	return socket->is_known && row->type == 1 && row->kind == BERTH_ROW_SOCKET &&
	       !row->listening && !row->in_flight && row->info.state == BERTH_TCP_CLOSED &&
	       row->info.error == 0 && row->tcp.tcpi_bytes_received == 0;
}
