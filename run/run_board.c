// SPDX-License-Identifier: MIT
//
// What does the daemon say about a socket, without asking it?
//
// The file never changes its size, so one mapping serves for the life of the daemon. A descriptor
// of another instance makes us look again, once: the daemon may have been started anew. The
// mapping replaced then stays (some thread may be reading it); only address space is lost, and only
// once per daemon started.
#include "run_board.h"

#include "run_directory.h"
#include "run_system.h"

#include <sys/mman.h>
#include <sys/stat.h>

static const struct berth_board_header *board_now;
static uint64_t instance_not_found; // looked for last, in vain

static bool is_board(const struct berth_board_header *board)
{
	return board->magic == BERTH_BOARD_MAGIC && board->version == BERTH_BOARD_VERSION &&
	       board->row_bytes == sizeof(struct berth_board_row);
}

static const struct berth_board_header *map_board(void)
{
	char path[RUN_PATH_MAX];
	int fd, saved_errno = errno;
	struct stat status;
	void *map = MAP_FAILED;

	if (!run_directory_path("board", path))
		return NULL;
	fd = run_sys_open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) == 0 && (size_t)status.st_size >= BERTH_BOARD_BYTES)
		map = mmap(NULL, BERTH_BOARD_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	run_sys_close(fd);
	errno = saved_errno;
	if (map == MAP_FAILED)
		return NULL;
	if (is_board(map))
		return map;
	munmap(map, BERTH_BOARD_BYTES);
	return NULL;
}

static const struct berth_board_header *map_again(const struct berth_board_header *old)
{
	const struct berth_board_header *fresh = map_board();

	if (!fresh)
		return old;
	if (old && old->instance == fresh->instance) {
		munmap((void *)(uintptr_t)fresh, BERTH_BOARD_BYTES);
		return old;
	}
	// Somebody else mapped it meanwhile: theirs stays.
	if (!__atomic_compare_exchange_n(&board_now, &old, fresh, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE)) {
		munmap((void *)(uintptr_t)fresh, BERTH_BOARD_BYTES);
		return old;
	}
	return fresh;
}

const struct berth_board_header *run_board_now(void)
{
	const struct berth_board_header *board = __atomic_load_n(&board_now, __ATOMIC_ACQUIRE);

	return board ? board : map_again(NULL);
}

const struct berth_board_header *run_board_of(uint64_t instance)
{
	const struct berth_board_header *board = __atomic_load_n(&board_now, __ATOMIC_ACQUIRE);

	if (board && board->instance == instance)
		return board;
	if (__atomic_load_n(&instance_not_found, __ATOMIC_RELAXED) == instance)
		return NULL;
	board = map_again(board);
	if (board && board->instance == instance)
		return board;
	if (board)
		__atomic_store_n(&instance_not_found, instance, __ATOMIC_RELAXED);
	return NULL;
}

bool run_board_row(const struct berth_identity *identity, struct berth_board_row *ret_row)
{
	const struct berth_board_header *board = run_board_of(identity->instance);

	if (!board || identity->slot >= BERTH_BOARD_ROWS_MAX)
		return false;
	if (!berth_board_read(board, identity->slot, ret_row))
		return false;
	return ret_row->kind != BERTH_ROW_FREE && ret_row->generation == identity->generation;
}
