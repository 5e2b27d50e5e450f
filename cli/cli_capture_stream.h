// SPDX-License-Identifier: MIT
//
// Frames of a host, as berthd streams them, or of a capture file.
#ifndef BERTH_CLI_CAPTURE_STREAM_H
#define BERTH_CLI_CAPTURE_STREAM_H

#include <berth/frame.h>

#include "cli.h"

struct pcapng_reader;

struct capture_stream {
	const char *command; // for messages
	int fd;              // of the daemon; -1: reading a file
	FILE *file;
	struct pcapng_reader *reader;
	uint8_t *buffer;
};

struct captured_frame {
	struct berth_frame frame; // slices valid until the next one
	uint64_t at_ns;           // wall clock
	bool out;                 // the host sent it
	bool gap;                 // frames before it were lost to a slow reader
};

// Each opener prints its own line and returns an exit code.
int capture_open_host(struct capture_stream *stream, const char *command, const char *host);
int capture_open_file(struct capture_stream *stream, const char *command, const char *path);
// Wait for the next frame. 1: one came; 0: the end; -1: failed (a line was printed); -2:
// interrupted.
int capture_next(struct capture_stream *stream, struct captured_frame *ret_frame);
void capture_close(struct capture_stream *stream);

// Let SIGINT and SIGTERM end a capture in order: they interrupt capture_next.
void capture_catch_signals(void);

#endif
