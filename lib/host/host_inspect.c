// SPDX-License-Identifier: MIT
//
// Looking inside: rows of the connection table, counters, neighbours, dumps.
//
// Rows come from two places: sockets, and connections no socket holds any more or yet. One cursor
// walks both: its top bit says which. The way to the peer is looked up for the row, as the next
// packet would find it.
#include <errno.h>
#include <string.h>

#include "../base/text.h"
#include "../wire/wire_address.h"
#include "host_internal.h"

#define CURSOR_UNOWNED (UINT64_C(1) << 63)

// Who is the next machine on the way to the peer, and through which interface?
static void fill_next_hop(struct berth_host *host, struct berth_connection_info *info)
{
	struct berth_address local = address_unmap(&info->local.address);
	struct berth_address remote = address_unmap(&info->remote.address);
	struct ip_path path;

	info->interface_index = LINK_LOOPBACK;
	info->has_next_hop = 0;
	if (info->remote.port == 0)
		return;
	if (local.family != remote.family)
		local = address_any(remote.family);
	if (ip_find_path(host->ip, &remote, &local, &path) < 0)
		return;
	info->interface_index = path.link.interface_index;
	if (path.link.interface_index == LINK_LOOPBACK)
		return;
	info->next_hop_address = path.link.next_hop;
	info->has_next_hop = link_neighbor_mac(host->link, &path.link, &info->next_hop);
}

bool berth_inspect_next(struct berth_host *host, uint64_t *cursor,
			struct berth_connection_info *ret_info)
{
	uint64_t unowned;
	bool is_row;

	if (!(*cursor & CURSOR_UNOWNED)) {
		if (socket_inspect_next(host->sockets, cursor, ret_info)) {
			fill_next_hop(host, ret_info);
			return true;
		}
		*cursor = CURSOR_UNOWNED;
	}
	unowned = *cursor & ~CURSOR_UNOWNED;
	memset(ret_info, 0, sizeof(*ret_info));
	is_row = tcp_inspect_unowned(host->tcp, &unowned, ret_info);
	*cursor = unowned | CURSOR_UNOWNED;
	if (is_row)
		fill_next_hop(host, ret_info);
	return is_row;
}

int berth_inspect_socket(struct berth_host *host, berth_socket socket,
			 struct berth_connection_info *ret_info)
{
	int result = socket_inspect(host->sockets, socket, ret_info);

	if (result == 0)
		fill_next_hop(host, ret_info);
	return result;
}

void berth_inspect_counters(const struct berth_host *host, struct berth_counters *ret_counters)
{
	memset(ret_counters, 0, sizeof(*ret_counters));
	tcp_counters(host->tcp, ret_counters);
	ret_counters->frames_in = host->frames_in;
	ret_counters->frames_out = host->frames_out;
	ret_counters->bytes_in = host->bytes_in;
	ret_counters->bytes_out = host->bytes_out;
	ret_counters->udp_in = udp_datagrams_in(host->udp);
	ret_counters->udp_out = udp_datagrams_out(host->udp);
	ret_counters->icmp_in = ip_icmp_in(host->ip);
	ret_counters->icmp_out = ip_icmp_out(host->ip);
	ret_counters->memory_bytes = host->memory.bytes_held;
	memcpy(ret_counters->dropped, host->drops, sizeof(ret_counters->dropped));
}

bool berth_inspect_neighbor(struct berth_host *host, uint64_t *cursor,
			    struct berth_neighbor_info *ret_info)
{
	return link_inspect_neighbor(host->link, cursor, ret_info);
}

const char *berth_inspect_dump(struct berth_host *host, berth_socket socket, char *memory,
			       size_t size, uint64_t now)
{
	struct text text;

	text_init(&text, memory, size);
	socket_dump(host->sockets, socket, &text, now);
	return memory;
}
