// SPDX-License-Identifier: MIT
//
// Making the table: copy rows off the board, join owners, services, directions, next hops, then
// sort.
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SERVICES_PATH "/etc/services"

static bool is_listening(const struct table_row *row)
{
	return row->board.info.protocol == BERTH_PROTOCOL_TCP &&
	       row->board.info.state == BERTH_TCP_LISTEN;
}

// DECIDES: which rows a filter lets through
static bool passes(const struct table_filter *filter, const struct table_row *row)
{
	const struct berth_connection_info *info = &row->board.info;
	bool is_tcp = info->protocol == BERTH_PROTOCOL_TCP;
	bool is_ipv4 = info->family == BERTH_FAMILY_IPV4;

	if (row->board.kind != BERTH_ROW_SOCKET && row->board.kind != BERTH_ROW_UNOWNED)
		return false;
	if (is_tcp && info->state == BERTH_TCP_CLOSED && info->local.port == 0)
		return false; // opened, but neither bound nor connected: no row in any netstat
	if ((filter->tcp || filter->udp) && (is_tcp ? !filter->tcp : !filter->udp))
		return false;
	if ((filter->ipv4 || filter->ipv6) && (is_ipv4 ? !filter->ipv4 : !filter->ipv6))
		return false;
	if (filter->listening_only && is_tcp && !is_listening(row))
		return false;
	if (filter->listening_only && !is_tcp && info->remote.port != 0)
		return false;
	if (filter->connected_only && info->remote.port == 0)
		return false;
	if (filter->host && strcmp(filter->host, row->host) != 0)
		return false;
	return filter->port < 0 || info->local.port == filter->port ||
	       info->remote.port == filter->port;
}

static int read_rows(struct table *table, const struct berth_board_header *board,
		     const struct table_filter *filter)
{
	uint32_t used = __atomic_load_n(&board->rows_used, __ATOMIC_ACQUIRE);
	size_t capacity = 0;
	uint32_t i;

	if (used > BERTH_BOARD_ROWS_MAX)
		used = BERTH_BOARD_ROWS_MAX;
	for (i = 0; i < used; i++) {
		struct table_row row = {0};

		if (!berth_board_read(board, i, &row.board) ||
		    row.board.host >= BERTH_BOARD_HOSTS_MAX)
			continue;
		memcpy(row.host, board->hosts[row.board.host].name, sizeof(row.host) - 1);
		if (!passes(filter, &row))
			continue;
		if (table->count == capacity) {
			struct table_row *grown;

			capacity = capacity ? capacity * 2 : 256;
			grown = realloc(table->rows, capacity * sizeof(*grown));
			if (!grown)
				return -ENOMEM;
			table->rows = grown;
		}
		table->rows[table->count++] = row;
	}
	return 0;
}

// DECIDES: why a row has no owner, when it has none
static enum table_owner_reason reason_of(const struct table *table, const struct table_row *row)
{
	const struct berth_connection_info *info = &row->board.info;

	if (row->owner_count > 0)
		return row->board.in_flight ? TABLE_OWNER_QUEUED : TABLE_OWNER_KNOWN;
	if (row->board.kind == BERTH_ROW_UNOWNED) {
		if (info->state == BERTH_TCP_TIME_WAIT)
			return TABLE_OWNER_TIME_WAIT;
		if (info->state == BERTH_TCP_SYN_RECEIVED)
			return TABLE_OWNER_HALF_OPEN;
		return TABLE_OWNER_ORPHAN;
	}
	return table->owners.unreadable > 0 ? TABLE_OWNER_PERMISSION : TABLE_OWNER_RACED;
}

static int join_owners(struct table *table)
{
	size_t i;
	int result;

	for (i = 0; i < table->count; i++) {
		const struct berth_board_row *board = &table->rows[i].board;

		if (!owners_want(&table->owners, board->inode) ||
		    !owners_want(&table->owners, board->listener_inode))
			return -ENOMEM;
	}
	result = owners_find(&table->owners);
	if (result < 0)
		return result;
	for (i = 0; i < table->count; i++) {
		struct table_row *row = &table->rows[i];

		row->owners = owners_of(&table->owners, row->board.inode, &row->owner_count);
		if (row->owner_count > 0)
			row->board.in_flight = 0; // its program has it already
		else if (row->board.in_flight)
			row->owners = owners_of(&table->owners, row->board.listener_inode,
						&row->owner_count);
		row->owner_reason = reason_of(table, row);
		if (row->owner_reason == TABLE_OWNER_PERMISSION)
			table->hidden_owners++;
	}
	return 0;
}

// DECIDES: which end of a connection serves, and so gives the row its service
static void join_service(struct table *table, struct table_row *row)
{
	const struct berth_connection_info *info = &row->board.info;
	const struct service *service;
	uint16_t port = info->local.port;

	row->port_class = berth_port_class(info->local.port);
	if (info->remote.port != 0) {
		bool outbound = !info->inbound;

		if (info->protocol == BERTH_PROTOCOL_UDP)
			outbound = info->remote.port < info->local.port;
		row->direction = outbound ? TABLE_DIRECTION_OUT : TABLE_DIRECTION_IN;
		if (outbound)
			port = info->remote.port;
	}
	service = services_by_port(&table->services, port, info->protocol);
	row->service = service ? service->name : NULL;
}

// Few next hops serve many rows: each gets a letter, in order of appearance.
static void letter_next_hops(struct table *table)
{
	char next = 'a';
	size_t i, j;

	for (i = 0; i < table->count && next <= 'z'; i++) {
		struct table_row *row = &table->rows[i];

		if (!row->board.info.has_next_hop)
			continue;
		for (j = 0; j < i; j++) {
			const struct table_row *other = &table->rows[j];

			if (other->next_hop_letter &&
			    memcmp(&other->board.info.next_hop, &row->board.info.next_hop,
				   sizeof(row->board.info.next_hop)) == 0 &&
			    berth_address_equal(&other->board.info.next_hop_address,
						&row->board.info.next_hop_address))
				break;
		}
		row->next_hop_letter = j < i ? table->rows[j].next_hop_letter : next++;
	}
}

// Listeners first, then by state, then by local port: what serves stands together at the top.
static int compare_rows(const void *left, const void *right)
{
	const struct table_row *a = left;
	const struct table_row *b = right;
	int order;

	if (a->board.info.protocol != b->board.info.protocol)
		return (int)a->board.info.protocol - (int)b->board.info.protocol;
	if (is_listening(a) != is_listening(b))
		return is_listening(a) ? -1 : 1;
	if (a->board.info.state != b->board.info.state)
		return (int)a->board.info.state - (int)b->board.info.state;
	if (a->board.info.local.port != b->board.info.local.port)
		return (int)a->board.info.local.port - (int)b->board.info.local.port;
	order = memcmp(&a->board.info.local, &b->board.info.local, sizeof(a->board.info.local));
	if (order != 0)
		return order;
	return memcmp(&a->board.info.remote, &b->board.info.remote, sizeof(a->board.info.remote));
}

int table_read(struct table *table, const struct berth_board_header *board,
	       const struct table_filter *filter)
{
	struct timespec now;
	size_t i;
	int result;

	*table = (struct table){0};
	owners_init(&table->owners);
	result = services_read(&table->services, SERVICES_PATH);
	if (result == 0)
		result = read_rows(table, board, filter);
	if (result == 0)
		result = join_owners(table);
	if (result < 0)
		return result;
	clock_gettime(CLOCK_MONOTONIC, &now);
	table->now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	for (i = 0; i < table->count; i++)
		join_service(table, &table->rows[i]);
	if (table->count > 0)
		qsort(table->rows, table->count, sizeof(*table->rows), compare_rows);
	letter_next_hops(table);
	return 0;
}

void table_clear(struct table *table)
{
	free(table->rows);
	owners_clear(&table->owners);
	services_clear(&table->services);
	*table = (struct table){0};
}
