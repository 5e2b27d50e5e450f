// SPDX-License-Identifier: MIT
//
// berth up: a host comes into being; berthd first, when there is none.
#include <berth/directory.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "cli_control.h"
#include "cli_host_options.h"

#define DAEMON_START_TRIES 200
#define DAEMON_START_WAIT_NS 10000000 // 2 s in all

static const char help[] =
	"usage: berth up NAME --addr ADDRESS/BITS [--addr …] [OPTION...]\n"
	"\n"
	"Start a host: a computer of its own with a MAC, addresses and ports. berthd is\n"
	"started when it is not there.\n"
	"\n"
	"  --addr A/N        an address: 10.0.0.2/24, fd00::2/64 (up to four)\n"
	"  --link CABLE      sim:NAME, a simulated cable (default sim:lan), with faults:\n"
	"                    sim:lan,delay=10ms,loss=1%,rate=100mbit (berth faults has\n"
	"                    them all); or tap:NAME[,kernel=A/N], a TAP interface of\n"
	"                    this machine, and the kernel's address on it (needs\n"
	"                    CAP_NET_ADMIN)\n"
	"  --route \"N via G\" a route: \"default via 10.0.0.1\" (up to eight)\n"
	"  --mac MAC         default: made from the name\n"
	"  --mtu BYTES       default: the cable's, 1500\n"
	"  --congestion NAME cubic (default) or reno\n";

// berthd beside this executable, or on PATH.
static void exec_daemon(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 16);
	char *slash;

	if (length > 0) {
		path[length] = '\0';
		slash = strrchr(path, '/');
		memcpy(slash + 1, "berthd", sizeof("berthd"));
		execl(path, "berthd", "--detach", (char *)NULL);
	}
	execlp("berthd", "berthd", "--detach", (char *)NULL);
	fprintf(stderr, "berth up: cannot start berthd: %s\n", strerror(errno));
	_exit(127);
}

static int start_daemon(void)
{
	struct timespec pause = {0, DAEMON_START_WAIT_NS};
	int status, tries, fd;
	pid_t child = fork();

	if (child < 0)
		return cli_failed("up", "cannot start berthd: %s", strerror(errno));
	if (child == 0)
		exec_daemon();
	if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return cli_failed("up", "berthd did not start");
	for (tries = 0; tries < DAEMON_START_TRIES; tries++) {
		fd = control_connect();
		if (fd >= 0) {
			close(fd);
			return CLI_OK;
		}
		nanosleep(&pause, NULL);
	}
	return cli_failed("up", "berthd was started but does not answer");
}

int cli_up(int argc, char **argv)
{
	struct berth_host_request host;
	struct berth_request request = control_request(BERTH_VERB_HOST_UP, NULL);
	struct berth_answer answer;
	int code, fd;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return CLI_OK;
	}
	code = host_options_parse(argc, argv, &host);
	if (code != CLI_OK)
		return code;
	fd = control_connect();
	if (fd >= 0) {
		close(fd);
	} else if (errno == ENOENT || errno == ECONNREFUSED) {
		code = start_daemon();
		if (code != CLI_OK)
			return code;
	}
	request.data_bytes = sizeof(host);
	return control_do("up", &request, &host, &answer, NULL, 0);
}
