// SPDX-License-Identifier: MIT
//
// What a program sees when berthd is killed under it, and when another one starts.
//
// Prints a line a fact. Waits for a line on standard input twice: when it is ready for the kill,
// and for the new daemon.
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in any_port(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET};

	inet_pton(AF_INET, "10.9.0.1", &in.sin_addr);
	return in;
}

static void say(const char *what, long result)
{
	if (result < 0)
		printf("%s %s\n", what, strerrorname_np(errno));
	else
		printf("%s %ld\n", what, result);
	fflush(stdout);
}

static int open_bound(int type, struct sockaddr_in *name)
{
	socklen_t length = sizeof(*name);
	int fd = socket(AF_INET, type, 0);

	*name = any_port();
	if (fd < 0 || bind(fd, (struct sockaddr *)name, sizeof(*name)) != 0 ||
	    getsockname(fd, (struct sockaddr *)name, &length) != 0) {
		perror("open");
		exit(1);
	}
	return fd;
}

static void wait_for_word(const char *word)
{
	char line[16];

	puts(word);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(1);
}

// Blocked in a call when it happens. Its own line is printed by its parent's order: wait for it.
static pid_t block_in(const char *what, int fd, int is_listener)
{
	char byte;
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	pid_t child = fork();

	if (child != 0)
		return child;
	if (is_listener)
		say(what, accept(fd, NULL, NULL));
	else
		say(what, recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&from, &length));
	_exit(0);
}

int main(void)
{
	struct sockaddr_in listening, receiving, sending;
	int listener = open_bound(SOCK_STREAM, &listening), client, server, number = -1, i;
	int datagram = open_bound(SOCK_DGRAM, &receiving), other = open_bound(SOCK_DGRAM, &sending);
	int fresh = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t length = sizeof(number);
	struct pollfd one;
	pid_t children[2];
	char text[8];

	listen(listener, 4);
	client = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(client, (struct sockaddr *)&listening, sizeof(listening)) != 0) {
		perror("connect");
		return 1;
	}
	server = accept(listener, NULL, NULL);
	if (write(client, "last", 4) != 4)
		return 1;
	one = (struct pollfd){server, POLLIN, 0};
	poll(&one, 1, 2000);
	children[0] = block_in("blocked recvfrom", datagram, 0);
	usleep(100000);
	wait_for_word("ready");
	waitpid(children[0], NULL, 0);
	children[1] = block_in("accept", listener, 1);
	waitpid(children[1], NULL, 0);
	say("read what was there", read(server, text, sizeof(text)));
	i = (int)read(server, text, sizeof(text));
	say("stream ended", i == 0 || errno == ECONNRESET);
	say("recv", recv(datagram, text, sizeof(text), 0));
	say("sendto", sendto(other, "x", 1, 0, (struct sockaddr *)&receiving, sizeof(receiving)));
	say("connect", connect(fresh, (struct sockaddr *)&listening, sizeof(listening)));
	say("bind", bind(fresh, (struct sockaddr *)&listening, sizeof(listening)));
	say("setsockopt", setsockopt(client, IPPROTO_TCP, 1, &number, sizeof(number)));
	say("socket", socket(AF_INET, SOCK_STREAM, 0));
	wait_for_word("again");
	say("old connect", connect(fresh, (struct sockaddr *)&listening, sizeof(listening)));
	// What a socket is does not change; it is read from the board of the daemon that is gone.
	say("old getsockopt", getsockopt(client, SOL_SOCKET, SO_TYPE, &number, &length));
	fresh = socket(AF_INET, SOCK_STREAM, 0);
	say("new socket", fresh >= 0);
	length = sizeof(number);
	say("new getsockopt", getsockopt(fresh, SOL_SOCKET, SO_TYPE, &number, &length));
	sending = any_port();
	say("new bind", bind(fresh, (struct sockaddr *)&sending, sizeof(sending)));
	return 0;
}
