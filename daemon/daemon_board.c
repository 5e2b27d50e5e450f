// SPDX-License-Identifier: MIT
//
// The status board's writer: rows, their generations, and which of them may be used again.
//
// The model: a row is FREE until it is first acquired, then SOCKET or UNOWNED, then GONE. GONE rows
// wait in a ring, first in first out; a row is taken from it only when more than gone_kept wait
// there or no row is left that was never used. So a program can ask for the error of a socket
// that ended long after it ended.
//
// Readers copy a row between two looks at its sequence; odd means "being written". Nothing is ever
// decided from what the shared memory says: what must be known is kept in states.
//
// Not here: what stands in a row (daemon_rows.c).
#include "daemon_board.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct daemon_row_state {
	uint32_t generation;
	uint32_t creator_pid;
	int32_t error; // GONE: not yet taken
	uint8_t kind;  // enum berth_board_row_kind
};

_Static_assert(sizeof(struct berth_board_header) <= BERTH_BOARD_ROWS_OFFSET,
	       "the header ends before the rows begin");

static struct berth_board_row *row_at(struct daemon_board *board, uint32_t number)
{
	uint8_t *rows = (uint8_t *)board->header + BERTH_BOARD_ROWS_OFFSET;

	return (struct berth_board_row *)(void *)rows + number;
}

static int map_file(struct daemon_board *board, int directory_fd)
{
	int fd, error = 0;

	unlinkat(directory_fd, "board.new", 0);
	fd = openat(directory_fd, "board.new", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	if (ftruncate(fd, (off_t)BERTH_BOARD_BYTES) != 0) {
		error = errno;
	} else {
		void *memory =
			mmap(NULL, BERTH_BOARD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		if (memory == MAP_FAILED)
			error = errno;
		else
			board->header = memory;
	}
	close(fd);
	return error;
}

static void write_header(struct daemon_board *board, uint64_t now)
{
	struct berth_board_header *header = board->header;

	header->magic = BERTH_BOARD_MAGIC;
	header->version = BERTH_BOARD_VERSION;
	header->row_bytes = (uint32_t)sizeof(struct berth_board_row);
	header->instance = board->instance;
	header->daemon_pid = (uint32_t)getpid();
	header->rows_max = board->rows_max;
	header->rows_used = board->rows_used;
	header->started_at_ns = now;
}

int daemon_board_open(struct daemon_board *board, int directory_fd, const char *name,
		      uint64_t instance, uint32_t rows_max, uint32_t gone_kept, uint64_t now)
{
	int error;

	memset(board, 0, sizeof(*board));
	board->instance = instance;
	board->rows_max = rows_max;
	board->gone_kept = gone_kept;
	board->rows_used = 1; // row 0: never given, so that 0 can say "none"
	board->states = calloc(rows_max, sizeof(*board->states));
	board->gone = calloc(rows_max, sizeof(*board->gone));
	error = board->states && board->gone ? map_file(board, directory_fd) : ENOMEM;
	if (!error) {
		write_header(board, now);
		if (renameat(directory_fd, "board.new", directory_fd, name) != 0)
			error = errno;
	}
	if (error)
		daemon_board_close(board);
	return error;
}

void daemon_board_close(struct daemon_board *board)
{
	if (board->header)
		munmap(board->header, BERTH_BOARD_BYTES);
	free(board->states);
	free(board->gone);
	memset(board, 0, sizeof(*board));
}

static uint32_t take_longest_gone(struct daemon_board *board)
{
	uint32_t number = board->gone[board->gone_first];

	board->gone_first = (board->gone_first + 1) % board->rows_max;
	board->gone_count--;
	return number;
}

static uint32_t take_unused(struct daemon_board *board)
{
	uint32_t number = board->rows_used++;

	__atomic_store_n(&board->header->rows_used, board->rows_used, __ATOMIC_RELEASE);
	return number;
}

// DECIDES: which row a new socket gets
static uint32_t choose_row(struct daemon_board *board)
{
	if (board->gone_count > board->gone_kept)
		return take_longest_gone(board);
	if (board->rows_used < board->rows_max)
		return take_unused(board);
	return board->gone_count ? take_longest_gone(board) : 0;
}

uint32_t daemon_board_acquire(struct daemon_board *board, uint32_t creator_pid,
			      uint32_t *ret_generation)
{
	uint32_t number = choose_row(board);
	struct daemon_row_state *state;

	if (!number)
		return 0;
	state = &board->states[number];
	if (++state->generation == 0)
		state->generation = 1;
	state->kind = BERTH_ROW_SOCKET;
	state->creator_pid = creator_pid;
	state->error = 0;
	*ret_generation = state->generation;
	return number;
}

// The sequence is odd from before the first byte changes until after the last one did.
static void row_publish(struct berth_board_row *row, const struct berth_board_row *from)
{
	uint32_t sequence = row->sequence | 1;

	__atomic_store_n(&row->sequence, sequence, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	memcpy((uint8_t *)row + sizeof(row->sequence),
	       (const uint8_t *)from + sizeof(from->sequence),
	       sizeof(*row) - sizeof(row->sequence));
	__atomic_store_n(&row->sequence, sequence + 1, __ATOMIC_RELEASE);
}

void daemon_board_write(struct daemon_board *board, uint32_t number,
			const struct berth_board_row *row, uint64_t now)
{
	struct berth_board_row written = *row;

	written.generation = board->states[number].generation;
	written.written_at_ns = now;
	board->states[number].kind = row->kind;
	row_publish(row_at(board, number), &written);
}

void daemon_board_release(struct daemon_board *board, uint32_t number, int error, uint64_t now)
{
	struct daemon_row_state *state = &board->states[number];
	struct berth_board_row row = *row_at(board, number);

	if (state->kind == BERTH_ROW_GONE)
		return;
	state->error = error;
	row.kind = BERTH_ROW_GONE;
	row.listening = row.in_flight = 0;
	row.info.socket = 0;
	row.info.state = BERTH_TCP_CLOSED;
	row.info.timer = BERTH_TIMER_NONE;
	row.info.timer_deadline_ns = BERTH_NEVER;
	row.info.receive_queue = row.info.send_queue = 0;
	row.info.error = error;
	daemon_board_write(board, number, &row, now);
	board->gone[(board->gone_first + board->gone_count++) % board->rows_max] = number;
}

static bool is_of_generation(const struct daemon_board *board, uint32_t number, uint32_t generation)
{
	return number > 0 && number < board->rows_used &&
	       board->states[number].generation == generation;
}

bool daemon_board_is_gone(const struct daemon_board *board, uint32_t number, uint32_t generation)
{
	return is_of_generation(board, number, generation) &&
	       board->states[number].kind == BERTH_ROW_GONE;
}

int daemon_board_take_error(struct daemon_board *board, uint32_t number, uint32_t generation,
			    uint64_t now)
{
	struct berth_board_row row;
	int error;

	if (!daemon_board_is_gone(board, number, generation))
		return 0;
	error = board->states[number].error;
	if (error) {
		board->states[number].error = 0;
		row = *row_at(board, number);
		row.info.error = 0;
		daemon_board_write(board, number, &row, now);
	}
	return error;
}

uint32_t daemon_board_creator(const struct daemon_board *board, uint32_t number,
			      uint32_t generation)
{
	if (!is_of_generation(board, number, generation))
		return 0;
	return board->states[number].creator_pid;
}

void daemon_board_write_host(struct daemon_board *board, uint32_t index,
			     const struct berth_board_host *host)
{
	struct berth_board_host *place = &board->header->hosts[index];

	// Hosts come and go rarely: the first letter of the name says whether the rest counts.
	__atomic_store_n(&place->name[0], '\0', __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!host)
		return;
	memcpy((char *)place + 1, (const char *)host + 1, sizeof(*place) - 1);
	__atomic_store_n(&place->name[0], host->name[0], __ATOMIC_RELEASE);
}
