// SPDX-License-Identifier: MIT
//
// berth capture: a host's frames into a pcapng file, for Wireshark and tshark.
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../devices/pcapng_writer.h"
#include "cli_capture_stream.h"

static const char help[] =
	"usage: berth capture [-c COUNT] -w FILE HOST\n"
	"\n"
	"Write every frame of HOST to FILE (pcapng; \"-\" is standard output) until\n"
	"interrupted, until COUNT frames, or until the host ends.\n"
	"\n"
	"  berth capture -w - web | tshark -r -\n";

static int write_frames(struct capture_stream *stream, FILE *file, const char *host, long count)
{
	struct pcapng_writer *writer = pcapng_writer_new(file);
	struct captured_frame frame;
	int interface, state = 0, result = 0;
	long written = 0;

	if (!writer)
		return cli_failed("capture", "cannot write: %s", strerror(errno));
	interface = pcapng_writer_add_interface(writer, host, 0);
	while (result == 0 && (count == 0 || written < count) &&
	       (state = capture_next(stream, &frame)) == 1) {
		result = pcapng_writer_frame(writer, interface, &frame.frame, frame.at_ns,
					     frame.out ? PCAPNG_DIRECTION_OUT : PCAPNG_DIRECTION_IN,
					     frame.gap ? "frames before this one were lost" : NULL);
		if (result == 0)
			result = pcapng_writer_flush(writer);
		written++;
	}
	pcapng_writer_free(writer);
	if (result == -EPIPE)
		return CLI_OK;
	if (result < 0)
		return cli_failed("capture", "cannot write: %s", strerror(-result));
	fprintf(stderr, "%ld frames\n", written);
	return state == -1 ? CLI_FAILED : CLI_OK;
}

int cli_capture(int argc, char **argv)
{
	struct capture_stream stream;
	const char *path = NULL;
	long count = 0;
	FILE *file;
	int option, code;

	opterr = 0;
	optind = 1;
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return CLI_OK;
	}
	while ((option = getopt(argc, argv, "c:w:")) != -1) {
		if (option == 'w')
			path = optarg;
		else if (option != 'c' || (count = strtol(optarg, NULL, 10)) <= 0)
			return cli_usage("capture", "see berth capture --help");
	}
	if (optind != argc - 1 || !path)
		return cli_usage("capture", "one HOST and -w FILE; see berth capture --help");
	code = capture_open_host(&stream, "capture", argv[optind]);
	if (code != CLI_OK) {
		capture_close(&stream);
		return code;
	}
	file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	if (!file) {
		capture_close(&stream);
		return cli_failed("capture", "%s: %s", path, strerror(errno));
	}
	capture_catch_signals();
	code = write_frames(&stream, file, argv[optind], count);
	if (file != stdout && fclose(file) != 0 && code == CLI_OK)
		code = cli_failed("capture", "%s: %s", path, strerror(errno));
	capture_close(&stream);
	return code;
}
