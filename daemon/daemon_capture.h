// SPDX-License-Identifier: MIT
//
// Captures: clients that watch the frames of a host.
#ifndef BERTH_DAEMON_CAPTURE_H
#define BERTH_DAEMON_CAPTURE_H

#include <berth/control.h>

#include "daemon_list.h"

struct daemon_host;

struct daemon_capture {
	struct daemon_node node; // on the host's list
	int fd;                  // the client's
	uint32_t snapshot_bytes; // of each frame, at most
	bool lost;               // since the last frame that went
};

// snapshot_bytes 0: all of it. NULL: no memory, or too many watch already.
struct daemon_capture *daemon_capture_new(struct daemon_host *host, int fd,
					  uint32_t snapshot_bytes);
void daemon_capture_free(struct daemon_capture *capture); // NULL is legal
// The host is going: its watchers see the end of the connection.
void daemon_captures_end(struct daemon_host *host);

// Frames passed; flags: BERTH_CAPTURE_OUT or 0.
void daemon_capture_frames(struct daemon_host *host, const struct berth_frame *frames, size_t count,
			   uint32_t flags);

#endif
