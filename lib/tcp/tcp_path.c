// SPDX-License-Identifier: MIT
//
// How do this connection's packets leave? Addresses, routes and path MTUs change under a living
// connection; its own two addresses never do.
//
// Not here: what a smaller MTU means for segments in flight (sender/tcp_mss.c).
#include "tcp_path.h"

#include "tcp_layer.h"

void tcp_path_apply_settings(struct ip_path *path, const struct tcp_settings *settings)
{
	if (settings->ttl)
		path->ttl = settings->ttl;
	if (settings->tos)
		path->tos = settings->tos;
}

bool tcp_path_refresh(struct tcp_layer *tcp, struct tcp_conn *conn)
{
	struct ip_path path;

	if (ip_path_is_current(tcp->ip, &conn->path))
		return true;
	if (ip_find_path(tcp->ip, &conn->entry.remote.address, &conn->entry.local.address, &path) <
	    0)
		return false;
	tcp_path_apply_settings(&path, &conn->settings);
	conn->path = path;
	return true;
}
