// SPDX-License-Identifier: MIT
//
// Captures: clients that watch the frames of a host.
//
// A frame is one message: its facts, then its bytes. A reader that does not keep up loses frames
// and is told so with the next one that reaches it; nobody waits for it.
#include "daemon_capture.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "daemon.h"

struct daemon_capture *daemon_capture_new(struct daemon_host *host, int fd, uint32_t snapshot_bytes)
{
	struct daemon_node *node = daemon_list_first(&host->captures);
	struct daemon_capture *capture;
	uint32_t count = 0;

	for (; node; node = daemon_list_after(&host->captures, node))
		count++;
	if (count >= DAEMON_CAPTURES_PER_HOST_MAX)
		return NULL;
	capture = calloc(1, sizeof(*capture));
	if (!capture)
		return NULL;
	capture->fd = fd;
	capture->snapshot_bytes = snapshot_bytes ? snapshot_bytes : BERTH_FRAME_BYTES_MAX;
	daemon_pair_set_room(fd, DAEMON_CAPTURE_BYTES);
	daemon_list_append(&host->captures, &capture->node);
	return capture;
}

void daemon_capture_free(struct daemon_capture *capture)
{
	if (!capture)
		return;
	daemon_list_remove(&capture->node);
	free(capture);
}

void daemon_captures_end(struct daemon_host *host)
{
	struct daemon_node *node;

	// The client's own end of it comes with its hang-up.
	while ((node = daemon_list_take_first(&host->captures)))
		shutdown(DAEMON_CONTAINER_OF(node, struct daemon_capture, node)->fd, SHUT_RDWR);
}

static void capture_one(struct daemon_capture *capture, const struct berth_frame *frame,
			uint64_t at_ns, uint32_t flags)
{
	struct berth_capture_frame header = {
		.at_ns = at_ns,
		.flags = flags | (capture->lost ? BERTH_CAPTURE_LOST : 0),
		.length = frame->length,
		.checksum = frame->checksum,
		.segmentation = frame->segmentation,
		.segment_bytes = frame->segment_bytes,
	};
	struct iovec parts[1 + BERTH_FRAME_SLICES_MAX] = {{&header, sizeof(header)}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 1};
	uint32_t left = capture->snapshot_bytes;

	for (uint32_t i = 0; i < frame->slice_count && left > 0; i++) {
		uint32_t length = frame->slice[i].length < left ? frame->slice[i].length : left;

		parts[message.msg_iovlen].iov_base = (void *)(uintptr_t)frame->slice[i].data;
		parts[message.msg_iovlen++].iov_len = length;
		header.captured += length;
		left -= length;
	}
	capture->lost = sendmsg(capture->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0;
}

void daemon_capture_frames(struct daemon_host *host, const struct berth_frame *frames, size_t count,
			   uint32_t flags)
{
	struct daemon_node *node = daemon_list_first(&host->captures);
	uint64_t at_ns;

	if (!node)
		return;
	at_ns = daemon_clock_wall();
	for (; node; node = daemon_list_after(&host->captures, node)) {
		struct daemon_capture *capture =
			DAEMON_CONTAINER_OF(node, struct daemon_capture, node);

		for (size_t i = 0; i < count; i++)
			capture_one(capture, &frames[i], at_ns, flags);
	}
}
