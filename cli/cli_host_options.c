// SPDX-License-Identifier: MIT
//
// Understanding a host's description on the command line.
#include "cli_host_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static int add_address(struct berth_host_request *request, const char *text)
{
	unsigned count = request->address_count;

	if (count == sizeof(request->address) / sizeof(request->address[0]))
		return cli_usage("up", "more than %u addresses", count);
	// Without a prefix the host would be alone on its cable: nobody means that.
	if (!strchr(text, '/') ||
	    !berth_prefix_parse(text, &request->address[count], &request->prefix_bits[count]))
		return cli_usage("up", "\"%s\" is no address: write 10.0.0.2/24 or fd00::2/64",
				 text);
	request->address_count++;
	return CLI_OK;
}

// "default via 10.0.0.1", "10.1.0.0/16 via 10.0.0.1", as two words joined by " via " or ","
static int add_route(struct berth_host_request *request, const char *text)
{
	unsigned count = request->route_count;
	const char *via = strstr(text, " via ");
	char target[64];

	if (count == sizeof(request->route) / sizeof(request->route[0]))
		return cli_usage("up", "more than %u routes", count);
	if (!via || (size_t)(via - text) >= sizeof(target) ||
	    !berth_address_parse(via + 5, &request->route[count].gateway))
		return cli_usage("up", "\"%s\" is no route: write \"10.1.0.0/16 via 10.0.0.1\"",
				 text);
	memcpy(target, text, (size_t)(via - text));
	target[via - text] = '\0';
	if (strcmp(target, "default") == 0) {
		request->route[count].destination.family = request->route[count].gateway.family;
		request->route[count].prefix_bits = 0;
	} else if (!berth_prefix_parse(target, &request->route[count].destination,
				       &request->route[count].prefix_bits)) {
		return cli_usage("up", "\"%s\" is no network: write 10.1.0.0/16 or default",
				 target);
	}
	request->route_count++;
	return CLI_OK;
}

static int set_mtu(struct berth_host_request *request, const char *text)
{
	char *end;
	unsigned long mtu = strtoul(text, &end, 10);

	if (*end != '\0' || mtu < 1280 || mtu > 65535)
		return cli_usage("up", "\"%s\" is no MTU: 1280 to 65535", text);
	request->mtu = (uint16_t)mtu;
	return CLI_OK;
}

static int set_text(char *to, size_t size, const char *text, const char *what)
{
	if (text[0] == '\0' || strlen(text) >= size)
		return cli_usage("up", "%s \"%s\" must have 1 to %zu characters", what, text,
				 size - 1);
	memcpy(to, text, strlen(text) + 1);
	return CLI_OK;
}

static int set_option(struct berth_host_request *request, int option, const char *value)
{
	switch (option) {
	case 'a':
		return add_address(request, value);
	case 'r':
		return add_route(request, value);
	case 'l':
		return set_text(request->link, sizeof(request->link), value, "link");
	case 'c':
		return set_text(request->congestion, sizeof(request->congestion), value,
				"congestion control");
	case 'M':
		return set_mtu(request, value);
	case 'm':
		if (!berth_mac_parse(value, &request->mac))
			return cli_usage("up", "\"%s\" is no MAC: write 02:00:00:00:00:01", value);
		return CLI_OK;
	default:
		return cli_usage("up", "unknown option or missing value; see berth up --help");
	}
}

int host_options_parse(int argc, char **argv, struct berth_host_request *ret_request)
{
	static const struct option options[] = {{"addr", required_argument, NULL, 'a'},
						{"link", required_argument, NULL, 'l'},
						{"route", required_argument, NULL, 'r'},
						{"mac", required_argument, NULL, 'm'},
						{"mtu", required_argument, NULL, 'M'},
						{"congestion", required_argument, NULL, 'c'},
						{NULL, 0, NULL, 0}};
	int option, code;

	*ret_request = (struct berth_host_request){0};
	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		code = set_option(ret_request, option, optarg);
		if (code != CLI_OK)
			return code;
	}
	if (optind != argc - 1)
		return cli_usage("up", optind >= argc ? "a NAME is missing; see berth up --help"
						      : "one NAME at a time");
	code = set_text(ret_request->name, sizeof(ret_request->name), argv[optind], "name");
	if (code != CLI_OK)
		return code;
	if (ret_request->address_count == 0)
		return cli_usage("up", "an address is missing: --addr 10.0.0.2/24");
	if (ret_request->link[0] == '\0')
		memcpy(ret_request->link, "sim:lan", sizeof("sim:lan"));
	return CLI_OK;
}
