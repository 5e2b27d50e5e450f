// SPDX-License-Identifier: MIT
//
// Between a program's sockaddr and berth's endpoint. The only place in run/ that sees byte order.
#ifndef BERTH_RUN_RUN_ADDRESS_H
#define BERTH_RUN_RUN_ADDRESS_H

#include <berth/address.h>

#include <sys/socket.h>

// What is the address for? Linux judges family and length a little differently each time.
enum run_address_use {
	RUN_ADDRESS_BIND,
	RUN_ADDRESS_CONNECT,          // AF_UNSPEC becomes an endpoint of family none
	RUN_ADDRESS_CONNECT_DATAGRAM, // the same, of UDP
	RUN_ADDRESS_SEND,
};

// 0, -EINVAL, -EAFNOSUPPORT, -EFAULT. An IPv4 address becomes a mapped one on an
// IPv6 socket, where UDP takes it.
int run_address_parse(int domain, const struct sockaddr *address, socklen_t length,
		      enum run_address_use use, struct berth_endpoint *ret_endpoint);

// Write the endpoint as a sockaddr of the socket's domain: at most *length bytes, and the whole
// length into *length, as getsockname does.
void run_address_emit(int domain, const struct berth_endpoint *endpoint, struct sockaddr *address,
		      socklen_t *length);

// The same computer and port, whether mapped or not?
bool run_endpoint_equal(const struct berth_endpoint *left, const struct berth_endpoint *right);

// Does it go out as IPv4 (mapped included)?
bool run_endpoint_is_ipv4(const struct berth_endpoint *endpoint);

#endif
