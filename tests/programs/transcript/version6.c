// SPDX-License-Identifier: MIT
//
// IPv6: its own addresses, and IPv4's mapped into it.
#include "transcript.h"

static void say_name6(const char *what, const struct sockaddr_in6 *in6, socklen_t length, int port)
{
	struct sockaddr_in6 here = address6_here(0), there = address6_there(0);
	struct sockaddr_in here4 = address_here(0), there4 = address_there(0);
	const char *who = "somebody";

	if (memcmp(&in6->sin6_addr, &here.sin6_addr, 16) == 0)
		who = "ours";
	else if (memcmp(&in6->sin6_addr, &there.sin6_addr, 16) == 0)
		who = "ours";
	else if (IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr))
		who = "any";
	else if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) &&
		 (memcmp(&in6->sin6_addr.s6_addr[12], &here4.sin_addr, 4) == 0 ||
		  memcmp(&in6->sin6_addr.s6_addr[12], &there4.sin_addr, 4) == 0))
		who = "mapped";
	say("%s: length %u family %d %s %s", what, (unsigned)length, in6->sin6_family, who,
	    in6->sin6_port == 0             ? "port 0"
	    : ntohs(in6->sin6_port) == port ? "the port"
					    : "another port");
}

static void say_names6(const char *what, int fd, int port)
{
	struct sockaddr_in6 in6;
	socklen_t length = sizeof(in6);

	if (say_result(what, getsockname(fd, (struct sockaddr *)&in6, &length)) == 0)
		say_name6("  name", &in6, length, port);
	length = sizeof(in6);
	if (say_result("  peer", getpeername(fd, (struct sockaddr *)&in6, &length)) == 0)
		say_name6("  peer", &in6, length, port);
}

static int listen6(const struct sockaddr_in6 *address, int only, int *ret_port)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	need(fd >= 0, "socket");
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	need(bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0, "bind");
	need(listen(fd, 4) == 0, "listen");
	*ret_port = port_of(fd);
	return fd;
}

static void stream(void)
{
	struct sockaddr_in6 to = address6_here(0), in6;
	socklen_t length = sizeof(in6);
	int port, listener = listen6(&to, 0, &port), there = open_there_of(AF_INET6, SOCK_STREAM),
		  here;
	char text[8];

	say_names6("fresh", there, -1);
	to = address6_here(port);
	say_result("connect", connect(there, ADDRESS(to)));
	here = accept(listener, (struct sockaddr *)&in6, &length);
	say_name6("accepted", &in6, length, port_of(there));
	say_names6("here", here, port);
	say_names6("there", there, port);
	say_result("write", write(there, "hello", 5));
	say_result("read", read(here, text, 8));
	close(here);
	close(there);
	close(listener);
	there = open_there_of(AF_INET6, SOCK_STREAM);
	settle();
	say_result("refused", connect(there, ADDRESS(to)));
	say_result("short", connect(there, (struct sockaddr *)&to, 20));
	close(there);
}

// An IPv4 program reaches a server that listens on ::.
static void mapped_stream(void)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6}, in6;
	socklen_t length = sizeof(in6);
	int port, listener = listen6(&any, 0, &port), there = open_there(SOCK_STREAM), here;
	struct sockaddr_in to = address_here(port);
	char text[8];

	say_result("connect", connect(there, ADDRESS(to)));
	here = accept(listener, (struct sockaddr *)&in6, &length);
	say_name6("accepted", &in6, length, port_of(there));
	say_names6("here", here, port);
	say_result("write", write(there, "hello", 5));
	say_result("read", read(here, text, 8));
	close(here);
	close(there);
	there = open_there_of(AF_INET6, SOCK_STREAM);
	in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	in6.sin6_addr.s6_addr[10] = in6.sin6_addr.s6_addr[11] = 0xff;
	memcpy(&in6.sin6_addr.s6_addr[12], &to.sin_addr, 4);
	say_result("connect mapped", connect(there, ADDRESS(in6)));
	say_names6("there", there, port);
	close(there);
	there = open_there_of(AF_INET6, SOCK_STREAM);
	say_result("connect plain", connect(there, ADDRESS(to)));
	close(there);
	close(listener);
}

static void only6(void)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	int port, listener = listen6(&any, 1, &port), there = open_there(SOCK_STREAM);
	int second = open_here(SOCK_STREAM), value = -1;
	struct sockaddr_in to = address_here(port), any4 = {.sin_family = AF_INET};
	socklen_t length = sizeof(value);

	getsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &value, &length);
	say("IPV6_V6ONLY %d", value);
	say_result("connect", connect(there, ADDRESS(to)));
	any4.sin_port = htons((uint16_t)port);
	say_result("bind the port on IPv4", bind(second, ADDRESS(any4)));
	close(second);
	close(there);
	close(listener);
	listener = listen6(&any, 0, &port);
	second = open_here(SOCK_STREAM);
	any4.sin_port = htons((uint16_t)port);
	say_result("bind against dual stack", bind(second, ADDRESS(any4)));
	close(second);
	close(listener);
}

static void datagrams(void)
{
	int here = socket(AF_INET6, SOCK_DGRAM, 0), there = open_there_of(AF_INET6, SOCK_DGRAM);
	int there4 = open_there(SOCK_DGRAM), port;
	struct sockaddr_in6 any = {.sin6_family = AF_INET6}, to, in6;
	struct sockaddr_in to4;
	socklen_t length = sizeof(in6);
	char text[8];

	need(bind(here, ADDRESS(any)) == 0, "bind");
	port = port_of(here);
	to = address6_here(port);
	say_result("sendto", sendto(there, "six", 3, 0, ADDRESS(to)));
	say("arrived %d", wait_for(here, POLLIN));
	say_result("recvfrom", recvfrom(here, text, 8, 0, (struct sockaddr *)&in6, &length));
	say_name6("from", &in6, length, port_of(there));
	say_result("answer", sendto(here, "back", 4, 0, ADDRESS(in6)));
	say("arrived %d", wait_for(there, POLLIN));
	say_result("recv", recv(there, text, 8, 0));
	to4 = address_here(port);
	say_result("sendto of IPv4", sendto(there4, "four", 4, 0, ADDRESS(to4)));
	say("arrived %d", wait_for(here, POLLIN));
	length = sizeof(in6);
	say_result("recvfrom", recvfrom(here, text, 8, 0, (struct sockaddr *)&in6, &length));
	say_name6("from", &in6, length, port_of(there4));
	say_result("answer mapped", sendto(here, "back", 4, 0, ADDRESS(in6)));
	say("arrived %d", wait_for(there4, POLLIN));
	say_result("plain IPv4 address", sendto(there, "x", 1, 0, ADDRESS(to4)));
	say("arrived %d", wait_for(here, POLLIN));
	say_result("IPv6 address on IPv4", sendto(there4, "x", 1, 0, ADDRESS(to)));
	say_result("connect", connect(there, ADDRESS(to)));
	say_names6("connected", there, port);
	close(here);
	close(there);
	close(there4);
}

int main(void)
{
	begin("version6");
	say("-- stream");
	stream();
	say("-- mapped stream");
	mapped_stream();
	say("-- only IPv6");
	only6();
	say("-- datagrams");
	datagrams();
	return 0;
}
