// SPDX-License-Identifier: MIT
//
// What the transcript programs share: printing, and sockets of the other side.
#include "transcript.h"

#include <stdarg.h>

#define TIME_LIMIT_S 60
#define SETTLE_US 80000
#define WAIT_MS 2000

static int factory = -1; // the other side's process takes wishes and gives descriptors

struct wish {
	int domain, type;
};

static const char *environment(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && value[0] ? value : otherwise;
}

void need(bool condition, const char *what)
{
	if (condition)
		return;
	printf("cannot go on: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(3);
}

static void pass_descriptor(int channel, int fd)
{
	char byte = 0;
	struct iovec part = {&byte, 1};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	need(sendmsg(channel, &message, 0) == 1, "pass a descriptor");
}

static void serve_factory(int channel)
{
	struct wish wish;

	while (read(channel, &wish, sizeof(wish)) == sizeof(wish)) {
		int fd = socket(wish.domain, wish.type, 0);

		need(fd >= 0, "socket there");
		pass_descriptor(channel, fd);
		close(fd);
	}
	_exit(0);
}

static void start_factory(void)
{
	int channel[2];
	char number[16];
	pid_t child;

	need(socketpair(AF_UNIX, SOCK_STREAM, 0, channel) == 0, "socketpair");
	child = fork();
	need(child >= 0, "fork");
	if (child == 0) {
		const char *host = getenv("TRANSCRIPT_PEER_HOST");

		close(channel[0]);
		snprintf(number, sizeof(number), "%d", channel[1]);
		if (host)
			setenv("BERTH_HOST", host, 1);
		setenv("TRANSCRIPT_FACTORY", number, 1);
		execl("/proc/self/exe", "factory", (char *)NULL);
		_exit(3);
	}
	close(channel[1]);
	fcntl(channel[0], F_SETFD, FD_CLOEXEC);
	factory = channel[0];
}

void begin(const char *name)
{
	const char *channel = getenv("TRANSCRIPT_FACTORY");

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (channel)
		serve_factory(atoi(channel));
	alarm(TIME_LIMIT_S);
	start_factory();
	say("== %s", name);
}

void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
}

long say_result(const char *what, long result)
{
	if (result < 0)
		say("%s = -1 %s", what, strerrorname_np(errno));
	else
		say("%s = %ld", what, result);
	return result;
}

void say_events(const char *what, int fd)
{
	static const struct {
		short bit;
		const char *name;
	} names[] = {
		{POLLIN, " IN"},   {POLLOUT, " OUT"},     {POLLPRI, " PRI"},   {POLLERR, " ERR"},
		{POLLHUP, " HUP"}, {POLLRDHUP, " RDHUP"}, {POLLNVAL, " NVAL"},
	};
	struct pollfd one = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0};
	char text[80] = "";
	size_t i;

	poll(&one, 1, 0);
	for (i = 0; i < COUNT(names); i++)
		if (one.revents & names[i].bit)
			strncat(text, names[i].name, sizeof(text) - strlen(text) - 1);
	say("%s:%s", what, text[0] ? text : " nothing");
}

void say_address(const char *what, const struct sockaddr *address, socklen_t length,
		 int expected_port)
{
	struct sockaddr_in in;
	struct sockaddr_in here = address_here(0), there = address_there(0);
	const char *who = "somebody", *port = "another port";

	if (length < sizeof(in)) {
		say("%s: length %u", what, (unsigned)length);
		return;
	}
	memcpy(&in, address, sizeof(in));
	if (in.sin_addr.s_addr == INADDR_ANY)
		who = "any";
	else if (in.sin_addr.s_addr == here.sin_addr.s_addr)
		who = "here";
	else if (in.sin_addr.s_addr == there.sin_addr.s_addr)
		who = "there";
	if (in.sin_port == 0)
		port = "port 0";
	else if (ntohs(in.sin_port) == expected_port)
		port = "the port";
	say("%s: length %u family %d %s %s", what, (unsigned)length, in.sin_family, who, port);
}

void say_error(const char *what, int fd)
{
	int error = -1;
	socklen_t length = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
		say("%s: SO_ERROR fails %s", what, strerrorname_np(errno));
	else
		say("%s: SO_ERROR %s", what, error ? strerrorname_np(error) : "none");
}

void settle(void)
{
	usleep(SETTLE_US);
}

bool wait_for(int fd, short events)
{
	struct pollfd one = {fd, events, 0};

	return poll(&one, 1, WAIT_MS) > 0;
}

int open_here(int type)
{
	int fd = socket(AF_INET, type, 0);

	need(fd >= 0, "socket here");
	return fd;
}

int open_there(int type)
{
	return open_there_of(AF_INET, type);
}

int open_there_of(int domain, int type)
{
	struct wish wish = {domain, type};
	char byte;
	struct iovec part = {&byte, 1};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fd;

	need(write(factory, &wish, sizeof(wish)) == sizeof(wish), "ask there");
	need(recvmsg(factory, &message, MSG_CMSG_CLOEXEC) == 1, "hear from there");
	need(CMSG_FIRSTHDR(&message) != NULL, "a descriptor from there");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static struct sockaddr_in address_of(const char *text, int port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	inet_pton(AF_INET, text, &in.sin_addr);
	return in;
}

struct sockaddr_in address_here(int port)
{
	return address_of(environment("TRANSCRIPT_HERE", "127.0.0.1"), port);
}

struct sockaddr_in address_there(int port)
{
	return address_of(environment("TRANSCRIPT_THERE", "127.0.0.2"), port);
}

static struct sockaddr_in6 address6_of(const char *text, int port)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};

	inet_pton(AF_INET6, text, &in6.sin6_addr);
	return in6;
}

struct sockaddr_in6 address6_here(int port)
{
	return address6_of(environment("TRANSCRIPT_HERE6", "::1"), port);
}

struct sockaddr_in6 address6_there(int port)
{
	return address6_of(environment("TRANSCRIPT_THERE6", "::1"), port);
}

int port_of(int fd)
{
	struct sockaddr_in6 in6; // the port is at the same place in both kinds
	socklen_t length = sizeof(in6);

	need(getsockname(fd, (struct sockaddr *)&in6, &length) == 0, "getsockname");
	return ntohs(in6.sin6_port);
}

int listen_here(int *ret_port)
{
	struct sockaddr_in in = address_here(0);
	int fd = open_here(SOCK_STREAM);

	need(bind(fd, ADDRESS(in)) == 0, "bind here");
	need(listen(fd, 8) == 0, "listen here");
	*ret_port = port_of(fd);
	return fd;
}

void connect_pair(int *ret_here, int *ret_there)
{
	int port, listener = listen_here(&port);
	struct sockaddr_in from = address_there(0), to = address_here(port);

	*ret_there = open_there(SOCK_STREAM);
	need(bind(*ret_there, ADDRESS(from)) == 0, "bind there");
	need(connect(*ret_there, ADDRESS(to)) == 0, "connect there");
	*ret_here = accept(listener, NULL, NULL);
	need(*ret_here >= 0, "accept here");
	close(listener);
}

static int bind_datagram(int fd, struct sockaddr_in in, int *ret_port)
{
	need(bind(fd, ADDRESS(in)) == 0, "bind a datagram socket");
	*ret_port = port_of(fd);
	return fd;
}

int bind_here(int *ret_port)
{
	return bind_datagram(open_here(SOCK_DGRAM), address_here(0), ret_port);
}

int bind_there(int *ret_port)
{
	return bind_datagram(open_there(SOCK_DGRAM), address_there(0), ret_port);
}

void set_nonblocking(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

void close_with_reset(int fd)
{
	struct linger linger = {1, 0};

	need(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0, "SO_LINGER");
	close(fd);
}
