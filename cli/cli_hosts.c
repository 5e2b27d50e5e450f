// SPDX-License-Identifier: MIT
//
// berth hosts: the computers there are, off the board.
#include <errno.h>
#include <string.h>

#include "../table/table.h"
#include "cli_control.h"

static const char help[] =
	"usage: berth hosts\n"
	"\n"
	"List the hosts: name, MAC, cable, addresses. Exit code 1 when there is none.\n";

static void print_host(const struct berth_board_host *host)
{
	char mac[BERTH_MAC_TEXT_MAX], address[BERTH_ADDRESS_TEXT_MAX];
	char name[4 * TABLE_NAME_MAX], link[4 * TABLE_NAME_MAX];
	unsigned i;

	printf("%-12s %s %-16s", table_name(host->name, sizeof(host->name), name, sizeof(name)),
	       berth_mac_print(&host->mac, mac, sizeof(mac)),
	       table_name(host->link, sizeof(host->link), link, sizeof(link)));
	for (i = 0; i < host->address_count && i < 4; i++)
		printf("%s%s/%u", i ? " " : " ",
		       berth_address_print(&host->address[i], address, sizeof(address)),
		       host->prefix_bits[i]);
	putchar('\n');
}

int cli_hosts(int argc, char **argv)
{
	const struct berth_board_header *board;
	unsigned i, count = 0;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return CLI_OK;
	}
	if (argc != 1)
		return cli_usage("hosts", "takes no arguments");
	board = control_map_board();
	if (!board || !control_board_is_live(board))
		return control_no_daemon("hosts");
	for (i = 0; i < BERTH_BOARD_HOSTS_MAX; i++)
		count += board->hosts[i].name[0] != '\0';
	if (count == 0)
		return CLI_NO_MATCH;
	printf("%-12s %-17s %-16s %s\n", "Host", "MAC", "Cable", "Addresses");
	for (i = 0; i < BERTH_BOARD_HOSTS_MAX; i++)
		if (board->hosts[i].name[0] != '\0')
			print_host(&board->hosts[i]);
	return CLI_OK;
}
