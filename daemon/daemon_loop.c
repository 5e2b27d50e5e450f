// SPDX-License-Identifier: MIT
//
// The loop: one thread, one epoll, everything drained before it sleeps.
//
// One turn: what epoll says, then the hosts until they are quiet, then the board. Nobody has more
// than a share of a turn: who has more to do is on the runnable list, or has a deadline that has
// come, and the loop then does not sleep. Deadlines are exact to the nanosecond, for a simulated
// cable's delay is a round trip's.
#include "daemon_loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "daemon.h"

static int signals_open(int *ret_fd)
{
	sigset_t signals;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
		return errno;
	*ret_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return *ret_fd < 0 ? errno : 0;
}

static int descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 1024;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur > INT32_MAX ? INT32_MAX : (int)limit.rlim_cur;
}

int daemon_loop_open(struct daemon_loop *loop)
{
	int error;

	memset(loop, 0, sizeof(*loop));
	loop->signal_fd = -1;
	loop->descriptors_max = descriptors_raise();
	loop->now = daemon_clock_monotonic();
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return errno;
	error = signals_open(&loop->signal_fd);
	if (!error)
		error = daemon_listener_measure(&loop->accept_message_bytes);
	if (error)
		daemon_loop_close(loop);
	return error;
}

void daemon_loop_close(struct daemon_loop *loop)
{
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	loop->signal_fd = loop->epoll_fd = -1;
}

static int watch(struct daemon *daemon, int operation, int fd, uint32_t events, uint64_t token)
{
	struct epoll_event event = {.events = events, .data = {.u64 = token}};

	return epoll_ctl(daemon->loop.epoll_fd, operation, fd, &event) == 0 ? 0 : errno;
}

int daemon_loop_watch(struct daemon *daemon, int fd, uint32_t events, uint64_t token)
{
	return watch(daemon, EPOLL_CTL_ADD, fd, events, token);
}

int daemon_loop_watch_otherwise(struct daemon *daemon, int fd, uint32_t events, uint64_t token)
{
	return watch(daemon, EPOLL_CTL_MOD, fd, events, token);
}

void daemon_loop_forget(struct daemon *daemon, int fd)
{
	epoll_ctl(daemon->loop.epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static void on_signal(struct daemon *daemon)
{
	struct signalfd_siginfo info;

	if (read(daemon->loop.signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		daemon->loop.stopping = true;
}

static void on_ready(struct daemon *daemon, uint64_t token, uint32_t events)
{
	uint32_t index = (uint32_t)(token >> 32) & 0xffffffu, generation = (uint32_t)token;
	struct daemon_host *host;
	struct daemon_slot *slot;

	switch ((enum daemon_token)(token >> 56)) {
	case DAEMON_TOKEN_CONTROL:
		daemon_control_accept(daemon);
		return;
	case DAEMON_TOKEN_SIGNAL:
		on_signal(daemon);
		return;
	case DAEMON_TOKEN_CLIENT:
		daemon_control_on_client(daemon, index, generation, events);
		return;
	case DAEMON_TOKEN_HOST:
		host = daemon_host_lookup(daemon, index, generation);
		if (host)
			daemon_host_on_device(daemon, host);
		return;
	case DAEMON_TOKEN_SLOT:
		slot = daemon_slot_lookup(daemon, index, generation);
		if (slot)
			daemon_slot_on_pair(daemon, slot, events);
		return;
	}
}

// Those that used up their share last time, once more.
static void run_slots(struct daemon *daemon, struct daemon_list *from)
{
	struct daemon_list now_runnable;
	struct daemon_node *node;
	bool is_retry = from == &daemon->slots.retry;

	daemon_list_move_all(&now_runnable, from);
	while ((node = daemon_list_take_first(&now_runnable))) {
		struct daemon_slot *slot =
			is_retry ? DAEMON_CONTAINER_OF(node, struct daemon_slot, retry)
				 : DAEMON_CONTAINER_OF(node, struct daemon_slot, runnable);

		daemon_slot_run(daemon, slot);
	}
}

// Of every program whose pair cannot tell: is it still there?
static void look_for_holders(struct daemon *daemon)
{
	struct daemon_list unsure;
	struct daemon_node *node;

	if (daemon->loop.now < daemon->loop.look_at)
		return;
	daemon_list_move_all(&unsure, &daemon->slots.unsure);
	while ((node = daemon_list_take_first(&unsure)))
		daemon_slot_look_for_holder(daemon,
					    DAEMON_CONTAINER_OF(node, struct daemon_slot, unsure));
	daemon->loop.look_at = daemon->loop.now + DAEMON_HOLDER_NS;
}

// true: at least one of them is not quiet yet.
static bool drive_hosts(struct daemon *daemon)
{
	bool any = false;

	for (int round = 0; round < DAEMON_ROUNDS_PER_TURN; round++) {
		any = false;
		for (uint32_t i = 0; i < daemon->hosts.used_max; i++) {
			struct daemon_host *host = daemon->hosts.by_index[i];

			any |= host && daemon_host_drive(daemon, host);
		}
		if (!any)
			break;
		daemon->loop.now = daemon_clock_monotonic();
	}
	return any;
}

static uint64_t earlier(uint64_t left, uint64_t right)
{
	return left < right ? left : right;
}

// DECIDES: until when the loop may sleep
static uint64_t sleep_until(const struct daemon *daemon, bool is_busy)
{
	uint64_t until = daemon_rows_deadline(daemon);

	if (is_busy || daemon_list_first(&daemon->slots.runnable))
		return 0;
	if (daemon_list_first(&daemon->slots.retry))
		until = earlier(until, daemon->loop.retry_at);
	if (daemon_list_first(&daemon->slots.unsure))
		until = earlier(until, daemon->loop.look_at);
	until = earlier(until, daemon_hosts_deadline(daemon));
	return earlier(until, daemon_cables_deadline(daemon));
}

static int wait_for_events(struct daemon *daemon, struct epoll_event *events, uint64_t until)
{
	uint64_t now = until == 0 ? 0 : daemon_clock_monotonic();
	uint64_t wait_ns = until > now ? until - now : 0;
	struct timespec wait = {.tv_sec = (time_t)(wait_ns / DAEMON_NS_PER_S),
				.tv_nsec = (long)(wait_ns % DAEMON_NS_PER_S)};
	int count;

	count = epoll_pwait2(daemon->loop.epoll_fd, events, DAEMON_EVENTS_PER_TURN,
			     until == BERTH_NEVER ? NULL : &wait, NULL);
	if (count < 0 && errno == ENOSYS) { // before Linux 5.11: milliseconds, never too early
		uint64_t wait_ms = (wait_ns + DAEMON_NS_PER_MS - 1) / DAEMON_NS_PER_MS;

		count = epoll_wait(daemon->loop.epoll_fd, events, DAEMON_EVENTS_PER_TURN,
				   until == BERTH_NEVER ? -1 : (int)earlier(wait_ms, 60000));
	}
	return count;
}

void daemon_loop_run(struct daemon *daemon)
{
	struct epoll_event events[DAEMON_EVENTS_PER_TURN];
	bool is_busy = true;

	while (!daemon->loop.stopping) {
		int count = wait_for_events(daemon, events, sleep_until(daemon, is_busy));

		daemon->loop.now = daemon_clock_monotonic();
		for (int i = 0; i < count; i++)
			on_ready(daemon, events[i].data.u64, events[i].events);
		run_slots(daemon, &daemon->slots.runnable);
		if (daemon->loop.now >= daemon->loop.retry_at) {
			run_slots(daemon, &daemon->slots.retry);
			daemon->loop.retry_at = daemon->loop.now + DAEMON_RETRY_NS;
		}
		look_for_holders(daemon);
		is_busy = drive_hosts(daemon);
		daemon_rows_advance(daemon);
	}
}
