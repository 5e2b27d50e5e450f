// SPDX-License-Identifier: MIT
//
// The status board: does a reader always get whole rows, and is a closed socket's row kept for its
// error as long as there is room?
#include "../../../daemon/daemon_board.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../support/unit.h"

struct fixture {
	char directory[64];
	int fd;
	struct daemon_board board;
	const struct berth_board_header *shared; // as another process maps it
};

static struct fixture *fixture_open(uint32_t rows_max, uint32_t gone_kept)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int fd;

	assert_non_null(f);
	snprintf(f->directory, sizeof(f->directory), "/tmp/berth-board-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	f->fd = open(f->directory, O_RDONLY | O_DIRECTORY);
	assert_int_equal(
		daemon_board_open(&f->board, f->fd, "board", 42, rows_max, gone_kept, 1000), 0);
	fd = openat(f->fd, "board", O_RDONLY);
	assert_true(fd >= 0);
	f->shared = mmap(NULL, BERTH_BOARD_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(f->shared != MAP_FAILED);
	close(fd);
	return f;
}

static void fixture_close(struct fixture *f)
{
	munmap((void *)(uintptr_t)f->shared, BERTH_BOARD_BYTES);
	daemon_board_close(&f->board);
	unlinkat(f->fd, "board", 0);
	close(f->fd);
	rmdir(f->directory);
	free(f);
}

static uint32_t acquire(struct fixture *f, uint32_t pid)
{
	uint32_t generation = 0, number = daemon_board_acquire(&f->board, pid, &generation);
	struct berth_board_row row;

	if (!number)
		return 0;
	memset(&row, 0, sizeof(row));
	row.kind = BERTH_ROW_SOCKET;
	row.creator_pid = pid;
	daemon_board_write(&f->board, number, &row, 2000);
	return number;
}

static struct berth_board_row read_row(struct fixture *f, uint32_t number)
{
	struct berth_board_row row;

	assert_true(berth_board_read(f->shared, number, &row));
	return row;
}

static void header_tells_what_the_reader_must_know(void **state)
{
	struct fixture *f = fixture_open(64, 4);

	(void)state;
	assert_true(f->shared->magic == BERTH_BOARD_MAGIC);
	assert_u64(f->shared->version, BERTH_BOARD_VERSION);
	assert_u64(f->shared->row_bytes, sizeof(struct berth_board_row));
	assert_u64(f->shared->instance, 42);
	assert_u64(f->shared->daemon_pid, getpid());
	assert_u64(f->shared->rows_max, 64);
	assert_u64(f->shared->rows_used, 1);
	assert_u64(f->shared->started_at_ns, 1000);
	fixture_close(f);
}

static void file_has_its_full_size_and_takes_hardly_any_memory(void **state)
{
	struct fixture *f = fixture_open(BERTH_BOARD_ROWS_MAX, 4096);
	struct stat status;

	(void)state;
	assert_int_equal(fstatat(f->fd, "board", &status, 0), 0);
	assert_u64(status.st_size, BERTH_BOARD_BYTES);
	assert_true(status.st_blocks * 512 < 1 << 20);
	assert_u64(status.st_mode & 0777, 0600);
	fixture_close(f);
}

static void row_zero_is_never_given(void **state)
{
	struct fixture *f = fixture_open(4, 0);

	(void)state;
	assert_u64(acquire(f, 1), 1);
	assert_u64(acquire(f, 1), 2);
	assert_u64(acquire(f, 1), 3);
	assert_u64(acquire(f, 1), 0);
	assert_u64(f->shared->rows_used, 4);
	fixture_close(f);
}

static void closed_rows_come_back_longest_gone_first(void **state)
{
	struct fixture *f = fixture_open(5, 0);
	uint32_t number;

	(void)state;
	for (number = 1; number < 5; number++)
		assert_u64(acquire(f, number), number);
	daemon_board_release(&f->board, 3, 0, 3000);
	daemon_board_release(&f->board, 1, 0, 3000);
	daemon_board_release(&f->board, 2, 0, 3000);
	assert_u64(acquire(f, 9), 3);
	assert_u64(acquire(f, 9), 1);
	assert_u64(acquire(f, 9), 2);
	assert_u64(acquire(f, 9), 0);
	fixture_close(f);
}

static void closed_rows_are_kept_while_there_are_unused_ones(void **state)
{
	struct fixture *f = fixture_open(64, 4);
	uint32_t generation, i;

	(void)state;
	// Five sockets, one after the other: the first row is used again only when four are kept.
	for (i = 1; i <= 5; i++) {
		assert_u64(acquire(f, i), i);
		daemon_board_release(&f->board, i, 0, 3000);
	}
	assert_u64(daemon_board_acquire(&f->board, 6, &generation), 1);
	assert_u64(generation, 2);
	assert_u64(daemon_board_acquire(&f->board, 7, &generation), 6);
	assert_u64(generation, 1);
	fixture_close(f);
}

static void a_gone_row_keeps_its_error_until_it_is_taken_once(void **state)
{
	struct fixture *f = fixture_open(64, 4);
	uint32_t number = acquire(f, 77);
	struct berth_board_row row;

	(void)state;
	assert_false(daemon_board_is_gone(&f->board, number, 1));
	daemon_board_release(&f->board, number, 111, 5000);
	row = read_row(f, number);
	assert_u64(row.kind, BERTH_ROW_GONE);
	assert_u64(row.generation, 1);
	assert_u64(row.info.error, 111);
	assert_u64(row.written_at_ns, 5000);
	assert_true(daemon_board_is_gone(&f->board, number, 1));
	assert_false(daemon_board_is_gone(&f->board, number, 2));
	assert_int_equal(daemon_board_take_error(&f->board, number, 2, 6000), 0);
	assert_int_equal(daemon_board_take_error(&f->board, number, 1, 6000), 111);
	assert_int_equal(daemon_board_take_error(&f->board, number, 1, 6000), 0);
	assert_u64(read_row(f, number).info.error, 0);
	assert_u64(daemon_board_creator(&f->board, number, 1), 77);
	assert_u64(daemon_board_creator(&f->board, number, 2), 0);
	fixture_close(f);
}

static void releasing_twice_gives_the_row_back_once(void **state)
{
	struct fixture *f = fixture_open(4, 0);

	(void)state;
	acquire(f, 1);
	daemon_board_release(&f->board, 1, 0, 3000);
	daemon_board_release(&f->board, 1, 0, 3000);
	assert_u64(acquire(f, 2), 1);
	assert_u64(acquire(f, 3), 2);
	fixture_close(f);
}

static void a_row_of_an_impossible_number_is_nobody(void **state)
{
	struct fixture *f = fixture_open(4, 0);

	(void)state;
	assert_false(daemon_board_is_gone(&f->board, 0, 0));
	assert_false(daemon_board_is_gone(&f->board, UINT32_MAX, 1));
	assert_int_equal(daemon_board_take_error(&f->board, 3, 1, 1), 0);
	assert_u64(daemon_board_creator(&f->board, 1u << 31, 1), 0);
	fixture_close(f);
}

static void hosts_appear_whole_and_disappear(void **state)
{
	struct fixture *f = fixture_open(4, 0);
	struct berth_board_host host = {.name = "web", .address_count = 1, .link = "sim:lan"};

	(void)state;
	daemon_board_write_host(&f->board, 255, &host);
	assert_memory_equal(&f->shared->hosts[255], &host, sizeof(host));
	daemon_board_write_host(&f->board, 255, NULL);
	assert_int_equal(f->shared->hosts[255].name[0], 0);
	fixture_close(f);
}

#define WRITES 200000

// A row in which every field says the same number: half-written ones give themselves away.
static void fill_row(struct berth_board_row *row, uint32_t number)
{
	memset(row, 0, sizeof(*row));
	row->kind = BERTH_ROW_SOCKET;
	row->inode = number;
	row->creator_pid = number;
	row->info.send_queue = number;
	row->tcp.tcpi_total_rto_time = number;
}

static void write_for_a_while(struct daemon_board *board)
{
	struct berth_board_row row;

	for (uint32_t i = 1; i <= WRITES; i++) {
		fill_row(&row, i);
		daemon_board_write(board, 1, &row, i);
		if (i % 1000 == 0)
			sched_yield(); // the reader shall see many of them
	}
}

static void a_reader_never_sees_half_a_row(void **state)
{
	struct fixture *f = fixture_open(4, 0);
	uint32_t newest = 0, changes = 0;
	struct berth_board_row row;
	pid_t writer;
	int status;

	(void)state;
	acquire(f, 0);
	fill_row(&row, 0);
	daemon_board_write(&f->board, 1, &row, 0);
	writer = fork();
	if (writer == 0) {
		write_for_a_while(&f->board);
		_exit(0);
	}
	while (newest < WRITES) {
		if (!berth_board_read(f->shared, 1, &row))
			continue; // the writer may be put to sleep in the middle of a row
		assert_u64(row.sequence & 1, 0);
		assert_true(row.inode >= newest);
		changes += row.inode != newest;
		newest = (uint32_t)row.inode;
		assert_u64(row.creator_pid, newest);
		assert_u64(row.info.send_queue, newest);
		assert_u64(row.tcp.tcpi_total_rto_time, newest);
		assert_u64(row.written_at_ns, newest);
	}
	assert_true(changes > 10);
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_int_equal(status, 0);
	fixture_close(f);
}

static void a_row_whose_writer_died_in_it_is_given_up(void **state)
{
	struct fixture *f = fixture_open(4, 0);
	struct berth_board_row row;

	(void)state;
	acquire(f, 1);
	((struct berth_board_row *)(uintptr_t)berth_board_row_at(f->board.header, 1))->sequence |=
		1;
	assert_false(berth_board_read(f->shared, 1, &row));
	// Whoever writes it next makes it whole again.
	fill_row(&row, 5);
	daemon_board_write(&f->board, 1, &row, 9);
	assert_u64(read_row(f, 1).inode, 5);
	fixture_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_tells_what_the_reader_must_know),
		cmocka_unit_test(file_has_its_full_size_and_takes_hardly_any_memory),
		cmocka_unit_test(row_zero_is_never_given),
		cmocka_unit_test(closed_rows_come_back_longest_gone_first),
		cmocka_unit_test(closed_rows_are_kept_while_there_are_unused_ones),
		cmocka_unit_test(a_gone_row_keeps_its_error_until_it_is_taken_once),
		cmocka_unit_test(releasing_twice_gives_the_row_back_once),
		cmocka_unit_test(a_row_of_an_impossible_number_is_nobody),
		cmocka_unit_test(hosts_appear_whole_and_disappear),
		cmocka_unit_test(a_reader_never_sees_half_a_row),
		cmocka_unit_test(a_row_whose_writer_died_in_it_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
