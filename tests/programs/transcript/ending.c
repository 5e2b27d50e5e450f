// SPDX-License-Identifier: MIT
//
// How connections end: FIN, half close, RST, and what a write then says.
#include "transcript.h"

static volatile sig_atomic_t pipes;

static void on_pipe(int number)
{
	(void)number;
	pipes++;
}

static void orderly(void)
{
	int here, there;
	char text[8];

	connect_pair(&here, &there);
	say_result("write", write(there, "bye", 3));
	close(there);
	wait_for(here, POLLRDHUP);
	say_result("read", read(here, text, 8));
	say_result("read", read(here, text, 8));
	say_result("read", read(here, text, 8));
	say_error("ended", here);
	close(here);
}

static void half(void)
{
	int here, there;
	char text[8];

	connect_pair(&here, &there);
	say_result("shutdown", shutdown(there, SHUT_WR));
	wait_for(here, POLLRDHUP);
	say_result("read end", read(here, text, 8));
	say_result("write back", write(here, "answer", 6));
	say("answered %d", wait_for(there, POLLIN));
	say_result("read answer", read(there, text, 8));
	say_result("write after shutdown", send(there, "x", 1, MSG_NOSIGNAL));
	say_result("shutdown again", shutdown(there, SHUT_WR));
	close(here);
	wait_for(there, POLLHUP);
	say_result("read", read(there, text, 8));
	close(there);
}

static void reset_with_unread(void)
{
	int here, there;
	char text[8];

	connect_pair(&here, &there);
	(void)!write(there, "12345", 5);
	wait_for(here, POLLIN);
	close_with_reset(there);
	say("error %d", wait_for(here, POLLERR | POLLHUP));
	settle();
	say_events("reset", here);
	say_result("read", read(here, text, 8));
	say_result("read", read(here, text, 8));
	say_result("read", read(here, text, 8));
	say_result("send", send(here, "x", 1, MSG_NOSIGNAL));
	close(here);
}

static void reset_told_by_write(void)
{
	int here, there, before;

	connect_pair(&here, &there);
	close_with_reset(there);
	wait_for(here, POLLHUP);
	settle();
	before = pipes;
	say_result("write", write(here, "x", 1));
	say("signals %d", (int)pipes - before);
	say_result("write", write(here, "x", 1));
	say("signals %d", (int)pipes - before);
	say_result("send", send(here, "x", 1, 0));
	say("signals %d", (int)pipes - before);
	say_result("send quietly", send(here, "x", 1, MSG_NOSIGNAL));
	say("signals %d", (int)pipes - before);
	close(here);
}

static void reset_told_by_option(void)
{
	int here, there;
	char byte;

	connect_pair(&here, &there);
	close_with_reset(there);
	wait_for(here, POLLHUP);
	settle();
	say_error("first", here);
	say_error("second", here);
	say_result("read", read(here, &byte, 1));
	close(here);
}

// A program that closes without reading everything resets (RFC 2525 2.17).
static void close_with_unread(void)
{
	int here, there;
	char byte;

	connect_pair(&here, &there);
	(void)!write(there, "12345", 5);
	wait_for(here, POLLIN);
	close(here);
	say("ended %d", wait_for(there, POLLERR | POLLHUP));
	settle();
	say_events("peer", there);
	say_result("read", read(there, &byte, 1));
	say_result("read", read(there, &byte, 1));
	close(there);
}

static void write_to_closed(void)
{
	int here, there;

	connect_pair(&here, &there);
	close(there);
	wait_for(here, POLLRDHUP);
	say_result("first write", write(here, "x", 1));
	settle();
	say_result("second write", send(here, "x", 1, MSG_NOSIGNAL));
	say_result("third write", send(here, "x", 1, MSG_NOSIGNAL));
	close(here);
}

static void killed_by_pipe(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		int here, there;

		signal(SIGPIPE, SIG_DFL);
		connect_pair(&here, &there);
		shutdown(here, SHUT_WR);
		(void)!write(here, "x", 1);
		_exit(0);
	}
	waitpid(child, &status, 0);
	say("killed %d by SIGPIPE %d", WIFSIGNALED(status), WTERMSIG(status) == SIGPIPE);
}

static void shutdown_reading(void)
{
	int here, there;
	char byte;

	connect_pair(&here, &there);
	say_result("shutdown", shutdown(here, SHUT_RD));
	say_result("read", read(here, &byte, 1));
	say_result("write", write(here, "x", 1));
	say("arrived %d", wait_for(there, POLLIN));
	say_result("wrong how", shutdown(here, 7));
	close(here);
	close(there);
}

static void killed_holder(void)
{
	int here, there, status;
	pid_t child;
	char byte;

	connect_pair(&here, &there);
	child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	close(there);
	settle();
	say_events("held by the child", here);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	say("ended %d", wait_for(here, POLLRDHUP));
	say_result("read", read(here, &byte, 1));
	close(here);
}

int main(void)
{
	begin("ending");
	signal(SIGPIPE, on_pipe);
	say("-- orderly");
	orderly();
	say("-- half");
	half();
	say("-- reset with unread bytes");
	reset_with_unread();
	say("-- reset told by write");
	reset_told_by_write();
	say("-- reset told by SO_ERROR");
	reset_told_by_option();
	say("-- close with unread bytes");
	close_with_unread();
	say("-- write to a closed peer");
	write_to_closed();
	say("-- killed by SIGPIPE");
	killed_by_pipe();
	say("-- shutdown reading");
	shutdown_reading();
	say("-- last holder killed");
	killed_holder();
	return 0;
}
