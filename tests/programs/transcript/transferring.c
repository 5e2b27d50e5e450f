// SPDX-License-Identifier: MIT
//
// Many bytes: every one of them, in order, by each way there is.
#include "transcript.h"

#define TOTAL 3000000

static unsigned char pattern(size_t at)
{
	return (unsigned char)((at * 2654435761u) >> 13);
}

// Read everything and compare. How many were right.
static size_t check_all(int fd)
{
	static unsigned char block[30000];
	size_t at = 0;
	ssize_t got;

	while ((got = read(fd, block, sizeof(block))) > 0) {
		ssize_t i;

		for (i = 0; i < got; i++)
			if (block[i] != pattern(at + (size_t)i))
				return at + (size_t)i;
		at += (size_t)got;
	}
	if (got < 0)
		say("read %s", strerrorname_np(errno));
	return at;
}

static void fill(unsigned char *block, size_t at, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		block[i] = pattern(at + i);
}

static void write_all(int fd, size_t step)
{
	static unsigned char block[65536];
	size_t at = 0;

	while (at < TOTAL) {
		size_t length = TOTAL - at < step ? TOTAL - at : step, done = 0;

		fill(block, at, length);
		while (done < length) {
			ssize_t sent = write(fd, block + done, length - done);

			if (sent < 0 && errno == EAGAIN) {
				wait_for(fd, POLLOUT);
				continue;
			}
			need(sent > 0, "write");
			done += (size_t)sent;
		}
		at += length;
	}
}

static void both_ways(size_t step, bool nonblocking)
{
	int here, there, status;
	pid_t child;

	connect_pair(&here, &there);
	if (nonblocking)
		set_nonblocking(there, true);
	child = fork();
	if (child == 0) {
		close(here);
		write_all(there, step);
		_exit(0);
	}
	close(there);
	say("right bytes %zu", check_all(here));
	waitpid(child, &status, 0);
	say("writer %d", WEXITSTATUS(status));
	close(here);
}

static int make_file(void)
{
	static unsigned char block[TOTAL];
	char name[] = "/tmp/berth-transcript-XXXXXX";
	int fd = mkstemp(name);

	need(fd >= 0, "mkstemp");
	unlink(name);
	fill(block, 0, TOTAL);
	need(write(fd, block, TOTAL) == TOTAL, "write the file");
	return fd;
}

static void by_sendfile(void)
{
	int here, there, status, file = make_file();
	pid_t child;

	connect_pair(&here, &there);
	child = fork();
	if (child == 0) {
		off_t offset = 0;

		close(here);
		while (offset < TOTAL)
			need(sendfile(there, file, &offset, TOTAL) > 0, "sendfile");
		_exit(0);
	}
	close(there);
	say("right bytes %zu", check_all(here));
	waitpid(child, &status, 0);
	close(here);
	close(file);
}

static void by_splice(void)
{
	int here, there, status, file = make_file(), pipes[2];
	pid_t child;

	connect_pair(&here, &there);
	need(pipe(pipes) == 0, "pipe");
	child = fork();
	if (child == 0) {
		off_t offset = 0;

		close(here);
		while (offset < TOTAL) {
			ssize_t moved = splice(file, &offset, pipes[1], NULL, 60000, 0);

			need(moved > 0, "splice in");
			while (moved > 0) {
				ssize_t sent =
					splice(pipes[0], NULL, there, NULL, (size_t)moved, 0);

				need(sent > 0, "splice out");
				moved -= sent;
			}
		}
		_exit(0);
	}
	close(there);
	say("right bytes %zu", check_all(here));
	waitpid(child, &status, 0);
	close(here);
	close(file);
	close(pipes[0]);
	close(pipes[1]);
}

// Everything written before close arrives, however late the reader.
static void late_reader(void)
{
	int here, there;
	static unsigned char block[100000];
	size_t sent = 0;

	connect_pair(&here, &there);
	set_nonblocking(there, true);
	fill(block, 0, sizeof(block));
	while (sent < sizeof(block)) {
		ssize_t step = write(there, block + sent, sizeof(block) - sent);

		if (step < 0)
			break;
		sent += (size_t)step;
	}
	close(there);
	settle();
	say("all there %d", check_all(here) == sent);
	close(here);
}

int main(void)
{
	begin("transferring");
	say("-- big writes");
	both_ways(65536, false);
	say("-- small writes");
	both_ways(777, false);
	say("-- nonblocking");
	both_ways(30000, true);
	say("-- sendfile");
	by_sendfile();
	say("-- splice");
	by_splice();
	say("-- late reader");
	late_reader();
	return 0;
}
