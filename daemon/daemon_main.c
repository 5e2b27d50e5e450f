// SPDX-License-Identifier: MIT
//
// berthd: runs hosts and gives programs sockets on them. Start, run, end.
#include <berth/directory.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon.h"
#include "daemon_options.h"

static int complain(const char *message, int code)
{
	fprintf(stderr, "berthd: %s\n", message);
	return code;
}

static int directory_open(struct daemon *daemon, const struct daemon_options *options)
{
	char path[DAEMON_PATH_MAX], message[256];
	int error;

	if (!options->directory && !berth_directory("", path, sizeof(path)))
		return complain("the name of the directory is too long", DAEMON_EXIT_FAILURE);
	error = daemon_directory_open(&daemon->directory,
				      options->directory ? options->directory : path, message,
				      sizeof(message));
	if (error)
		return complain(message,
				error == EALREADY ? DAEMON_EXIT_RUNNING : DAEMON_EXIT_FAILURE);
	return 0;
}

static int hosts_up(struct daemon *daemon, const struct daemon_options *options)
{
	char message[256], line[320];

	for (uint32_t i = 0; i < options->host_count; i++) {
		const struct berth_host_request *host = &options->host[i];

		if (daemon_host_up(daemon, host, message, sizeof(message)) == 0)
			continue;
		snprintf(line, sizeof(line), "host %s: %s", host->name, message);
		return complain(line, DAEMON_EXIT_FAILURE);
	}
	return 0;
}

// Everything but the directory, in the order it is needed. Clients are let in last.
static int parts_open(struct daemon *daemon, const struct daemon_options *options)
{
	char message[256];
	int error;

	daemon_control_init(&daemon->control);
	error = daemon_loop_open(&daemon->loop);
	if (error)
		return complain(strerror(error), DAEMON_EXIT_FAILURE);
	error = daemon_loop_watch(daemon, daemon->loop.signal_fd, EPOLLIN,
				  daemon_loop_token(DAEMON_TOKEN_SIGNAL, 0, 0));
	if (!error)
		error = daemon_board_open(&daemon->board, daemon->directory.fd, "board",
					  daemon_random_u64(), BERTH_BOARD_ROWS_MAX,
					  DAEMON_GONE_ROWS_KEPT, daemon->loop.now);
	if (!error)
		error = daemon_slots_init(&daemon->slots);
	if (!error)
		error = daemon_rows_init(&daemon->rows);
	if (error)
		return complain(strerror(error), DAEMON_EXIT_FAILURE);
	error = hosts_up(daemon, options);
	if (error)
		return error;
	if (daemon_control_open(daemon, message, sizeof(message)) != 0)
		return complain(message, DAEMON_EXIT_FAILURE);
	return 0;
}

static void parts_close(struct daemon *daemon)
{
	daemon->loop.now = daemon_clock_monotonic();
	for (uint32_t i = 0; i < daemon->hosts.used_max; i++) {
		if (daemon->hosts.by_index[i])
			daemon_host_down(daemon, daemon->hosts.by_index[i]);
	}
	daemon_control_close(daemon);
	daemon_rows_clear(&daemon->rows);
	daemon_slots_clear(&daemon->slots);
	if (daemon->board.header)
		daemon_board_close(&daemon->board);
	daemon_loop_close(&daemon->loop);
}

// In the child: whatever is said from now on goes to DIR/log.
static void leave_terminal(const struct daemon *daemon)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int log_fd = openat(daemon->directory.fd, "log",
			    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	setsid();
	if (null_fd >= 0) {
		dup2(null_fd, STDIN_FILENO);
		dup2(null_fd, STDOUT_FILENO);
		dup2(log_fd >= 0 ? log_fd : null_fd, STDERR_FILENO);
		close(null_fd);
	}
	if (log_fd >= 0)
		close(log_fd);
}

// The exit code the parent passes on: it waits until the child is ready or has failed.
static int wait_for_child(int ready_fd, pid_t child)
{
	uint8_t code;
	int status;

	if (read(ready_fd, &code, 1) == 1)
		return code;
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		return WEXITSTATUS(status);
	return DAEMON_EXIT_FAILURE;
}

// -1: go on, as the child. *ret_ready_fd is told when we are ready.
static int detach(int *ret_ready_fd)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return complain(strerror(errno), DAEMON_EXIT_FAILURE);
	child = fork();
	if (child < 0)
		return complain(strerror(errno), DAEMON_EXIT_FAILURE);
	if (child > 0) {
		close(ends[1]);
		return wait_for_child(ends[0], child);
	}
	close(ends[0]);
	*ret_ready_fd = ends[1];
	return -1;
}

static int run(struct daemon *daemon, const struct daemon_options *options, int ready_fd)
{
	const uint8_t ready = 0;
	int code = directory_open(daemon, options);

	if (code)
		return code;
	code = parts_open(daemon, options);
	if (!code) {
		if (options->detach) {
			leave_terminal(daemon);
			if (write(ready_fd, &ready, 1) != 1)
				complain("nobody waits for us", 0);
			close(ready_fd);
		}
		daemon_loop_run(daemon);
	}
	parts_close(daemon);
	daemon_directory_close(&daemon->directory);
	return code;
}

int main(int argc, char **argv)
{
	static struct daemon_options options;
	struct daemon *daemon;
	int ready_fd = -1, code = daemon_options_parse(argc, argv, &options);

	if (code != -1)
		return code;
	umask(077);
	if (options.detach) {
		code = detach(&ready_fd);
		if (code != -1)
			return code;
	}
	daemon = calloc(1, sizeof(*daemon));
	if (!daemon)
		return complain("no memory", DAEMON_EXIT_FAILURE);
	code = run(daemon, &options, ready_fd);
	free(daemon);
	return code;
}
