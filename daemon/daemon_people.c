// SPDX-License-Identifier: MIT
//
// The requests of people: hosts up and down, counters, captures, faults.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon.h"

static struct daemon_host *host_asked_for(struct daemon_call *call)
{
	return daemon_host_find(call->daemon, call->request->host_name, call->answer.message,
				sizeof(call->answer.message));
}

static int serve_host_up(struct daemon_call *call)
{
	struct berth_host_request request;

	if (call->request->data_bytes != sizeof(request))
		return EINVAL;
	memcpy(&request, call->data, sizeof(request));
	return daemon_host_up(call->daemon, &request, call->answer.message,
			      sizeof(call->answer.message));
}

static int serve_host_down(struct daemon_call *call)
{
	struct daemon_host *host = host_asked_for(call);

	if (!host)
		return ENODEV;
	daemon_host_down(call->daemon, host);
	return 0;
}

static int serve_stop(struct daemon_call *call)
{
	call->daemon->loop.stopping = true;
	return 0;
}

static int serve_refresh(struct daemon_call *call)
{
	daemon_rows_refresh(call->daemon);
	return 0;
}

static int serve_capture(struct daemon_call *call)
{
	struct daemon_host *host = host_asked_for(call);
	struct daemon_capture *capture;
	uint32_t snapshot_bytes = 0;

	if (!host)
		return ENODEV;
	if (call->request->number > 0 && call->request->number < BERTH_FRAME_BYTES_MAX)
		snapshot_bytes = (uint32_t)call->request->number;
	capture = daemon_capture_new(host, daemon_control_client_fd(call), snapshot_bytes);
	if (!capture) {
		snprintf(call->answer.message, sizeof(call->answer.message),
			 "host %s is watched by %u readers already, or there is no memory",
			 host->name, DAEMON_CAPTURES_PER_HOST_MAX);
		return EBUSY;
	}
	daemon_control_begin_capture(call, capture);
	return 0;
}

static int serve_counters(struct daemon_call *call)
{
	struct daemon_host *host = host_asked_for(call);
	struct berth_counters counters;

	if (!host)
		return ENODEV;
	_Static_assert(sizeof(counters) <= BERTH_REQUEST_DATA_MAX, "counters fit into an answer");
	berth_inspect_counters(host->berth, &counters);
	memcpy(call->daemon->scratch, &counters, sizeof(counters));
	call->answer_data = call->daemon->scratch;
	call->answer.data_bytes = (uint32_t)sizeof(counters);
	return 0;
}

static int serve_neighbors(struct daemon_call *call)
{
	struct daemon_host *host = host_asked_for(call);
	struct berth_neighbor_info info;
	uint64_t cursor = 0;
	uint32_t bytes = 0;

	if (!host)
		return ENODEV;
	while (bytes + sizeof(struct berth_control_neighbor) <= BERTH_REQUEST_DATA_MAX &&
	       berth_inspect_neighbor(host->berth, &cursor, &info)) {
		struct berth_control_neighbor neighbor;

		memset(&neighbor, 0, sizeof(neighbor));
		neighbor.address = info.address;
		neighbor.mac = info.mac;
		snprintf(neighbor.state, sizeof(neighbor.state), "%s", info.state);
		memcpy(call->daemon->scratch + bytes, &neighbor, sizeof(neighbor));
		bytes += (uint32_t)sizeof(neighbor);
	}
	call->answer_data = call->daemon->scratch;
	call->answer.data_bytes = bytes;
	return 0;
}

static int serve_faults(struct daemon_call *call)
{
	struct daemon_host *host = host_asked_for(call);
	char text[256];

	if (!host)
		return ENODEV;
	if (call->request->data_bytes >= sizeof(text))
		return EINVAL;
	memcpy(text, call->data, call->request->data_bytes);
	text[call->request->data_bytes] = '\0';
	return daemon_cable_set_faults(&host->plug, text, call->answer.message,
				       sizeof(call->answer.message));
}

int daemon_people_serve(struct daemon_call *call)
{
	switch (call->request->verb) {
	case BERTH_VERB_HOST_UP:
		return serve_host_up(call);
	case BERTH_VERB_HOST_DOWN:
		return serve_host_down(call);
	case BERTH_VERB_STOP:
		return serve_stop(call);
	case BERTH_VERB_REFRESH:
		return serve_refresh(call);
	case BERTH_VERB_CAPTURE:
		return serve_capture(call);
	case BERTH_VERB_COUNTERS:
		return serve_counters(call);
	case BERTH_VERB_NEIGHBORS:
		return serve_neighbors(call);
	case BERTH_VERB_FAULTS:
		return serve_faults(call);
	default:
		snprintf(call->answer.message, sizeof(call->answer.message),
			 "this daemon knows no request %u", call->request->verb);
		return EINVAL;
	}
}
