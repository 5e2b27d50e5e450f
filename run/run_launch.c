// SPDX-License-Identifier: MIT
//
// How is an unmodified program put on a host?
//
// By its environment only: BERTH_DIR says where the daemon is, BERTH_HOST which host, LD_PRELOAD
// brings the library. Then this process becomes the program, so its signals, its exit status and
// its terminal are its own. Whatever would make it fail silently (no daemon, no such host, a static
// program that would use the computer's own network) is said before.
#include "run_launch.h"

#include "run_board.h"
#include "run_directory.h"
#include "run_program.h"
#include "run_request.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LIBRARY_NAME "libberth-preload.so"
#ifndef BERTH_PRELOAD_PATH
#define BERTH_PRELOAD_PATH "/usr/local/lib/berth/" LIBRARY_NAME
#endif

enum run_exit {
	RUN_EXIT_USAGE = 2,
	RUN_EXIT_FAILED = 3,
	RUN_EXIT_NO_DAEMON = 4,
	RUN_EXIT_NOT_EXECUTABLE = 126,
	RUN_EXIT_NOT_FOUND = 127,
};

static const char usage_text[] =
	"usage: berth run [--host NAME] [--] PROGRAM [ARGUMENT...]\n"
	"\n"
	"Start an unmodified program on a host of berthd. It must be dynamically linked\n"
	"with glibc and must not be setuid; its children stay on the host.\n"
	"\n"
	"  --host NAME   which host (default: $BERTH_HOST, or the only one there is)\n"
	"  --help        this text\n"
	"\n"
	"Exit code: the program's; or 2 usage, 3 refused or failed, 4 no berthd answers,\n"
	"126 the program cannot be carried, 127 it was not found.\n";

__attribute__((format(printf, 2, 3))) static int refuse(enum run_exit code, const char *format, ...)
{
	va_list arguments;

	fputs("berth run: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return code;
}

// Is anybody behind DIR/control?
static bool daemon_answers(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[RUN_PATH_MAX];
	bool answers;
	int fd;

	if (!run_directory_path("control", path))
		return false;
	memcpy(address.sun_path, path, sizeof(address.sun_path));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	answers = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return answers;
}

// "alpha, beta"; the number of hosts.
static unsigned list_hosts(const struct berth_board_header *board, char *text, size_t size)
{
	unsigned count = 0, i;
	size_t at = 0;

	text[0] = 0;
	for (i = 0; i < BERTH_BOARD_HOSTS_MAX; i++) {
		int written;

		if (!board->hosts[i].name[0])
			continue;
		written = snprintf(text + at, size - at, "%s%.*s", count++ ? ", " : "",
				   BERTH_HOST_NAME_MAX - 1, board->hosts[i].name);
		if (written > 0 && (size_t)written < size - at)
			at += (size_t)written;
	}
	return count;
}

static bool host_exists(const struct berth_board_header *board, const char *name)
{
	unsigned i;

	for (i = 0; i < BERTH_BOARD_HOSTS_MAX; i++)
		if (strncmp(board->hosts[i].name, name, BERTH_HOST_NAME_MAX) == 0)
			return true;
	return false;
}

static int check_host(const char *name)
{
	const struct berth_board_header *board;
	char directory[RUN_PATH_MAX], hosts[512];
	unsigned count;

	if (!daemon_answers() || !(board = run_board_now())) {
		if (!run_directory_path("", directory))
			directory[0] = 0;
		return refuse(RUN_EXIT_NO_DAEMON,
			      "no berthd answers in %s: start one with 'berth up'", directory);
	}
	count = list_hosts(board, hosts, sizeof(hosts));
	if (count == 0)
		return refuse(RUN_EXIT_FAILED, "berthd has no host yet: make one with 'berth up'");
	if (!name[0] && count > 1)
		return refuse(RUN_EXIT_USAGE, "which host? Say --host with one of: %s", hosts);
	if (name[0] && !host_exists(board, name))
		return refuse(RUN_EXIT_FAILED, "there is no host '%s'; there are: %s", name, hosts);
	return 0;
}

static int check_program(const char *name)
{
	char path[RUN_PROGRAM_PATH_MAX], looked_at[RUN_PROGRAM_PATH_MAX];
	int error = run_program_find(name, path);

	if (error == ENOENT)
		return refuse(RUN_EXIT_NOT_FOUND, "%s: not found", name);
	if (error)
		return refuse(RUN_EXIT_NOT_EXECUTABLE, "%s: %s", name, strerror(error));
	switch (run_program_examine(path, looked_at)) {
	case RUN_PROGRAM_IS_DYNAMIC:
		return 0;
	case RUN_PROGRAM_IS_STATIC:
		return refuse(RUN_EXIT_NOT_EXECUTABLE,
			      "%s is statically linked: berth run cannot carry it yet", looked_at);
	case RUN_PROGRAM_HAS_OTHER_LIBC:
		return refuse(RUN_EXIT_NOT_EXECUTABLE,
			      "%s uses another C library (musl): berth run cannot carry it yet",
			      looked_at);
	case RUN_PROGRAM_HAS_OTHER_MACHINE:
		return refuse(RUN_EXIT_NOT_EXECUTABLE,
			      "%s is for another kind of machine than berth: it cannot be carried",
			      looked_at);
	case RUN_PROGRAM_HAS_OTHER_RIGHTS:
		return refuse(RUN_EXIT_NOT_EXECUTABLE,
			      "%s gains rights when it starts (setuid): it cannot be carried",
			      looked_at);
	case RUN_PROGRAM_IS_UNREADABLE:
		break;
	}
	if (access(looked_at, X_OK) == 0 && errno != ENOENT)
		return 0; // may be executed though not read: the system decides
	return refuse(RUN_EXIT_NOT_EXECUTABLE, "%s: cannot read %s: %s", name, looked_at,
		      strerror(errno));
}

// The library beside this executable (a build tree), else the installed one; $BERTH_PRELOAD wins.
static bool find_library(char path[PATH_MAX])
{
	const char *given = getenv("BERTH_PRELOAD");
	ssize_t length;
	char *slash;

	if (given && given[0]) {
		snprintf(path, PATH_MAX, "%s", given);
		return access(path, R_OK) == 0;
	}
	length = readlink("/proc/self/exe", path, PATH_MAX - sizeof(LIBRARY_NAME) - 1);
	if (length > 0) {
		path[length] = 0;
		slash = strrchr(path, '/');
		if (slash) {
			memcpy(slash + 1, LIBRARY_NAME, sizeof(LIBRARY_NAME));
			if (access(path, R_OK) == 0)
				return true;
		}
	}
	snprintf(path, PATH_MAX, "%s", BERTH_PRELOAD_PATH);
	return access(path, R_OK) == 0;
}

// The loader splits LD_PRELOAD at colons and blanks.
static int set_preload(const char *library)
{
	const char *before = getenv("LD_PRELOAD");
	char *whole;
	int error;

	if (strpbrk(library, ": \t"))
		return EINVAL;
	if (!before || !before[0])
		return setenv("LD_PRELOAD", library, 1) ? errno : 0;
	if (asprintf(&whole, "%s:%s", library, before) < 0)
		return ENOMEM;
	error = setenv("LD_PRELOAD", whole, 1) ? errno : 0;
	free(whole);
	return error;
}

static int set_environment(const char *host)
{
	char library[PATH_MAX], directory[RUN_PATH_MAX], whole[PATH_MAX];
	int error;

	if (!find_library(library))
		return refuse(RUN_EXIT_FAILED,
			      "the library %s cannot be read: install berth, or set "
			      "BERTH_PRELOAD",
			      library);
	if (!run_directory_path("", directory))
		return refuse(RUN_EXIT_NO_DAEMON, "BERTH_DIR is too long");
	// The program may change its directory: from the root, please.
	if (!realpath(directory, whole))
		return refuse(RUN_EXIT_NO_DAEMON, "%s: %s", directory, strerror(errno));
	error = set_preload(library);
	if (!error && (setenv("BERTH_DIR", whole, 1) != 0 || setenv("BERTH_HOST", host, 1) != 0))
		error = errno;
	if (error)
		return refuse(RUN_EXIT_FAILED, "cannot preload %s: %s", library, strerror(error));
	return 0;
}

// 0: go on, with optind at the program; else the exit code + 1 is known.
static bool parse_options(int argc, char **argv, const char **ret_host, int *ret_code)
{
	static const struct option options[] = {
		{"host", required_argument, NULL, 'H'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "+H:h", options, NULL)) != -1) {
		if (option == 'H') {
			*ret_host = optarg;
			continue;
		}
		if (option == 'h')
			fputs(usage_text, stdout);
		else
			refuse(RUN_EXIT_USAGE,
			       "unknown option or missing value; see berth run --help");
		*ret_code = option == 'h' ? 0 : RUN_EXIT_USAGE;
		return false;
	}
	if (optind < argc)
		return true;
	*ret_code = RUN_EXIT_USAGE;
	refuse(RUN_EXIT_USAGE, "which program? see berth run --help");
	return false;
}

int berth_run_main(int argc, char **argv)
{
	const char *host = run_directory_host();
	int code;

	if (!parse_options(argc, argv, &host, &code))
		return code;
	if (strlen(host) >= BERTH_HOST_NAME_MAX)
		return refuse(RUN_EXIT_FAILED, "there is no host '%s': names are shorter", host);
	code = check_host(host);
	if (code == 0)
		code = check_program(argv[optind]);
	if (code == 0)
		code = set_environment(host);
	if (code != 0)
		return code;
	execvp(argv[optind], argv + optind);
	return refuse(errno == ENOENT ? RUN_EXIT_NOT_FOUND : RUN_EXIT_NOT_EXECUTABLE, "%s: %s",
		      argv[optind], strerror(errno));
}
