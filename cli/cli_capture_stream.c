// SPDX-License-Identifier: MIT
//
// Getting frames one by one: from berthd's CAPTURE connection, or from a pcapng file.
#include "cli_capture_stream.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../devices/pcapng_reader.h"
#include "cli_control.h"

#define CAPTURE_TIMEOUT_MS 10000
#define CAPTURE_BUFFER_BYTES (sizeof(struct berth_capture_frame) + BERTH_FRAME_BYTES_MAX)

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

void capture_catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

int capture_open_host(struct capture_stream *stream, const char *command, const char *host)
{
	struct berth_request request = control_request(BERTH_VERB_CAPTURE, host);
	struct berth_answer answer;
	int result;

	*stream = (struct capture_stream){.command = command, .fd = control_connect()};
	if (stream->fd < 0)
		return control_no_daemon(command);
	stream->buffer = malloc(CAPTURE_BUFFER_BYTES);
	if (!stream->buffer)
		return cli_failed(command, "%s", strerror(ENOMEM));
	result = control_ask_on(stream->fd, &request, NULL, &answer, NULL, 0, CAPTURE_TIMEOUT_MS);
	if (result < 0)
		return cli_failed(command, "berthd does not answer: %s", strerror(-result));
	if (answer.error != 0)
		return cli_failed(command, "%s",
				  answer.message[0] ? answer.message : strerror(answer.error));
	return CLI_OK;
}

int capture_open_file(struct capture_stream *stream, const char *command, const char *path)
{
	*stream = (struct capture_stream){.command = command, .fd = -1};
	stream->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (!stream->file)
		return cli_failed(command, "%s: %s", path, strerror(errno));
	stream->reader = pcapng_reader_new(stream->file);
	if (!stream->reader)
		return cli_failed(command, "%s", strerror(ENOMEM));
	return CLI_OK;
}

static int next_from_file(struct capture_stream *stream, struct captured_frame *ret_frame)
{
	struct pcapng_frame frame;
	const char *error;

	while (pcapng_reader_next(stream->reader, &frame)) {
		if (!pcapng_frame_to_berth(&frame, &ret_frame->frame))
			continue; // not Ethernet
		ret_frame->at_ns = frame.at_ns;
		ret_frame->out = frame.direction == PCAPNG_DIRECTION_OUT;
		ret_frame->gap = false;
		return 1;
	}
	error = pcapng_reader_error(stream->reader);
	if (!error)
		return 0;
	cli_failed(stream->command, "%s", error);
	return -1;
}

// One message of the daemon's into a frame. false: it is no such message.
static bool unpack(const uint8_t *buffer, size_t length, struct captured_frame *ret_frame)
{
	struct berth_capture_frame header;
	struct berth_frame *frame = &ret_frame->frame;

	if (length < sizeof(header))
		return false;
	memcpy(&header, buffer, sizeof(header));
	if (header.captured > length - sizeof(header))
		return false;
	*frame = (struct berth_frame){.slice_count = 1,
				      .checksum = BERTH_CHECKSUM_VALID,
				      .segmentation = header.segmentation,
				      .segment_bytes = header.segment_bytes,
				      .length = header.captured};
	frame->slice[0].data = buffer + sizeof(header);
	frame->slice[0].length = header.captured;
	ret_frame->at_ns = header.at_ns;
	ret_frame->out = (header.flags & BERTH_CAPTURE_OUT) != 0;
	ret_frame->gap = (header.flags & BERTH_CAPTURE_LOST) != 0;
	return true;
}

int capture_next(struct capture_stream *stream, struct captured_frame *ret_frame)
{
	ssize_t length;

	if (interrupted)
		return -2;
	if (stream->reader)
		return next_from_file(stream, ret_frame);
	length = recv(stream->fd, stream->buffer, CAPTURE_BUFFER_BYTES, 0);
	if (length < 0 && errno == EINTR)
		return -2;
	if (length <= 0)
		return 0; // the host or its daemon ended
	if (!unpack(stream->buffer, (size_t)length, ret_frame)) {
		cli_failed(stream->command, "berthd is of another version");
		return -1;
	}
	return 1;
}

void capture_close(struct capture_stream *stream)
{
	pcapng_reader_free(stream->reader);
	if (stream->file && stream->file != stdin)
		fclose(stream->file);
	if (stream->fd >= 0)
		close(stream->fd);
	free(stream->buffer);
}
