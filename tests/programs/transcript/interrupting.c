// SPDX-License-Identifier: MIT
//
// Signals while a call waits: EINTR, or restarted with SA_RESTART.
#include "transcript.h"

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

// One signal, soon.
static void arm(bool restarts)
{
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = restarts ? SA_RESTART : 0};
	struct itimerval timer = {.it_value = {0, 100000}};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void say_interrupted(const char *what, long result)
{
	say_result(what, result);
	say("signals %d", (int)alarms);
	alarms = 0;
}

static void reading(void)
{
	int here, there, status;
	char byte;

	connect_pair(&here, &there);
	arm(false);
	say_interrupted("read", read(here, &byte, 1));
	arm(false);
	say_interrupted("recv", recv(here, &byte, 1, 0));
	if (fork() == 0) {
		usleep(300000);
		(void)!write(there, "x", 1);
		_exit(0);
	}
	arm(true);
	say_interrupted("read, restarted", read(here, &byte, 1));
	wait(&status);
	close(here);
	close(there);
}

static void accepting(void)
{
	int port, listener = listen_here(&port), status, here;
	struct sockaddr_in to = address_here(port);

	arm(false);
	say_interrupted("accept", accept(listener, NULL, NULL));
	if (fork() == 0) {
		int there = open_here(SOCK_STREAM);

		usleep(300000);
		connect(there, ADDRESS(to));
		_exit(0);
	}
	arm(true);
	here = accept(listener, NULL, NULL);
	say("accepted %d signals %d", here >= 0, (int)alarms);
	alarms = 0;
	wait(&status);
	close(here);
	close(listener);
}

static void receiving_datagrams(void)
{
	int port, here = bind_here(&port);
	struct sockaddr_in in;
	socklen_t length = sizeof(in);
	char byte;

	arm(false);
	say_interrupted("recvfrom", recvfrom(here, &byte, 1, 0, (struct sockaddr *)&in, &length));
	close(here);
}

static void writing(void)
{
	int here, there;
	static char block[1 << 16];
	int quiet = 0;

	// Full is full only when it stays so: bytes move on to the other end for a while.
	connect_pair(&here, &there);
	set_nonblocking(here, true);
	while (quiet < 4) {
		if (write(here, block, sizeof(block)) > 0) {
			quiet = 0;
		} else {
			quiet++;
			settle();
		}
	}
	set_nonblocking(here, false);
	arm(false);
	say_interrupted("write when full", write(here, block, sizeof(block)));
	close(here);
	close(there);
}

int main(void)
{
	begin("interrupting");
	say("-- reading");
	reading();
	say("-- accepting");
	accepting();
	say("-- datagrams");
	receiving_datagrams();
	say("-- writing");
	writing();
	return 0;
}
