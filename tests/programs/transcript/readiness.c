// SPDX-License-Identifier: MIT
//
// poll, select and epoll: level, edge, one shot, nested.
#include "transcript.h"

static void say_epoll(const char *what, int epoll)
{
	struct epoll_event events[4];
	int i, count = epoll_wait(epoll, events, 4, 0);

	say("%s: %d", what, count);
	for (i = 0; i < count; i++)
		say("  %s%s%s%s%s", events[i].events & EPOLLIN ? " IN" : "",
		    events[i].events & EPOLLOUT ? " OUT" : "",
		    events[i].events & EPOLLRDHUP ? " RDHUP" : "",
		    events[i].events & EPOLLHUP ? " HUP" : "",
		    events[i].events & EPOLLERR ? " ERR" : "");
}

static void polled(void)
{
	int port, listener = listen_here(&port), there = open_there(SOCK_STREAM), here;
	struct sockaddr_in to = address_here(port);
	char text[8];

	say_events("listener", listener);
	need(connect(there, ADDRESS(to)) == 0, "connect");
	say("listener ready %d", wait_for(listener, POLLIN));
	say_events("listener", listener);
	here = accept(listener, NULL, NULL);
	say_events("listener", listener);
	say_events("accepted", here);
	say_result("write", write(there, "abc", 3));
	wait_for(here, POLLIN);
	say_events("data", here);
	say_result("read", read(here, text, 8));
	say_events("no data", here);
	shutdown(there, SHUT_WR);
	wait_for(here, POLLRDHUP);
	say_events("peer ended", here);
	say_events("peer", there);
	shutdown(here, SHUT_WR);
	wait_for(there, POLLHUP);
	settle();
	say_events("both ended", here);
	say_events("both ended, peer", there);
	close(here);
	close(there);
	close(listener);
}

static void selected(void)
{
	int here, there, count;
	fd_set readers, writers;
	struct timeval at_once = {0, 0};

	connect_pair(&here, &there);
	(void)!write(there, "x", 1);
	wait_for(here, POLLIN);
	FD_ZERO(&readers);
	FD_ZERO(&writers);
	FD_SET(here, &readers);
	FD_SET(there, &readers);
	FD_SET(here, &writers);
	count = select((here > there ? here : there) + 1, &readers, &writers, NULL, &at_once);
	say("select %d: here %d there %d writable %d", count, FD_ISSET(here, &readers) != 0,
	    FD_ISSET(there, &readers) != 0, FD_ISSET(here, &writers) != 0);
	close(here);
	close(there);
}

static void level(void)
{
	int here, there, epoll = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP};
	char text[8];

	connect_pair(&here, &there);
	epoll_ctl(epoll, EPOLL_CTL_ADD, here, &event);
	say_epoll("nothing", epoll);
	(void)!write(there, "abc", 3);
	wait_for(here, POLLIN);
	say_epoll("data", epoll);
	say_epoll("still", epoll);
	(void)!read(here, text, 1);
	say_epoll("some", epoll);
	(void)!read(here, text, 8);
	say_epoll("none", epoll);
	close(there);
	wait_for(here, POLLRDHUP);
	say_epoll("ended", epoll);
	close(here);
	close(epoll);
}

static void edge(void)
{
	int here, there, epoll = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
	char text[8];

	connect_pair(&here, &there);
	epoll_ctl(epoll, EPOLL_CTL_ADD, here, &event);
	say_epoll("added", epoll);
	say_epoll("no news", epoll);
	(void)!write(there, "abc", 3);
	wait_for(here, POLLIN);
	say_epoll("data", epoll);
	say_epoll("no news", epoll);
	(void)!read(here, text, 1);
	say_epoll("no news", epoll);
	(void)!write(there, "d", 1);
	settle();
	say_epoll("more data", epoll);
	event.events = EPOLLIN | EPOLLONESHOT;
	epoll_ctl(epoll, EPOLL_CTL_MOD, here, &event);
	say_epoll("one shot", epoll);
	say_epoll("disarmed", epoll);
	close(here);
	close(there);
	close(epoll);
}

// Registered before it connects, as event loops do.
static void edge_of_connect(void)
{
	int port, listener = listen_here(&port), fd = open_there(SOCK_STREAM | SOCK_NONBLOCK);
	int epoll = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
	struct sockaddr_in to = address_here(port);

	say_result("connect", connect(fd, ADDRESS(to)));
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	say("ready %d", wait_for(epoll, POLLIN));
	settle();
	say_epoll("connected", epoll);
	say_epoll("no news", epoll);
	close(fd);
	close(listener);
	close(epoll);
}

static void full(void)
{
	int here, there;
	static char block[65536];
	ssize_t total = 0, got;
	int quiet = 0;

	connect_pair(&here, &there);
	set_nonblocking(there, true);
	set_nonblocking(here, true);
	while (quiet < 4) {
		got = write(there, block, sizeof(block));
		if (got > 0) {
			total += got;
			quiet = 0;
		} else {
			quiet++;
			settle();
		}
	}
	got = write(there, block, 1);
	say_result("write when full", got);
	say_events("full", there);
	while (total > 0) {
		got = read(here, block, sizeof(block));
		if (got > 0)
			total -= got;
		else if (got == 0 || !wait_for(here, POLLIN))
			break;
	}
	say("left %zd", total);
	say("writable %d", wait_for(there, POLLOUT));
	close(here);
	close(there);
}

int main(void)
{
	begin("readiness");
	say("-- poll");
	polled();
	say("-- select");
	selected();
	say("-- epoll, level");
	level();
	say("-- epoll, edge");
	edge();
	say("-- epoll, edge of connect");
	edge_of_connect();
	say("-- full");
	full();
	return 0;
}
