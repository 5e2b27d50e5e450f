// SPDX-License-Identifier: MIT
//
// System calls this library makes for itself: raw, so that no wrapper (ours or another preloaded
// library's) sees them, and returning the result or a negative errno, so that the program's errno
// stays as it was.
#ifndef BERTH_RUN_RUN_SYSTEM_H
#define BERTH_RUN_RUN_SYSTEM_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline long run_result(long result, int saved_errno)
{
	if (result < 0)
		result = -errno;
	errno = saved_errno;
	return result;
}

#define RUN_SYSTEM(...)                                            \
	({                                                         \
		int run_saved_errno = errno;                       \
		run_result(syscall(__VA_ARGS__), run_saved_errno); \
	})

static inline int run_sys_socket(int domain, int type, int protocol)
{
	return (int)RUN_SYSTEM(SYS_socket, domain, type, protocol);
}

static inline int run_sys_connect(int fd, const void *address, socklen_t length)
{
	return (int)RUN_SYSTEM(SYS_connect, fd, address, length);
}

static inline int run_sys_getpeername(int fd, void *address, socklen_t *length)
{
	return (int)RUN_SYSTEM(SYS_getpeername, fd, address, length);
}

static inline int run_sys_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
	return (int)RUN_SYSTEM(SYS_getsockopt, fd, level, name, value, length);
}

static inline int run_sys_setsockopt(int fd, int level, int name, const void *value,
				     socklen_t length)
{
	return (int)RUN_SYSTEM(SYS_setsockopt, fd, level, name, value, length);
}

static inline ssize_t run_sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return RUN_SYSTEM(SYS_sendmsg, fd, message, flags);
}

static inline ssize_t run_sys_recvmsg(int fd, struct msghdr *message, int flags)
{
	return RUN_SYSTEM(SYS_recvmsg, fd, message, flags);
}

static inline ssize_t run_sys_recv(int fd, void *data, size_t length, int flags)
{
	return RUN_SYSTEM(SYS_recvfrom, fd, data, length, flags, NULL, NULL);
}

static inline int run_sys_close(int fd)
{
	return (int)RUN_SYSTEM(SYS_close, fd);
}

static inline int run_sys_fcntl(int fd, int command, long argument)
{
	return (int)RUN_SYSTEM(SYS_fcntl, fd, command, argument);
}

static inline int run_sys_open(const char *path, int flags)
{
	return (int)RUN_SYSTEM(SYS_openat, AT_FDCWD, path, flags, 0);
}

// What of `events` (and POLLHUP, POLLERR) is there now?
static inline short run_sys_poll_now(int fd, short events)
{
	struct pollfd one = {fd, events, 0};
	struct timespec at_once = {0, 0};

	if (RUN_SYSTEM(SYS_ppoll, &one, 1, &at_once, NULL, 0) <= 0)
		return 0;
	return one.revents;
}

// The kernel's own SO_TYPE of a descriptor, or a negative errno.
static inline int run_sys_type(int fd)
{
	int type = 0;
	socklen_t length = sizeof(type);
	int error = run_sys_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length);

	return error < 0 ? error : type;
}

// Take (and so clear) the error the kernel remembers for the descriptor itself.
static inline int run_sys_take_error(int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (run_sys_getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return 0;
	return error;
}

#endif
