// SPDX-License-Identifier: MIT
//
// Descriptors that travel: dup, fork, vfork, exec, passing to strangers, threads.
#include "transcript.h"

#include <pthread.h>

// The program again, with a descriptor it was born with.
static int born_with(int fd)
{
	struct sockaddr_in in;
	socklen_t length = sizeof(in);
	int type = 0;
	socklen_t type_length = sizeof(type);
	char text[8];

	setvbuf(stdout, NULL, _IOLBF, 0);
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_length);
	say("child: type %d", type);
	say_result("child: getsockname", getsockname(fd, (struct sockaddr *)&in, &length));
	if (type == SOCK_DGRAM) {
		length = sizeof(in);
		say_result("child: recvfrom",
			   recvfrom(fd, text, 8, 0, (struct sockaddr *)&in, &length));
		say("child: %.2s from length %u", text, (unsigned)length);
		say_result("child: sendto",
			   sendto(fd, "pong", 4, 0, (struct sockaddr *)&in, length));
		return 0;
	}
	say_result("child: read", read(fd, text, 8));
	say_result("child: write", write(fd, "pong", 4));
	return 0;
}

static void run_child(int fd, bool by_vfork)
{
	char number[16];
	int status;
	pid_t child;

	snprintf(number, sizeof(number), "%d", fd);
	fcntl(fd, F_SETFD, 0);
	child = by_vfork ? vfork() : fork();
	if (child == 0) {
		execl("/proc/self/exe", "child", number, (char *)NULL);
		_exit(3);
	}
	waitpid(child, &status, 0);
	say("child ended %d", WEXITSTATUS(status));
}

static void executed(bool by_vfork)
{
	int here, there;
	char text[8];

	connect_pair(&here, &there);
	(void)!write(there, "ping", 4);
	run_child(here, by_vfork);
	close(here);
	say("answered %d", wait_for(there, POLLIN));
	say_result("read", read(there, text, 8));
	say_result("read", read(there, text, 8));
	close(there);
}

static void executed_datagram(void)
{
	int port, other_port, here = bind_here(&port), there = bind_there(&other_port);
	struct sockaddr_in to = address_here(port);
	char text[8];

	say_result("sendto", sendto(there, "hi", 2, 0, ADDRESS(to)));
	run_child(here, false);
	say("answered %d", wait_for(there, POLLIN));
	say_result("read", read(there, text, 8));
	close(here);
	close(there);
}

static void duplicated(void)
{
	int here, there, copy;
	char byte;

	connect_pair(&here, &there);
	copy = dup2(here, 200);
	close(here);
	say_result("write", write(there, "x", 1));
	say_result("read the copy", read(copy, &byte, 1));
	settle();
	say_events("peer", there);
	close(copy);
	say("ended %d", wait_for(there, POLLRDHUP));
	close(there);
}

static void *read_one(void *argument)
{
	char byte;

	return (void *)(intptr_t)read(*(int *)argument, &byte, 1);
}

static void threads(void)
{
	int here, there;
	pthread_t thread;
	void *result;

	connect_pair(&here, &there);
	pthread_create(&thread, NULL, read_one, &here);
	settle();
	(void)!write(there, "x", 1);
	pthread_join(thread, &result);
	say("thread read %d", (int)(intptr_t)result);
	close(here);
	close(there);
}

// Standard input and output, as inetd does.
static void standard_streams(void)
{
	int here, there, status;
	char text[32];
	ssize_t length = 0;
	pid_t child;

	connect_pair(&here, &there);
	child = fork();
	if (child == 0) {
		dup2(here, 0);
		dup2(here, 1);
		execlp("cat", "cat", (char *)NULL);
		_exit(3);
	}
	close(here);
	say_result("write", write(there, "through cat", 11));
	shutdown(there, SHUT_WR);
	while (length < 11 && wait_for(there, POLLIN)) {
		ssize_t got = read(there, text + length, sizeof(text) - (size_t)length);

		if (got <= 0)
			break;
		length += got;
	}
	say("got %zd: %.*s", length, (int)length, text);
	waitpid(child, &status, 0);
	say("cat ended %d", WEXITSTATUS(status));
	close(there);
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return born_with(atoi(argv[1]));
	begin("inheriting");
	say("-- fork, exec");
	executed(false);
	say("-- vfork, exec");
	executed(true);
	say("-- exec with a datagram socket");
	executed_datagram();
	say("-- dup2");
	duplicated();
	say("-- threads");
	threads();
	say("-- standard streams");
	standard_streams();
	return 0;
}
