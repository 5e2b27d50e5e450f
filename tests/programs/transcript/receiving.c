// SPDX-License-Identifier: MIT
//
// Flags and time-outs of receive and send on streams.
#include "transcript.h"

static void peek(void)
{
	int here, there;
	char text[16];

	connect_pair(&here, &there);
	(void)!write(there, "abcdef", 6);
	wait_for(here, POLLIN);
	say_result("peek", recv(here, text, 3, MSG_PEEK));
	say("%.3s", text);
	say_result("peek all", recv(here, text, 16, MSG_PEEK));
	say_result("recv", recv(here, text, 16, 0));
	say_result("peek nothing", recv(here, text, 16, MSG_PEEK | MSG_DONTWAIT));
	close(here);
	close(there);
}

static void wait_for_all(void)
{
	int here, there;
	char text[16];

	connect_pair(&here, &there);
	(void)!write(there, "abc", 3);
	wait_for(here, POLLIN);
	if (fork() == 0) {
		settle();
		(void)!write(there, "defgh", 5);
		_exit(0);
	}
	say_result("all eight", recv(here, text, 8, MSG_WAITALL));
	say("%.8s", text);
	wait(NULL);
	(void)!write(there, "xy", 2);
	shutdown(there, SHUT_WR);
	say_result("until the end", recv(here, text, 16, MSG_WAITALL));
	close(here);
	close(there);
}

static void discard(void)
{
	int here, there, left = -1;
	char text[16] = "untouched";

	connect_pair(&here, &there);
	(void)!write(there, "abcdefgh", 8);
	wait_for(here, POLLIN);
	settle();
	say_result("discard", recv(here, text, 5, MSG_TRUNC));
	say("%s", text);
	say_result("into nothing", recv(here, NULL, 100, MSG_TRUNC | MSG_DONTWAIT));
	ioctl(here, FIONREAD, &left);
	say("left %d", left);
	say_result("nothing there", recv(here, NULL, 100, MSG_TRUNC | MSG_DONTWAIT));
	close(here);
	close(there);
}

static void named(void)
{
	int here, there;
	struct sockaddr_in in = {.sin_family = 77};
	socklen_t length = sizeof(in);
	char text[16], control[64];
	struct iovec part = {text, sizeof(text)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_name = &in,
				 .msg_namelen = sizeof(in),
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};

	connect_pair(&here, &there);
	(void)!write(there, "abc", 3);
	wait_for(here, POLLIN);
	say_result("recvfrom", recvfrom(here, text, 1, 0, (struct sockaddr *)&in, &length));
	say("length %u family %d", (unsigned)length, in.sin_family);
	say_result("recvmsg", recvmsg(here, &message, 0));
	say("length %u control %zu flags %d", (unsigned)message.msg_namelen, message.msg_controllen,
	    message.msg_flags);
	in = address_here(9);
	say_result("sendto elsewhere", sendto(there, "x", 1, 0, ADDRESS(in)));
	say("arrived here %d", wait_for(here, POLLIN));
	say_result("error queue", recv(here, text, 1, MSG_ERRQUEUE));
	close(here);
	close(there);
}

static void vectors(void)
{
	int here, there;
	char left[4], right[8];
	struct iovec out[2] = {{(char *)(uintptr_t) "abcd", 4}, {(char *)(uintptr_t) "efg", 3}};
	struct iovec in[2] = {{left, 4}, {right, 8}};

	connect_pair(&here, &there);
	say_result("writev", writev(there, out, 2));
	wait_for(here, POLLIN);
	settle();
	say_result("readv", readv(here, in, 2));
	say("%.4s|%.3s", left, right);
	say_result("write nothing", write(there, "", 0));
	say_result("read nothing", read(here, left, 0));
	close(here);
	close(there);
}

static void time_outs(void)
{
	int here, there;
	struct timeval timeout = {0, 60000}, got = {9, 9};
	socklen_t length = sizeof(got);
	static char block[1 << 16];
	ssize_t sent;
	char byte;

	connect_pair(&here, &there);
	say_result("set", setsockopt(here, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
	say_result("get", getsockopt(here, SOL_SOCKET, SO_RCVTIMEO, &got, &length));
	say("%ld %d", (long)got.tv_sec, got.tv_usec >= 60000);
	say_result("recv", recv(here, &byte, 1, 0));
	setsockopt(here, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	do {
		sent = send(here, block, sizeof(block), 0);
	} while (sent > 0);
	say_result("send when full", sent);
	close(here);
	close(there);
}

static void counts(void)
{
	int here, there, bytes = -1;

	connect_pair(&here, &there);
	(void)!write(there, "abcdef", 6);
	wait_for(here, POLLIN);
	settle();
	say_result("FIONREAD", ioctl(here, FIONREAD, &bytes));
	say("%d", bytes);
	say_result("TIOCOUTQ", ioctl(there, TIOCOUTQ, &bytes));
	say("%d", bytes);
	close(here);
	close(there);
}

static void urgent(void)
{
	int here, there, mark = -1;
	char text[8] = "?";

	connect_pair(&here, &there);
	(void)!write(there, "ab", 2);
	say_result("send urgent", send(there, "!", 1, MSG_OOB));
	say("urgent %d", wait_for(here, POLLPRI));
	settle();
	say_events("urgent", here);
	say_result("recv urgent", recv(here, text, 1, MSG_OOB));
	say("%c", text[0]);
	say_result("recv up to the mark", recv(here, text, 8, 0));
	ioctl(here, SIOCATMARK, &mark);
	say("at mark %d", mark);
	say_result("no more", recv(here, text, 8, MSG_DONTWAIT));
	close(here);
	close(there);
}

int main(int argc, char **argv)
{
	(void)argv;
	begin("receiving");
	say("-- peek");
	peek();
	say("-- wait for all");
	wait_for_all();
	say("-- discard");
	discard();
	say("-- names");
	named();
	say("-- vectors");
	vectors();
	say("-- time-outs");
	time_outs();
	say("-- counts");
	counts();
	if (argc == 1) {
		say("-- urgent");
		urgent();
	}
	return 0;
}
