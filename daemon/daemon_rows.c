// SPDX-License-Identifier: MIT
//
// What stands on the board, and when it is written there.
//
// A change of state, address or error is written at once; counters, which move with every segment,
// wait on a list and are written together, at most every DAEMON_BOARD_DELAY_NS. Connections that
// have no program (half-open, TIME-WAIT, ending) tell nobody when they change: a sweep over all
// connections of a host finds them, now and then and when somebody asks (REFRESH). They keep their
// row from sweep to sweep by their addresses.
#include "daemon_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

#define UNOWNED_BUCKETS 16384u // power of two

// What makes a connection itself, as bytes to compare.
struct unowned_key {
	uint32_t host_generation;
	uint16_t host_index;
	uint8_t protocol, reserved;
	struct berth_endpoint local, remote;
};

struct daemon_unowned {
	struct daemon_unowned *next;
	struct unowned_key key;
	uint32_t row;
	uint32_t sweep; // last seen in
};

int daemon_rows_init(struct daemon_rows *rows)
{
	memset(rows, 0, sizeof(*rows));
	daemon_list_init(&rows->dirty);
	rows->flush_at = rows->sweep_at = BERTH_NEVER;
	rows->unowned = calloc(UNOWNED_BUCKETS, sizeof(struct daemon_unowned *));
	return rows->unowned ? 0 : ENOMEM;
}

void daemon_rows_clear(struct daemon_rows *rows)
{
	for (uint32_t i = 0; rows->unowned && i < UNOWNED_BUCKETS; i++) {
		while (rows->unowned[i]) {
			struct daemon_unowned *unowned = rows->unowned[i];

			rows->unowned[i] = unowned->next;
			free(unowned);
		}
	}
	free(rows->unowned);
	rows->unowned = NULL;
}

static void describe_listener(const struct daemon_slot *slot, struct berth_board_row *row)
{
	row->listening = slot->phase == DAEMON_PHASE_LISTENING && !slot->listener.ended;
	if (!row->listening)
		return;
	row->info.receive_queue += slot->listener.in_flight_count;
	row->info.send_queue = (uint32_t)slot->listener.backlog;
}

// What lies in the pair is queued too. The program's bytes there are counted exactly. Of ours the
// kernel counts what they cost; a stream has no more unread than it was given since it was empty.
static void describe_pair(struct daemon_slot *slot, struct berth_board_row *row)
{
	if (slot->phase == DAEMON_PHASE_DATAGRAM) {
		row->info.receive_queue += daemon_pair_untaken(&slot->pair); // as Linux counts
	} else if (slot->phase == DAEMON_PHASE_FLOWING) {
		row->info.receive_queue += daemon_stream_unread_most(&slot->stream, &slot->pair);
		if (slot->pair.readable)
			row->info.send_queue += daemon_pair_unread(&slot->pair);
	}
}

static void describe_slot(struct daemon *daemon, struct daemon_slot *slot,
			  struct berth_board_row *row)
{
	bool left = slot->pair.gone && slot->phase == DAEMON_PHASE_FLOWING;

	row->kind = left ? BERTH_ROW_UNOWNED : BERTH_ROW_SOCKET;
	row->framed = slot->datagram.framed;
	row->host = slot->host->index;
	row->inode = slot->pair.inode;
	row->creator_pid = slot->creator_pid;
	row->creator_uid = slot->creator_uid;
	row->opened_at_ns = slot->opened_at;
	row->in_flight = slot->flight.listener != NULL;
	if (slot->flight.listener)
		row->listener_inode = slot->flight.listener->pair.inode;
	row->domain = slot->domain;
	row->type = slot->type;
	if (slot->socket &&
	    berth_inspect_socket(slot->host->berth, slot->socket, &row->info) == 0) {
		size_t length = sizeof(row->tcp);

		if (slot->protocol == BERTH_PROTOCOL_TCP)
			berth_socket_get_option(slot->host->berth, slot->socket, BERTH_IPPROTO_TCP,
						BERTH_TCP_INFO, &row->tcp, &length,
						daemon->loop.now);
	} else {
		row->info.protocol = slot->protocol;
		row->info.state = BERTH_TCP_CLOSED;
		row->info.timer_deadline_ns = BERTH_NEVER;
		row->info.interface_index = -1;
	}
	row->info.tag = slot->number;
	if (slot->error)
		row->info.error = slot->error;
	describe_listener(slot, row);
	describe_pair(slot, row);
}

void daemon_rows_write(struct daemon *daemon, struct daemon_slot *slot)
{
	struct berth_board_row row;

	memset(&row, 0, sizeof(row));
	describe_slot(daemon, slot, &row);
	daemon_list_remove(&slot->dirty);
	daemon_board_write(&daemon->board, slot->number, &row, daemon->loop.now);
}

void daemon_rows_note(struct daemon *daemon, struct daemon_slot *slot)
{
	struct daemon_rows *rows = &daemon->rows;

	daemon_list_note(&rows->dirty, &slot->dirty);
	if (rows->flush_at == BERTH_NEVER)
		rows->flush_at = daemon->loop.now + DAEMON_BOARD_DELAY_NS;
}

static void flush(struct daemon *daemon)
{
	struct daemon_node *node;

	while ((node = daemon_list_first(&daemon->rows.dirty)))
		daemon_rows_write(daemon, DAEMON_CONTAINER_OF(node, struct daemon_slot, dirty));
	daemon->rows.flush_at = BERTH_NEVER;
}

// FNV-1a: the addresses are our own table's, nobody chooses them against us for long.
static struct daemon_unowned **bucket_of(struct daemon_rows *rows, const struct unowned_key *key)
{
	const uint8_t *bytes = (const uint8_t *)key;
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < sizeof(*key); i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return &rows->unowned[hash & (UNOWNED_BUCKETS - 1)];
}

static struct daemon_unowned *unowned_find_or_add(struct daemon *daemon,
						  const struct unowned_key *key)
{
	struct daemon_rows *rows = &daemon->rows;
	struct daemon_unowned **bucket = bucket_of(rows, key), *unowned = *bucket;
	uint32_t generation;

	while (unowned && memcmp(&unowned->key, key, sizeof(*key)) != 0)
		unowned = unowned->next;
	if (unowned)
		return unowned;
	if (rows->unowned_count >= DAEMON_UNOWNED_ROWS_MAX)
		return NULL;
	unowned = calloc(1, sizeof(*unowned));
	if (!unowned)
		return NULL;
	unowned->row = daemon_board_acquire(&daemon->board, 0, &generation);
	if (!unowned->row) {
		free(unowned);
		return NULL;
	}
	unowned->key = *key;
	unowned->next = *bucket;
	*bucket = unowned;
	rows->unowned_count++;
	return unowned;
}

// A connection in a listener's queue has the listener's tag.
static void describe_waiting(struct daemon *daemon, const struct berth_connection_info *info,
			     struct berth_board_row *row)
{
	struct daemon_slot *slot = daemon_slot_of_tag(daemon, info->tag);

	if (!slot || slot->phase != DAEMON_PHASE_LISTENING ||
	    (info->state != BERTH_TCP_ESTABLISHED && info->state != BERTH_TCP_CLOSE_WAIT))
		return;
	row->in_flight = 1;
	row->listener_inode = slot->pair.inode;
}

static void write_unowned(struct daemon *daemon, const struct daemon_host *host,
			  const struct berth_connection_info *info)
{
	struct unowned_key key;
	struct daemon_unowned *unowned;
	struct berth_board_row row;

	memset(&key, 0, sizeof(key));
	key.host_index = host->index;
	key.host_generation = host->generation;
	key.protocol = info->protocol;
	key.local = info->local;
	key.remote = info->remote;
	unowned = unowned_find_or_add(daemon, &key);
	if (!unowned) {
		daemon->rows.unshown++;
		return;
	}
	unowned->sweep = daemon->rows.sweep;
	memset(&row, 0, sizeof(row));
	row.kind = BERTH_ROW_UNOWNED;
	row.host = host->index;
	row.domain = info->family == BERTH_FAMILY_IPV6 ? 10 : 2;
	row.type = info->protocol == BERTH_PROTOCOL_TCP ? 1 : 2;
	row.info = *info;
	describe_waiting(daemon, info, &row);
	row.info.tag = 0;
	daemon_board_write(&daemon->board, unowned->row, &row, daemon->loop.now);
}

static bool has_slot(struct daemon *daemon, const struct daemon_host *host,
		     const struct berth_connection_info *info)
{
	struct daemon_slot *slot = daemon_slot_of_tag(daemon, info->tag);

	return info->socket && slot && slot->host == host && slot->socket == info->socket;
}

// Drop what the sweep did not see; with a host, only what is its.
static void drop_unowned(struct daemon *daemon, const struct daemon_host *host)
{
	struct daemon_rows *rows = &daemon->rows;

	for (uint32_t i = 0; i < UNOWNED_BUCKETS && rows->unowned_count > 0; i++) {
		struct daemon_unowned **link = &rows->unowned[i], *unowned;

		while ((unowned = *link)) {
			bool drop = host ? unowned->key.host_index == host->index
					 : unowned->sweep != rows->sweep;

			if (!drop) {
				link = &unowned->next;
				continue;
			}
			*link = unowned->next;
			daemon_board_release(&daemon->board, unowned->row, 0, daemon->loop.now);
			free(unowned);
			rows->unowned_count--;
		}
	}
}

static void sweep(struct daemon *daemon)
{
	struct daemon_rows *rows = &daemon->rows;
	uint64_t began_at = daemon_clock_monotonic(), took_ns;

	rows->sweep++;
	rows->unshown = 0;
	for (uint32_t i = 0; i < daemon->hosts.used_max; i++) {
		struct daemon_host *host = daemon->hosts.by_index[i];
		struct berth_connection_info info;
		uint64_t cursor = 0;

		while (host && berth_inspect_next(host->berth, &cursor, &info)) {
			if (!has_slot(daemon, host, &info))
				write_unowned(daemon, host, &info);
		}
	}
	drop_unowned(daemon, NULL);
	took_ns = daemon_clock_monotonic() - began_at;
	rows->sweep_at = daemon->loop.now + DAEMON_SWEEP_NS + took_ns * DAEMON_SWEEP_SHARE;
}

// Sleep without end when there is nothing to sweep.
static void plan_sweep(struct daemon *daemon)
{
	struct daemon_rows *rows = &daemon->rows;
	uint64_t unowned = rows->unowned_count;

	if (rows->sweep_at != BERTH_NEVER && rows->sweep_at > daemon->loop.now)
		return;
	for (uint32_t i = 0; i < daemon->hosts.used_max; i++) {
		struct berth_counters counters;

		if (!daemon->hosts.by_index[i])
			continue;
		berth_inspect_counters(daemon->hosts.by_index[i]->berth, &counters);
		unowned += counters.tcp_embryos + counters.tcp_remnants + counters.tcp_connections;
	}
	if (unowned)
		sweep(daemon);
	else
		rows->sweep_at = BERTH_NEVER;
}

uint64_t daemon_rows_deadline(const struct daemon *daemon)
{
	const struct daemon_rows *rows = &daemon->rows;

	return rows->flush_at < rows->sweep_at ? rows->flush_at : rows->sweep_at;
}

void daemon_rows_advance(struct daemon *daemon)
{
	struct daemon_rows *rows = &daemon->rows;

	if (rows->flush_at <= daemon->loop.now) {
		flush(daemon);
		if (rows->sweep_at == BERTH_NEVER) // something moves: look
			rows->sweep_at = daemon->loop.now + DAEMON_SWEEP_NS;
	}
	if (rows->sweep_at <= daemon->loop.now)
		plan_sweep(daemon);
}

void daemon_rows_refresh(struct daemon *daemon)
{
	for (uint32_t i = 0; i < daemon->hosts.used_max; i++) {
		struct daemon_host *host = daemon->hosts.by_index[i];
		struct daemon_node *node = host ? daemon_list_first(&host->slots) : NULL;

		for (; node; node = daemon_list_after(&host->slots, node))
			daemon_rows_write(daemon,
					  DAEMON_CONTAINER_OF(node, struct daemon_slot, on_host));
	}
	daemon->rows.flush_at = BERTH_NEVER;
	sweep(daemon);
}

void daemon_rows_forget_host(struct daemon *daemon, const struct daemon_host *host)
{
	drop_unowned(daemon, host);
}
