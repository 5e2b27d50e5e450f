// SPDX-License-Identifier: MIT
//
// berth down: a host goes; with --all every host and berthd itself.
#include <errno.h>
#include <string.h>

#include "cli_control.h"

static const char help[] =
	"usage: berth down NAME | --all\n"
	"\n"
	"Stop a host: its connections are reset, its programs get an error at once.\n"
	"--all stops every host and berthd.\n";

int cli_down(int argc, char **argv)
{
	struct berth_request request;
	struct berth_answer answer;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return CLI_OK;
	}
	if (argc != 2)
		return cli_usage("down", "one NAME, or --all");
	if (strcmp(argv[1], "--all") == 0)
		request = control_request(BERTH_VERB_STOP, NULL);
	else if (argv[1][0] == '-')
		return cli_usage("down", "unknown option %s; see berth down --help", argv[1]);
	else if (strlen(argv[1]) >= BERTH_HOST_NAME_MAX)
		return cli_failed("down", "no host \"%s\"", argv[1]);
	else
		request = control_request(BERTH_VERB_HOST_DOWN, argv[1]);
	return control_do("down", &request, NULL, &answer, NULL, 0);
}
