// SPDX-License-Identifier: MIT
//
// A world for scenarios: hosts on one simulated cable in virtual time, and talks between them whose
// every byte is known beforehand.
//
// A talk is one connection from the client's connect to the end on both sides. Its bytes come from
// generators keyed by the world's seed, so each end knows what it must hear. Whatever is not as it
// must be ends the test, and leaves the seed, the connections' dumps and a capture.
#ifndef BERTH_TESTS_SCENARIO_WORLD_H
#define BERTH_TESTS_SCENARIO_WORLD_H

#include <berth/sim.h>

#include "../support/test_host.h"

#define WORLD_HOSTS_MAX 8u

struct world_options {
	uint64_t seed;
	unsigned host_count; // 0: two
	struct test_host_options host;
	struct berth_cable_faults faults; // on every port
};

enum world_first {
	WORLD_CLIENT_FIRST, // it ends when it has said everything; the server does so after it
	WORLD_SERVER_FIRST,
	WORLD_BOTH_FIRST, // each when it has said everything
};

struct world_plan {
	unsigned client, server;       // hosts; both 0: 0 and 1
	enum berth_family family;      // NONE: IPv4
	uint16_t port;                 // of the listener; 0: 7
	uint64_t up_bytes, down_bytes; // from and to the client
	uint64_t
		// not 0: ping-pong, each side waits for the other's message of so many
		message_bytes;
	bool server_waits;     // the server answers when it has heard everything
	bool server_waits_for_fin; // and the end of it
	enum world_first first;
	// an end that is done closes at once, instead of waiting until both directions are
	bool closes;
	int receive_buffer, send_buffer; // SO_RCVBUF, SO_SNDBUF of both ends; 0: automatic
	uint64_t read_every_ns;          // not 0: a slow reader, read_bytes each time
	size_t read_bytes;
	uint64_t limit_ns; // the talk must have ended so long after its beginning; 0: 600 s
};

struct world_talk;

// One of the two ends of a talk.
struct world_end {
	struct world_talk *talk;
	unsigned host;
	berth_socket socket; // 0: not yet, or let go of
	uint64_t send_key, receive_key;
	uint64_t to_send, sent, to_receive, received;
	uint64_t read_at;
	bool is_client, is_connected, has_shut, has_fin, has_ended, is_done;
};

struct world_talk {
	struct world_plan plan;
	struct world_end client, server;
	uint64_t began_at, ended_at;
	uint32_t older; // number of another talk of that client's port + 1
};

struct world_capture;

struct world {
	struct world_options options;
	struct test_host hosts[WORLD_HOSTS_MAX];
	struct berth_cable *cable;
	struct world_capture *capture;
	uint64_t now;
	uint64_t memory_before;
	struct world_talk **talks;
	unsigned talk_count, talk_room, open_talks;
	bool has_slow_readers;
	uint32_t *talk_of_port[WORLD_HOSTS_MAX]; // client's port -> number of the newest talk + 1
	berth_socket listeners[64];
	unsigned listener_host[64];
	unsigned listener_count;
	uint64_t steps;
	unsigned idle_steps; // one after another in which nothing moved
};

void world_open(struct world *world, const struct world_options *options);
// Wait until nothing of any connection is left, and let go of everything: no byte of memory stays.
void world_close(struct world *world);
// Another set of faults on every port, from now on.
void world_set_faults(struct world *world, const struct berth_cable_faults *faults);

// Begin a talk; its listener is made when there is none. Valid until the world is closed.
struct world_talk *world_begin(struct world *world, const struct world_plan *plan);
// Until no more than so many talks are under way.
void world_run_until_open(struct world *world, unsigned talks);
void world_run_for(struct world *world, uint64_t duration_ns);
// One talk from the beginning to the end; how long it took.
uint64_t world_talk_whole(struct world *world, const struct world_plan *plan);

// Of all frames, their senders and their times so far.
uint64_t world_hash(const struct world *world);

// world_talk.c: an end acts as far as it can now.
void world_act(struct world *world, struct world_end *end);
void world_on_event(struct world *world, unsigned host, const struct berth_event *event);

// world_capture.c: the last few megabytes of frames.
struct world_capture *world_capture_new(uint64_t seed);
void world_capture_free(struct world_capture *capture);
void world_capture_frame(struct world_capture *capture, unsigned host,
			 const struct berth_frame *frame, uint64_t now);
uint64_t world_capture_hash(const struct world_capture *capture);
// Write it to a file and say which.
void world_capture_leave(const struct world_capture *capture);

// The test has failed: say why, and leave what helps. end may be NULL: all that are under way.
void world_fail(struct world *world, const struct world_end *end, const char *file, int line,
		const char *format, ...) __attribute__((format(printf, 5, 6), noreturn));
#define world_expect(world, end, condition, ...)                                 \
	do {                                                                     \
		if (!(condition))                                                \
			world_fail(world, end, __FILE__, __LINE__, __VA_ARGS__); \
	} while (0)

#endif
