// SPDX-License-Identifier: MIT
//
// Does any program still hold its end of a pair, while we hold a copy of it ourselves?
#ifndef BERTH_DAEMON_HOLDER_H
#define BERTH_DAEMON_HOLDER_H

#include <stdbool.h>
#include <stdint.h>

// Where it was seen last. pid 0: nowhere yet.
struct daemon_holder {
	uint32_t pid;
	int fd; // -1: not known
};

// Look there, then in the whole process, then everywhere. false: nobody has it. When that cannot
// be seen (another user's programs, too many descriptors to look at), somebody has.
bool daemon_holder_look(struct daemon_holder *holder, uint64_t inode, uint32_t creator_uid);

#endif
