// SPDX-License-Identifier: MIT
//
// Connections of clients: requests in, answers out.
#ifndef BERTH_DAEMON_CONTROL_H
#define BERTH_DAEMON_CONTROL_H

#include <berth/control.h>
#include <sys/socket.h>

struct daemon;
struct daemon_capture;
struct daemon_client;
struct daemon_slot;

struct daemon_control {
	int fd;                         // DIR/control; -1: closed
	int spare_fd;                   // given up to refuse a client when there is no other left
	struct daemon_client **clients; // DAEMON_CLIENTS_MAX
	uint32_t used_max, generations;
	uint8_t *data; // of the request being served
};

// A request being served. Handlers return 0 or a positive errno, and may set what is in answer.
struct daemon_call {
	struct daemon *daemon;
	struct daemon_client *client;
	const struct berth_request *request;
	const uint8_t *data;      // request->data_bytes of them
	int fd;                   // came with it, or -1; who keeps it sets -1
	uint32_t pid, uid;        // who sent it
	struct daemon_slot *slot; // of request->socket, when the verb speaks of one
	struct berth_answer answer;
	const void *answer_data; // answer.data_bytes of them
	int answer_fd;           // goes with it and is closed then; or -1
	bool is_late;            // no answer now: daemon_control_answer_late
	bool ends_client;        // after the answer
};

void daemon_control_init(struct daemon_control *control); // closed
// 0, or a positive errno with one line in message.
int daemon_control_open(struct daemon *daemon, char *message, size_t message_size);
void daemon_control_close(struct daemon *daemon);

void daemon_control_accept(struct daemon *daemon);
void daemon_control_on_client(struct daemon *daemon, uint32_t index, uint32_t generation,
			      uint32_t events);

// The client of this call, to be named later.
void daemon_control_name_client(const struct daemon_call *call, uint32_t *ret_index,
				uint32_t *ret_generation);
bool daemon_control_is_waiting(struct daemon *daemon, uint32_t index, uint32_t generation);
// The answer to a CONNECT that was put off. Legal when the client has gone.
void daemon_control_answer_late(struct daemon *daemon, uint32_t index, uint32_t generation,
				const struct daemon_slot *slot, int error);
// From now on this client's connection carries captured frames.
void daemon_control_begin_capture(struct daemon_call *call, struct daemon_capture *capture);
int daemon_control_client_fd(const struct daemon_call *call);

// One message with one descriptor. 0 or a positive errno.
int daemon_control_send_descriptor(int to_fd, const void *data, size_t length, int fd);
// Whatever descriptors came with a message nobody wanted any with.
void daemon_control_close_descriptors(struct msghdr *message);

// The verbs: daemon_program.c, daemon_people.c. ENOSYS: not one of these.
int daemon_program_serve(struct daemon_call *call);
int daemon_people_serve(struct daemon_call *call);

#endif
