// SPDX-License-Identifier: MIT
//
// The pair behind a socket: does the kernel let it look like TCP, byte for byte, event for event?
#include "../../../daemon/daemon_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../../daemon/daemon_limits.h"
#include "../../support/unit.h"

// Each pair has a name of its own.
static struct berth_identity identity = {0x0123456789abcdef, 0x11, 0x22};

static int open_stream(struct daemon_pair *pair)
{
	int program_fd;

	assert_int_equal(daemon_pair_open(pair, SOCK_STREAM, &identity, true, &program_fd), 0);
	identity.slot++;
	return program_fd;
}

// As accept gives it: connected.
static int open_held(struct daemon_pair *pair)
{
	int program_fd = open_stream(pair);

	assert_int_equal(daemon_pair_hold(pair, program_fd), 0);
	return program_fd;
}

// As connect makes it: filled, then let flow.
static int open_connected(struct daemon_pair *pair)
{
	int program_fd = open_stream(pair);

	assert_int_equal(daemon_pair_fill(pair, program_fd), 0);
	assert_int_equal(daemon_pair_keep_program_fd(pair, dup(program_fd)), 0);
	daemon_pair_open_flow(pair);
	return program_fd;
}

static short poll_now(int fd)
{
	struct pollfd poll_fd = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};

	poll(&poll_fd, 1, 0);
	return poll_fd.revents;
}

// What our end's epoll would say.
static void see_events(struct daemon_pair *pair)
{
	daemon_pair_on_events(pair, (uint32_t)(uint16_t)poll_now(pair->fd));
}

static uint32_t take_all(struct daemon_pair *pair, char *to, size_t first_place)
{
	uint32_t unread = daemon_pair_unread(pair);
	struct iovec places[2] = {{to, first_place}, {to + first_place, 1 << 20}};

	return unread ? daemon_pair_take(pair, places, unread) : 0;
}

static void programs_end_is_named_by_the_board_row(void **state)
{
	struct daemon_pair pair;
	int program_fd = open_stream(&pair);
	struct sockaddr_un name;
	socklen_t length = sizeof(name);
	struct stat status;

	(void)state;
	memset(&name, 0, sizeof(name));
	assert_int_equal(getpeername(program_fd, (struct sockaddr *)&name, &length), 0);
	assert_int_equal(name.sun_path[0], 0);
	assert_string_equal(name.sun_path + 1, "berth/0123456789abcdef/00000011/00000022");
	assert_int_equal(fstat(program_fd, &status), 0);
	assert_u64(pair.inode, status.st_ino);
	daemon_pair_close(&pair, true);
	// And still is when the daemon has let go.
	memset(&name, 0, sizeof(name));
	length = sizeof(name);
	assert_int_equal(getpeername(program_fd, (struct sockaddr *)&name, &length), 0);
	assert_string_equal(name.sun_path + 1, "berth/0123456789abcdef/00000011/00000022");
	close(program_fd);
}

static void only_the_program_decides_whether_it_blocks(void **state)
{
	struct daemon_pair pair;
	int program_fd;

	(void)state;
	assert_int_equal(daemon_pair_open(&pair, SOCK_STREAM, &identity, false, &program_fd), 0);
	assert_int_equal(fcntl(program_fd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(fcntl(pair.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	daemon_pair_close(&pair, true);
	close(program_fd);
	program_fd = open_stream(&pair);
	assert_int_equal(fcntl(program_fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	daemon_pair_close(&pair, true);
	close(program_fd);
}

static void a_filled_pair_is_neither_readable_nor_writable(void **state)
{
	struct daemon_pair pair;
	int program_fd = open_stream(&pair);

	(void)state;
	assert_int_equal(daemon_pair_fill(&pair, program_fd), 0);
	assert_true(pair.front_bytes > 1);
	assert_int_equal(poll_now(program_fd), 0);
	assert_int_equal(write(program_fd, "x", 1), -1);
	assert_int_equal(errno, EAGAIN);
	assert_u64(daemon_pair_unread(&pair), 0);
	daemon_pair_close(&pair, true);
	close(program_fd);
}

static void connected_is_one_edge_of_epollout_without_an_error(void **state)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET}, news;
	int epoll_fd = epoll_create1(0), error = -1;
	socklen_t length = sizeof(error);
	struct daemon_pair pair;
	int program_fd = open_stream(&pair);

	(void)state;
	assert_int_equal(daemon_pair_fill(&pair, program_fd), 0);
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, program_fd, &event);
	assert_int_equal(epoll_wait(epoll_fd, &news, 1, 0), 0);
	assert_int_equal(daemon_pair_keep_program_fd(&pair, dup(program_fd)), 0);
	daemon_pair_open_flow(&pair);
	assert_int_equal(epoll_wait(epoll_fd, &news, 1, 0), 1);
	assert_int_equal(news.events, EPOLLOUT);
	assert_int_equal(getsockopt(program_fd, SOL_SOCKET, SO_ERROR, &error, &length), 0);
	assert_int_equal(error, 0);
	assert_u64(pair.front_bytes, 1);
	assert_int_equal(pair.program_fd, -1);
	daemon_pair_close(&pair, true);
	close(program_fd);
	close(epoll_fd);
}

static void refused_looks_like_a_refused_connect(void **state)
{
	struct daemon_pair pair;
	int program_fd = open_stream(&pair), error = 0;
	socklen_t length = sizeof(error);

	(void)state;
	assert_int_equal(daemon_pair_fill(&pair, program_fd), 0);
	daemon_pair_close(&pair, false);
	assert_int_equal(poll_now(program_fd), POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
	assert_int_equal(getsockopt(program_fd, SOL_SOCKET, SO_ERROR, &error, &length), 0);
	assert_int_equal(error, ECONNRESET);
	close(program_fd);
}

static void a_foreign_descriptor_is_not_taken_for_the_programs_end(void **state)
{
	struct daemon_pair pair, other;
	int program_fd = open_stream(&pair), other_fd = open_stream(&other), pipe_ends[2];

	(void)state;
	assert_int_equal(pipe(pipe_ends), 0);
	assert_int_equal(daemon_pair_keep_program_fd(&pair, other_fd), EINVAL);
	assert_int_equal(daemon_pair_keep_program_fd(&pair, pair.fd), EINVAL);
	assert_int_equal(daemon_pair_keep_program_fd(&pair, pipe_ends[0]), EINVAL);
	assert_int_equal(pair.program_fd, -1);
	daemon_pair_close(&pair, true);
	daemon_pair_close(&other, true);
	close(program_fd);
	close(other_fd);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}

static void every_byte_comes_once_whatever_the_pieces(void **state)
{
	static char sent[300000], taken[(1 << 20) + 300000];
	uint64_t seed = 7;
	struct daemon_pair pair;
	int program_fd = open_connected(&pair);
	uint32_t written = 0, got = 0;

	(void)state;
	test_random_bytes(&seed, sent, sizeof(sent));
	while (got < sizeof(sent)) {
		uint32_t piece = 1 + test_random_below(&seed, 3000), unread;
		struct iovec places[2];

		piece = piece > sizeof(sent) - written ? (uint32_t)sizeof(sent) - written : piece;
		if (piece)
			assert_int_equal(write(program_fd, sent + written, piece), piece);
		written += piece;
		unread = daemon_pair_unread(&pair);
		assert_u64(unread, written - got);
		if (test_random_below(&seed, 3) == 0 && piece)
			continue;
		piece = 1 + test_random_below(&seed, unread); // not always all of it
		places[0].iov_base = taken + got;
		places[0].iov_len = 1 + test_random_below(&seed, piece + 5);
		places[1].iov_base = taken + got + places[0].iov_len;
		places[1].iov_len = piece;
		assert_u64(daemon_pair_take(&pair, places, piece), piece);
		got += piece;
		assert_u64(pair.front_bytes, 1);
	}
	assert_memory_equal(sent, taken, sizeof(sent));
	assert_u64(daemon_pair_unread(&pair), 0);
	daemon_pair_close(&pair, true);
	close(program_fd);
}

static void single_bytes_come_one_by_one(void **state)
{
	char taken[(1 << 20) + 16] = "";
	struct daemon_pair pair;
	int program_fd = open_held(&pair);

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(write(program_fd, &"hello"[i], 1), 1);
		assert_u64(take_all(&pair, taken + i, 1), 1);
	}
	assert_string_equal(taken, "hello");
	daemon_pair_close(&pair, true);
	close(program_fd);
}

static void a_reset_gives_the_bytes_then_one_error_then_the_end(void **state)
{
	char bytes[(1 << 20) + 16];
	struct daemon_pair pair;
	int program_fd = open_connected(&pair);
	struct iovec news = {(char[]){"12345"}, 5};

	(void)state;
	assert_int_equal(write(program_fd, "abc", 3), 3);
	assert_u64(take_all(&pair, bytes, 1), 3); // all of it was forwarded
	assert_int_equal(daemon_pair_give(&pair, &news, 1), 5);
	daemon_pair_close(&pair, false);
	assert_int_equal(poll_now(program_fd), POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
	assert_int_equal(read(program_fd, bytes, 16), 5);
	assert_int_equal(read(program_fd, bytes, 16), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(read(program_fd, bytes, 16), 0);
	assert_int_equal(send(program_fd, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	close(program_fd);
}

static void a_reset_of_a_program_that_never_wrote_is_the_same(void **state)
{
	char bytes[16];
	struct daemon_pair pair;
	int program_fd = open_held(&pair);

	(void)state;
	daemon_pair_close(&pair, false);
	assert_int_equal(read(program_fd, bytes, 16), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(read(program_fd, bytes, 16), 0);
	close(program_fd);
}

static void an_orderly_end_is_no_error(void **state)
{
	char bytes[(1 << 20) + 16];
	struct daemon_pair pair;
	int program_fd = open_connected(&pair);
	struct iovec news = {(char[]){"bye"}, 3};

	(void)state;
	assert_int_equal(write(program_fd, "abc", 3), 3);
	take_all(&pair, bytes, 1);
	assert_int_equal(daemon_pair_give(&pair, &news, 1), 3);
	daemon_pair_close(&pair, true);
	assert_int_equal(poll_now(program_fd), POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
	assert_int_equal(read(program_fd, bytes, 16), 3);
	assert_int_equal(read(program_fd, bytes, 16), 0);
	assert_int_equal(send(program_fd, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	close(program_fd);
}

static void a_fin_ends_reading_and_not_writing(void **state)
{
	char bytes[(1 << 20) + 16];
	struct daemon_pair pair;
	int program_fd = open_connected(&pair);

	(void)state;
	daemon_pair_give_fin(&pair);
	assert_int_equal(poll_now(program_fd), POLLIN | POLLOUT | POLLRDHUP);
	assert_int_equal(read(program_fd, bytes, 16), 0);
	assert_int_equal(write(program_fd, "more", 4), 4);
	assert_u64(take_all(&pair, bytes, 2), 4);
	assert_memory_equal(bytes, "more", 4);
	daemon_pair_close(&pair, true);
	close(program_fd);
}

static void the_tail_of_a_program_that_left_is_still_there(void **state)
{
	char bytes[(1 << 20) + 16];
	struct daemon_pair pair;
	int program_fd = open_connected(&pair);

	(void)state;
	assert_int_equal(write(program_fd, "tail", 4), 4);
	close(program_fd);
	see_events(&pair);
	assert_true(pair.finished);
	assert_true(pair.gone);
	assert_false(pair.reset);
	assert_u64(take_all(&pair, bytes, 1), 4);
	assert_memory_equal(bytes, "tail", 4);
	assert_u64(daemon_pair_unread(&pair), 0);
	daemon_pair_close(&pair, true);
}

static void leaving_bytes_unread_is_noticed_as_a_reset(void **state)
{
	char bytes[(1 << 20) + 16];
	struct daemon_pair pair;
	int program_fd = open_connected(&pair);
	struct iovec news = {(char[]){"unread"}, 6};

	(void)state;
	assert_int_equal(daemon_pair_give(&pair, &news, 1), 6);
	assert_int_equal(write(program_fd, "tail", 4), 4);
	close(program_fd);
	see_events(&pair);
	assert_true(pair.gone);
	assert_true(pair.reset);
	assert_u64(take_all(&pair, bytes, 1), 4); // and what it wrote before is still there
	assert_memory_equal(bytes, "tail", 4);
	daemon_pair_close(&pair, true);
}

static void ending_one_direction_is_told_from_leaving(void **state)
{
	struct daemon_pair pair;
	int program_fd = open_connected(&pair);

	(void)state;
	assert_int_equal(shutdown(program_fd, SHUT_WR), 0);
	see_events(&pair);
	assert_true(pair.finished);
	assert_false(pair.gone);
	assert_false(daemon_pair_has_hangup(&pair));
	close(program_fd);
	assert_true(daemon_pair_has_hangup(&pair));
	daemon_pair_close(&pair, true);
}

static void a_full_pair_says_so_and_a_reader_makes_room(void **state)
{
	static char block[1 << 18];
	struct daemon_pair pair;
	int program_fd = open_connected(&pair);
	int64_t given = 0, more;

	(void)state;
	pair.writable = true;
	while (pair.writable) {
		struct iovec from = {block, sizeof(block)};

		more = daemon_pair_give(&pair, &from, 1);
		given += more > 0 ? more : 0;
	}
	assert_true(given >= 100000);
	assert_true(daemon_pair_untaken(&pair) >= given);
	while (given > 0) {
		ssize_t taken = read(program_fd, block, sizeof(block));

		assert_true(taken > 0);
		given -= taken;
	}
	assert_u64(daemon_pair_untaken(&pair), 0);
	see_events(&pair);
	assert_true(pair.writable);
	daemon_pair_close(&pair, true);
	close(program_fd);
}

static void urgent_bytes_come_in_line(void **state)
{
	char taken[(1 << 20) + 16] = "";
	struct daemon_pair pair;
	int program_fd = open_connected(&pair);
	uint32_t got = 0;

	(void)state;
	assert_int_equal(write(program_fd, "ab", 2), 2);
	if (send(program_fd, "CD", 2, MSG_OOB) != 2)
		skip(); // a kernel without CONFIG_AF_UNIX_OOB
	assert_int_equal(write(program_fd, "ef", 2), 2);
	for (int tries = 0; got < 6 && tries < 6; tries++)
		got += take_all(&pair, taken + got, 1);
	assert_string_equal(taken, "abCDef");
	assert_u64(pair.front_bytes, 1);
	daemon_pair_close(&pair, true);
	close(program_fd);
}

static void datagram_pairs_keep_messages_and_tell_the_end(void **state)
{
	struct daemon_pair pair;
	int program_fd;
	char bytes[16];

	(void)state;
	assert_int_equal(daemon_pair_open(&pair, SOCK_SEQPACKET, &identity, true, &program_fd), 0);
	assert_int_equal(poll_now(program_fd), POLLOUT);
	assert_int_equal(send(program_fd, "one", 3, 0), 3);
	assert_int_equal(send(program_fd, "", 0, 0), 0);
	assert_int_equal(recv(pair.fd, bytes, 16, 0), 3);
	assert_int_equal(recv(pair.fd, bytes, 16, 0), 0);
	daemon_pair_close(&pair, true);
	assert_true(poll_now(program_fd) & POLLHUP);
	close(program_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_end_is_named_by_the_board_row),
		cmocka_unit_test(only_the_program_decides_whether_it_blocks),
		cmocka_unit_test(a_filled_pair_is_neither_readable_nor_writable),
		cmocka_unit_test(connected_is_one_edge_of_epollout_without_an_error),
		cmocka_unit_test(refused_looks_like_a_refused_connect),
		cmocka_unit_test(a_foreign_descriptor_is_not_taken_for_the_programs_end),
		cmocka_unit_test(every_byte_comes_once_whatever_the_pieces),
		cmocka_unit_test(single_bytes_come_one_by_one),
		cmocka_unit_test(a_reset_gives_the_bytes_then_one_error_then_the_end),
		cmocka_unit_test(a_reset_of_a_program_that_never_wrote_is_the_same),
		cmocka_unit_test(an_orderly_end_is_no_error),
		cmocka_unit_test(a_fin_ends_reading_and_not_writing),
		cmocka_unit_test(the_tail_of_a_program_that_left_is_still_there),
		cmocka_unit_test(leaving_bytes_unread_is_noticed_as_a_reset),
		cmocka_unit_test(ending_one_direction_is_told_from_leaving),
		cmocka_unit_test(a_full_pair_says_so_and_a_reader_makes_room),
		cmocka_unit_test(urgent_bytes_come_in_line),
		cmocka_unit_test(datagram_pairs_keep_messages_and_tell_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
