// SPDX-License-Identifier: MIT
//
// berth netstat: the active connection table of berth's hosts.
//
// -ano answers both habits: Windows' -o (PID) and net-tools' -o (timer) are columns that are always
// there.
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../table/table.h"
#include "cli_control.h"

#define REFRESH_TIMEOUT_MS 300

static const char help[] =
	"usage: berth netstat [-anoptulc46HW] [--host NAME] [--port N] [--footer]\n"
	"\n"
	"The active connection table: every socket of every host, each with PID and\n"
	"program. Without flags it is what -ano means.\n"
	"\n"
	"  -a  all sockets (default)       -l  only listening (and unconnected UDP)\n"
	"  -n  numbers (default)           -c  only connected\n"
	"  -o  PID and timer (default)     -t  TCP    -u  UDP    -4  IPv4    -6  IPv6\n"
	"  -p  PID and program (default)   -W  wide: queues, class, MAC in full\n"
	"  -H  no header                   --host NAME, --port N  only these\n"
	"  --footer  next hops and counts after the table (default on a terminal)\n"
	"\n"
	"TCPu, UDP6u: the u says that it is berth's own, in user space.\n"
	"C is the port's class: S well-known (system), R registered, D dynamic.\n"
	"Service is the custom of the serving end: < inbound, > outbound. V is the\n"
	"next hop, spelled out in the footer or with -W. Timers: rt retransmission (with\n"
	"its count), lp loss probe, ro reordering, zw zero window, ka keepalive, fw\n"
	"FIN-WAIT-2, tw TIME-WAIT. Exit code 1: no row; 4: no berthd.\n";

struct netstat_options {
	struct table_filter filter;
	struct table_layout layout;
	bool footer;
};

static unsigned terminal_columns(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return columns ? (unsigned)strtoul(columns, NULL, 10) : 80;
}

static int set_flag(struct netstat_options *options, int flag)
{
	switch (flag) {
	case 'a':
	case 'n':
	case 'o':
	case 'p':
		return CLI_OK; // what they ask for is always shown
	case 't':
		options->filter.tcp = true;
		return CLI_OK;
	case 'u':
		options->filter.udp = true;
		return CLI_OK;
	case '4':
		options->filter.ipv4 = true;
		return CLI_OK;
	case '6':
		options->filter.ipv6 = true;
		return CLI_OK;
	case 'l':
		options->filter.listening_only = true;
		return CLI_OK;
	case 'c':
		options->filter.connected_only = true;
		return CLI_OK;
	case 'H':
		options->layout.no_header = true;
		return CLI_OK;
	case 'W':
		options->layout.wide = true;
		return CLI_OK;
	case 'F':
		options->footer = true;
		return CLI_OK;
	default:
		if (optopt == 0 || optopt == 'h' || optopt == 'P')
			return cli_usage("netstat", "unknown option or missing value; "
						    "see berth netstat --help");
		return cli_usage("netstat", "unknown option -%c; see berth netstat --help", optopt);
	}
}

static int parse_options(int argc, char **argv, struct netstat_options *options)
{
	static const struct option words[] = {{"host", required_argument, NULL, 'h'},
					      {"port", required_argument, NULL, 'P'},
					      {"footer", no_argument, NULL, 'F'},
					      {NULL, 0, NULL, 0}};
	int flag, code = CLI_OK;

	opterr = 0;
	optind = 1;
	while (code == CLI_OK &&
	       (flag = getopt_long(argc, argv, "anoptulc46HW", words, NULL)) != -1) {
		if (flag == 'h') {
			options->filter.host = optarg;
		} else if (flag == 'P') {
			char *end;
			long port = strtol(optarg, &end, 10);

			if (*end != '\0' || end == optarg || port < 0 || port > 65535)
				return cli_usage("netstat", "\"%s\" is no port: 0 to 65535",
						 optarg);
			options->filter.port = (int)port;
		} else {
			code = set_flag(options, flag);
		}
	}
	if (code == CLI_OK && optind < argc)
		return cli_usage("netstat", "\"%s\" is not understood; see berth netstat --help",
				 argv[optind]);
	return code;
}

// Let the daemon write what it knows; one that hangs only makes the table older.
static void refresh(void)
{
	struct berth_request request = control_request(BERTH_VERB_REFRESH, NULL);
	struct berth_answer answer;

	if (control_ask(&request, NULL, &answer, NULL, 0, REFRESH_TIMEOUT_MS) < 0)
		fprintf(stderr, "berth netstat: berthd does not answer; "
				"queues and timers may be old\n");
}

int cli_netstat(int argc, char **argv)
{
	struct netstat_options options = {.filter.port = -1};
	const struct berth_board_header *board;
	struct table table;
	int code, result;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return CLI_OK;
	}
	options.layout.columns = terminal_columns();
	options.footer = isatty(STDOUT_FILENO);
	code = parse_options(argc, argv, &options);
	if (code != CLI_OK)
		return code;
	board = control_map_board();
	if (!board || !control_board_is_live(board))
		return control_no_daemon("netstat");
	refresh();
	result = table_read(&table, board, &options.filter);
	if (result < 0) {
		table_clear(&table);
		return cli_failed("netstat", "%s", strerror(-result));
	}
	table_print(&table, &options.layout, stdout);
	if (options.footer) {
		fflush(stdout);
		table_print_footer(&table, stderr);
	}
	code = table.count > 0 ? CLI_OK : CLI_NO_MATCH;
	table_clear(&table);
	return code;
}
