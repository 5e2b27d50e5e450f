// SPDX-License-Identifier: MIT
//
// Printing the table: each column as wide as its widest cell, addresses never cut, the program
// last.
//
// A narrow terminal loses columns in the order next hop, timer, class, service, queues; below that
// a record takes two lines. Piped output has one line a row and no limit.
#include <string.h>

#include "table.h"

#define CELL_MAX 96

enum column {
	COLUMN_PROTOCOL,
	COLUMN_LOCAL,
	COLUMN_FOREIGN,
	COLUMN_STATE,
	COLUMN_PID,
	COLUMN_RECEIVE_QUEUE,
	COLUMN_SEND_QUEUE,
	COLUMN_SERVICE,
	COLUMN_CLASS,
	COLUMN_TIMER,
	COLUMN_NEXT_HOP,
	COLUMN_HOST,
	COLUMN_PROGRAM,
	COLUMN_COUNT,
};

struct columns {
	bool shown[COLUMN_COUNT];
	unsigned width[COLUMN_COUNT];
};

static const char *title_of(enum column column, bool wide)
{
	static const char *const titles[COLUMN_COUNT] = {
		"Proto", "Local address", "Foreign address", "State", "PID",
		"Rx-Q",  "Tx-Q",          "Service",         "C",     "Timer",
		"V",     "Host",          "Program",
	};

	if (wide && column == COLUMN_CLASS)
		return "Class";
	if (wide && column == COLUMN_NEXT_HOP)
		return "Next-hop MAC";
	return titles[column];
}

static void print_service(const struct table_row *row, char *text, size_t size)
{
	static const char *const marks[] = {"", "<", ">"};

	if (row->service)
		snprintf(text, size, "%s%s", marks[row->direction], row->service);
	else
		snprintf(text, size, "-");
}

static void print_class(const struct table_row *row, bool wide, char *text, size_t size)
{
	static const char letters[] = "SRD"; // system, registered, dynamic

	if (wide)
		snprintf(text, size, "%s", berth_port_class_name(row->port_class));
	else
		snprintf(text, size, "%c", letters[row->port_class]);
}

static void print_next_hop(const struct table_row *row, bool wide, char *text, size_t size)
{
	if (!row->board.info.has_next_hop)
		snprintf(text, size, "-");
	else if (wide)
		berth_mac_print(&row->board.info.next_hop, text, size);
	else
		snprintf(text, size, "%c", row->next_hop_letter ? row->next_hop_letter : '*');
}

static void print_cell(const struct table *table, const struct table_row *row, enum column column,
		       bool wide, char *text, size_t size)
{
	const struct berth_connection_info *info = &row->board.info;

	switch (column) {
	case COLUMN_PROTOCOL:
		snprintf(text, size, "%s", table_protocol_name(row));
		break;
	case COLUMN_LOCAL:
		table_endpoint(&info->local, text, size);
		break;
	case COLUMN_FOREIGN:
		table_endpoint(&info->remote, text, size);
		break;
	case COLUMN_STATE:
		snprintf(text, size, "%s", table_state_name(row));
		break;
	case COLUMN_PID:
		table_pid(row, text, size);
		break;
	case COLUMN_RECEIVE_QUEUE:
		snprintf(text, size, "%u", info->receive_queue);
		break;
	case COLUMN_SEND_QUEUE:
		snprintf(text, size, "%u", info->send_queue);
		break;
	case COLUMN_SERVICE:
		print_service(row, text, size);
		break;
	case COLUMN_CLASS:
		print_class(row, wide, text, size);
		break;
	case COLUMN_TIMER:
		table_timer(row, table->now_ns, text, size);
		break;
	case COLUMN_NEXT_HOP:
		print_next_hop(row, wide, text, size);
		break;
	case COLUMN_HOST:
		table_name(row->host, sizeof(row->host), text, size);
		break;
	case COLUMN_PROGRAM:
	case COLUMN_COUNT:
		table_program(row, text, size);
		break;
	}
}

static unsigned total_width(const struct columns *columns)
{
	unsigned total = 0;
	int column;

	for (column = 0; column < COLUMN_COUNT; column++)
		if (columns->shown[column])
			total += columns->width[column] + 1;
	return total > 0 ? total - 1 : 0;
}

static void measure(const struct table *table, const struct table_layout *layout,
		    struct columns *columns)
{
	char cell[CELL_MAX];
	size_t i;
	int column;

	for (column = 0; column < COLUMN_COUNT; column++) {
		columns->shown[column] = true;
		columns->width[column] =
			(unsigned)strlen(title_of((enum column)column, layout->wide));
		for (i = 0; i < table->count; i++) {
			print_cell(table, &table->rows[i], (enum column)column, layout->wide, cell,
				   sizeof(cell));
			if (strlen(cell) > columns->width[column])
				columns->width[column] = (unsigned)strlen(cell);
		}
	}
}

// DECIDES: which columns a terminal of this width gets. false: two lines a record.
static bool choose_columns(const struct table_layout *layout, struct columns *columns)
{
	static const enum column order[] = {COLUMN_HOST, COLUMN_NEXT_HOP, COLUMN_TIMER,
					    COLUMN_CLASS, COLUMN_SERVICE};
	size_t i;

	if (!layout->wide) {
		columns->shown[COLUMN_RECEIVE_QUEUE] = false;
		columns->shown[COLUMN_SEND_QUEUE] = false;
	}
	if (layout->no_service)
		columns->shown[COLUMN_SERVICE] = false;
	for (i = 0; i < sizeof(order) / sizeof(order[0]) && layout->columns > 0; i++) {
		if (total_width(columns) <= layout->columns)
			break;
		columns->shown[order[i]] = false;
	}
	return layout->columns == 0 || total_width(columns) <= layout->columns;
}

static void print_line(const struct table *table, const struct table_row *row,
		       const struct columns *columns, bool wide, FILE *out)
{
	char cell[CELL_MAX];
	int column;

	for (column = 0; column < COLUMN_COUNT; column++) {
		if (!columns->shown[column])
			continue;
		if (row)
			print_cell(table, row, (enum column)column, wide, cell, sizeof(cell));
		else
			snprintf(cell, sizeof(cell), "%s", title_of((enum column)column, wide));
		if (column == COLUMN_PROGRAM)
			fprintf(out, "%s\n", cell);
		else
			fprintf(out, "%-*s ", (int)columns->width[column], cell);
	}
}

static void print_record(const struct table *table, const struct table_row *row, FILE *out)
{
	char local[CELL_MAX], foreign[CELL_MAX], program[CELL_MAX], pid[16], service[CELL_MAX];

	print_cell(table, row, COLUMN_LOCAL, false, local, sizeof(local));
	print_cell(table, row, COLUMN_FOREIGN, false, foreign, sizeof(foreign));
	print_cell(table, row, COLUMN_SERVICE, false, service, sizeof(service));
	fprintf(out, "%-5s %s %s (%s) %s\n", table_protocol_name(row), table_state_name(row),
		table_program(row, program, sizeof(program)), table_pid(row, pid, sizeof(pid)),
		service);
	fprintf(out, "      %s -> %s\n", local, foreign);
}

void table_print(const struct table *table, const struct table_layout *layout, FILE *out)
{
	struct columns columns;
	bool fits;
	size_t i;

	measure(table, layout, &columns);
	fits = choose_columns(layout, &columns);
	if (fits && !layout->no_header)
		print_line(table, NULL, &columns, layout->wide, out);
	for (i = 0; i < table->count; i++) {
		if (fits)
			print_line(table, &table->rows[i], &columns, layout->wide, out);
		else
			print_record(table, &table->rows[i], out);
	}
}

void table_print_footer(const struct table *table, FILE *out)
{
	char letter = 'a';
	size_t i;

	fprintf(out, "%zu socket%s", table->count, table->count == 1 ? "" : "s");
	if (table->hidden_owners > 0)
		fprintf(out, "; owners of %u hidden: run as root to see them",
			table->hidden_owners);
	fputc('\n', out);
	for (i = 0; i < table->count; i++) {
		const struct berth_connection_info *info = &table->rows[i].board.info;
		char address[BERTH_ADDRESS_TEXT_MAX], mac[BERTH_MAC_TEXT_MAX];

		if (table->rows[i].next_hop_letter != letter)
			continue;
		fprintf(out, "Next hop %c: %s %s\n", letter,
			berth_address_print(&info->next_hop_address, address, sizeof(address)),
			berth_mac_print(&info->next_hop, mac, sizeof(mac)));
		letter++;
	}
}
