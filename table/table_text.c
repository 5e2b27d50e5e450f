// SPDX-License-Identifier: MIT
//
// How does a row read? The words of its columns. No byte that a program's name chose reaches the
// terminal unprinted: control bytes become \xNN.
#include <string.h>

#include "table.h"

const char *table_state_name(const struct table_row *row)
{
	// Chosen so that findstr LISTENING, grep LISTEN, grep ESTAB and grep TIME_WAIT all match.
	static const char *const names[] = {
		[0] = "-",
		[BERTH_TCP_ESTABLISHED] = "ESTABLISHED",
		[BERTH_TCP_SYN_SENT] = "SYN_SENT",
		[BERTH_TCP_SYN_RECEIVED] = "SYN_RECEIVED",
		[BERTH_TCP_FIN_WAIT_1] = "FIN_WAIT_1",
		[BERTH_TCP_FIN_WAIT_2] = "FIN_WAIT_2",
		[BERTH_TCP_TIME_WAIT] = "TIME_WAIT",
		[BERTH_TCP_CLOSED] = "BOUND",
		[BERTH_TCP_CLOSE_WAIT] = "CLOSE_WAIT",
		[BERTH_TCP_LAST_ACK] = "LAST_ACK",
		[BERTH_TCP_LISTEN] = "LISTENING",
		[BERTH_TCP_CLOSING] = "CLOSING",
	};
	uint8_t state = row->board.info.state;

	if (row->board.info.protocol != BERTH_PROTOCOL_TCP || state > BERTH_TCP_CLOSING)
		return "-";
	return names[state];
}

const char *table_protocol_name(const struct table_row *row)
{
	bool is_ipv6 = row->board.info.family == BERTH_FAMILY_IPV6;

	if (row->board.info.protocol == BERTH_PROTOCOL_TCP)
		return is_ipv6 ? "TCP6u" : "TCPu";
	return is_ipv6 ? "UDP6u" : "UDPu";
}

const char *table_endpoint(const struct berth_endpoint *endpoint, char *text, size_t size)
{
	char address[BERTH_ADDRESS_TEXT_MAX];

	// Unlike berth_endpoint_print, "any" with a port says which family it waits in: 0.0.0.0:80.
	if (endpoint->port == 0 && berth_address_is_any(&endpoint->address))
		snprintf(text, size, "*:*");
	else if (endpoint->address.family == BERTH_FAMILY_NONE)
		snprintf(text, size, "*:%u", endpoint->port);
	else if (endpoint->address.family == BERTH_FAMILY_IPV6)
		snprintf(text, size, "[%s]:%u",
			 berth_address_print(&endpoint->address, address, sizeof(address)),
			 endpoint->port);
	else
		snprintf(text, size, "%s:%u",
			 berth_address_print(&endpoint->address, address, sizeof(address)),
			 endpoint->port);
	return text;
}

// Control characters are one byte, or in UTF-8 two: U+0080 to U+009F steer terminals as well.
static bool is_control(const char *at)
{
	unsigned char byte = (unsigned char)at[0], next = (unsigned char)at[1];

	return byte < 0x20 || byte == 0x7f || (byte == 0xc2 && next >= 0x80 && next < 0xa0);
}

static void append_visible(char *text, size_t size, const char *name)
{
	size_t length = strlen(text);

	for (; *name != '\0' && length + 5 < size; name++) {
		unsigned char byte = (unsigned char)*name;

		if (is_control(name) || byte == '\\')
			length += (size_t)snprintf(text + length, size - length, "\\x%02x", byte);
		else
			text[length++] = (char)byte;
	}
	text[length] = '\0';
}

const char *table_name(const char *name, size_t room, char *text, size_t size)
{
	char whole[TABLE_NAME_MAX] = "";

	memcpy(whole, name, strnlen(name, room < sizeof(whole) ? room : sizeof(whole) - 1));
	text[0] = '\0';
	append_visible(text, size, whole);
	return text;
}

// The process that a person would call the owner: the youngest holder tells little, the oldest is
// the one that opened it, so the lowest PID stands for all.
const char *table_program(const struct table_row *row, char *text, size_t size)
{
	static const char *const reasons[] = {
		[TABLE_OWNER_KNOWN] = "?",          [TABLE_OWNER_TIME_WAIT] = "[time_wait]",
		[TABLE_OWNER_ORPHAN] = "[closing]", [TABLE_OWNER_HALF_OPEN] = "[half-open]",
		[TABLE_OWNER_QUEUED] = "[queued]",  [TABLE_OWNER_PERMISSION] = "[permission]",
		[TABLE_OWNER_RACED] = "[gone]",
	};
	size_t length;

	if (row->owner_count == 0) {
		snprintf(text, size, "%s", reasons[row->owner_reason]);
		return text;
	}
	text[0] = '\0';
	append_visible(text, size, row->owners[0].name);
	length = strlen(text);
	if (row->owner_count > 1)
		length += (size_t)snprintf(text + length, size - length, " +%u",
					   row->owner_count - 1);
	if (row->owner_reason == TABLE_OWNER_QUEUED && length < size)
		snprintf(text + length, size - length, " (queued)");
	return text;
}

const char *table_pid(const struct table_row *row, char *text, size_t size)
{
	if (row->owner_count > 0)
		snprintf(text, size, "%u", row->owners[0].pid);
	else if (row->owner_reason == TABLE_OWNER_TIME_WAIT)
		snprintf(text, size, "0"); // what Windows says of it
	else if (row->owner_reason == TABLE_OWNER_PERMISSION)
		snprintf(text, size, "?");
	else
		snprintf(text, size, "-");
	return text;
}

static void print_duration(char *text, size_t size, uint64_t left_ns)
{
	uint64_t seconds = left_ns / 1000000000u;

	if (seconds < 10)
		snprintf(text, size, "%llu.%llus", (unsigned long long)seconds,
			 (unsigned long long)(left_ns / 100000000u % 10));
	else if (seconds < 120)
		snprintf(text, size, "%llus", (unsigned long long)seconds);
	else
		snprintf(text, size, "%llum", (unsigned long long)(seconds / 60));
}

const char *table_timer(const struct table_row *row, uint64_t now_ns, char *text, size_t size)
{
	static const char *const names[] = {
		[BERTH_TIMER_NONE] = "",         [BERTH_TIMER_RETRANSMIT] = "rt",
		[BERTH_TIMER_KEEPALIVE] = "ka",  [BERTH_TIMER_TIME_WAIT] = "tw",
		[BERTH_TIMER_PERSIST] = "zw",    [BERTH_TIMER_LOSS_PROBE] = "lp",
		[BERTH_TIMER_REORDERING] = "ro", [BERTH_TIMER_FIN_WAIT_2] = "fw",
	};
	const struct berth_connection_info *info = &row->board.info;
	char left[24], retries[8] = "";

	if (info->timer == BERTH_TIMER_NONE || info->timer > BERTH_TIMER_FIN_WAIT_2 ||
	    info->timer_deadline_ns == BERTH_NEVER) {
		snprintf(text, size, "-");
		return text;
	}
	print_duration(left, sizeof(left),
		       info->timer_deadline_ns > now_ns ? info->timer_deadline_ns - now_ns : 0);
	if (info->retransmits > 0)
		snprintf(retries, sizeof(retries), "%u", info->retransmits);
	snprintf(text, size, "%s%s:%s", names[info->timer], retries, left);
	return text;
}
