// SPDX-License-Identifier: MIT
//
// berth faults: change what a host's simulated cable does to its frames, while it runs.
#include <string.h>

#include "cli_control.h"

static const char help[] =
	"usage: berth faults NAME FAULTS\n"
	"\n"
	"Set the faults of host NAME's end of its simulated cable: frames that leave\n"
	"the host suffer them.\n"
	"\n"
	"  delay=10ms jitter=2ms loss=1% duplicate=0.1% reorder=2% hold=1ms\n"
	"  corrupt=0.01% rate=100mbit queue=64k\n"
	"\n"
	"joined by commas; what is not named is off; \"none\" for a clean cable. hold is how\n"
	"long a reordered frame is held back, queue what may wait for rate.\n";

int cli_faults(int argc, char **argv)
{
	struct berth_request request;
	struct berth_answer answer;
	struct berth_cable_faults faults;
	const char *text, *wrong;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return CLI_OK;
	}
	if (argc != 3)
		return cli_usage("faults", "a NAME and its faults; see berth faults --help");
	text = strcmp(argv[2], "none") == 0 ? "" : argv[2];
	if (!berth_cable_faults_parse(text, &faults, &wrong))
		return cli_usage("faults", "\"%s\" is no fault; see berth faults --help", wrong);
	request = control_request(BERTH_VERB_FAULTS, argv[1]);
	request.data_bytes = (uint32_t)strlen(text) + 1;
	return control_do("faults", &request, text, &answer, NULL, 0);
}
