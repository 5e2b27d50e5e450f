// SPDX-License-Identifier: MIT
//
// A berthd for a test, and control.h spoken to it without any library of berth's in between.
#include "control_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 5000
#define ARGUMENTS_MAX 32

static const char *program = "berthd";

void control_use_program(const char *path)
{
	program = path;
}

static void sleep_ms(long milliseconds)
{
	struct timespec duration = {milliseconds / 1000, milliseconds % 1000 * 1000000};

	nanosleep(&duration, NULL);
}

static pid_t spawn(const char *directory, const char *const *arguments, int error_fd,
		   unsigned descriptors_max)
{
	const char *words[ARGUMENTS_MAX] = {program, "--dir", directory};
	pid_t pid;

	for (int i = 0; arguments && arguments[i] && i + 4 < ARGUMENTS_MAX; i++)
		words[3 + i] = arguments[i];
	pid = fork();
	if (pid == 0) {
		struct rlimit limit = {descriptors_max, descriptors_max};

		dup2(error_fd, STDERR_FILENO);
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
		if (descriptors_max)
			setrlimit(RLIMIT_NOFILE, &limit);
		execv(program, (char *const *)(uintptr_t)words);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

static void wait_until_ready(struct control *control)
{
	char path[96];
	int fd = -1;

	snprintf(path, sizeof(path), "%s/control", control->directory);
	for (int i = 0; access(path, F_OK) != 0; i++) {
		assert_true(i < PATIENCE_MS / 5);
		sleep_ms(5);
	}
	for (int i = 0; fd < 0; i++) { // made, perhaps not yet listening
		struct sockaddr_un name = {.sun_family = AF_UNIX};

		fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
		if (connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
			break;
		close(fd);
		fd = -1;
		assert_true(i < PATIENCE_MS / 5);
		sleep_ms(5);
	}
	close(fd);
	snprintf(path, sizeof(path), "%s/board", control->directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	control->board = mmap(NULL, BERTH_BOARD_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(control->board != MAP_FAILED);
	close(fd);
}

static void start_in_directory(struct control *control, const char *const *arguments,
			       unsigned descriptors_max)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	control->pid = spawn(control->directory, arguments, ends[1], descriptors_max);
	close(ends[1]);
	control->log_fd = ends[0];
	wait_until_ready(control);
}

void control_start_with(struct control *control, const char *const *arguments,
			unsigned descriptors_max)
{
	memset(control, 0, sizeof(*control));
	snprintf(control->directory, sizeof(control->directory), "/tmp/berth-control-XXXXXX");
	assert_non_null(mkdtemp(control->directory));
	start_in_directory(control, arguments, descriptors_max);
}

static const char *const two_hosts[] = {
	"--host", "a",          "--addr", "10.0.0.1/24", "--addr", "fd00::1/64",
	"--link", "sim:lan",    "--host", "b",           "--addr", "10.0.0.2/24",
	"--addr", "fd00::2/64", "--link", "sim:lan",     NULL};

void control_start(struct control *control)
{
	control_start_with(control, two_hosts, 0);
}

void control_restart(struct control *control)
{
	start_in_directory(control, two_hosts, 0);
}

int control_kill(struct control *control, int number)
{
	int status;

	kill(control->pid, number);
	assert_int_equal(waitpid(control->pid, &status, 0), control->pid);
	munmap((void *)(uintptr_t)control->board, BERTH_BOARD_BYTES);
	close(control->log_fd);
	control->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int control_stop(struct control *control)
{
	const char *names[] = {"control", "board", "lock", "log"};
	int code = control->pid ? control_kill(control, SIGTERM) : 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[96];

		snprintf(path, sizeof(path), "%s/%s", control->directory, names[i]);
		unlink(path);
	}
	rmdir(control->directory);
	return code;
}

int control_start_failing(const char *directory, const char *const *arguments, char *said,
			  size_t said_size)
{
	size_t length = 0;
	ssize_t got;
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = spawn(directory, arguments, ends[1], 0);
	close(ends[1]);
	while ((got = read(ends[0], said + length, said_size - 1 - length)) > 0)
		length += (size_t)got;
	said[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void ask_init(struct ask *ask, enum berth_verb verb)
{
	memset(ask, 0, sizeof(*ask));
	ask->request.magic = BERTH_CONTROL_MAGIC;
	ask->request.version = BERTH_CONTROL_VERSION;
	ask->request.verb = verb;
	ask->pass_fd = ask->fd = -1;
}

int control_connect(const struct control *control)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct timeval patience = {PATIENCE_MS / 1000, 0};

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/control", control->directory);
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

void ask_send(int connection, const struct ask *ask)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} ancillary;
	struct iovec parts[2] = {{(void *)(uintptr_t)&ask->request, sizeof(ask->request)},
				 {(void *)(uintptr_t)ask->data, ask->request.data_bytes}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = ask->data ? 2 : 1};

	if (ask->pass_fd >= 0) {
		memset(&ancillary, 0, sizeof(ancillary));
		ancillary.align.cmsg_level = SOL_SOCKET;
		ancillary.align.cmsg_type = SCM_RIGHTS;
		ancillary.align.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&ancillary.align), &ask->pass_fd, sizeof(int));
		message.msg_control = &ancillary;
		message.msg_controllen = sizeof(ancillary);
	}
	assert_true(sendmsg(connection, &message, MSG_NOSIGNAL) > 0);
}

static int fd_of(struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

bool ask_receive(int connection, struct ask *ask)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} ancillary;
	struct iovec parts[2] = {{&ask->answer, sizeof(ask->answer)},
				 {ask->answer_data, sizeof(ask->answer_data)}};
	struct msghdr message = {.msg_iov = parts,
				 .msg_iovlen = 2,
				 .msg_control = &ancillary,
				 .msg_controllen = sizeof(ancillary)};
	ssize_t length = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);

	if (length <= 0)
		return false;
	assert_true((size_t)length >= sizeof(ask->answer));
	assert_u64(ask->answer.magic, BERTH_CONTROL_MAGIC);
	assert_u64(ask->answer.data_bytes, (size_t)length - sizeof(ask->answer));
	ask->fd = fd_of(&message);
	return true;
}

int ask_do(const struct control *control, struct ask *ask)
{
	int connection = control_connect(control);

	ask_send(connection, ask);
	assert_true(ask_receive(connection, ask));
	close(connection);
	return ask->answer.error;
}

int held_open(const struct control *control, const char *host, int domain, int type,
	      struct held *ret_held)
{
	struct ask ask;
	int error;

	ask_init(&ask, BERTH_VERB_SOCKET);
	snprintf(ask.request.host_name, sizeof(ask.request.host_name), "%s", host);
	ask.request.domain = domain;
	ask.request.type = type;
	ask.request.number = 1;
	error = ask_do(control, &ask);
	ret_held->fd = ask.fd;
	ret_held->identity = ask.answer.socket;
	assert_true(error ? ask.fd == -1 : ask.fd >= 0);
	return error;
}

struct berth_endpoint endpoint_of(const char *address, uint16_t port)
{
	struct berth_endpoint endpoint;

	memset(&endpoint, 0, sizeof(endpoint));
	endpoint.port = port;
	if (inet_pton(AF_INET, address, endpoint.address.byte) == 1)
		endpoint.address.family = BERTH_FAMILY_IPV4;
	else if (inet_pton(AF_INET6, address, endpoint.address.byte) == 1)
		endpoint.address.family = BERTH_FAMILY_IPV6;
	return endpoint;
}

int held_bind(const struct control *control, const struct held *held, const char *address,
	      uint16_t port)
{
	struct ask ask;

	ask_init(&ask, BERTH_VERB_BIND);
	ask.request.socket = held->identity;
	ask.request.endpoint = endpoint_of(address, port);
	return ask_do(control, &ask);
}

int held_listen(const struct control *control, const struct held *held, int backlog)
{
	struct ask ask;

	ask_init(&ask, BERTH_VERB_LISTEN);
	ask.request.socket = held->identity;
	ask.request.number = backlog;
	return ask_do(control, &ask);
}

int held_connect(const struct control *control, const struct held *held, const char *address,
		 uint16_t port, bool waits)
{
	struct ask ask;

	ask_init(&ask, BERTH_VERB_CONNECT);
	ask.request.socket = held->identity;
	ask.request.endpoint = endpoint_of(address, port);
	ask.request.number = waits;
	ask.pass_fd = held->fd;
	return ask_do(control, &ask);
}

int held_take_error(const struct control *control, const struct held *held)
{
	struct ask ask;

	ask_init(&ask, BERTH_VERB_TAKE_ERROR);
	ask.request.socket = held->identity;
	assert_int_equal(ask_do(control, &ask), 0);
	return (int)ask.answer.number;
}

struct held held_accept(const struct held *listener, struct berth_accept_message *ret_message)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} ancillary;
	struct berth_accept_message accepted;
	struct iovec part = {&accepted, sizeof(accepted)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &ancillary,
				 .msg_controllen = sizeof(ancillary)};
	struct held held;

	assert_int_equal(poll_for(listener->fd, POLLIN, PATIENCE_MS) & POLLIN, POLLIN);
	assert_int_equal(recvmsg(listener->fd, &message, MSG_CMSG_CLOEXEC), sizeof(accepted));
	assert_u64(accepted.magic, BERTH_CONTROL_MAGIC);
	held.fd = fd_of(&message);
	held.identity = accepted.socket;
	assert_true(held.fd >= 0);
	fcntl(held.fd, F_SETFL, O_RDWR | O_NONBLOCK);
	if (ret_message)
		*ret_message = accepted;
	return held;
}

struct berth_board_row held_row(const struct control *control, const struct held *held)
{
	struct berth_board_row row;

	assert_true(held->identity.slot < control->board->rows_used);
	assert_true(berth_board_read(control->board, held->identity.slot, &row));
	return row;
}

bool held_row_becomes(const struct control *control, const struct held *held,
		      enum berth_board_row_kind kind)
{
	for (int i = 0; i < 400; i++) {
		struct berth_board_row row = held_row(control, held);

		if (row.kind == kind && row.generation == held->identity.generation)
			return true;
		sleep_ms(5);
	}
	return false;
}

struct held control_listener(const struct control *control, const char *host, const char *address,
			     uint16_t port, int backlog)
{
	struct held held;
	bool is_v6 = strchr(address, ':') != NULL;

	assert_int_equal(held_open(control, host, is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM, &held),
			 0);
	assert_int_equal(held_bind(control, &held, address, port), 0);
	assert_int_equal(held_listen(control, &held, backlog), 0);
	return held;
}

void control_connected(const struct control *control, uint16_t port, struct held *ret_client,
		       struct held *ret_server, struct held *ret_listener)
{
	*ret_listener = control_listener(control, "b", "10.0.0.2", port, 8);
	assert_int_equal(held_open(control, "a", AF_INET, SOCK_STREAM, ret_client), 0);
	assert_int_equal(held_connect(control, ret_client, "10.0.0.2", port, true), 0);
	*ret_server = held_accept(ret_listener, NULL);
}

short poll_for(int fd, short events, int timeout_ms)
{
	struct pollfd poll_fd = {fd, events, 0};

	poll(&poll_fd, 1, timeout_ms);
	return poll_fd.revents;
}

ssize_t read_within(int fd, void *to, size_t size)
{
	poll_for(fd, POLLIN, PATIENCE_MS);
	return read(fd, to, size);
}

void write_whole(int fd, const void *from, size_t size)
{
	const uint8_t *at = from;

	while (size > 0) {
		ssize_t written = send(fd, at, size, MSG_NOSIGNAL);

		if (written < 0) {
			assert_int_equal(errno, EAGAIN);
			assert_true(poll_for(fd, POLLOUT, PATIENCE_MS) & POLLOUT);
			continue;
		}
		at += written;
		size -= (size_t)written;
	}
}
