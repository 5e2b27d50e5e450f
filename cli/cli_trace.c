// SPDX-License-Identifier: MIT
//
// berth trace: a host's frames as they happen, a line each, or as a sequence diagram of two lanes.
#include <berth/trace.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli_capture_stream.h"

#define TRACE_FLOWS_MAX 4096
#define TRACE_TEXT_MAX 512

static const char help[] =
	"usage: berth trace [-s] [-c COUNT] [--port N] HOST | --read FILE\n"
	"\n"
	"Show each segment and datagram of HOST, live: who to whom, flags, sequence and\n"
	"acknowledgment numbers relative to the connection's first, length, round trip,\n"
	"and what an expert would remark (retransmission, duplicate ACK, …).\n"
	"\n"
	"  -s, --sequence  draw a sequence diagram with a lane for each side; the\n"
	"                  first conversation seen is the one drawn\n"
	"  -c COUNT        stop after COUNT lines\n"
	"  --port N        only TCP and UDP with this port\n"
	"  --read FILE     a pcapng or pcap file (\"-\": standard input), not a host\n";

struct trace_options {
	const char *path;
	const char *host;
	long count; // 0: no end
	int port;   // -1: any
	bool sequence;
};

static void *acquire(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void release(void *context, void *memory, size_t size)
{
	(void)context;
	(void)size;
	free(memory);
}

static bool same_endpoint(const struct berth_endpoint *left, const struct berth_endpoint *right)
{
	return left->port == right->port && berth_address_equal(&left->address, &right->address);
}

// DECIDES: is this line of the conversation that the diagram draws
static bool is_of_diagram(const struct berth_trace_line *line, const struct berth_endpoint *left,
			  const struct berth_endpoint *right)
{
	return (same_endpoint(&line->source, left) && same_endpoint(&line->target, right)) ||
	       (same_endpoint(&line->source, right) && same_endpoint(&line->target, left));
}

struct diagram {
	struct berth_endpoint left, right;
	bool begun;
};

// Print one line in the chosen form. false: it is not of the conversation.
static bool print_line(const struct trace_options *options, struct diagram *diagram,
		       const struct berth_trace_line *line)
{
	char text[TRACE_TEXT_MAX];

	if (!options->sequence) {
		puts(berth_trace_print(line, text, sizeof(text)));
		return true;
	}
	if (line->protocol != BERTH_PROTOCOL_TCP && line->protocol != BERTH_PROTOCOL_UDP)
		return false;
	if (!diagram->begun) {
		diagram->begun = true;
		diagram->left = line->source;
		diagram->right = line->target;
		puts(berth_trace_sequence_header(&diagram->left, &diagram->right, text,
						 sizeof(text)));
	}
	if (!is_of_diagram(line, &diagram->left, &diagram->right))
		return false;
	puts(berth_trace_sequence_line(line, &diagram->left, text, sizeof(text)));
	return true;
}

static bool has_port(const struct berth_trace_line *line, int port)
{
	return port < 0 || line->source.port == port || line->target.port == port;
}

static int trace_frames(struct capture_stream *stream, struct berth_trace *trace,
			const struct trace_options *options)
{
	struct captured_frame frame;
	struct diagram diagram = {0};
	uint64_t first_at = 0;
	long printed = 0;
	int state = 0;

	while ((options->count == 0 || printed < options->count) &&
	       (state = capture_next(stream, &frame)) == 1) {
		struct berth_trace_line line;

		if (first_at == 0)
			first_at = frame.at_ns;
		if (frame.gap)
			puts("(frames were lost here: this reader was too slow)");
		berth_trace_feed(trace, &frame.frame,
				 frame.at_ns > first_at ? frame.at_ns - first_at : 0, &line);
		if (has_port(&line, options->port) && print_line(options, &diagram, &line))
			printed++;
		if (fflush(stdout) != 0)
			return CLI_OK; // nobody reads any more
	}
	return state == -1 ? CLI_FAILED : CLI_OK;
}

static int parse_options(int argc, char **argv, struct trace_options *options)
{
	static const struct option words[] = {{"sequence", no_argument, NULL, 's'},
					      {"read", required_argument, NULL, 'r'},
					      {"port", required_argument, NULL, 'p'},
					      {NULL, 0, NULL, 0}};
	int option;
	char *end;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, "sc:", words, NULL)) != -1) {
		switch (option) {
		case 's':
			options->sequence = true;
			break;
		case 'r':
			options->path = optarg;
			break;
		case 'p':
			options->port = (int)strtol(optarg, &end, 10);
			if (*end != '\0' || options->port < 0 || options->port > 65535)
				return cli_usage("trace", "\"%s\" is no port", optarg);
			break;
		case 'c':
			options->count = strtol(optarg, &end, 10);
			if (*end != '\0' || options->count <= 0)
				return cli_usage("trace", "\"%s\" is no count", optarg);
			break;
		default:
			return cli_usage("trace", "unknown option; see berth trace --help");
		}
	}
	if (options->path ? optind != argc : optind != argc - 1)
		return cli_usage("trace", "one HOST, or --read FILE; see berth trace --help");
	options->host = options->path ? NULL : argv[optind];
	return CLI_OK;
}

int cli_trace(int argc, char **argv)
{
	struct berth_allocator allocator = {acquire, release, NULL};
	struct trace_options options = {.port = -1};
	struct capture_stream stream;
	struct berth_trace *trace;
	int code;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return CLI_OK;
	}
	code = parse_options(argc, argv, &options);
	if (code != CLI_OK)
		return code;
	code = options.path ? capture_open_file(&stream, "trace", options.path)
			    : capture_open_host(&stream, "trace", options.host);
	trace = code == CLI_OK ? berth_trace_new(&allocator, TRACE_FLOWS_MAX) : NULL;
	if (trace) {
		capture_catch_signals();
		code = trace_frames(&stream, trace, &options);
		berth_trace_free(trace);
	} else if (code == CLI_OK) {
		code = cli_failed("trace", "%s", strerror(ENOMEM));
	}
	capture_close(&stream);
	return code;
}
