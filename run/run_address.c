// SPDX-License-Identifier: MIT
//
// How does a sockaddr become an endpoint, and back?
//
// An endpoint of an IPv6 socket may hold an IPv4 address mapped (::ffff:a.b.c.d) or plain; both are
// understood here, and programs see what Linux shows: mapped on AF_INET6, plain on AF_INET.
#include "run_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

// Linux takes a sockaddr_in6 without sin6_scope_id (RFC 2133).
#define IPV6_LENGTH_MIN 24

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const struct berth_address *address)
{
	return address->family == BERTH_FAMILY_IPV6 &&
	       memcmp(address->byte, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static bool is_all_zero(const struct berth_address *address)
{
	static const uint8_t zero[16];

	return memcmp(address->byte, zero, sizeof(zero)) == 0;
}

static struct berth_address map(const struct berth_address *address)
{
	struct berth_address mapped = {.family = BERTH_FAMILY_IPV6};

	memcpy(mapped.byte, mapped_prefix, sizeof(mapped_prefix));
	memcpy(mapped.byte + 12, address->byte, 4);
	return mapped;
}

static struct berth_address unmap(const struct berth_address *address)
{
	struct berth_address plain = {.family = BERTH_FAMILY_IPV4};

	if (!is_mapped(address))
		return *address;
	memcpy(plain.byte, address->byte + 12, 4);
	return plain;
}

static int parse_ipv4(const struct sockaddr *address, socklen_t length,
		      struct berth_endpoint *ret_endpoint)
{
	struct sockaddr_in in;

	if (length < sizeof(in))
		return -EINVAL;
	memcpy(&in, address, sizeof(in));
	memset(ret_endpoint, 0, sizeof(*ret_endpoint));
	ret_endpoint->address.family = BERTH_FAMILY_IPV4;
	memcpy(ret_endpoint->address.byte, &in.sin_addr, 4);
	ret_endpoint->port = ntohs(in.sin_port);
	return 0;
}

static int parse_ipv6(const struct sockaddr *address, socklen_t length,
		      struct berth_endpoint *ret_endpoint)
{
	struct sockaddr_in6 in6;

	if (length < IPV6_LENGTH_MIN)
		return -EINVAL;
	memset(&in6, 0, sizeof(in6));
	memcpy(&in6, address, length < sizeof(in6) ? length : sizeof(in6));
	memset(ret_endpoint, 0, sizeof(*ret_endpoint));
	ret_endpoint->address.family = BERTH_FAMILY_IPV6;
	memcpy(ret_endpoint->address.byte, &in6.sin6_addr, 16);
	if (IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr))
		ret_endpoint->address.scope = (uint8_t)in6.sin6_scope_id;
	ret_endpoint->port = ntohs(in6.sin6_port);
	return 0;
}

// AF_UNSPEC: dissolves a connection; else Linux takes it as AF_INET where IPv4 socket calls do.
static int parse_unspecified(int domain, const struct sockaddr *address, socklen_t length,
			     enum run_address_use use, struct berth_endpoint *ret_endpoint)
{
	int error;

	if (use == RUN_ADDRESS_CONNECT || use == RUN_ADDRESS_CONNECT_DATAGRAM) {
		memset(ret_endpoint, 0, sizeof(*ret_endpoint));
		return 0;
	}
	if (domain != AF_INET)
		return use == RUN_ADDRESS_SEND ? -EINVAL : -EAFNOSUPPORT;
	error = parse_ipv4(address, length, ret_endpoint);
	if (error)
		return error;
	if (use == RUN_ADDRESS_BIND && !is_all_zero(&ret_endpoint->address))
		return -EAFNOSUPPORT;
	return 0;
}

static int parse_for_ipv4(sa_family_t family, const struct sockaddr *address, socklen_t length,
			  struct berth_endpoint *ret_endpoint)
{
	int error = parse_ipv4(address, length, ret_endpoint); // a wrong length goes before

	return !error && family != AF_INET ? -EAFNOSUPPORT : error;
}

static int parse_for_ipv6(sa_family_t family, const struct sockaddr *address, socklen_t length,
			  enum run_address_use use, struct berth_endpoint *ret_endpoint)
{
	bool takes_ipv4 = use == RUN_ADDRESS_SEND || use == RUN_ADDRESS_CONNECT_DATAGRAM;
	int error;

	if (family == AF_INET && takes_ipv4) {
		error = parse_ipv4(address, length, ret_endpoint);
		if (!error)
			ret_endpoint->address = map(&ret_endpoint->address);
		return error;
	}
	error = parse_ipv6(address, length, ret_endpoint);
	if (error || family == AF_INET6)
		return error;
	return use == RUN_ADDRESS_SEND ? -EINVAL : -EAFNOSUPPORT;
}

int run_address_parse(int domain, const struct sockaddr *address, socklen_t length,
		      enum run_address_use use, struct berth_endpoint *ret_endpoint)
{
	sa_family_t family;

	if (!address)
		return -EFAULT;
	if (length < sizeof(family))
		return -EINVAL;
	memcpy(&family, address, sizeof(family));
	if (family == AF_UNSPEC)
		return parse_unspecified(domain, address, length, use, ret_endpoint);
	if (domain == AF_INET)
		return parse_for_ipv4(family, address, length, ret_endpoint);
	return parse_for_ipv6(family, address, length, use, ret_endpoint);
}

static socklen_t emit_whole(int domain, const struct berth_endpoint *endpoint,
			    struct sockaddr_storage *whole)
{
	memset(whole, 0, sizeof(*whole));
	if (domain == AF_INET) {
		struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(endpoint->port)};
		struct berth_address plain = unmap(&endpoint->address);

		if (plain.family == BERTH_FAMILY_IPV4)
			memcpy(&in.sin_addr, plain.byte, 4);
		memcpy(whole, &in, sizeof(in));
		return sizeof(in);
	}
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(endpoint->port)};
	struct berth_address address = endpoint->address;

	if (address.family == BERTH_FAMILY_IPV4)
		address = map(&address);
	memcpy(&in6.sin6_addr, address.byte, 16);
	in6.sin6_scope_id = address.scope;
	memcpy(whole, &in6, sizeof(in6));
	return sizeof(in6);
}

void run_address_emit(int domain, const struct berth_endpoint *endpoint, struct sockaddr *address,
		      socklen_t *length)
{
	struct sockaddr_storage whole;
	socklen_t whole_length = emit_whole(domain, endpoint, &whole);

	if (address)
		memcpy(address, &whole, *length < whole_length ? *length : whole_length);
	*length = whole_length;
}

bool run_endpoint_equal(const struct berth_endpoint *left, const struct berth_endpoint *right)
{
	struct berth_address a = unmap(&left->address), b = unmap(&right->address);

	return left->port == right->port && a.family == b.family && a.scope == b.scope &&
	       memcmp(a.byte, b.byte, sizeof(a.byte)) == 0;
}

bool run_endpoint_is_ipv4(const struct berth_endpoint *endpoint)
{
	return endpoint->address.family == BERTH_FAMILY_IPV4 || is_mapped(&endpoint->address);
}
