// SPDX-License-Identifier: MIT
//
// How connections begin: at once, later, never.
#include "transcript.h"

static void blocking(void)
{
	int port, listener = listen_here(&port), fd = open_there(SOCK_STREAM), accepted;
	struct sockaddr_in to = address_here(port);
	char text[8];

	say_result("connect", connect(fd, ADDRESS(to)));
	say_events("connected", fd);
	say_error("connected", fd);
	say_result("connect again", connect(fd, ADDRESS(to)));
	accepted = accept(listener, NULL, NULL);
	say_result("write", write(fd, "hello", 5));
	say_result("read", read(accepted, text, sizeof(text)));
	close(fd);
	close(accepted);
	close(listener);
}

static void nonblocking(void)
{
	int port, listener = listen_here(&port), fd = open_there(SOCK_STREAM | SOCK_NONBLOCK);
	struct sockaddr_in to = address_here(port);

	say_result("connect", connect(fd, ADDRESS(to)));
	say("writable %d", wait_for(fd, POLLOUT));
	say_events("connected", fd);
	say_error("connected", fd);
	say_result("read", read(fd, &to, 1));
	say_result("write", write(fd, "x", 1));
	close(fd);
	close(listener);
}

static int closed_port(void)
{
	int port, fd = listen_here(&port);

	close(fd);
	settle();
	return port;
}

static void refused_blocking(void)
{
	int fd = open_there(SOCK_STREAM);
	struct sockaddr_in to = address_here(closed_port());
	char byte;

	say_result("connect", connect(fd, ADDRESS(to)));
	say_error("refused", fd);
	say_result("read", read(fd, &byte, 1));
	say_result("send", send(fd, "x", 1, MSG_NOSIGNAL));
	close(fd);
}

static void refused_nonblocking(void)
{
	int fd = open_there(SOCK_STREAM | SOCK_NONBLOCK);
	struct sockaddr_in to = address_here(closed_port());
	char byte;

	say_result("connect", connect(fd, ADDRESS(to)));
	say("something %d", wait_for(fd, POLLOUT));
	say_events("refused", fd);
	say_error("first", fd);
	say_error("second", fd);
	say_result("read", read(fd, &byte, 1));
	say_result("send", send(fd, "x", 1, MSG_NOSIGNAL));
	close(fd);
}

static void refused_told_by_read(void)
{
	int fd = open_there(SOCK_STREAM | SOCK_NONBLOCK);
	struct sockaddr_in to = address_here(closed_port());
	char byte;

	say_result("connect", connect(fd, ADDRESS(to)));
	say("something %d", wait_for(fd, POLLOUT));
	say_result("read", read(fd, &byte, 1));
	say_error("after", fd);
	say_result("read", read(fd, &byte, 1));
	close(fd);
}

static void refused_told_by_write(void)
{
	int fd = open_there(SOCK_STREAM | SOCK_NONBLOCK);
	struct sockaddr_in to = address_here(closed_port());

	say_result("connect", connect(fd, ADDRESS(to)));
	say("something %d", wait_for(fd, POLLOUT));
	say_result("write", write(fd, "x", 1));
	say_error("after", fd);
	say_result("send", send(fd, "x", 1, MSG_NOSIGNAL));
	close(fd);
}

// Programs that wait for a server try again on the same socket.
static void try_again(void)
{
	int port = closed_port(), fd = open_there(SOCK_STREAM), listener = open_here(SOCK_STREAM);
	int accepted, yes = 1;
	struct sockaddr_in to = address_here(port);
	char byte;

	say_result("connect", connect(fd, ADDRESS(to)));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	need(bind(listener, ADDRESS(to)) == 0 && listen(listener, 1) == 0, "listen");
	say_result("connect again", connect(fd, ADDRESS(to)));
	accepted = accept(listener, NULL, NULL);
	say_result("write", write(fd, "x", 1));
	say_result("read", read(accepted, &byte, 1));
	close(fd);
	close(accepted);
	close(listener);
}

static void wrong_addresses(void)
{
	int fd = open_here(SOCK_STREAM);
	struct sockaddr_in to = address_here(1);

	say_result("short", connect(fd, (struct sockaddr *)&to, 4));
	say_result("shorter", connect(fd, (struct sockaddr *)&to, 1));
	to.sin_family = AF_UNIX;
	say_result("other family", connect(fd, ADDRESS(to)));
	to.sin_family = AF_UNSPEC;
	say_result("no family", connect(fd, ADDRESS(to)));
	close(fd);
}

int main(void)
{
	begin("connecting");
	signal(SIGPIPE, SIG_IGN);
	say("-- blocking");
	blocking();
	say("-- nonblocking");
	nonblocking();
	say("-- refused, blocking");
	refused_blocking();
	say("-- refused, nonblocking");
	refused_nonblocking();
	say("-- refused, told by read");
	refused_told_by_read();
	say("-- refused, told by write");
	refused_told_by_write();
	say("-- try again");
	try_again();
	say("-- wrong addresses");
	wrong_addresses();
	return 0;
}
