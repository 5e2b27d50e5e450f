// SPDX-License-Identifier: MIT
//
// Calls in the wrong state: an error, and never a wait for ever.
#include "transcript.h"

static volatile sig_atomic_t pipes;

static void on_pipe(int number)
{
	(void)number;
	pipes++;
}

static void unconnected(void)
{
	int fd = open_here(SOCK_STREAM);
	struct sockaddr_in in = address_here(9);
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	say_result("read", read(fd, &byte, 1));
	say_result("recv", recv(fd, &byte, 1, 0));
	say_result("recvmsg", recvmsg(fd, &message, 0));
	say_result("readv", readv(fd, &part, 1));
	say_result("write", write(fd, "x", 1));
	say("signals %d", (int)pipes);
	say_result("send", send(fd, "x", 1, MSG_NOSIGNAL));
	say("signals %d", (int)pipes);
	say_result("writev", writev(fd, &part, 1));
	say("signals %d", (int)pipes);
	say_result("sendto", sendto(fd, "x", 1, MSG_NOSIGNAL, ADDRESS(in)));
	say_result("shutdown", shutdown(fd, SHUT_RDWR));
	say_result("getpeername", getpeername(fd, (struct sockaddr *)&in, &(socklen_t){16}));
	close(fd);
}

static void bound(void)
{
	int fd = open_here(SOCK_STREAM);
	struct sockaddr_in in = address_here(0);
	char byte;

	need(bind(fd, ADDRESS(in)) == 0, "bind");
	say_result("read", read(fd, &byte, 1));
	say_result("send", send(fd, "x", 1, MSG_NOSIGNAL));
	say_result("shutdown", shutdown(fd, SHUT_WR));
	close(fd);
}

static void listening(void)
{
	int port, fd = listen_here(&port);
	struct sockaddr_in in = address_here(9);

	say_result("connect", connect(fd, ADDRESS(in)));
	say_result("shutdown", shutdown(fd, SHUT_RDWR));
	say_result("accept", accept(fd, NULL, NULL));
	close(fd);
}

static void sockets(void)
{
	static const int types[][3] = {
		{AF_INET, SOCK_STREAM, IPPROTO_UDP},
		{AF_INET, SOCK_DGRAM, IPPROTO_TCP},
		{AF_INET, SOCK_SEQPACKET, 0},
		{AF_INET, SOCK_RDM, 0},
		{AF_INET, 99, 0},
		{AF_INET, SOCK_STREAM, -1},
		{AF_INET, SOCK_STREAM | 0x100000, 0},
	};
	size_t i;

	for (i = 0; i < COUNT(types); i++)
		say_result("socket", socket(types[i][0], types[i][1], types[i][2]));
}

static void others(void)
{
	int pipes_fd[2], pair[2];
	char byte;

	// What is not berth's stays as it was.
	need(pipe(pipes_fd) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "pipe");
	say_result("pipe write", write(pipes_fd[1], "x", 1));
	say_result("pipe read", read(pipes_fd[0], &byte, 1));
	say_result("pipe send", send(pipes_fd[1], "x", 1, 0));
	say_result("pair write", write(pair[0], "x", 1));
	say_result("pair read", read(pair[1], &byte, 1));
	close(pair[1]);
	pipes = 0;
	say_result("pair write", write(pair[0], "x", 1));
	say("signals %d", (int)pipes);
	close(pipes_fd[0]);
	say_result("pipe write", write(pipes_fd[1], "x", 1));
	say("signals %d", (int)pipes);
	say_result("bad descriptor", write(999, "x", 1));
	say_result("bad descriptor", send(999, "x", 1, 0));
	say_result("bad descriptor", getsockname(999, NULL, NULL));
	say_result("bad descriptor", connect(999, NULL, 0));
	say_result("no socket",
		   getpeername(pipes_fd[1], (struct sockaddr *)&byte, &(socklen_t){0}));
}

int main(void)
{
	begin("misusing");
	signal(SIGPIPE, on_pipe);
	say("-- unconnected");
	unconnected();
	say("-- bound");
	bound();
	say("-- listening");
	listening();
	say("-- sockets");
	sockets();
	say("-- others");
	others();
	return 0;
}
