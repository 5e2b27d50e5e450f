// SPDX-License-Identifier: MIT
//
// Speaking with berthd: one SOCK_SEQPACKET connection to DIR/control, one message a request, one
// message an answer. DIR is $BERTH_DIR, or $XDG_RUNTIME_DIR/berth, or /run/berth for root, or
// /tmp/berth-UID; mode 0700. The daemon serves its own user and root (SO_PEERCRED).
//
// A program's socket is one end of a socket pair. The daemon's end is bound to the abstract name
//
//     \0 berth/<instance>/<slot>/<generation>     (hexadecimal: 16, 8 and 8 digits)
//
// so getpeername on the program's descriptor tells which row of the status board it is, after
// fork, exec and descriptor passing alike; nothing is remembered in the program.
//
// TCP: a SOCK_STREAM pair. Until it is connected, the program's end is filled with bytes it did not
// write (BERTH_FILL), so that poll does not call it writable; the daemon takes them out again.
// Accepted connections arrive on the listener's descriptor, each one message: struct
// berth_accept_message with one descriptor (SCM_RIGHTS). UDP: a SOCK_SEQPACKET pair. While
// unconnected each message is struct berth_datagram_header and the payload; while connected, the
// payload alone. An empty message towards the program means either an empty datagram or "look at
// your error" (the board's row has one).
#ifndef BERTH_CONTROL_H
#define BERTH_CONTROL_H

#include "board.h"

#define BERTH_CONTROL_MAGIC 0x6274726cu
#define BERTH_CONTROL_VERSION 1u
#define BERTH_NAME_PREFIX "berth/"

struct berth_identity {
	uint64_t instance;
	uint32_t slot, generation;
};

enum berth_verb {
	// from programs
	BERTH_VERB_SOCKET = 1, // host_name, domain, type, protocol; answer carries the descriptor
	BERTH_VERB_BIND,       // endpoint; on EADDRINUSE the answer names the holder
	BERTH_VERB_LISTEN,     // number: backlog
	BERTH_VERB_CONNECT, // endpoint; number 1: answer when done, 0: answer EINPROGRESS at once.
			    // TCP: carries the program's descriptor (SCM_RIGHTS); the daemon
			    // keeps its copy until the connection is decided, to raise SO_SNDBUF
			    // then. UDP: endpoint of family none dissolves; carries the
			    // descriptor too, so that unread datagrams survive the change of
			    // form
	BERTH_VERB_SET_OPTION, // level, name, data
	BERTH_VERB_GET_OPTION, // level, name, number: room; answer data
	BERTH_VERB_TAKE_ERROR, // answer number: SO_ERROR, cleared
	BERTH_VERB_SEND_TO,    // endpoint, data: one datagram from a connected UDP socket elsewhere
	BERTH_VERB_QUEUES,     // answer number: bytes unsent or unacknowledged (SIOCOUTQ)
	BERTH_VERB_SHUTDOWN,   // number: 0, 1, 2. For pairs that cannot tell it: listeners, UDP

	// from people
	BERTH_VERB_HOST_UP = 64, // data: struct berth_host_request
	BERTH_VERB_HOST_DOWN,    // host_name
	BERTH_VERB_STOP,         // end the daemon
	BERTH_VERB_REFRESH,      // write every row of the board now
	BERTH_VERB_CAPTURE,      // host_name: from now on this connection carries struct
				 // berth_capture_frame messages until either side closes
	BERTH_VERB_COUNTERS,     // host_name; answer data: struct berth_counters
	BERTH_VERB_NEIGHBORS,    // host_name; answer data: array of struct berth_control_neighbor
	BERTH_VERB_FAULTS,       // host_name, data: text for berth_cable_faults_parse
};

#define BERTH_REQUEST_DATA_MAX 65536u

struct berth_request {
	uint32_t magic, version;
	uint32_t verb;                  // enum berth_verb
	int32_t domain, type, protocol; // SOCKET: 2 or 10; 1 or 2, without flags; 0, 6, 17
	int32_t level, name;
	int64_t number;
	struct berth_identity socket;
	struct berth_endpoint endpoint;
	char host_name[BERTH_HOST_NAME_MAX]; // empty: the only host there is
	uint32_t data_bytes;                 // that many bytes follow
};

struct berth_answer {
	uint32_t magic;
	int32_t error; // 0 or a positive errno
	int64_t number;
	struct berth_identity socket;
	struct berth_endpoint endpoint;
	struct berth_identity holder; // BIND refused: who holds the port
	char message[160];            // for people; may be empty
	uint32_t data_bytes;          // that many bytes follow
};

struct berth_accept_message {
	uint32_t magic;
	int32_t domain;
	struct berth_identity socket;
	struct berth_endpoint local, remote;
};

struct berth_datagram_header {
	uint32_t magic;
	uint32_t reserved;
	struct berth_endpoint remote; // towards the program: from; from the program: to
	struct berth_endpoint local;  // which of our addresses; from the program: family none
};

struct berth_host_request {
	char name[BERTH_HOST_NAME_MAX];
	char link[128];       // "sim:lan", "sim:lan,delay=10ms,loss=1%", "tap:tap0"
	char congestion[16];  // empty: default
	struct berth_mac mac; // all zero: made from the name
	uint16_t mtu;         // 0: the cable's
	uint8_t address_count, route_count;
	struct berth_address address[4];
	uint8_t prefix_bits[4];
	struct {
		struct berth_address destination, gateway;
		uint8_t prefix_bits;
	} route[8];
};

struct berth_control_neighbor {
	struct berth_address address;
	struct berth_mac mac;
	char state[12];
};

#define BERTH_CAPTURE_OUT 1u  // the host sent it; else it came in
#define BERTH_CAPTURE_LOST 2u // frames before this one were not captured: the reader is too slow

struct berth_capture_frame {
	uint64_t at_ns; // CLOCK_REALTIME
	uint32_t flags;
	uint32_t length; // whole frame; what follows may be cut to captured
	uint32_t captured;
	uint8_t checksum, segmentation; // as in struct berth_frame
	uint16_t segment_bytes;
};

#endif
