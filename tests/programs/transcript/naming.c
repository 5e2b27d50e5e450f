// SPDX-License-Identifier: MIT
//
// bind, getsockname, getpeername: names of sockets at each moment of their lives.
#include "transcript.h"

static void say_name(const char *what, int fd, int expected_port)
{
	struct sockaddr_in in;
	socklen_t length = sizeof(in);

	if (getsockname(fd, (struct sockaddr *)&in, &length) != 0)
		say("%s: getsockname fails %s", what, strerrorname_np(errno));
	else
		say_address(what, (struct sockaddr *)&in, length, expected_port);
	length = sizeof(in);
	if (getpeername(fd, (struct sockaddr *)&in, &length) != 0)
		say("%s: getpeername fails %s", what, strerrorname_np(errno));
	else
		say_address(what, (struct sockaddr *)&in, length, expected_port);
}

static void stream(int type)
{
	int fd = open_here(type), port;
	struct sockaddr_in in = address_here(0);

	say_name("fresh", fd, -1);
	say_result("bind", bind(fd, ADDRESS(in)));
	port = port_of(fd);
	say("a dynamic port %d", port > 1023);
	say_name("bound", fd, port);
	say_result("bind again", bind(fd, ADDRESS(in)));
	close(fd);
	fd = open_here(type);
	in = address_here(port);
	say_result("bind the same, free again", bind(fd, ADDRESS(in)));
	say_name("bound", fd, port);
	close(fd);
}

static void any(void)
{
	int fd = open_here(SOCK_STREAM);
	struct sockaddr_in in = {.sin_family = AF_INET};

	say_result("bind any", bind(fd, ADDRESS(in)));
	say_name("any", fd, port_of(fd));
	close(fd);
	fd = open_here(SOCK_STREAM);
	in.sin_family = AF_UNSPEC;
	say_result("bind AF_UNSPEC any", bind(fd, ADDRESS(in)));
	close(fd);
	fd = open_here(SOCK_STREAM);
	say_result("listen unbound", listen(fd, 1));
	say("got a port %d", port_of(fd) > 0);
	close(fd);
}

static void taken(void)
{
	int port, first = listen_here(&port), second = open_here(SOCK_STREAM), yes = 1;
	struct sockaddr_in in = address_here(port), elsewhere = {.sin_family = AF_INET};

	say_result("taken", bind(second, ADDRESS(in)));
	setsockopt(second, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	say_result("taken, REUSEADDR", bind(second, ADDRESS(in)));
	elsewhere.sin_port = htons((uint16_t)port);
	say_result("taken by any", bind(second, ADDRESS(elsewhere)));
	inet_pton(AF_INET, "203.0.113.9", &in.sin_addr);
	say_result("not ours", bind(second, ADDRESS(in)));
	say_result("short", bind(second, ADDRESS(in) - 8));
	in.sin_family = AF_UNIX;
	say_result("other family", bind(second, ADDRESS(in)));
	close(first);
	close(second);
}

static void shared_port(void)
{
	int first = open_here(SOCK_DGRAM), second = open_here(SOCK_DGRAM), yes = 1;
	struct sockaddr_in in = address_here(0);

	setsockopt(first, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
	need(bind(first, ADDRESS(in)) == 0, "bind");
	in = address_here(port_of(first));
	say_result("without REUSEPORT", bind(second, ADDRESS(in)));
	setsockopt(second, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
	say_result("with REUSEPORT", bind(second, ADDRESS(in)));
	close(first);
	close(second);
}

static void connected(void)
{
	int port, listener = listen_here(&port), there = open_there(SOCK_STREAM), here;
	struct sockaddr_in to = address_here(port), from = address_there(0), in;
	socklen_t length = 4;

	need(bind(there, ADDRESS(from)) == 0, "bind");
	say_name("listener", listener, port);
	need(connect(there, ADDRESS(to)) == 0, "connect");
	here = accept(listener, NULL, NULL);
	say_name("accepted", here, port);
	say_name("connecting side", there, port);
	say_result("short getsockname", getsockname(here, (struct sockaddr *)&in, &length));
	say("length %u family %d", (unsigned)length, in.sin_family);
	length = (socklen_t)-1;
	say_result("negative", getsockname(here, (struct sockaddr *)&in, &length));
	say_result("bind connected", bind(there, ADDRESS(from)));
	close(here);
	wait_for(there, POLLRDHUP);
	close(there);
	close(listener);
}

static void datagram_connected(void)
{
	int port, there = bind_there(&port), here = open_here(SOCK_DGRAM);
	struct sockaddr_in to = address_there(port);

	say_result("connect", connect(here, ADDRESS(to)));
	say("got a port %d", port_of(here) > 0);
	say_name("connected", here, port);
	to.sin_family = AF_UNSPEC;
	say_result("dissolve", connect(here, ADDRESS(to)));
	say_name("dissolved", here, -1);
	close(here);
	here = open_here(SOCK_DGRAM);
	to = address_there(port);
	say_result("sendto", sendto(here, "x", 1, 0, ADDRESS(to)));
	say("got a port %d", port_of(here) > 0);
	close(here);
	close(there);
}

int main(void)
{
	begin("naming");
	say("-- stream");
	stream(SOCK_STREAM);
	say("-- datagram");
	stream(SOCK_DGRAM);
	say("-- any");
	any();
	say("-- taken");
	taken();
	say("-- shared port");
	shared_port();
	say("-- connected");
	connected();
	say("-- datagram, connected");
	datagram_connected();
	return 0;
}
