// SPDX-License-Identifier: MIT
//
// What did the program ask for? Options that change only settings and the claim's flags; a listener
// has these too and hands them on.
//
// Not here: what a change means to a living connection (tcp_options.c).
#include <berth/option.h>
#include <errno.h>
#include <string.h>

#include "../base/numbers.h"
#include "tcp_conn.h"
#include "tcp_limits.h"
#include "tcp_options.h"

#define BUFFER_OPTION_MAX (BUFFER_BYTES_MAX / 2) // before doubling
#define RECEIVE_BUFFER_MIN_BYTES 2304u           // Linux's least SO_RCVBUF
#define KEEPALIVE_SECONDS_MAX 32767
#define PROBES_MAX 127
#define MSS_OPTION_MIN 88 // Linux's least TCP_MAXSEG
#define MSS_OPTION_MAX 32767
#define LINGER2_SECONDS_MAX 120
#define MTU_DISCOVER_WANT 1 // IP_PMTUDISC_WANT: what TCP here always does
#define MTU_DISCOVER_DO 2
#define TOS_ECN_BITS 0x03
#define CONGESTION_NAME_MAX 16u

void tcp_settings_init(struct tcp_settings *settings, const struct tcp_congestion_ops *congestion)
{
	memset(settings, 0, sizeof(*settings));
	settings->congestion = congestion;
	settings->receive_low_water = 1;
	settings->notsent_low_water = UINT32_MAX;
	settings->keepalive_idle_s = (uint32_t)(TCP_KEEPALIVE_IDLE_NS / NS_PER_S);
	settings->keepalive_interval_s = (uint32_t)(TCP_KEEPALIVE_INTERVAL_NS / NS_PER_S);
	settings->keepalive_probes = TCP_KEEPALIVE_PROBES;
	settings->syn_retries = TCP_SYN_RETRIES;
}

void tcp_settings_inherit(struct tcp_settings *settings, const struct tcp_settings *from)
{
	*settings = *from;
}

static bool is_between(int number, int low, int high)
{
	return number >= low && number <= high;
}

static int set_linger(struct tcp_settings *settings, const void *value, size_t length)
{
	struct berth_linger linger;

	if (length < sizeof(linger))
		return -EINVAL;
	memcpy(&linger, value, sizeof(linger));
	settings->linger = linger.enabled != 0;
	settings->linger_seconds = linger.seconds;
	return 0;
}

// Linux doubles what is asked for, to pay for its own bookkeeping; programs expect to read that
// back.
static uint32_t buffer_bytes_of(int number, uint32_t min_bytes)
{
	uint32_t asked = number < 0 ? 0 : (uint32_t)number;

	return max_u32(2 * min_u32(asked, BUFFER_OPTION_MAX), min_bytes);
}

static int set_socket_level(struct tcp_settings *settings, struct port_claim *claim, int name,
			    int number)
{
	switch (name) {
	case BERTH_SO_REUSEADDR:
		claim->reuse_address = number != 0;
		return 0;
	case BERTH_SO_REUSEPORT:
		claim->reuse_port = number != 0;
		return 0;
	case BERTH_SO_KEEPALIVE:
		settings->keepalive = number != 0;
		return 0;
	case BERTH_SO_OOBINLINE: // urgent data always is (RFC 6093 6)
		return number ? 0 : -EINVAL;
	case BERTH_SO_SNDBUF:
		settings->send_bytes_max = buffer_bytes_of(number, TCP_SEND_BUFFER_MIN_BYTES);
		return 0;
	case BERTH_SO_RCVBUF:
		settings->receive_bytes_max = buffer_bytes_of(number, RECEIVE_BUFFER_MIN_BYTES);
		return 0;
	case BERTH_SO_RCVLOWAT:
		settings->receive_low_water = number > 0 ? (uint32_t)number : 1;
		return 0;
	}
	return -ENOPROTOOPT;
}

// -1 asks for the default of TTL and hop limit alike.
static int set_ttl(struct tcp_settings *settings, int number, int least)
{
	if (number == -1)
		number = 0;
	else if (!is_between(number, least, 255))
		return -EINVAL;
	settings->ttl = (uint8_t)number;
	return 0;
}

static int set_tos(struct tcp_settings *settings, int number)
{
	if (!is_between(number, 0, 255))
		return -EINVAL;
	settings->tos = (uint8_t)(number & ~TOS_ECN_BITS);
	return 0;
}

static int set_mtu_discover(int number)
{
	return number == MTU_DISCOVER_WANT || number == MTU_DISCOVER_DO ? 0 : -EINVAL;
}

static int set_ip_level(struct tcp_settings *settings, int name, int number)
{
	switch (name) {
	case BERTH_IP_TOS:
		return set_tos(settings, number);
	case BERTH_IP_TTL:
		return set_ttl(settings, number, 1);
	case BERTH_IP_MTU_DISCOVER:
		return set_mtu_discover(number);
	case BERTH_IP_BIND_ADDRESS_NO_PORT:
		settings->bind_address_no_port = number != 0;
		return 0;
	}
	return -ENOPROTOOPT;
}

static int set_ipv6_level(struct tcp_settings *settings, struct port_claim *claim, int name,
			  int number)
{
	if (claim->address.family != BERTH_FAMILY_IPV6 && name == BERTH_IPV6_V6ONLY)
		return -EINVAL;
	switch (name) {
	case BERTH_IPV6_UNICAST_HOPS:
		return set_ttl(settings, number, 1);
	case BERTH_IPV6_TCLASS:
		return number == -1 ? set_tos(settings, 0) : set_tos(settings, number);
	case BERTH_IPV6_MTU_DISCOVER:
		return set_mtu_discover(number);
	case BERTH_IPV6_V6ONLY:
		if (claim->port != 0)
			return -EINVAL;
		claim->v6only = number != 0;
		return 0;
	}
	return -ENOPROTOOPT;
}

static int set_keepalive(struct tcp_settings *settings, int name, int number)
{
	if (!is_between(number, 1, name == BERTH_TCP_KEEPCNT ? PROBES_MAX : KEEPALIVE_SECONDS_MAX))
		return -EINVAL;
	if (name == BERTH_TCP_KEEPIDLE)
		settings->keepalive_idle_s = (uint32_t)number;
	else if (name == BERTH_TCP_KEEPINTVL)
		settings->keepalive_interval_s = (uint32_t)number;
	else
		settings->keepalive_probes = (uint8_t)number;
	return 0;
}

static int set_mss(struct tcp_settings *settings, int number)
{
	if (number != 0 && !is_between(number, MSS_OPTION_MIN, MSS_OPTION_MAX))
		return -EINVAL;
	settings->mss_max = (uint16_t)number;
	return 0;
}

static void set_linger2(struct tcp_settings *settings, int number)
{
	settings->fin_wait_2_is_refused = number < 0;
	settings->linger2_seconds = number < 0 ? 0 : min_u32((uint32_t)number, LINGER2_SECONDS_MAX);
}

static int set_tcp_level(struct tcp_settings *settings, int name, int number)
{
	switch (name) {
	case BERTH_TCP_NODELAY:
		settings->nodelay = number != 0;
		return 0;
	case BERTH_TCP_MAXSEG:
		return set_mss(settings, number);
	case BERTH_TCP_CORK:
		settings->cork = number != 0;
		return 0;
	case BERTH_TCP_KEEPIDLE:
	case BERTH_TCP_KEEPINTVL:
	case BERTH_TCP_KEEPCNT:
		return set_keepalive(settings, name, number);
	case BERTH_TCP_SYNCNT:
		if (!is_between(number, 1, PROBES_MAX))
			return -EINVAL;
		settings->syn_retries = (uint8_t)number;
		return 0;
	case BERTH_TCP_LINGER2:
		set_linger2(settings, number);
		return 0;
	case BERTH_TCP_DEFER_ACCEPT:
		settings->defer_accept_s =
			(uint8_t)(number < 0 ? 0 : min_u32((uint32_t)number, UINT8_MAX));
		return 0;
	case BERTH_TCP_WINDOW_CLAMP:
		if (number < 0)
			return -EINVAL;
		settings->window_clamp = (uint32_t)number;
		return 0;
	case BERTH_TCP_QUICKACK:
		settings->quick_ack = number != 0;
		return 0;
	case BERTH_TCP_USER_TIMEOUT:
		if (number < 0)
			return -EINVAL;
		settings->user_timeout_ms = (uint32_t)number;
		return 0;
	case BERTH_TCP_NOTSENT_LOWAT:
		settings->notsent_low_water = (uint32_t)number;
		return 0;
	}
	return -ENOPROTOOPT;
}

static int set_congestion(struct tcp_settings *settings, const void *value, size_t length)
{
	const struct tcp_congestion_ops *ops;
	const char *name = value;
	size_t name_length = 0;

	if (length == 0)
		return -EINVAL;
	while (name_length < length && name_length < CONGESTION_NAME_MAX && name[name_length])
		name_length++;
	ops = tcp_congestion_find(name, name_length);
	if (!ops)
		return -ENOENT;
	settings->congestion = ops;
	return 0;
}

int tcp_settings_set(struct tcp_settings *settings, struct port_claim *claim, int level, int name,
		     const void *value, size_t length)
{
	int number;

	if (level == BERTH_SOL_SOCKET && name == BERTH_SO_LINGER)
		return set_linger(settings, value, length);
	if (level == BERTH_IPPROTO_TCP && name == BERTH_TCP_CONGESTION)
		return set_congestion(settings, value, length);
	if (length < sizeof(number))
		return -EINVAL;
	memcpy(&number, value, sizeof(number));
	switch (level) {
	case BERTH_SOL_SOCKET:
		return set_socket_level(settings, claim, name, number);
	case BERTH_IPPROTO_IP:
		return set_ip_level(settings, name, number);
	case BERTH_IPPROTO_IPV6:
		return set_ipv6_level(settings, claim, name, number);
	case BERTH_IPPROTO_TCP:
		return set_tcp_level(settings, name, number);
	}
	return -ENOPROTOOPT;
}

int tcp_option_put_int(int number, void *value, size_t *length)
{
	if (*length > sizeof(number))
		*length = sizeof(number);
	memcpy(value, &number, *length);
	return 0;
}

// The setting as an int; false: no such option.
static bool get_socket_level(const struct tcp_settings *settings, const struct port_claim *claim,
			     int name, int *ret_number)
{
	switch (name) {
	case BERTH_SO_REUSEADDR:
		*ret_number = claim->reuse_address;
		return true;
	case BERTH_SO_REUSEPORT:
		*ret_number = claim->reuse_port;
		return true;
	case BERTH_SO_KEEPALIVE:
		*ret_number = settings->keepalive;
		return true;
	case BERTH_SO_OOBINLINE:
		*ret_number = 1;
		return true;
	case BERTH_SO_SNDBUF:
		*ret_number = (int)(settings->send_bytes_max ? settings->send_bytes_max
							     : TCP_SEND_BUFFER_INITIAL_BYTES);
		return true;
	case BERTH_SO_RCVBUF:
		*ret_number = (int)(settings->receive_bytes_max ? settings->receive_bytes_max
								: UINT16_MAX);
		return true;
	case BERTH_SO_RCVLOWAT:
		*ret_number = (int)settings->receive_low_water;
		return true;
	}
	return false;
}

static bool get_ip_levels(const struct tcp_settings *settings, const struct port_claim *claim,
			  int level, int name, int *ret_number)
{
	bool is_ipv6 = level == BERTH_IPPROTO_IPV6;

	if (name == (is_ipv6 ? BERTH_IPV6_UNICAST_HOPS : BERTH_IP_TTL))
		*ret_number = settings->ttl ? settings->ttl : 64;
	else if (name == (is_ipv6 ? BERTH_IPV6_TCLASS : BERTH_IP_TOS))
		*ret_number = settings->tos;
	else if (name == (is_ipv6 ? BERTH_IPV6_MTU_DISCOVER : BERTH_IP_MTU_DISCOVER))
		*ret_number = MTU_DISCOVER_WANT;
	else if (is_ipv6 && name == BERTH_IPV6_V6ONLY)
		*ret_number = claim->v6only;
	else if (!is_ipv6 && name == BERTH_IP_BIND_ADDRESS_NO_PORT)
		*ret_number = settings->bind_address_no_port;
	else
		return false;
	return true;
}

static bool get_tcp_level(const struct tcp_settings *settings, int name, int *ret_number)
{
	switch (name) {
	case BERTH_TCP_NODELAY:
		*ret_number = settings->nodelay;
		return true;
	case BERTH_TCP_MAXSEG:
		*ret_number = settings->mss_max ? settings->mss_max : (int)TCP_MSS_DEFAULT_IPV4;
		return true;
	case BERTH_TCP_CORK:
		*ret_number = settings->cork;
		return true;
	case BERTH_TCP_KEEPIDLE:
		*ret_number = (int)settings->keepalive_idle_s;
		return true;
	case BERTH_TCP_KEEPINTVL:
		*ret_number = (int)settings->keepalive_interval_s;
		return true;
	case BERTH_TCP_KEEPCNT:
		*ret_number = settings->keepalive_probes;
		return true;
	case BERTH_TCP_SYNCNT:
		*ret_number = settings->syn_retries;
		return true;
	case BERTH_TCP_LINGER2:
		*ret_number = settings->fin_wait_2_is_refused ? -1
			      : settings->linger2_seconds     ? (int)settings->linger2_seconds
							      : (int)(TCP_FIN_WAIT_2_NS / NS_PER_S);
		return true;
	case BERTH_TCP_DEFER_ACCEPT:
		*ret_number = settings->defer_accept_s;
		return true;
	case BERTH_TCP_WINDOW_CLAMP:
		*ret_number = (int)settings->window_clamp;
		return true;
	case BERTH_TCP_QUICKACK:
		*ret_number = settings->quick_ack;
		return true;
	case BERTH_TCP_USER_TIMEOUT:
		*ret_number = (int)settings->user_timeout_ms;
		return true;
	case BERTH_TCP_NOTSENT_LOWAT:
		*ret_number = (int)settings->notsent_low_water;
		return true;
	}
	return false;
}

static int get_linger(const struct tcp_settings *settings, void *value, size_t *length)
{
	struct berth_linger linger = {settings->linger, settings->linger_seconds};

	*length = *length < sizeof(linger) ? *length : sizeof(linger);
	memcpy(value, &linger, *length);
	return 0;
}

static int get_congestion(const struct tcp_settings *settings, void *value, size_t *length)
{
	char name[CONGESTION_NAME_MAX] = {0};
	const char *chosen = settings->congestion->name;

	memcpy(name, chosen, min_u32((uint32_t)strlen(chosen), CONGESTION_NAME_MAX - 1));
	*length = *length < sizeof(name) ? *length : sizeof(name);
	memcpy(value, name, *length);
	return 0;
}

int tcp_settings_get(const struct tcp_settings *settings, const struct port_claim *claim, int level,
		     int name, void *value, size_t *length)
{
	bool found = false;
	int number = 0;

	if (level == BERTH_SOL_SOCKET && name == BERTH_SO_LINGER)
		return get_linger(settings, value, length);
	if (level == BERTH_IPPROTO_TCP && name == BERTH_TCP_CONGESTION)
		return get_congestion(settings, value, length);
	if (level == BERTH_SOL_SOCKET)
		found = get_socket_level(settings, claim, name, &number);
	else if (level == BERTH_IPPROTO_IP || level == BERTH_IPPROTO_IPV6)
		found = get_ip_levels(settings, claim, level, name, &number);
	else if (level == BERTH_IPPROTO_TCP)
		found = get_tcp_level(settings, name, &number);
	return found ? tcp_option_put_int(number, value, length) : -ENOPROTOOPT;
}
