// SPDX-License-Identifier: MIT
//
// The daemon's directory: where it is, whose it is, and that only one daemon serves it.
//
// Whoever can enter the directory can open sockets in its user's name, so it must belong to us and
// be closed to everybody else; a directory in /tmp that somebody prepared for us is refused. The
// lock is on a file that stays: a daemon that was killed leaves the lock open and the names behind,
// and the next one clears them away.
#include "daemon_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool path_fits(int length, size_t size)
{
	return length > 0 && (size_t)length < size;
}

__attribute__((format(printf, 4, 5))) static int refuse(int error, char *message, size_t size,
							const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, size, format, arguments);
	va_end(arguments);
	return error;
}

static int open_own(struct daemon_directory *directory, char *message, size_t size)
{
	const char *path = directory->path;
	struct stat status;
	int error;

	if (mkdir(path, 0700) != 0 && errno != EEXIST) {
		error = errno;
		return refuse(error, message, size, "cannot make %s: %s", path, strerror(error));
	}
	directory->fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory->fd < 0 || fstat(directory->fd, &status) != 0) {
		error = errno;
		return refuse(error, message, size, "cannot open %s: %s", path, strerror(error));
	}
	if (status.st_uid != geteuid())
		return refuse(EPERM, message, size, "%s belongs to user %u, not to user %u", path,
			      (unsigned)status.st_uid, (unsigned)geteuid());
	if (status.st_mode & 077)
		return refuse(EPERM, message, size,
			      "%s is open to others (mode %04o): chmod 700 it first", path,
			      (unsigned)status.st_mode & 07777);
	return 0;
}

static int take_lock(struct daemon_directory *directory, char *message, size_t size)
{
	char text[32] = "";
	int error;

	directory->lock_fd =
		openat(directory->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (directory->lock_fd < 0) {
		error = errno;
		return refuse(error, message, size, "cannot open %s/lock: %s", directory->path,
			      strerror(error));
	}
	if (flock(directory->lock_fd, LOCK_EX | LOCK_NB) == 0) {
		int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());

		// The number is for people; a full disk must not keep the daemon from starting.
		if (ftruncate(directory->lock_fd, 0) == 0 &&
		    pwrite(directory->lock_fd, text, (size_t)length, 0) != length)
			(void)ftruncate(directory->lock_fd, 0);
		return 0;
	}
	if (errno != EWOULDBLOCK) {
		error = errno;
		return refuse(error, message, size, "cannot lock %s: %s", directory->path,
			      strerror(error));
	}
	if (pread(directory->lock_fd, text, sizeof(text) - 1, 0) <= 0)
		snprintf(text, sizeof(text), "unknown");
	text[strcspn(text, "\n")] = '\0';
	return refuse(EALREADY, message, size, "another berthd (PID %s) already serves %s", text,
		      directory->path);
}

static void close_quietly(struct daemon_directory *directory)
{
	if (directory->lock_fd >= 0)
		close(directory->lock_fd);
	if (directory->fd >= 0)
		close(directory->fd);
	directory->fd = directory->lock_fd = -1;
}

static void remove_names(const struct daemon_directory *directory)
{
	unlinkat(directory->fd, "control", 0);
	unlinkat(directory->fd, "board", 0);
	unlinkat(directory->fd, "board.new", 0);
}

int daemon_directory_open(struct daemon_directory *directory, const char *path, char *message,
			  size_t message_size)
{
	int error;

	directory->fd = directory->lock_fd = -1;
	if (!path_fits(snprintf(directory->path, sizeof(directory->path), "%s", path),
		       sizeof(directory->path)))
		return refuse(ENAMETOOLONG, message, message_size,
			      "the name of the directory is empty or longer than %d characters: %s",
			      DAEMON_PATH_MAX - 1, path);
	error = open_own(directory, message, message_size);
	if (!error)
		error = take_lock(directory, message, message_size);
	if (error) {
		close_quietly(directory);
		return error;
	}
	remove_names(directory);
	return 0;
}

void daemon_directory_close(struct daemon_directory *directory)
{
	if (directory->fd < 0)
		return;
	remove_names(directory);
	close_quietly(directory);
}
