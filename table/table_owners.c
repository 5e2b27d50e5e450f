// SPDX-License-Identifier: MIT
//
// One pass over /proc: for each process the targets of its descriptors, kept when they are a wanted
// socket.
//
// getdents through readdir and readlinkat relative to the directory: no path is built a descriptor,
// no attribute is read. Names are read only for processes that hold something wanted. A
// process that ends meanwhile is simply not there; one we may not look into is counted.
#include "table_owners.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWNERS_MAX (4u << 20)

void owners_init(struct owners *owners)
{
	*owners = (struct owners){0};
}

void owners_clear(struct owners *owners)
{
	free(owners->list);
	free(owners->wanted);
	*owners = (struct owners){0};
}

static size_t slot_of(const struct owners *owners, uint64_t inode)
{
	return (size_t)(inode * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (owners->wanted_slots - 1);
}

static void insert_wanted(struct owners *owners, uint64_t inode)
{
	size_t slot = slot_of(owners, inode);

	while (owners->wanted[slot] != 0 && owners->wanted[slot] != inode)
		slot = (slot + 1) & (owners->wanted_slots - 1);
	if (owners->wanted[slot] == 0)
		owners->wanted_count++;
	owners->wanted[slot] = inode;
}

bool owners_want(struct owners *owners, uint64_t inode)
{
	if (inode == 0)
		return true;
	if (owners->wanted_count * 2 >= owners->wanted_slots) {
		size_t slots = owners->wanted_slots ? owners->wanted_slots * 2 : 256;
		uint64_t *old = owners->wanted;
		size_t old_slots = owners->wanted_slots;
		uint64_t *grown = calloc(slots, sizeof(*grown));
		size_t i;

		if (!grown)
			return false;
		owners->wanted = grown;
		owners->wanted_slots = slots;
		owners->wanted_count = 0;
		for (i = 0; i < old_slots; i++)
			if (old[i] != 0)
				insert_wanted(owners, old[i]);
		free(old);
	}
	insert_wanted(owners, inode);
	return true;
}

static bool is_wanted(const struct owners *owners, uint64_t inode)
{
	size_t slot = slot_of(owners, inode);

	while (owners->wanted[slot] != 0) {
		if (owners->wanted[slot] == inode)
			return true;
		slot = (slot + 1) & (owners->wanted_slots - 1);
	}
	return false;
}

// A decimal number that fills the whole text.
static bool parse_number(const char *text, uint64_t *ret_number)
{
	uint64_t number = 0;
	const char *at;

	for (at = text; *at >= '0' && *at <= '9' && number < UINT32_MAX; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	if (at == text || *at != '\0')
		return false;
	*ret_number = number;
	return true;
}

// "socket:[12345]" -> 12345
static bool parse_socket_link(const char *link, uint64_t *ret_inode)
{
	static const char prefix[] = "socket:[";
	char *end;

	if (strncmp(link, prefix, sizeof(prefix) - 1) != 0)
		return false;
	*ret_inode = strtoull(link + sizeof(prefix) - 1, &end, 10);
	return *end == ']';
}

static bool append_owner(struct owners *owners, const struct owner *owner)
{
	if (owners->count == owners->capacity) {
		size_t capacity = owners->capacity ? owners->capacity * 2 : 128;
		struct owner *grown;

		if (capacity > OWNERS_MAX)
			return false;
		grown = realloc(owners->list, capacity * sizeof(*grown));
		if (!grown)
			return false;
		owners->list = grown;
		owners->capacity = capacity;
	}
	owners->list[owners->count++] = *owner;
	return true;
}

static void read_name(int process, char name[OWNER_NAME_MAX])
{
	int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, name, OWNER_NAME_MAX - 1);

	if (fd >= 0)
		close(fd);
	if (length < 0)
		length = 0;
	name[length] = '\0';
	if (length > 0 && name[length - 1] == '\n')
		name[length - 1] = '\0';
}

// Add each wanted socket of one process.
static int scan_descriptors(struct owners *owners, DIR *directory, int process, uint32_t pid)
{
	struct owner owner = {.pid = pid};
	bool named = false;
	struct dirent *entry;

	while ((entry = readdir(directory)) != NULL) {
		char link[64];
		uint64_t fd;
		ssize_t length;

		if (!parse_number(entry->d_name, &fd))
			continue;
		length = readlinkat(dirfd(directory), entry->d_name, link, sizeof(link) - 1);
		if (length <= 0)
			continue;
		link[length] = '\0';
		if (!parse_socket_link(link, &owner.inode) || !is_wanted(owners, owner.inode))
			continue;
		if (!named) {
			struct stat status;

			read_name(process, owner.name);
			owner.uid = fstat(process, &status) == 0 ? status.st_uid : UINT32_MAX;
			named = true;
		}
		owner.fd = (int)fd;
		if (!append_owner(owners, &owner))
			return -ENOMEM;
	}
	return 0;
}

static int scan_process(struct owners *owners, int proc, const char *name, uint32_t pid)
{
	int process = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fds, result = 0;
	DIR *directory;

	if (process < 0)
		return 0;
	fds = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fds < 0) {
		if (errno == EACCES || errno == EPERM)
			owners->unreadable++;
		close(process);
		return 0;
	}
	directory = fdopendir(fds);
	if (directory) {
		result = scan_descriptors(owners, directory, process, pid);
		closedir(directory);
	} else {
		close(fds);
	}
	close(process);
	return result;
}

static int compare_owners(const void *left, const void *right)
{
	const struct owner *a = left;
	const struct owner *b = right;

	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return a->fd - b->fd;
}

// A process with several descriptors of one socket counts once.
static void sort_and_merge(struct owners *owners)
{
	size_t i, kept = 0;

	if (owners->count == 0)
		return;
	qsort(owners->list, owners->count, sizeof(*owners->list), compare_owners);
	for (i = 1; i < owners->count; i++) {
		const struct owner *last = &owners->list[kept];

		if (owners->list[i].inode != last->inode || owners->list[i].pid != last->pid)
			owners->list[++kept] = owners->list[i];
	}
	owners->count = kept + 1;
}

int owners_find(struct owners *owners)
{
	struct dirent *entry;
	int result = 0;
	DIR *proc;

	if (owners->wanted_count == 0)
		return 0;
	proc = opendir("/proc");
	if (!proc)
		return -errno;
	while (result == 0 && (entry = readdir(proc)) != NULL) {
		uint64_t pid;

		if (parse_number(entry->d_name, &pid))
			result = scan_process(owners, dirfd(proc), entry->d_name, (uint32_t)pid);
	}
	closedir(proc);
	sort_and_merge(owners);
	return result;
}

const struct owner *owners_of(const struct owners *owners, uint64_t inode, unsigned *ret_count)
{
	size_t low = 0, high = owners->count;
	unsigned count = 0;

	*ret_count = 0;
	if (inode == 0)
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (owners->list[middle].inode < inode)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + count < owners->count && owners->list[low + count].inode == inode)
		count++;
	*ret_count = count;
	return count > 0 ? &owners->list[low] : NULL;
}
