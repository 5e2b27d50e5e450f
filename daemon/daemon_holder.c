// SPDX-License-Identifier: MIT
//
// Does any program still hold its end of a pair, while we hold a copy of it ourselves?
//
// As a rule the kernel says so: our end hangs up with the last close of the other. But while a
// program connects we keep a copy of its end, to widen it when the connection is there, and with a
// copy there is no last close. So every now and then we look, as `ss -p` does: which process has
// the descriptor with this inode? Nearly always the answer is one readlink: the process and number
// it had the last time.
#include "daemon_holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOKS_MAX 100000 // descriptors looked at in one search

static bool is_it(int directory_fd, const char *name, uint64_t inode)
{
	char expected[40], link[40];
	int length =
		snprintf(expected, sizeof(expected), "socket:[%llu]", (unsigned long long)inode);
	ssize_t got = readlinkat(directory_fd, name, link, sizeof(link));

	return got == length && memcmp(link, expected, (size_t)got) == 0;
}

enum found {
	FOUND_NOT,
	FOUND_HERE,
	FOUND_UNSEEN, // may not look
};

// Search one process. *looks counts down.
static enum found search_process(uint32_t pid, uint64_t inode, long *looks, int *ret_fd)
{
	char path[32];
	enum found found = FOUND_NOT;
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	directory = opendir(path);
	if (!directory)
		return access(path, F_OK) == 0 ? FOUND_UNSEEN : FOUND_NOT;
	while (found == FOUND_NOT && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (--*looks <= 0)
			found = FOUND_UNSEEN;
		else if (is_it(dirfd(directory), entry->d_name, inode))
			found = FOUND_HERE;
		if (found == FOUND_HERE)
			*ret_fd = atoi(entry->d_name);
	}
	closedir(directory);
	return found;
}

// Every process but ourselves. Those we may not look into are not ours, and neither is what they
// hold: the caller has asked whether that can be so.
static bool search_everywhere(struct daemon_holder *holder, uint64_t inode, long *looks)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	bool has = false;

	if (!directory)
		return true;
	while (!has && (entry = readdir(directory))) {
		uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);

		if (pid == 0 || pid == (uint32_t)getpid())
			continue;
		has = search_process(pid, inode, looks, &holder->fd) == FOUND_HERE || *looks <= 0;
		if (has)
			holder->pid = pid;
	}
	closedir(directory);
	return has;
}

bool daemon_holder_look(struct daemon_holder *holder, uint64_t inode, uint32_t creator_uid)
{
	long looks = LOOKS_MAX;
	char path[48];

	if (holder->fd >= 0) {
		snprintf(path, sizeof(path), "/proc/%u/fd/%d", holder->pid, holder->fd);
		if (is_it(AT_FDCWD, path, inode))
			return true;
	}
	holder->fd = -1;
	if (search_process(holder->pid, inode, &looks, &holder->fd) != FOUND_NOT)
		return true;
	// Another user's processes are closed to us, unless we are root.
	if (geteuid() != 0 && creator_uid != geteuid())
		return true;
	return search_everywhere(holder, inode, &looks);
}
