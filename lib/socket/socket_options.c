// SPDX-License-Identifier: MIT
//
// Socket options: which ones are there, what may they be, who must hear of it?
//
// Most are one int in struct socket_settings, with a row in a table: its range, what an impossible
// value is called, and whether tcp must know it. The others have a function. A TCP socket asks
// tcp for all the rest. What nobody knows is ENOPROTOOPT: no success is pretended.
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "../base/numbers.h"
#include "../wire/wire_address.h"
#include "socket_handles.h"
#include "socket_option_values.h"

#define TTL_DEFAULT 64      // RFC 1700, and every system
#define TOS_ECN_BITS 0x03   // TCP's own (RFC 3168)
#define PRIORITY_MAX 6      // more needs privilege on Linux
#define MTU_DISCOVER_WANT 1 // IP_PMTUDISC_WANT, _DO: packets are never fragmented here
#define MTU_DISCOVER_DO 2
#define SEND_BUFFER_DEFAULT 212992 // net.core.wmem_default of Linux
#define LOW_WATER_MAX (3 << 20)    // half of Linux's largest automatic receive buffer

#define SO_TYPE_STREAM 1
#define SO_TYPE_DATAGRAM 2
#define DOMAIN_INET 2
#define DOMAIN_INET6 10

enum option_kind {
	OPTION_BOOL,  // any int; not 0 is 1
	OPTION_RANGE, // minimum..maximum
};

#define OPTION_TO_TCP 0x01u // changes TCP
#define OPTION_UDP_ONLY 0x02u
#define OPTION_IPV6_ONLY 0x04u

struct option_row {
	int level, name;
	size_t offset; // in struct socket_settings
	enum option_kind kind;
	int minimum, maximum;
	int range_error;
	unsigned flags;
};

#define BOOL_ROW(level, name, field, flags)                                                       \
	{                                                                                         \
		level, name, offsetof(struct socket_settings, field), OPTION_BOOL, 0, 1, 0, flags \
	}
#define RANGE_ROW(level, name, field, minimum, maximum, error, flags)                        \
	{                                                                                    \
		level, name, offsetof(struct socket_settings, field), OPTION_RANGE, minimum, \
			maximum, error, flags                                                \
	}

static const struct option_row option_rows[] = {
	BOOL_ROW(BERTH_SOL_SOCKET, BERTH_SO_DEBUG, debug, 0),
	BOOL_ROW(BERTH_SOL_SOCKET, BERTH_SO_REUSEADDR, reuse_address, 0),
	BOOL_ROW(BERTH_SOL_SOCKET, BERTH_SO_REUSEPORT, reuse_port, 0),
	BOOL_ROW(BERTH_SOL_SOCKET, BERTH_SO_DONTROUTE, dont_route, 0),
	BOOL_ROW(BERTH_SOL_SOCKET, BERTH_SO_BROADCAST, broadcast, 0),
	BOOL_ROW(BERTH_SOL_SOCKET, BERTH_SO_KEEPALIVE, keepalive, OPTION_TO_TCP),
	BOOL_ROW(BERTH_SOL_SOCKET, BERTH_SO_OOBINLINE, oob_inline, OPTION_UDP_ONLY),
	RANGE_ROW(BERTH_SOL_SOCKET, BERTH_SO_PRIORITY, priority, 0, PRIORITY_MAX, -EPERM, 0),
	RANGE_ROW(BERTH_IPPROTO_IP, BERTH_IP_TOS, tos, INT_MIN, INT_MAX, 0, OPTION_TO_TCP),
	RANGE_ROW(BERTH_IPPROTO_IP, BERTH_IP_TTL, ttl, -1, 255, -EINVAL, OPTION_TO_TCP),
	BOOL_ROW(BERTH_IPPROTO_IP, BERTH_IP_PKTINFO, packet_info, 0),
	RANGE_ROW(BERTH_IPPROTO_IP, BERTH_IP_MTU_DISCOVER, mtu_discover, MTU_DISCOVER_WANT,
		  MTU_DISCOVER_DO, -EINVAL, 0),
	BOOL_ROW(BERTH_IPPROTO_IP, BERTH_IP_RECVERR, receive_errors, OPTION_UDP_ONLY),
	RANGE_ROW(BERTH_IPPROTO_IPV6, BERTH_IPV6_UNICAST_HOPS, hops, -1, 255, -EINVAL,
		  OPTION_TO_TCP | OPTION_IPV6_ONLY),
	RANGE_ROW(BERTH_IPPROTO_IPV6, BERTH_IPV6_TCLASS, traffic_class, -1, 255, -EINVAL,
		  OPTION_TO_TCP | OPTION_IPV6_ONLY),
	RANGE_ROW(BERTH_IPPROTO_IPV6, BERTH_IPV6_MTU_DISCOVER, mtu_discover6, MTU_DISCOVER_WANT,
		  MTU_DISCOVER_DO, -EINVAL, OPTION_IPV6_ONLY),
	BOOL_ROW(BERTH_IPPROTO_IPV6, BERTH_IPV6_RECVERR, receive_errors6,
		 OPTION_UDP_ONLY | OPTION_IPV6_ONLY),
	BOOL_ROW(BERTH_IPPROTO_IPV6, BERTH_IPV6_V6ONLY, v6only, OPTION_IPV6_ONLY),
};

void socket_settings_init(struct socket_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->receive_low_water = 1;
	settings->ttl = TTL_DEFAULT;
	settings->hops = TTL_DEFAULT;
	settings->mtu_discover = MTU_DISCOVER_WANT;
	settings->mtu_discover6 = MTU_DISCOVER_WANT;
}

void socket_apply_claim(const struct socket *socket)
{
	struct port_claim *claim = socket_claim(socket);

	claim->holder_tag = socket->tag;
	claim->reuse_address = socket->settings.reuse_address != 0;
	claim->reuse_port = socket->settings.reuse_port != 0;
	claim->v6only = socket->settings.v6only != 0;
}

static const struct option_row *find_row(const struct socket *socket, int level, int name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(option_rows); i++) {
		const struct option_row *row = &option_rows[i];

		if (row->level != level || row->name != name)
			continue;
		if ((row->flags & OPTION_UDP_ONLY) && !socket->udp)
			return NULL;
		if ((row->flags & OPTION_IPV6_ONLY) && socket->family != BERTH_FAMILY_IPV6)
			return NULL;
		return row;
	}
	return NULL;
}

static int *setting_of(struct socket_settings *settings, const struct option_row *row)
{
	return (int *)(void *)((char *)settings + row->offset);
}

static uint16_t bound_port(const struct socket *socket)
{
	return socket_claim(socket)->port;
}

// DECIDES: what does a row's option become? 0 and *number as it is kept, or an error.
static int normalise_value(const struct socket *socket, const struct option_row *row, int *number)
{
	if (row->kind == OPTION_BOOL)
		*number = *number != 0;
	if (*number < row->minimum || *number > row->maximum)
		return row->range_error;
	if (row->level == BERTH_IPPROTO_IP && row->name == BERTH_IP_TOS)
		*number &= socket->udp ? UINT8_MAX : UINT8_MAX & ~TOS_ECN_BITS;
	if (row->level == BERTH_IPPROTO_IP && row->name == BERTH_IP_TTL && *number == 0)
		return -EINVAL;
	if (*number == -1) // the default again
		*number = row->name == BERTH_IPV6_TCLASS ? 0 : TTL_DEFAULT;
	if (row->level == BERTH_IPPROTO_IPV6 && row->name == BERTH_IPV6_V6ONLY &&
	    bound_port(socket) != 0)
		return -EINVAL; // who may share the port was decided at bind
	return 0;
}

static int tell_tcp(struct socket_layer *sockets, const struct socket *socket, int level, int name,
		    const void *value, size_t length, uint64_t now)
{
	if (socket->listener)
		return tcp_listener_set_option(socket->listener, level, name, value, length);
	return tcp_set_option(sockets->tcp, socket->conn, level, name, value, length, now);
}

// UDP acts on some of the settings, the port space on others.
static void apply_row(const struct socket *socket, const struct option_row *row, int number)
{
	bool is_ip = row->level == BERTH_IPPROTO_IP;
	bool is_ipv6 = row->level == BERTH_IPPROTO_IPV6;

	socket_apply_claim(socket);
	if (!socket->udp)
		return;
	if ((is_ip && row->name == BERTH_IP_TTL) ||
	    (is_ipv6 && row->name == BERTH_IPV6_UNICAST_HOPS))
		udp_set_ttl_tos(socket->udp, number, -1);
	if ((is_ip && row->name == BERTH_IP_TOS) || (is_ipv6 && row->name == BERTH_IPV6_TCLASS))
		udp_set_ttl_tos(socket->udp, -1, number);
	udp_set_broadcast(socket->udp, socket->settings.broadcast != 0);
	udp_set_soft_errors(socket->udp,
			    socket->settings.receive_errors || socket->settings.receive_errors6);
}

static int set_row(struct socket_layer *sockets, struct socket *socket,
		   const struct option_row *row, const void *value, size_t length, uint64_t now)
{
	int number;
	int result = option_read_int(row->level, value, length, &number);

	if (result < 0)
		return result;
	result = normalise_value(socket, row, &number);
	if (result < 0)
		return result;
	if ((row->flags & OPTION_TO_TCP) && !socket->udp) {
		result = tell_tcp(sockets, socket, row->level, row->name, &number, sizeof(number),
				  now);
		if (result < 0)
			return result;
	}
	*setting_of(&socket->settings, row) = number;
	apply_row(socket, row, number);
	return 0;
}

static int set_linger(struct socket_layer *sockets, struct socket *socket, const void *value,
		      size_t length, uint64_t now)
{
	struct berth_linger linger;
	int result = 0;

	if (length < sizeof(linger))
		return -EINVAL;
	if (!value)
		return -EFAULT;
	memcpy(&linger, value, sizeof(linger));
	linger.enabled = linger.enabled != 0;
	if (!socket->udp)
		result = tell_tcp(sockets, socket, BERTH_SOL_SOCKET, BERTH_SO_LINGER, &linger,
				  sizeof(linger), now);
	if (result < 0)
		return result;
	socket->settings.linger_enabled = linger.enabled;
	if (linger.enabled)
		socket->settings.linger_seconds = linger.seconds;
	return 0;
}

// DECIDES: the low-water mark kept for the one asked for (socket(7))
static int low_water_mark(const struct socket *socket, int asked)
{
	int most = LOW_WATER_MAX;

	if (socket->settings.receive_buffer)
		most = socket->settings.receive_buffer / 2;
	if (asked < 0 || asked > most)
		return most;
	return asked == 0 ? 1 : asked;
}

// The buffer sizes and the low-water mark of a UDP socket: one int each, changed before it is kept.
static int set_amount(struct socket *socket, int name, const void *value, size_t length)
{
	struct socket_settings *settings = &socket->settings;
	int number;
	int result = option_read_int(BERTH_SOL_SOCKET, value, length, &number);

	if (result < 0)
		return result;
	switch (name) {
	case BERTH_SO_RCVBUF:
		settings->receive_buffer = option_receive_buffer(number);
		udp_set_receive_limit(socket->udp, (uint32_t)settings->receive_buffer);
		return 0;
	case BERTH_SO_SNDBUF:
		settings->send_buffer = option_send_buffer(number);
		return 0;
	case BERTH_SO_RCVLOWAT:
		settings->receive_low_water = low_water_mark(socket, number);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

// IPv6's options are for IPv6 sockets, TCP's for TCP sockets.
static bool has_level(const struct socket *socket, int level)
{
	switch (level) {
	case BERTH_SOL_SOCKET:
	case BERTH_IPPROTO_IP:
		return true;
	case BERTH_IPPROTO_IPV6:
		return socket->family == BERTH_FAMILY_IPV6;
	case BERTH_IPPROTO_TCP:
		return !socket->udp;
	default:
		return false;
	}
}

int socket_set_option(struct socket_layer *sockets, berth_socket handle, int level, int name,
		      const void *value, size_t length, uint64_t now)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);
	const struct option_row *row;

	if (!socket)
		return -EBADF;
	if (!has_level(socket, level))
		return -ENOPROTOOPT;
	row = find_row(socket, level, name);
	if (row)
		return set_row(sockets, socket, row, value, length, now);
	if (level == BERTH_SOL_SOCKET && name == BERTH_SO_LINGER)
		return set_linger(sockets, socket, value, length, now);
	if (!socket->udp)
		return value ? tell_tcp(sockets, socket, level, name, value, length, now) : -EFAULT;
	if (level == BERTH_SOL_SOCKET)
		return set_amount(socket, name, value, length);
	return -ENOPROTOOPT;
}

static int ask_tcp(const struct socket_layer *sockets, const struct socket *socket, int level,
		   int name, void *value, size_t *length, uint64_t now)
{
	if (socket->listener)
		return tcp_listener_get_option(socket->listener, level, name, value, length);
	return tcp_get_option(sockets->tcp, socket->conn, level, name, value, length, now);
}

static int take_error(const struct socket *socket)
{
	if (socket->udp)
		return udp_take_error(socket->udp);
	return socket->conn ? tcp_take_error(socket->conn) : 0;
}

// The options of socket level that every socket answers alike and none may set.
static int read_socket_level(const struct socket *socket, int name, int *ret_number)
{
	switch (name) {
	case BERTH_SO_TYPE:
		*ret_number = socket->udp ? SO_TYPE_DATAGRAM : SO_TYPE_STREAM;
		return 0;
	case BERTH_SO_ERROR:
		*ret_number = take_error(socket);
		return 0;
	case BERTH_SO_SNDLOWAT:
		*ret_number = 1;
		return 0;
	case BERTH_SO_ACCEPTCONN:
		*ret_number = socket->listener != NULL;
		return 0;
	case BERTH_SO_PROTOCOL:
		*ret_number = socket->protocol;
		return 0;
	case BERTH_SO_DOMAIN:
		*ret_number = socket->family == BERTH_FAMILY_IPV4 ? DOMAIN_INET : DOMAIN_INET6;
		return 0;
	case BERTH_SO_INCOMING_CPU:
		*ret_number = -1;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

// IP_MTU, IPV6_MTU: what the path of a connected UDP socket carries.
static int read_path_mtu(const struct socket_layer *sockets, const struct socket *socket,
			 int *ret_number)
{
	struct ip_path path;
	int result;

	if (!udp_is_connected(socket->udp))
		return -ENOTCONN;
	result = ip_find_path(sockets->ip, &udp_remote(socket->udp)->address,
			      &udp_local(socket->udp)->address, &path);
	if (result < 0)
		return result;
	*ret_number = path.mtu;
	return 0;
}

// What only a UDP socket keeps here.
static int read_udp(const struct socket_layer *sockets, const struct socket *socket, int level,
		    int name, int *ret_number)
{
	const struct socket_settings *settings = &socket->settings;

	if ((level == BERTH_IPPROTO_IP && name == BERTH_IP_MTU) ||
	    (level == BERTH_IPPROTO_IPV6 && name == BERTH_IPV6_MTU))
		return read_path_mtu(sockets, socket, ret_number);
	if (level != BERTH_SOL_SOCKET)
		return -ENOPROTOOPT;
	switch (name) {
	case BERTH_SO_SNDBUF:
		*ret_number = settings->send_buffer ? settings->send_buffer : SEND_BUFFER_DEFAULT;
		return 0;
	case BERTH_SO_RCVBUF:
		*ret_number = settings->receive_buffer ? settings->receive_buffer
						       : (int)sockets->udp_receive_bytes_max;
		return 0;
	case BERTH_SO_RCVLOWAT:
		*ret_number = settings->receive_low_water;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int get_linger(const struct socket *socket, void *value, size_t *length)
{
	struct berth_linger linger = {socket->settings.linger_enabled,
				      socket->settings.linger_seconds};

	option_write(value, length, &linger, sizeof(linger));
	return 0;
}

int socket_get_option(struct socket_layer *sockets, berth_socket handle, int level, int name,
		      void *value, size_t *length, uint64_t now)
{
	struct socket *socket = socket_lookup(&sockets->handles, handle);
	const struct option_row *row;
	int number = 0;
	int result = -ENOPROTOOPT;

	if (!socket)
		return -EBADF;
	if (!has_level(socket, level))
		return -ENOPROTOOPT;
	if (level == BERTH_SOL_SOCKET && name == BERTH_SO_LINGER)
		return get_linger(socket, value, length);
	row = find_row(socket, level, name);
	if (row) {
		number = *setting_of(&socket->settings, row);
		result = 0;
	} else if (level == BERTH_SOL_SOCKET) {
		result = read_socket_level(socket, name, &number);
	}
	if (result == -ENOPROTOOPT && !socket->udp)
		return ask_tcp(sockets, socket, level, name, value, length, now);
	if (result == -ENOPROTOOPT)
		result = read_udp(sockets, socket, level, name, &number);
	if (result < 0)
		return result;
	option_write_int(level, value, length, number);
	return 0;
}
