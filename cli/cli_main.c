// SPDX-License-Identifier: MIT
//
// berth: which subcommand?
#include <berth/berth.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include "../run/run_launch.h"
#include "cli.h"

struct command {
	const char *name;
	const char *sentence;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
	{"up", "start a host (and berthd, when it is not there)", cli_up},
	{"down", "stop a host, or with --all everything", cli_down},
	{"hosts", "list the hosts with MAC, addresses and cable", cli_hosts},
	{"run", "run an unmodified program on a host", berth_run_main},
	{"netstat", "the active connection table: who talks to whom, with PID", cli_netstat},
	{"port", "what is this port, and which program holds it", cli_port},
	{"trace", "watch a host's segments and datagrams, a line each", cli_trace},
	{"capture", "write a host's frames to a pcapng file", cli_capture},
	{"faults", "change delay, loss, … of a host's simulated cable", cli_faults},
	{"counters", "show a host's counters and drop reasons", cli_counters},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static int report(const char *name, const char *format, va_list arguments, int code)
{
	fprintf(stderr, name[0] ? "berth %s: " : "berth%s: ", name);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	return code;
}

int cli_usage(const char *name, const char *format, ...)
{
	va_list arguments;
	int code;

	va_start(arguments, format);
	code = report(name, format, arguments, CLI_USAGE);
	va_end(arguments);
	return code;
}

int cli_failed(const char *name, const char *format, ...)
{
	va_list arguments;
	int code;

	va_start(arguments, format);
	code = report(name, format, arguments, CLI_FAILED);
	va_end(arguments);
	return code;
}

static void print_help(void)
{
	size_t i;

	printf("usage: berth COMMAND [ARGUMENT...]\n\n"
	       "Hosts with a TCP and UDP of their own, and the programs on them.\n\n");
	for (i = 0; i < COMMAND_COUNT; i++)
		printf("  %-9s %s\n", commands[i].name, commands[i].sentence);
	printf("\n\"berth COMMAND --help\" tells more, \"berth --version\" which berth this is.\n"
	       "Exit codes: 0 done, 1 nothing matched, 2 usage, 3 refused or failed, 4 no berthd\n"
	       "answers; berth run ends as its program does.\n");
}

// "berth help up" and "berth up web --help" ask for "berth up --help". The arguments of berth run
// may be its program's.
static void move_help_forward(int argc, char **argv)
{
	static char help_word[] = "--help";
	int i;

	if (argc > 2 && strcmp(argv[1], "help") == 0) {
		argv[1] = argv[2];
		argv[2] = help_word;
	}
	if (strcmp(argv[1], "run") == 0)
		return;
	for (i = 2; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0)
			argv[2] = help_word;
}

int main(int argc, char **argv)
{
	size_t i;

	// A closed pipe (berth netstat | head) is no error worth a word.
	if (argc < 2 || strcmp(argv[1], "run") != 0)
		signal(SIGPIPE, SIG_DFL);
	if (argc < 2)
		return cli_usage("", "a command is missing; \"berth --help\" lists them");
	move_help_forward(argc, argv);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		print_help();
		return CLI_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("berth %s\n", BERTH_VERSION);
		return CLI_OK;
	}
	for (i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return cli_usage("", "no command \"%s\"; \"berth --help\" lists them", argv[1]);
}
