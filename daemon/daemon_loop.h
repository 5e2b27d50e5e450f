// SPDX-License-Identifier: MIT
//
// The loop: one thread, one epoll, everything drained before it sleeps.
#ifndef BERTH_DAEMON_LOOP_H
#define BERTH_DAEMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct daemon;

// Whose descriptor is it?
enum daemon_token {
	DAEMON_TOKEN_CONTROL = 1, // somebody wants to speak with us
	DAEMON_TOKEN_SIGNAL,
	DAEMON_TOKEN_CLIENT,
	DAEMON_TOKEN_HOST, // a host's device
	DAEMON_TOKEN_SLOT, // a program's socket
};

struct daemon_loop {
	int epoll_fd;
	int signal_fd;
	int descriptors_max;
	uint64_t now;                  // of this turn
	uint32_t accept_message_bytes; // what the kernel counts for one (daemon_listener.c)
	uint64_t retry_at;             // slots that wait for descriptors, not before
	uint64_t look_at;              // whether unsure programs are still there, not before
	bool stopping;
};

static inline uint64_t daemon_loop_token(enum daemon_token kind, uint32_t index,
					 uint32_t generation)
{
	return (uint64_t)kind << 56 | (uint64_t)(index & 0xffffffu) << 32 | generation;
}

int daemon_loop_open(struct daemon_loop *loop); // 0 or a positive errno
void daemon_loop_close(struct daemon_loop *loop);

// 0 or a positive errno. events: EPOLL*.
int daemon_loop_watch(struct daemon *daemon, int fd, uint32_t events, uint64_t token);
int daemon_loop_watch_otherwise(struct daemon *daemon, int fd, uint32_t events, uint64_t token);
void daemon_loop_forget(struct daemon *daemon, int fd);

// Until somebody says stop.
void daemon_loop_run(struct daemon *daemon);

#endif
