// SPDX-License-Identifier: MIT
//
// UDP: addresses, lengths, errors, connected and not.
#include "transcript.h"

static void exchange(void)
{
	int port, other, here = bind_here(&port), there = bind_there(&other);
	struct sockaddr_in to = address_here(port), in;
	socklen_t length = sizeof(in);
	char text[16];

	say_events("fresh", here);
	say_result("sendto", sendto(there, "hello", 5, 0, ADDRESS(to)));
	say("arrived %d", wait_for(here, POLLIN));
	say_events("arrived", here);
	say_result("recvfrom",
		   recvfrom(here, text, sizeof(text), 0, (struct sockaddr *)&in, &length));
	say("%.5s", text);
	say_address("from", (struct sockaddr *)&in, length, other);
	say_result("nothing more", recv(here, text, sizeof(text), MSG_DONTWAIT));
	length = 2;
	(void)!sendto(there, "again", 5, 0, ADDRESS(to));
	wait_for(here, POLLIN);
	say_result("short name", recvfrom(here, text, 16, 0, (struct sockaddr *)&in, &length));
	say("length %u", (unsigned)length);
	say_result("send without address", send(there, "x", 1, 0));
	say_result("write without address", write(there, "x", 1));
	to.sin_port = 0;
	say_result("port 0", sendto(there, "x", 1, 0, ADDRESS(to)));
	say_result("short address", sendto(there, "x", 1, 0, ADDRESS(to) - 8));
	to.sin_family = AF_UNIX;
	say_result("other family", sendto(there, "x", 1, 0, ADDRESS(to)));
	close(here);
	close(there);
}

static void lengths(void)
{
	int port, other, here = bind_here(&port), there = bind_there(&other), bytes = -1;
	struct sockaddr_in to = address_here(port);
	static char big[70000];
	char text[4];
	struct iovec part = {text, 4};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	say_result("empty", sendto(there, "", 0, 0, ADDRESS(to)));
	say("arrived %d", wait_for(here, POLLIN));
	say_result("recv empty", recv(here, text, 4, 0));
	(void)!sendto(there, "12345678", 8, 0, ADDRESS(to));
	wait_for(here, POLLIN);
	say_result("FIONREAD", ioctl(here, FIONREAD, &bytes));
	say("%d", bytes);
	say_result("peek cut", recv(here, text, 4, MSG_PEEK));
	say_result("peek whole length", recv(here, text, 4, MSG_PEEK | MSG_TRUNC));
	say_result("recvmsg cut", recvmsg(here, &message, 0));
	say("truncated %d", (message.msg_flags & MSG_TRUNC) != 0);
	say_result("rest is gone", recv(here, text, 4, MSG_DONTWAIT));
	(void)!sendto(there, "12345678", 8, 0, ADDRESS(to));
	wait_for(here, POLLIN);
	say_result("whole length", recv(here, text, 4, MSG_TRUNC));
	say_result("largest", sendto(there, big, 65507, 0, ADDRESS(to)));
	say("arrived %d", wait_for(here, POLLIN));
	say_result("recv largest", recv(here, big, sizeof(big), MSG_DONTWAIT));
	say_result("too large", sendto(there, big, 65508, 0, ADDRESS(to)));
	(void)!sendto(there, "abc", 3, 0, ADDRESS(to));
	wait_for(here, POLLIN);
	say_result("read nothing", read(here, text, 0));
	say_result("recv nothing", recv(here, text, 0, 0));
	say_result("gone", recv(here, text, 4, MSG_DONTWAIT));
	close(here);
	close(there);
}

static void connected(void)
{
	int port, other, here = bind_here(&port), there = bind_there(&other), third_port;
	int third = bind_there(&third_port);
	struct sockaddr_in to = address_here(port), in;
	socklen_t length = sizeof(in);
	char text[16];

	say_result("connect", connect(there, ADDRESS(to)));
	say_result("send", send(there, "one", 3, 0));
	say_result("write", write(there, "three", 5));
	say_result("send empty", send(there, "", 0, 0));
	wait_for(here, POLLIN);
	settle();
	say_result("recv", recv(here, text, 16, 0));
	say_result("recv", read(here, text, 16));
	say_result("recv", recv(here, text, 16, 0));
	in = address_there(other);
	say_result("answer", sendto(here, "back", 4, 0, ADDRESS(in)));
	say_result("somebody else", sendto(third, "intruder", 8, 0, ADDRESS(in)));
	say("answered %d", wait_for(there, POLLIN));
	say_result("read", read(there, text, 16));
	settle();
	say_result("only from the peer", recv(there, text, 16, MSG_DONTWAIT));
	(void)!sendto(here, "back", 4, 0, ADDRESS(in));
	wait_for(there, POLLIN);
	say_result("recvfrom", recvfrom(there, text, 16, 0, (struct sockaddr *)&in, &length));
	say_address("from", (struct sockaddr *)&in, length, port);
	in = address_there(third_port);
	say_result("sendto elsewhere", sendto(there, "else", 4, 0, ADDRESS(in)));
	say("arrived %d", wait_for(third, POLLIN));
	say_result("sendto the peer", sendto(there, "peer", 4, 0, ADDRESS(to)));
	say("arrived %d", wait_for(here, POLLIN));
	to.sin_family = AF_UNSPEC;
	say_result("dissolve", connect(there, ADDRESS(to)));
	say_result("send", send(there, "x", 1, 0));
	in = address_there(port_of(there));
	close(here);
	close(there);
	close(third);
}

static void refused(void)
{
	int port, closed = bind_here(&port), other, there = bind_there(&other);
	struct sockaddr_in to = address_here(port);
	char text[4];

	close(closed);
	settle();
	say_result("connect", connect(there, ADDRESS(to)));
	say_result("send", send(there, "x", 1, 0));
	say("told %d", wait_for(there, POLLIN | POLLERR));
	settle();
	say_result("recv", recv(there, text, 4, MSG_DONTWAIT));
	say_result("once", recv(there, text, 4, MSG_DONTWAIT));
	say_result("send", send(there, "x", 1, 0));
	settle();
	say_result("send tells", send(there, "x", 1, 0));
	say_result("send again", send(there, "x", 1, 0));
	settle();
	say_error("option tells", there);
	say_error("once", there);
	say_result("recv", recv(there, text, 4, MSG_DONTWAIT));
	close(there);
	there = bind_there(&other);
	say_result("unconnected", sendto(there, "x", 1, 0, ADDRESS(to)));
	settle();
	say_error("not told", there);
	say_result("recv", recv(there, text, 4, MSG_DONTWAIT));
	close(there);
}

static void several(void)
{
	int port, other, here = bind_here(&port), there = bind_there(&other), i, count;
	struct sockaddr_in to = address_here(port), from[4];
	char out[3][4] = {"a", "bb", "ccc"}, in[4][8];
	struct iovec out_parts[3], in_parts[4];
	struct mmsghdr messages[4] = {0};
	struct timespec timeout = {0, 100000000};

	for (i = 0; i < 3; i++) {
		out_parts[i] = (struct iovec){out[i], (size_t)i + 1};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &to,
						      .msg_namelen = sizeof(to),
						      .msg_iov = &out_parts[i],
						      .msg_iovlen = 1};
	}
	say_result("sendmmsg", sendmmsg(there, messages, 3, 0));
	say("lengths %u %u %u", messages[0].msg_len, messages[1].msg_len, messages[2].msg_len);
	wait_for(here, POLLIN);
	settle();
	for (i = 0; i < 4; i++) {
		in_parts[i] = (struct iovec){in[i], 2};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
						      .msg_namelen = sizeof(from[i]),
						      .msg_iov = &in_parts[i],
						      .msg_iovlen = 1};
	}
	count = recvmmsg(here, messages, 4, MSG_DONTWAIT, NULL);
	say_result("recvmmsg", count);
	for (i = 0; i < count; i++) {
		say("length %u truncated %d", messages[i].msg_len,
		    (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0);
		say_address("from", (struct sockaddr *)&from[i], messages[i].msg_hdr.msg_namelen,
			    other);
	}
	say_result("nothing", recvmmsg(here, messages, 4, MSG_DONTWAIT, NULL));
	(void)!sendto(there, "x", 1, 0, ADDRESS(to));
	say_result("wait for one", recvmmsg(here, messages, 4, MSG_WAITFORONE, NULL));
	(void)!sendto(there, "x", 1, 0, ADDRESS(to));
	wait_for(here, POLLIN);
	timeout.tv_nsec = -1;
	say_result("wrong time", recvmmsg(here, messages, 4, MSG_DONTWAIT, &timeout));
	close(here);
	close(there);
}

static void vectors(void)
{
	int port, other, here = bind_here(&port), there = bind_there(&other), i;
	struct sockaddr_in to = address_here(port);
	char left[2], right[8];
	struct iovec parts[30], in[2] = {{left, 2}, {right, 8}};
	struct msghdr message = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = parts, .msg_iovlen = 30};

	for (i = 0; i < 30; i++)
		parts[i] = (struct iovec){(char *)(uintptr_t) "z", i < 5 ? 1 : 0};
	say_result("sendmsg of thirty parts", sendmsg(there, &message, 0));
	wait_for(here, POLLIN);
	say_result("readv", readv(here, in, 2));
	say("%.2s %.3s", left, right);
	connect(there, ADDRESS(to));
	say_result("writev", writev(there, parts, 4));
	wait_for(here, POLLIN);
	say_result("read", read(here, right, 8));
	close(here);
	close(there);
}

static void shut_down(void)
{
	int port, other, here = bind_here(&port), there = bind_there(&other);
	struct sockaddr_in to = address_here(port);
	char byte;

	say_result("unconnected", shutdown(there, SHUT_RDWR));
	connect(there, ADDRESS(to));
	say_result("connected", shutdown(there, SHUT_WR));
	say_result("send", send(there, "x", 1, 0));
	say_result("reading", shutdown(there, SHUT_RD));
	say_result("recv", recv(there, &byte, 1, 0));
	close(here);
	close(there);
}

static void time_outs(void)
{
	int port, here = bind_here(&port);
	struct timeval timeout = {0, 50000};
	char byte;

	setsockopt(here, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	say_result("recv", recv(here, &byte, 1, 0));
	close(here);
}

// What waited before connect is read after it: servers peek, connect to who it was, and read.
static void connect_with_waiting(void)
{
	int port, other, here = bind_here(&port), there = bind_there(&other), i;
	struct sockaddr_in to = address_here(port), back = address_there(other), in;
	socklen_t length = sizeof(in);
	char text[16];

	for (i = 0; i < 2; i++)
		(void)!sendto(there, "early", 5, 0, ADDRESS(to));
	wait_for(here, POLLIN);
	settle();
	say_result("peek", recvfrom(here, text, 16, MSG_PEEK, (struct sockaddr *)&in, &length));
	say_address("from", (struct sockaddr *)&in, length, other);
	say_result("connect", connect(here, ADDRESS(back)));
	(void)!sendto(there, "later", 5, 0, ADDRESS(to));
	settle();
	for (i = 0; i < 4; i++)
		if (say_result("read", recv(here, text, 16, MSG_DONTWAIT)) == 5)
			say("%.5s", text);
	(void)!sendto(there, "again", 5, 0, ADDRESS(to));
	wait_for(here, POLLIN);
	back.sin_family = AF_UNSPEC;
	say_result("dissolve", connect(here, ADDRESS(back)));
	length = sizeof(in);
	say_result("read", recvfrom(here, text, 16, MSG_DONTWAIT, (struct sockaddr *)&in, &length));
	say_address("from", (struct sockaddr *)&in, length, other);
	close(here);
	close(there);
}

int main(void)
{
	begin("datagrams");
	say("-- exchange");
	exchange();
	say("-- lengths");
	lengths();
	say("-- connected");
	connected();
	say("-- refused");
	refused();
	say("-- several at once");
	several();
	say("-- vectors");
	vectors();
	say("-- shutdown");
	shut_down();
	say("-- time-out");
	time_outs();
	say("-- connect while datagrams wait");
	connect_with_waiting();
	return 0;
}
