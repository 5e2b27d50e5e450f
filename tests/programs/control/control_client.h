// SPDX-License-Identifier: MIT
//
// A berthd for a test, and control.h spoken to it without any library of berth's in between.
#ifndef BERTH_TESTS_CONTROL_CLIENT_H
#define BERTH_TESTS_CONTROL_CLIENT_H

#include <berth/control.h>
#include <sys/types.h>

#include "../../support/unit.h"

struct control {
	char directory[64];
	pid_t pid;  // of berthd
	int log_fd; // its stderr, to read
	const struct berth_board_header *board;
};

// The program under test; main passes its first argument here.
void control_use_program(const char *path);

// Start berthd with these arguments (NULL at the end), in a directory of its own.
// descriptors_max 0: as they are.
void control_start_with(struct control *control, const char *const *arguments,
			unsigned descriptors_max);
// With hosts a (10.0.0.1, fd00::1) and b (10.0.0.2, fd00::2) on one simulated cable.
void control_start(struct control *control);
// Again, in the same directory.
void control_restart(struct control *control);
// End it: the exit code, or 128 and the signal. The directory goes.
int control_stop(struct control *control);
int control_kill(struct control *control, int number); // the directory stays
// Start and see it fail: its exit code, and what it said.
int control_start_failing(const char *directory, const char *const *arguments, char *said,
			  size_t said_size);

struct ask {
	struct berth_request request;
	const void *data;
	int pass_fd;                // -1: none
	struct berth_answer answer; // filled in
	uint8_t answer_data[BERTH_REQUEST_DATA_MAX];
	int fd; // came with the answer, or -1
};

void ask_init(struct ask *ask, enum berth_verb verb);
int control_connect(const struct control *control); // a connection of one's own
void ask_send(int connection, const struct ask *ask);
bool ask_receive(int connection, struct ask *ask); // false: closed
// The error of the answer.
int ask_do(const struct control *control, struct ask *ask);

// Sockets, as a preload library would make them.
struct held {
	int fd;
	struct berth_identity identity;
};

int held_open(const struct control *control, const char *host, int domain, int type,
	      struct held *ret_held); // non-blocking; 0 or errno
int held_bind(const struct control *control, const struct held *held, const char *address,
	      uint16_t port);
int held_listen(const struct control *control, const struct held *held, int backlog);
int held_connect(const struct control *control, const struct held *held, const char *address,
		 uint16_t port, bool waits);
int held_take_error(const struct control *control, const struct held *held);
// Waits for it. The message's addresses are told when wanted.
struct held held_accept(const struct held *listener, struct berth_accept_message *ret_message);
struct berth_board_row held_row(const struct control *control, const struct held *held);
bool held_row_becomes(const struct control *control, const struct held *held,
		      enum berth_board_row_kind kind); // within two seconds

struct held control_listener(const struct control *control, const char *host, const char *address,
			     uint16_t port, int backlog);
// host a's client and host b's server end, connected.
void control_connected(const struct control *control, uint16_t port, struct held *ret_client,
		       struct held *ret_server, struct held *ret_listener);

struct berth_endpoint endpoint_of(const char *address, uint16_t port);
short poll_for(int fd, short events, int timeout_ms); // what poll says in the end, 0: nothing
ssize_t read_within(int fd, void *to, size_t size);   // waits up to two seconds for something
void write_whole(int fd, const void *from, size_t size);

#endif
