// SPDX-License-Identifier: MIT
//
// The functions behind the ones this library puts in their place: what would have been called
// without it, found once by dlsym(RTLD_NEXT). Calls that must never reach a wrapper, and need no
// chaining, use raw system calls instead (run_system.h).
#ifndef BERTH_RUN_RUN_SYMBOLS_H
#define BERTH_RUN_RUN_SYMBOLS_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

// A function the program sees instead of libc's.
#define RUN_EXPORT __attribute__((visibility("default")))

#define RUN_SYMBOLS(X)                                                                           \
	X(int, socket, (int, int, int))                                                          \
	X(int, bind, (int, const struct sockaddr *, socklen_t))                                  \
	X(int, listen, (int, int))                                                               \
	X(int, accept4, (int, struct sockaddr *, socklen_t *, int))                              \
	X(int, connect, (int, const struct sockaddr *, socklen_t))                               \
	X(int, getsockname, (int, struct sockaddr *, socklen_t *))                               \
	X(int, getpeername, (int, struct sockaddr *, socklen_t *))                               \
	X(int, getsockopt, (int, int, int, void *, socklen_t *))                                 \
	X(int, setsockopt, (int, int, int, const void *, socklen_t))                             \
	X(int, ioctl, (int, unsigned long, ...))                                                 \
	X(int, shutdown, (int, int))                                                             \
	X(ssize_t, read, (int, void *, size_t))                                                  \
	X(ssize_t, readv, (int, const struct iovec *, int))                                      \
	X(ssize_t, recv, (int, void *, size_t, int))                                             \
	X(ssize_t, recvfrom, (int, void *, size_t, int, struct sockaddr *, socklen_t *))         \
	X(ssize_t, recvmsg, (int, struct msghdr *, int))                                         \
	X(int, recvmmsg, (int, struct mmsghdr *, unsigned, int, struct timespec *))              \
	X(ssize_t, write, (int, const void *, size_t))                                           \
	X(ssize_t, writev, (int, const struct iovec *, int))                                     \
	X(ssize_t, send, (int, const void *, size_t, int))                                       \
	X(ssize_t, sendto, (int, const void *, size_t, int, const struct sockaddr *, socklen_t)) \
	X(ssize_t, sendmsg, (int, const struct msghdr *, int))                                   \
	X(int, sendmmsg, (int, struct mmsghdr *, unsigned, int))                                 \
	X(ssize_t, sendfile, (int, int, off_t *, size_t))                                        \
	X(ssize_t, __read_chk, (int, void *, size_t, size_t))                                    \
	X(ssize_t, __recv_chk, (int, void *, size_t, size_t, int))                               \
	X(ssize_t, __recvfrom_chk,                                                               \
	  (int, void *, size_t, size_t, int, struct sockaddr *, socklen_t *))

struct run_symbols {
#define RUN_SYMBOL_FIELD(type, name, parameters) type(*name) parameters;
	RUN_SYMBOLS(RUN_SYMBOL_FIELD)
#undef RUN_SYMBOL_FIELD
};

// All of them, found on first use. Any thread, any signal handler once the library is loaded.
const struct run_symbols *run_real(void);

#endif
