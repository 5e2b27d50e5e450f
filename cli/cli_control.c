// SPDX-License-Identifier: MIT
//
// The command's side of include/berth/control.h.
#include "cli_control.h"

#include <berth/directory.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define ANSWER_TIMEOUT_MS 10000

int control_connect(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (!berth_directory("/control", address.sun_path, sizeof(address.sun_path))) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

struct berth_request control_request(enum berth_verb verb, const char *host_name)
{
	struct berth_request request = {
		.magic = BERTH_CONTROL_MAGIC, .version = BERTH_CONTROL_VERSION, .verb = verb};

	if (host_name)
		snprintf(request.host_name, sizeof(request.host_name), "%s", host_name);
	return request;
}

static int receive_answer(int fd, struct berth_answer *ret_answer, void *data, size_t data_max,
			  int timeout_ms)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	struct iovec parts[2] = {{ret_answer, sizeof(*ret_answer)}, {data, data_max}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = data_max > 0 ? 2 : 1};
	ssize_t length;
	int ready;

	do
		ready = poll(&readable, 1, timeout_ms);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return ready < 0 ? -errno : -ETIMEDOUT;
	length = recvmsg(fd, &message, 0);
	if (length < 0)
		return -errno;
	if ((size_t)length < sizeof(*ret_answer) || ret_answer->magic != BERTH_CONTROL_MAGIC)
		return -EPROTO;
	if (ret_answer->data_bytes > (size_t)length - sizeof(*ret_answer))
		ret_answer->data_bytes = (uint32_t)((size_t)length - sizeof(*ret_answer));
	ret_answer->message[sizeof(ret_answer->message) - 1] = '\0';
	return 0;
}

int control_ask_on(int fd, const struct berth_request *request, const void *request_data,
		   struct berth_answer *ret_answer, void *data, size_t data_max, int timeout_ms)
{
	struct iovec parts[2] = {{(void *)(uintptr_t)request, sizeof(*request)},
				 {(void *)(uintptr_t)request_data, request->data_bytes}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = request->data_bytes > 0 ? 2 : 1};

	if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
		return -errno;
	return receive_answer(fd, ret_answer, data, data_max, timeout_ms);
}

int control_ask(const struct berth_request *request, const void *request_data,
		struct berth_answer *ret_answer, void *data, size_t data_max, int timeout_ms)
{
	int fd = control_connect();
	int result;

	if (fd < 0)
		return -errno;
	result = control_ask_on(fd, request, request_data, ret_answer, data, data_max, timeout_ms);
	close(fd);
	return result;
}

int control_no_daemon(const char *command)
{
	char directory[128];

	if (!berth_directory("", directory, sizeof(directory)))
		snprintf(directory, sizeof(directory), "(a directory whose name is too long)");
	fprintf(stderr, "berth %s: no berthd answers in %s: start one with \"berth up NAME\"\n",
		command, directory);
	return CLI_NO_DAEMON;
}

int control_do(const char *command, const struct berth_request *request, const void *request_data,
	       struct berth_answer *ret_answer, void *data, size_t data_max)
{
	int result =
		control_ask(request, request_data, ret_answer, data, data_max, ANSWER_TIMEOUT_MS);

	if (result == -ENOENT || result == -ECONNREFUSED)
		return control_no_daemon(command);
	if (result < 0)
		return cli_failed(command, "berthd does not answer: %s", strerror(-result));
	if (ret_answer->error != 0)
		return cli_failed(command, "%s",
				  ret_answer->message[0] ? ret_answer->message
							 : strerror(ret_answer->error));
	return CLI_OK;
}

const struct berth_board_header *control_map_board(void)
{
	const struct berth_board_header *board;
	char path[160];
	struct stat status;
	void *memory;
	int fd;

	if (!berth_directory("/board", path, sizeof(path))) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) < 0 || (size_t)status.st_size < BERTH_BOARD_BYTES) {
		close(fd);
		errno = EPROTO;
		return NULL;
	}
	memory = mmap(NULL, BERTH_BOARD_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (memory == MAP_FAILED)
		return NULL;
	board = memory;
	if (board->magic != BERTH_BOARD_MAGIC || board->version != BERTH_BOARD_VERSION ||
	    board->row_bytes != sizeof(struct berth_board_row)) {
		munmap(memory, BERTH_BOARD_BYTES);
		errno = EPROTO;
		return NULL;
	}
	return board;
}

bool control_board_is_live(const struct berth_board_header *board)
{
	return kill((pid_t)board->daemon_pid, 0) == 0 || errno == EPERM;
}
