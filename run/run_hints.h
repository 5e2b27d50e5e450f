// SPDX-License-Identifier: MIT
//
// What this process may hold, so that calls which need nothing special cost nothing: while a hint
// is unset, the wrappers go straight to the real function. A hint set in vain only costs time.
#ifndef BERTH_RUN_RUN_HINTS_H
#define BERTH_RUN_RUN_HINTS_H

#include "run_identity.h"

#include <sys/socket.h>

#define RUN_HINT_SOCKETS 1u     // some descriptor may be berth's
#define RUN_HINT_DATAGRAMS 2u   // some descriptor may be a UDP socket of berth
#define RUN_HINT_PACKET_INFO 4u // IP_PKTINFO was asked for

extern unsigned run_hints_now __attribute__((visibility("hidden")));
// Streams opened and not yet connected or listening. Only an estimate: closing is not seen.
extern int run_hints_unconnected_now __attribute__((visibility("hidden")));

static inline unsigned run_hints(void)
{
	return __atomic_load_n(&run_hints_now, __ATOMIC_RELAXED);
}

static inline bool run_hints_unconnected(void)
{
	return __atomic_load_n(&run_hints_unconnected_now, __ATOMIC_RELAXED) > 0;
}

void run_hints_add(unsigned hints);
void run_hints_stream_opened(void);
void run_hints_stream_settled(void); // connected or listening now

// A descriptor came from elsewhere: inherited or passed.
void run_hints_on_descriptor(int fd);
// Look at each descriptor this process was born with.
void run_hints_scan(void);
// Look for descriptors in a message received.
void run_hints_on_message(const struct msghdr *message);

// What must a data call do with this descriptor?
enum run_class {
	RUN_CLASS_NATIVE,      // the kernel does it: not berth's, or a stream
	RUN_CLASS_DATAGRAM,    // UDP of berth
	RUN_CLASS_UNCONNECTED, // a stream of berth that was never connected
};

// ret_socket is filled for all but NATIVE.
enum run_class run_classify(int fd, struct run_socket *ret_socket);

#endif
