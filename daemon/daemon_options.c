// SPDX-License-Identifier: MIT
//
// The command line: a directory, and hosts to bring up at once.
#include "daemon_options.h"

#include <berth/berth.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
	"usage: berthd [--dir DIR] [--foreground | --detach] [HOST]...\n"
	"\n"
	"Runs hosts, each a computer of its own with MAC, IP addresses and ports. Programs get\n"
	"sockets on them by berth run. Hosts can be made later too, by berth up.\n"
	"\n"
	"  --dir DIR       serve DIR (default: $BERTH_DIR, $XDG_RUNTIME_DIR/berth, /run/berth,\n"
	"                  /tmp/berth-UID)\n"
	"  --foreground    stay, say errors on stderr (default)\n"
	"  --detach        return when ready, say errors in DIR/log\n"
	"  --help, --version\n"
	"\n"
	"HOST: --host NAME, then what it has:\n"
	"  --addr ADDRESS/BITS       up to 4 times\n"
	"  --link sim:NAME[,FAULTS]  a cable in memory, shared by all hosts that name it. FAULTS:\n"
	"                            delay=10ms,jitter=2ms,loss=1%,duplicate=0.1%,reorder=2%,\n"
	"                            hold=1ms,corrupt=0.01%,rate=100mbit,queue=64k\n"
	"                            (default: sim:lan, without faults)\n"
	"  --link tap:NAME[,kernel=ADDRESS/BITS]\n"
	"                            the kernel's interface NAME, and the kernel's address on it\n"
	"  --gateway ADDRESS         the way to everywhere else\n"
	"  --route NET/BITS,GATEWAY  the way to NET, up to 8 with --gateway\n"
	"  --mac MAC                 (default: made from the name)\n"
	"  --mtu BYTES               (default: the cable's)\n"
	"  --congestion cubic|reno   (default: cubic)\n"
	"\n"
	"exit codes: 0 ended in good order, 1 failure, 2 command line, 3 already running\n"
	"\n"
	"example: berthd --host a --addr 10.0.0.1/24 --host b --addr 10.0.0.2/24 --link "
	"sim:lan,delay=10ms\n";

enum option_letter {
	OPTION_DIR = 1000,
	OPTION_FOREGROUND,
	OPTION_DETACH,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_HOST,
	OPTION_ADDR,
	OPTION_LINK,
	OPTION_GATEWAY,
	OPTION_ROUTE,
	OPTION_MAC,
	OPTION_MTU,
	OPTION_CONGESTION,
};

static const struct option option_table[] = {
	{"dir", required_argument, NULL, OPTION_DIR},
	{"foreground", no_argument, NULL, OPTION_FOREGROUND},
	{"detach", no_argument, NULL, OPTION_DETACH},
	{"help", no_argument, NULL, OPTION_HELP},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"host", required_argument, NULL, OPTION_HOST},
	{"addr", required_argument, NULL, OPTION_ADDR},
	{"link", required_argument, NULL, OPTION_LINK},
	{"gateway", required_argument, NULL, OPTION_GATEWAY},
	{"route", required_argument, NULL, OPTION_ROUTE},
	{"mac", required_argument, NULL, OPTION_MAC},
	{"mtu", required_argument, NULL, OPTION_MTU},
	{"congestion", required_argument, NULL, OPTION_CONGESTION},
	{NULL, 0, NULL, 0},
};

static bool copy_word(char *to, size_t size, const char *word)
{
	if (strlen(word) >= size)
		return false;
	memset(to, 0, size);
	memcpy(to, word, strlen(word));
	return true;
}

static bool host_begin(struct daemon_options *options, const char *name)
{
	struct berth_host_request *host;

	if (options->host_count == BERTH_BOARD_HOSTS_MAX)
		return false;
	host = &options->host[options->host_count++];
	memset(host, 0, sizeof(*host));
	return copy_word(host->name, sizeof(host->name), name) &&
	       copy_word(host->link, sizeof(host->link), "sim:lan");
}

static bool host_address(struct berth_host_request *host, const char *word)
{
	uint8_t i = host->address_count;

	if (i == 4 || !berth_prefix_parse(word, &host->address[i], &host->prefix_bits[i]))
		return false;
	host->address_count++;
	return true;
}

static bool host_gateway(struct berth_host_request *host, const char *word)
{
	uint8_t i = host->route_count;

	if (i == 8 || !berth_address_parse(word, &host->route[i].gateway))
		return false;
	host->route[i].destination.family = host->route[i].gateway.family;
	host->route_count++;
	return true;
}

static bool host_route(struct berth_host_request *host, const char *word)
{
	uint8_t i = host->route_count;
	const char *comma = strchr(word, ',');
	char net[BERTH_ADDRESS_TEXT_MAX + 4];

	if (i == 8 || !comma || (size_t)(comma - word) >= sizeof(net))
		return false;
	memcpy(net, word, (size_t)(comma - word));
	net[comma - word] = '\0';
	if (!berth_prefix_parse(net, &host->route[i].destination, &host->route[i].prefix_bits) ||
	    !berth_address_parse(comma + 1, &host->route[i].gateway))
		return false;
	host->route_count++;
	return true;
}

static bool host_mtu(struct berth_host_request *host, const char *word)
{
	char *end;
	unsigned long mtu = strtoul(word, &end, 10);

	if (*word < '0' || *word > '9' || *end || mtu < 1280 || mtu > 65535)
		return false;
	host->mtu = (uint16_t)mtu;
	return true;
}

static bool host_option(struct berth_host_request *host, int letter, const char *word)
{
	switch (letter) {
	case OPTION_ADDR:
		return host_address(host, word);
	case OPTION_LINK:
		return copy_word(host->link, sizeof(host->link), word);
	case OPTION_GATEWAY:
		return host_gateway(host, word);
	case OPTION_ROUTE:
		return host_route(host, word);
	case OPTION_MAC:
		return berth_mac_parse(word, &host->mac);
	case OPTION_MTU:
		return host_mtu(host, word);
	case OPTION_CONGESTION:
		return copy_word(host->congestion, sizeof(host->congestion), word);
	default:
		return false;
	}
}

static int wrong(const char *format, const char *word)
{
	fputs("berthd: ", stderr);
	fprintf(stderr, format, word);
	fputs(" (berthd --help)\n", stderr);
	return DAEMON_EXIT_USAGE;
}

// -1: go on.
static int take_option(struct daemon_options *options, int letter, const char *name)
{
	struct berth_host_request *host =
		options->host_count ? &options->host[options->host_count - 1] : NULL;

	switch (letter) {
	case OPTION_DIR:
		options->directory = optarg;
		return -1;
	case OPTION_FOREGROUND:
		options->detach = false;
		return -1;
	case OPTION_DETACH:
		options->detach = true;
		return -1;
	case OPTION_HELP:
		fputs(help_text, stdout);
		return 0;
	case OPTION_VERSION:
		puts("berthd " BERTH_VERSION);
		return 0;
	case OPTION_HOST:
		return host_begin(options, optarg) ? -1 : wrong("cannot take host %s", optarg);
	case '?':
		return DAEMON_EXIT_USAGE; // getopt has said it
	default:
		if (!host)
			return wrong("--%s belongs behind a --host", name);
		if (!host_option(host, letter, optarg))
			return wrong("not understood, or one too many: \"%s\"", optarg);
		return -1;
	}
}

int daemon_options_parse(int argc, char **argv, struct daemon_options *ret_options)
{
	int letter, which = 0;

	memset(ret_options, 0, sizeof(*ret_options));
	while ((letter = getopt_long(argc, argv, "", option_table, &which)) != -1) {
		int code = take_option(ret_options, letter, option_table[which].name);

		if (code != -1)
			return code;
	}
	if (optind < argc)
		return wrong("not understood: \"%s\"", argv[optind]);
	return -1;
}
