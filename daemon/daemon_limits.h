// SPDX-License-Identifier: MIT
//
// Every limit of the daemon, by name. Reaching one is a refusal, never an end.
#ifndef BERTH_DAEMON_LIMITS_H
#define BERTH_DAEMON_LIMITS_H

#include <berth/board.h>

#define DAEMON_NS_PER_MS UINT64_C(1000000)
#define DAEMON_NS_PER_S UINT64_C(1000000000)

// How much one turn of the loop may give to one party before the others have theirs.
#define DAEMON_EVENTS_PER_TURN 256
#define DAEMON_ROUNDS_PER_TURN 16                 // of driving the hosts until all are quiet
#define DAEMON_BURSTS_PER_ROUND 8                 // of frames, in and out of one host
#define DAEMON_REQUESTS_PER_TURN 16               // of one client
#define DAEMON_DATAGRAMS_PER_TURN 64              // of one socket, each way
#define DAEMON_STREAM_BYTES_PER_TURN (512u << 10) // of one socket, each way

// Who may be there.
#define DAEMON_CLIENTS_MAX 16384u
#define DAEMON_CABLES_MAX BERTH_BOARD_HOSTS_MAX
#define DAEMON_CAPTURES_PER_HOST_MAX 16u
#define DAEMON_DESCRIPTORS_RESERVED 32 // kept for control connections when programs have the rest
#define DAEMON_UNOWNED_ROWS_MAX (BERTH_BOARD_ROWS_MAX / 2)

// Pairs.
#define DAEMON_PAIR_BYTES (1 << 20) // what may lie in a connected pair, each way
#define DAEMON_DATAGRAM_PAIR_BYTES (256 << 10)
#define DAEMON_FILL_BYTES_MAX 4096u    // a kernel that takes more cannot be filled
#define DAEMON_CAPTURE_BYTES (4 << 20) // frames waiting for a slow reader
#define DAEMON_DATAGRAM_BYTES_MAX 65535u

// Listeners: backlog as Linux's somaxconn; of it, so many travel as descriptors at a time.
#define DAEMON_BACKLOG_MAX 4096
#define DAEMON_IN_FLIGHT_MAX 64u

// The board.
#define DAEMON_GONE_ROWS_KEPT 4096u // before the oldest is used again
#define DAEMON_BOARD_DELAY_NS (50 * DAEMON_NS_PER_MS)
#define DAEMON_SWEEP_NS (2 * DAEMON_NS_PER_S)
#define DAEMON_SWEEP_SHARE 20 // a sweep takes at most one part in so many of the time

// While a program connects: see whether it is still there so often.
#define DAEMON_HOLDER_NS (250 * DAEMON_NS_PER_MS)

// Out of descriptors: look again after so long.
#define DAEMON_RETRY_NS (10 * DAEMON_NS_PER_MS)

#endif
