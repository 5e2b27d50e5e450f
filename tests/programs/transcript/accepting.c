// SPDX-License-Identifier: MIT
//
// accept: who, when, with which flags, and when there is no descriptor left.
#include "transcript.h"

#include <sys/resource.h>

static int knock(int port)
{
	struct sockaddr_in from = address_there(0), to = address_here(port);
	int fd = open_there(SOCK_STREAM);

	need(bind(fd, ADDRESS(from)) == 0, "bind");
	need(connect(fd, ADDRESS(to)) == 0, "connect");
	return fd;
}

static void names(void)
{
	int port, listener = listen_here(&port), there = knock(port), here;
	struct sockaddr_in in;
	socklen_t length = sizeof(in);

	here = accept(listener, (struct sockaddr *)&in, &length);
	say_address("accept", (struct sockaddr *)&in, length, port_of(there));
	length = sizeof(in);
	getpeername(here, (struct sockaddr *)&in, &length);
	say_address("getpeername", (struct sockaddr *)&in, length, port_of(there));
	length = sizeof(in);
	getsockname(here, (struct sockaddr *)&in, &length);
	say_address("getsockname", (struct sockaddr *)&in, length, port);
	close(here);
	close(there);
	there = knock(port);
	length = 3;
	here = accept(listener, (struct sockaddr *)&in, &length);
	say("short buffer: accepted %d length %u", here >= 0, (unsigned)length);
	close(here);
	close(there);
	close(listener);
}

static void flags(void)
{
	int port, listener = listen_here(&port), there, here;

	set_nonblocking(listener, true);
	say_result("nothing there", accept(listener, NULL, NULL));
	there = knock(port);
	wait_for(listener, POLLIN);
	here = accept(listener, NULL, NULL);
	say("inherited: nonblocking %d, close on exec %d", (fcntl(here, F_GETFL) & O_NONBLOCK) != 0,
	    fcntl(here, F_GETFD));
	close(here);
	close(there);
	there = knock(port);
	wait_for(listener, POLLIN);
	here = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	say("asked for: nonblocking %d, close on exec %d", (fcntl(here, F_GETFL) & O_NONBLOCK) != 0,
	    fcntl(here, F_GETFD));
	say_result("wrong flags", accept4(listener, NULL, NULL, 1));
	close(here);
	close(there);
	close(listener);
}

static void refusals(void)
{
	int fd = open_here(SOCK_STREAM), datagram = open_here(SOCK_DGRAM), here, there;

	say_result("not listening", accept(fd, NULL, NULL));
	say_result("datagram", accept(datagram, NULL, NULL));
	say_result("listen on datagram", listen(datagram, 1));
	connect_pair(&here, &there);
	say_result("connected", accept(here, NULL, NULL));
	say_result("listen on connected", listen(here, 1));
	say_result("bad descriptor", accept(999, NULL, NULL));
	say_result("no socket", accept(0, NULL, NULL));
	close(fd);
	close(datagram);
	close(here);
	close(there);
}

static void time_out(void)
{
	int port, listener = listen_here(&port);
	struct timeval timeout = {0, 50000};

	say_result("SO_RCVTIMEO",
		   setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
	say_result("accept", accept(listener, NULL, NULL));
	close(listener);
}

static void no_descriptor(void)
{
	int port, listener = listen_here(&port), there = knock(port), fds[64], count = 0, here;
	struct rlimit limit, before;

	need(wait_for(listener, POLLIN), "a connection");
	getrlimit(RLIMIT_NOFILE, &before);
	limit = before;
	limit.rlim_cur = 40;
	setrlimit(RLIMIT_NOFILE, &limit);
	while (count < 64 && (fds[count] = dup(0)) >= 0)
		count++;
	say_result("accept at the limit", accept(listener, NULL, NULL));
	say_events("still there", listener);
	say_result("socket at the limit", socket(AF_INET, SOCK_STREAM, 0));
	while (count > 0)
		close(fds[--count]);
	here = accept(listener, NULL, NULL);
	say("accepted %d", here >= 0);
	say_result("write", write(there, "x", 1));
	say("arrived %d", wait_for(here, POLLIN));
	setrlimit(RLIMIT_NOFILE, &before);
	close(here);
	close(there);
	close(listener);
}

static void serve_one(int listener)
{
	int fd = accept(listener, NULL, NULL);
	char text[16];
	ssize_t length = read(fd, text, sizeof(text));

	if (length > 0)
		(void)!write(fd, text, (size_t)length);
	close(fd);
	_exit(0);
}

// Several processes wait in accept on one listener; each connection wakes one.
static void prefork(void)
{
	int port, listener = listen_here(&port), i, echoed = 0, status, fds[3];

	for (i = 0; i < 3; i++)
		if (fork() == 0)
			serve_one(listener);
	settle();
	for (i = 0; i < 3; i++) {
		fds[i] = knock(port);
		(void)!write(fds[i], "ping", 4);
	}
	for (i = 0; i < 3; i++) {
		char text[16];

		if (wait_for(fds[i], POLLIN) && read(fds[i], text, sizeof(text)) == 4)
			echoed++;
		close(fds[i]);
	}
	for (i = 0; i < 3; i++)
		wait(&status);
	say("echoed %d", echoed);
	close(listener);
}

static void listener_closed(void)
{
	int port, listener = listen_here(&port), there = knock(port);
	char byte;

	settle();
	close(listener);
	say("ended %d", wait_for(there, POLLHUP | POLLERR));
	say_result("read", read(there, &byte, 1));
	close(there);
}

static void reset_before_accept(void)
{
	int port, listener = listen_here(&port), there = knock(port), here;
	char byte;

	(void)!write(there, "abc", 3);
	settle();
	close_with_reset(there);
	settle();
	here = accept(listener, NULL, NULL);
	say("accepted %d", here >= 0);
	if (here >= 0) {
		say_result("read", read(here, &byte, 1));
		close(here);
	}
	close(listener);
}

static void backlog_again(void)
{
	int port, listener = listen_here(&port);

	say_result("listen again", listen(listener, 2));
	say_result("backlog 0", listen(listener, 0));
	say_result("backlog -1", listen(listener, -1));
	close(listener);
}

int main(void)
{
	begin("accepting");
	say("-- names");
	names();
	say("-- flags");
	flags();
	say("-- refusals");
	refusals();
	say("-- time-out");
	time_out();
	say("-- no descriptor left");
	no_descriptor();
	say("-- prefork");
	prefork();
	say("-- listener closed");
	listener_closed();
	say("-- reset before accept");
	reset_before_accept();
	say("-- backlog again");
	backlog_again();
	return 0;
}
