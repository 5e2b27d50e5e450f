// SPDX-License-Identifier: MIT
//
// connect: when does it wait, for how long, and what does it say?
//
// The daemon answers a blocking connect when it is decided, a non-blocking one at once. The wait is
// a receive on the request's own connection, with SO_SNDTIMEO of the socket as its SO_RCVTIMEO: the
// kernel's rules for signals are then the same as for a real connect (restarted with SA_RESTART
// and no timeout, else EINTR), and whoever stops waiting leaves the connection to go on. Who then
// calls connect again waits for that same connection.
#include "run_address.h"
#include "run_errors.h"
#include "run_hints.h"
#include "run_request.h"
#include "run_symbols.h"
#include "run_system.h"

static int connect_datagram(struct run_socket *socket, struct run_request *request)
{
	request->ask.number = 1;
	request->pass_fd = socket->fd; // what waits in it is given again in its new form
	return run_request_do(request);
}

// It is under way already: until then, and how did it end?
static int wait_for_earlier(struct run_socket *socket, const struct timeval *patience)
{
	struct pollfd one = {socket->fd, POLLOUT, 0};
	struct timespec limit = {patience->tv_sec, patience->tv_usec * 1000};
	bool has_limit = patience->tv_sec || patience->tv_usec;
	long result = RUN_SYSTEM(SYS_ppoll, &one, 1, has_limit ? &limit : NULL, NULL, 0);
	int error;

	if (result <= 0)
		return result == 0 ? -EALREADY : (int)result;
	run_socket_refresh(socket);
	if (!socket->is_known)
		return -ENETDOWN;
	if (socket->row.info.error == 0)
		return 0;
	error = run_errors_take(socket, false);
	return error > 0 ? -error : error;
}

static int connect_stream(struct run_socket *socket, struct run_request *request)
{
	bool waits = !(run_sys_fcntl(socket->fd, F_GETFL, 0) & O_NONBLOCK);
	bool dissolves = request->ask.endpoint.address.family == BERTH_FAMILY_NONE;
	socklen_t length = sizeof(request->patience);
	int error;

	if (dissolves && run_socket_is_unconnected(socket))
		return 0;
	request->ask.number = waits;
	request->pass_fd = socket->fd;
	if (waits) {
		request->may_be_interrupted = true;
		run_sys_getsockopt(socket->fd, SOL_SOCKET, SO_SNDTIMEO, &request->patience,
				   &length);
	}
	error = run_request_do(request);
	if (error == -EAGAIN)
		error = -EINPROGRESS; // SO_SNDTIMEO has passed
	if (waits && error == -EALREADY)
		return wait_for_earlier(socket, &request->patience);
	if (!dissolves && (!error || error == -EINPROGRESS || error == -EINTR))
		run_hints_stream_settled();
	else if (waits && error)
		run_sys_take_error(socket->fd); // it has just been told
	return error;
}

RUN_EXPORT int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	struct run_socket socket;
	struct run_request request;
	enum run_address_use use = RUN_ADDRESS_CONNECT;
	int error;

	if (!run_socket_lookup(fd, &socket))
		return run_real()->connect(fd, address.__sockaddr__, length);
	if (!socket.is_known)
		return run_fail(ENETDOWN);
	run_request_init(&request, BERTH_VERB_CONNECT, &socket.identity);
	if (!run_socket_is_stream(&socket))
		use = RUN_ADDRESS_CONNECT_DATAGRAM;
	error = run_address_parse(socket.row.domain, address.__sockaddr__, length, use,
				  &request.ask.endpoint);
	if (error)
		return run_fail(error);
	if (run_socket_is_stream(&socket))
		error = connect_stream(&socket, &request);
	else
		error = connect_datagram(&socket, &request);
	return error ? run_fail(error) : 0;
}
