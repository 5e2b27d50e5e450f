// SPDX-License-Identifier: MIT
//
// Connections of clients: requests in, answers out.
//
// Everything that arrives is a stranger's: who it is comes from the kernel (SO_PEERCRED for the
// right to be here, SCM_CREDENTIALS for the sender of each message), and a message counts only when
// its magic, version and lengths agree with what really came. Bad lengths are answered EINVAL; what
// is not even a request ends the connection. A client that does not take its answers is closed: the
// loop waits for nobody.
#include "daemon_control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon.h"

struct daemon_client {
	int fd;
	uint32_t index, generation;
	uint32_t pid, uid;
	struct daemon_capture *capture;
};

static int refuse(int error, char *message, size_t size, const char *what)
{
	snprintf(message, size, "%s: %s", what, strerror(error));
	return error;
}

void daemon_control_init(struct daemon_control *control)
{
	memset(control, 0, sizeof(*control));
	control->fd = control->spare_fd = -1;
}

int daemon_control_open(struct daemon *daemon, char *message, size_t message_size)
{
	struct daemon_control *control = &daemon->control;
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int error;

	control->clients = calloc(DAEMON_CLIENTS_MAX, sizeof(struct daemon_client *));
	control->data = malloc(BERTH_REQUEST_DATA_MAX);
	if (!control->clients || !control->data)
		return refuse(ENOMEM, message, message_size, "no memory");
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/control", daemon->directory.path);
	control->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	control->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->fd < 0 || bind(control->fd, (struct sockaddr *)&name, sizeof(name)) != 0 ||
	    chmod(name.sun_path, 0600) != 0 || listen(control->fd, DAEMON_BACKLOG_MAX) != 0)
		return refuse(errno, message, message_size, name.sun_path);
	error = daemon_loop_watch(daemon, control->fd, EPOLLIN,
				  daemon_loop_token(DAEMON_TOKEN_CONTROL, 0, 0));
	return error ? refuse(error, message, message_size, "epoll") : 0;
}

static void client_close(struct daemon *daemon, struct daemon_client *client)
{
	daemon_capture_free(client->capture);
	close(client->fd);
	daemon->control.clients[client->index] = NULL;
	free(client);
}

void daemon_control_close(struct daemon *daemon)
{
	struct daemon_control *control = &daemon->control;

	for (uint32_t i = 0; control->clients && i < control->used_max; i++) {
		if (control->clients[i])
			client_close(daemon, control->clients[i]);
	}
	if (control->fd >= 0)
		close(control->fd);
	if (control->spare_fd >= 0)
		close(control->spare_fd);
	control->fd = control->spare_fd = -1;
	free(control->clients);
	free(control->data);
	control->clients = NULL;
	control->data = NULL;
}

static struct daemon_client *client_lookup(struct daemon *daemon, uint32_t index,
					   uint32_t generation)
{
	struct daemon_client *client =
		index < DAEMON_CLIENTS_MAX ? daemon->control.clients[index] : NULL;

	return client && client->generation == generation ? client : NULL;
}

// DECIDES: who may speak with us
static bool may_speak(const struct ucred *credentials)
{
	return credentials->uid == geteuid() || credentials->uid == 0;
}

// A place for it, or NULL: it is refused then.
static struct daemon_client *client_place(struct daemon_control *control, int fd)
{
	struct ucred credentials;
	socklen_t length = sizeof(credentials);
	struct daemon_client *client;
	uint32_t index = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0 ||
	    !may_speak(&credentials))
		return NULL;
	while (index < DAEMON_CLIENTS_MAX && control->clients[index])
		index++;
	client = index < DAEMON_CLIENTS_MAX ? calloc(1, sizeof(*client)) : NULL;
	if (!client)
		return NULL;
	client->fd = fd;
	client->index = index;
	if (++control->generations == 0)
		control->generations = 1;
	client->generation = control->generations;
	client->pid = (uint32_t)credentials.pid;
	client->uid = credentials.uid;
	control->clients[index] = client;
	if (index >= control->used_max)
		control->used_max = index + 1;
	return client;
}

static void client_take_in(struct daemon *daemon, int fd)
{
	const int yes = 1;
	struct daemon_client *client = client_place(&daemon->control, fd);

	if (!client) {
		close(fd);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes));
	if (daemon_loop_watch(
		    daemon, fd, EPOLLIN | EPOLLRDHUP,
		    daemon_loop_token(DAEMON_TOKEN_CLIENT, client->index, client->generation)) != 0)
		client_close(daemon, client);
}

// No descriptor is left for a client: give the spare one up to turn it away, else it would knock
// for ever.
static void turn_away(struct daemon_control *control)
{
	int fd;

	close(control->spare_fd);
	fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	control->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void daemon_control_accept(struct daemon *daemon)
{
	struct daemon_control *control = &daemon->control;

	for (int i = 0; i < DAEMON_REQUESTS_PER_TURN; i++) {
		int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			client_take_in(daemon, fd);
		} else if (errno == EMFILE || errno == ENFILE) {
			turn_away(control);
			daemon->slots.refused++;
			return;
		} else {
			return;
		}
	}
}

int daemon_control_send_descriptor(int to_fd, const void *data, size_t length, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {(void *)(uintptr_t)data, length};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *header;

	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	if (sendmsg(to_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)length)
		return errno ? errno : EAGAIN;
	return 0;
}

// The descriptors of a message, one after the other: -1 after the last.
static int descriptor_at(struct msghdr *message, size_t wanted)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	size_t seen = 0;

	for (; header; header = CMSG_NXTHDR(message, header)) {
		size_t count;
		int fd;

		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (wanted - seen < count) {
			memcpy(&fd, CMSG_DATA(header) + (wanted - seen) * sizeof(int), sizeof(fd));
			return fd;
		}
		seen += count;
	}
	return -1;
}

void daemon_control_close_descriptors(struct msghdr *message)
{
	int fd;

	for (size_t i = 0; (fd = descriptor_at(message, i)) >= 0; i++)
		close(fd);
}

// What a request named comes back in words for people: no byte of it may steer their terminal.
static void make_printable(char *text)
{
	for (; *text; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

// false: the client takes no answers, or is gone.
static bool answer_send(struct daemon_client *client, struct berth_answer *answer, const void *data,
			int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec parts[2] = {{answer, sizeof(*answer)},
				 {(void *)(uintptr_t)data, answer->data_bytes}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = answer->data_bytes ? 2 : 1};
	struct cmsghdr *header;

	answer->magic = BERTH_CONTROL_MAGIC;
	make_printable(answer->message);
	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	return sendmsg(client->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
}

void daemon_control_name_client(const struct daemon_call *call, uint32_t *ret_index,
				uint32_t *ret_generation)
{
	*ret_index = call->client->index;
	*ret_generation = call->client->generation;
}

bool daemon_control_is_waiting(struct daemon *daemon, uint32_t index, uint32_t generation)
{
	return client_lookup(daemon, index, generation) != NULL;
}

void daemon_control_answer_late(struct daemon *daemon, uint32_t index, uint32_t generation,
				const struct daemon_slot *slot, int error)
{
	struct daemon_client *client = client_lookup(daemon, index, generation);
	struct berth_answer answer;

	if (!client)
		return;
	memset(&answer, 0, sizeof(answer));
	answer.error = error;
	answer.socket = daemon_slot_identity(daemon, slot);
	if (slot->socket)
		berth_socket_local(slot->host->berth, slot->socket, &answer.endpoint);
	// It may be the one being served right now: its hang-up closes it, not we here.
	if (!answer_send(client, &answer, NULL, -1))
		shutdown(client->fd, SHUT_RDWR);
}

void daemon_control_begin_capture(struct daemon_call *call, struct daemon_capture *capture)
{
	call->client->capture = capture;
}

int daemon_control_client_fd(const struct daemon_call *call)
{
	return call->client->fd;
}

// The one descriptor a request may carry, and who sent it; more than one are closed.
static void take_ancillary(struct daemon_call *call, struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	struct ucred credentials;
	int fd;

	for (; header; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS &&
		    header->cmsg_len >= CMSG_LEN(sizeof(credentials))) {
			memcpy(&credentials, CMSG_DATA(header), sizeof(credentials));
			call->pid = (uint32_t)credentials.pid;
			call->uid = credentials.uid;
		}
	}
	call->fd = descriptor_at(message, 0);
	for (size_t i = 1; (fd = descriptor_at(message, i)) >= 0; i++)
		close(fd);
}

// DECIDES: is this message a request? 0, EINVAL (answer it so), EPROTO (not of our kind: end it)
static int request_check(const struct berth_request *request, size_t length, int flags)
{
	if (length < sizeof(request->magic) || request->magic != BERTH_CONTROL_MAGIC)
		return EPROTO;
	if (length < sizeof(*request) || (flags & (MSG_TRUNC | MSG_CTRUNC)) ||
	    request->version != BERTH_CONTROL_VERSION ||
	    request->data_bytes != length - sizeof(*request))
		return EINVAL;
	return 0;
}

static int serve(struct daemon_call *call)
{
	int error = daemon_program_serve(call);

	if (error == ENOSYS)
		error = daemon_people_serve(call);
	return error;
}

// One request, if there is one. false: no more now, or the client is gone.
static bool client_serve_one(struct daemon *daemon, struct daemon_client *client)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct berth_request request;
	struct iovec parts[2] = {{&request, sizeof(request)},
				 {daemon->control.data, BERTH_REQUEST_DATA_MAX}};
	struct msghdr message = {.msg_iov = parts,
				 .msg_iovlen = 2,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct daemon_call call = {.daemon = daemon,
				   .client = client,
				   .request = &request,
				   .data = daemon->control.data,
				   .pid = client->pid,
				   .uid = client->uid,
				   .answer_fd = -1};
	ssize_t length = recvmsg(client->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	bool is_kept = false;
	int error;

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (length > 0) {
		take_ancillary(&call, &message);
		error = request_check(&request, (size_t)length, message.msg_flags);
		is_kept = error != EPROTO;
		if (!error)
			error = serve(&call);
		else
			snprintf(call.answer.message, sizeof(call.answer.message),
				 "not a request of version %u", BERTH_CONTROL_VERSION);
		call.answer.error = error;
		if (is_kept && !call.is_late)
			is_kept = answer_send(client, &call.answer, call.answer_data,
					      call.answer_fd) &&
				  !call.ends_client;
		if (call.answer_fd >= 0)
			close(call.answer_fd);
		if (call.fd >= 0)
			close(call.fd);
	}
	if (!is_kept)
		client_close(daemon, client);
	return is_kept;
}

void daemon_control_on_client(struct daemon *daemon, uint32_t index, uint32_t generation,
			      uint32_t events)
{
	struct daemon_client *client = client_lookup(daemon, index, generation);

	if (!client)
		return;
	if (client->capture) { // it only listens now; anything it says or does ends it
		if (events)
			client_close(daemon, client);
		return;
	}
	for (int i = 0; i < DAEMON_REQUESTS_PER_TURN; i++) {
		if (!client_serve_one(daemon, client) || client->capture)
			return;
	}
}
