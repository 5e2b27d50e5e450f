// SPDX-License-Identifier: MIT
//
// Front door of cli/: the berth command, one file a subcommand.
//
// Exit codes, for all of them: 0 done (or rows printed), 1 nothing matched, 2 usage, 3 refused or
// failed, 4 no berthd answers. `berth run` ends as its program does (126, 127 when it cannot
// start).
#ifndef BERTH_CLI_CLI_H
#define BERTH_CLI_CLI_H

#include <berth/control.h>
#include <berth/sim.h>
#include <stdbool.h>
#include <stdio.h>

enum cli_exit {
	CLI_OK = 0,
	CLI_NO_MATCH = 1,
	CLI_USAGE = 2,
	CLI_FAILED = 3,
	CLI_NO_DAEMON = 4,
};

// Each gets argv[0] = its own name.
int cli_up(int argc, char **argv);
int cli_down(int argc, char **argv);
int cli_hosts(int argc, char **argv);
int cli_faults(int argc, char **argv);
int cli_netstat(int argc, char **argv);
int cli_port(int argc, char **argv);
int cli_trace(int argc, char **argv);
int cli_capture(int argc, char **argv);
int cli_counters(int argc, char **argv);

// "berth NAME: words" on standard error, and CLI_USAGE.
int cli_usage(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The same with CLI_FAILED.
int cli_failed(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
