// SPDX-License-Identifier: MIT
//
// berth port: what is this port, which class, which service by custom, and which program holds it
// now?
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../table/table.h"
#include "cli_control.h"

static const char help[] =
	"usage: berth port NUMBER|SERVICE\n"
	"\n"
	"Tell a port's class and customary service, and the programs on berth's hosts\n"
	"that hold or use it. Custom is not law: a program may serve anything anywhere.\n"
	"\n"
	"  berth port 443        berth port https\n"
	"\n"
	"Exit code 1: SERVICE is not known.\n";

static const char *class_sentence(enum berth_port_class port_class)
{
	static const char *const sentences[] = {
		[BERTH_PORT_WELL_KNOWN] = "well-known (0-1023): assigned to standard services",
		[BERTH_PORT_REGISTERED] = "registered (1024-49151): assigned on request",
		[BERTH_PORT_DYNAMIC] = "dynamic (49152-65535): never assigned, free for anybody",
	};

	return sentences[port_class];
}

static void print_custom(const struct services *services, uint16_t port)
{
	static const uint8_t protocols[] = {BERTH_PROTOCOL_TCP, BERTH_PROTOCOL_UDP};
	bool any = false;
	size_t i;

	for (i = 0; i < sizeof(protocols); i++) {
		const struct service *service = services_by_port(services, port, protocols[i]);

		if (!service)
			continue;
		printf("%s %s/%s%s%s", any ? "," : "custom: ", service->name,
		       protocols[i] == BERTH_PROTOCOL_TCP ? "tcp" : "udp",
		       service->aliases[0] ? " also " : "", service->aliases);
		any = true;
	}
	puts(any ? " (/etc/services)" : "custom:  none in /etc/services");
}

static void print_users(const struct table *table)
{
	size_t i;

	if (table->count == 0)
		puts("held by: nobody on berth's hosts");
	for (i = 0; i < table->count; i++) {
		const struct table_row *row = &table->rows[i];
		char local[TABLE_ENDPOINT_MAX], remote[TABLE_ENDPOINT_MAX];
		char program[64], pid[16], host[4 * TABLE_NAME_MAX];

		table_endpoint(&row->board.info.local, local, sizeof(local));
		table_endpoint(&row->board.info.remote, remote, sizeof(remote));
		printf("%s %s on %s, PID %s: %s", i == 0 ? "held by:" : "        ",
		       table_program(row, program, sizeof(program)),
		       table_name(row->host, sizeof(row->host), host, sizeof(host)),
		       table_pid(row, pid, sizeof(pid)), local);
		if (row->board.info.remote.port != 0)
			printf(" with %s", remote);
		printf(" %s %s\n", table_protocol_name(row), table_state_name(row));
	}
}

// A number, or the name of a service. CLI_OK, or what is wrong, said.
static int find_port(const struct services *services, const char *text, int *ret_port)
{
	const struct service *service;
	char *end;
	long port = strtol(text, &end, 10);

	if (end != text && *end == '\0') {
		*ret_port = (int)port;
		return port >= 0 && port <= 65535
			       ? CLI_OK
			       : cli_usage("port", "\"%s\" is no port: 0 to 65535", text);
	}
	service = services_by_name(services, text, 0);
	if (!service) {
		fprintf(stderr, "berth port: no service \"%s\" in /etc/services\n", text);
		return CLI_NO_MATCH;
	}
	*ret_port = service->port;
	return CLI_OK;
}

static void print_port(const struct services *services, int port)
{
	printf("port:    %d\n", port);
	printf("class:   %s\n", class_sentence(berth_port_class((uint16_t)port)));
	print_custom(services, (uint16_t)port);
}

int cli_port(int argc, char **argv)
{
	const struct berth_board_header *board;
	struct table_filter filter = {.port = -1};
	struct services services;
	struct table table;
	int code;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return CLI_OK;
	}
	if (argc != 2)
		return cli_usage("port", "one NUMBER or SERVICE; see berth port --help");
	if (services_read(&services, "/etc/services") < 0)
		return cli_failed("port", "%s", strerror(ENOMEM));
	code = find_port(&services, argv[1], &filter.port);
	if (code == CLI_OK)
		print_port(&services, filter.port);
	services_clear(&services);
	if (code != CLI_OK)
		return code;
	board = control_map_board();
	if (!board || !control_board_is_live(board))
		return CLI_OK; // without berthd there are no hosts to ask
	if (table_read(&table, board, &filter) == 0)
		print_users(&table);
	table_clear(&table);
	return CLI_OK;
}
