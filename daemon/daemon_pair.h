// SPDX-License-Identifier: MIT
//
// The pair behind a program's socket: how it looks like TCP or UDP to the program, and what it
// tells us.
#ifndef BERTH_DAEMON_PAIR_H
#define BERTH_DAEMON_PAIR_H

#include <berth/control.h>
#include <sys/uio.h>

struct daemon_pair {
	int fd;               // our end; -1: closed
	int program_fd;       // a copy of the program's end while it connects; else -1
	uint64_t inode;       // of the program's end
	uint32_t front_bytes; // at the front of our queue, not its: fill, then the held byte
	bool readable;        // there may be something to read: until a read says no
	bool writable;        // there may be room
	bool room_is_watched; // epoll tells when there is some
	bool finished;        // the program ended its direction, or is gone
	bool gone;            // the program let go of its end, or both directions ended
	bool reset;           // it let go with bytes unread
	bool deaf;            // it reads no more: what is given is thrown away
	bool fin_given;       // we ended our direction
	bool fin_taken;       // we ended the program's
};

// Make a pair of SOCK_STREAM or SOCK_SEQPACKET, our end named for identity. *ret_program_fd is the
// end to pass on, blocking unless nonblocking. 0 or a positive errno.
int daemon_pair_open(struct daemon_pair *pair, int type, const struct berth_identity *identity,
		     bool nonblocking, int *ret_program_fd);

// Fill the program's end, so that poll never calls it writable. 0 or a positive errno.
int daemon_pair_fill(struct daemon_pair *pair, int program_fd);
// Put the held byte in, and make both ends wide: for a pair born connected.
int daemon_pair_hold(struct daemon_pair *pair, int program_fd);
// Connected: take the fill out up to the held byte, make the ends wide.
void daemon_pair_open_flow(struct daemon_pair *pair);
// Is this a descriptor of the program's end?
bool daemon_pair_is_program_fd(const struct daemon_pair *pair, int fd);
// The program's end, as passed back by it: keep the copy if it really is that. 0 or EINVAL.
int daemon_pair_keep_program_fd(struct daemon_pair *pair, int program_fd);
void daemon_pair_drop_program_fd(struct daemon_pair *pair);
// Room of one end, as far as the system lets us.
void daemon_pair_set_room(int fd, int bytes);

// epoll said so.
void daemon_pair_on_events(struct daemon_pair *pair, uint32_t events);
// Is the other end closed, or both directions ended, this very moment?
bool daemon_pair_has_hangup(const struct daemon_pair *pair);

// Bytes of the program not yet taken (stream).
uint32_t daemon_pair_unread(struct daemon_pair *pair);
// Take at most `bytes` of them, which must be there, into one or two places. How many; 0: none
// after all.
uint32_t daemon_pair_take(struct daemon_pair *pair, const struct iovec to[2], uint32_t bytes);
// Give bytes or a message to the program: how many went, or -EAGAIN, -EPIPE.
int64_t daemon_pair_give(struct daemon_pair *pair, struct iovec *from, size_t count);
// No more will come from us; the program can still write.
void daemon_pair_give_fin(struct daemon_pair *pair);
// No more will be taken: the program's writes fail from now on.
void daemon_pair_take_fin(struct daemon_pair *pair);
// Bytes given that the program has not read, as the kernel counts them (overhead included).
uint32_t daemon_pair_untaken(const struct daemon_pair *pair);

// Close our end. The program sees an orderly end, or, when not orderly, what a reset looks like:
// the bytes still there, ECONNRESET once, then the end of the stream.
void daemon_pair_close(struct daemon_pair *pair, bool orderly);

#endif
