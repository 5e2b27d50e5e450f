// SPDX-License-Identifier: MIT
//
// Which programs hold these sockets? By the descriptor's inode, from /proc: true after fork, exec
// and descriptor passing, and not a claim of the program.
#ifndef BERTH_TABLE_OWNERS_H
#define BERTH_TABLE_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OWNER_NAME_MAX 16 // as the kernel's comm

struct owner {
	uint64_t inode;
	uint32_t pid;
	uint32_t uid;
	int fd;
	char name[OWNER_NAME_MAX];
};

struct owners {
	struct owner *list; // sorted by inode, then PID, one entry a process
	size_t count, capacity;
	uint64_t *wanted; // hash set of inodes, 0 empty
	size_t wanted_slots, wanted_count;
	unsigned unreadable; // processes whose descriptors we may not see
};

void owners_init(struct owners *owners);
void owners_clear(struct owners *owners);
// Ask for this inode. false: no memory.
bool owners_want(struct owners *owners, uint64_t inode);
// Scan /proc once for everything wanted. 0 or -errno.
int owners_find(struct owners *owners);
// Holders of inode; *ret_count of them. NULL: none found.
const struct owner *owners_of(const struct owners *owners, uint64_t inode, unsigned *ret_count);

#endif
