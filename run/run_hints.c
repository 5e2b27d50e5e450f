// SPDX-License-Identifier: MIT
//
// Must this call be looked at more closely?
//
// Reads and writes of streams are the kernel's own; only UDP (headers on each message) and streams
// never connected need more. Finding out costs a system call or two, so a process that holds
// neither does not pay. Hints are set by every way a descriptor can come in: opened here, there
// before main (fork and exec), passed in a message. They are never cleared, so none is missed.
#include "run_hints.h"

#include "run_system.h"

#include <string.h>

unsigned run_hints_now;
int run_hints_unconnected_now;

void run_hints_add(unsigned hints)
{
	if ((run_hints() & hints) != hints)
		__atomic_fetch_or(&run_hints_now, hints, __ATOMIC_RELAXED);
}

void run_hints_stream_opened(void)
{
	run_hints_add(RUN_HINT_SOCKETS);
	__atomic_fetch_add(&run_hints_unconnected_now, 1, __ATOMIC_RELAXED);
}

void run_hints_stream_settled(void)
{
	int now = __atomic_load_n(&run_hints_unconnected_now, __ATOMIC_RELAXED);

	while (now > 0 && !__atomic_compare_exchange_n(&run_hints_unconnected_now, &now, now - 1,
						       true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

void run_hints_on_descriptor(int fd)
{
	struct run_socket socket;

	if (!run_socket_lookup(fd, &socket))
		return;
	run_hints_add(RUN_HINT_SOCKETS);
	if (run_sys_type(fd) == SOCK_SEQPACKET)
		run_hints_add(RUN_HINT_DATAGRAMS);
	else if (run_socket_is_unconnected(&socket))
		run_hints_stream_opened();
}

// An entry of SYS_getdents64.
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static void look_at_entry(const struct directory_entry *entry, int except_fd)
{
	const char *digit = entry->name;
	int fd = 0;

	if (*digit < '0' || *digit > '9')
		return;
	for (; *digit >= '0' && *digit <= '9'; digit++)
		fd = fd * 10 + (*digit - '0');
	if (fd != except_fd)
		run_hints_on_descriptor(fd);
}

void run_hints_scan(void)
{
	_Alignas(8) char entries[2048];
	int directory = run_sys_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long length, at;

	if (directory < 0) { // no /proc here: anything may be
		run_hints_add(RUN_HINT_SOCKETS | RUN_HINT_DATAGRAMS);
		return;
	}
	while ((length = RUN_SYSTEM(SYS_getdents64, directory, entries, sizeof(entries))) > 0) {
		for (at = 0; at < length;) {
			const struct directory_entry *entry =
				(const struct directory_entry *)(const void *)(entries + at);

			look_at_entry(entry, directory);
			at += entry->length;
		}
	}
	run_sys_close(directory);
}

void run_hints_on_message(const struct msghdr *message)
{
	struct cmsghdr *control;

	if (message->msg_controllen < sizeof(struct cmsghdr))
		return;
	for (control = CMSG_FIRSTHDR(message); control;
	     control = CMSG_NXTHDR((struct msghdr *)(uintptr_t)message, control)) {
		size_t count, i;

		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
			continue;
		count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(control) + i * sizeof(fd), sizeof(fd));
			run_hints_on_descriptor(fd);
		}
	}
}

enum run_class run_classify(int fd, struct run_socket *ret_socket)
{
	bool datagrams = run_hints() & RUN_HINT_DATAGRAMS, unconnected = run_hints_unconnected();
	int type;

	if (!datagrams && !unconnected)
		return RUN_CLASS_NATIVE;
	type = run_sys_type(fd);
	if (type == SOCK_SEQPACKET && datagrams && run_socket_lookup(fd, ret_socket))
		return RUN_CLASS_DATAGRAM;
	if (type == SOCK_STREAM && unconnected && run_socket_lookup(fd, ret_socket) &&
	    run_socket_is_unconnected(ret_socket))
		return RUN_CLASS_UNCONNECTED;
	return RUN_CLASS_NATIVE;
}
