// SPDX-License-Identifier: MIT
//
// berth counters: what a host has counted, drop reasons by name.
#include <string.h>

#include "cli_control.h"

static const char help[] =
	"usage: berth counters [--all] NAME\n"
	"\n"
	"Show what host NAME has counted. Counters that are zero are left out, unless\n"
	"--all asks for them. Each dropped frame is counted under exactly one reason.\n";

struct counter {
	const char *name;
	size_t offset;
};

#define COUNTER(name)                                        \
	{                                                    \
#name, offsetof(struct berth_counters, name) \
	}

static const struct counter counters[] = {
	COUNTER(frames_in),
	COUNTER(frames_out),
	COUNTER(bytes_in),
	COUNTER(bytes_out),
	COUNTER(tcp_segments_in),
	COUNTER(tcp_segments_out),
	COUNTER(tcp_retransmitted),
	COUNTER(tcp_opened_active),
	COUNTER(tcp_opened_passive),
	COUNTER(tcp_failed),
	COUNTER(tcp_resets_sent),
	COUNTER(tcp_resets_in),
	COUNTER(tcp_rto_fired),
	COUNTER(tcp_fast_recoveries),
	COUNTER(tcp_loss_probes),
	COUNTER(tcp_spurious_recoveries),
	COUNTER(udp_in),
	COUNTER(udp_out),
	COUNTER(icmp_in),
	COUNTER(icmp_out),
	COUNTER(memory_bytes),
	COUNTER(tcp_connections),
	COUNTER(tcp_embryos),
	COUNTER(tcp_remnants),
};

static void print_counters(const struct berth_counters *values, bool all)
{
	size_t i;

	for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		uint64_t value;

		memcpy(&value, (const char *)values + counters[i].offset, sizeof(value));
		if (value != 0 || all)
			printf("%-26s %llu\n", counters[i].name, (unsigned long long)value);
	}
	for (i = 0; i < BERTH_DROP_COUNT; i++)
		if (values->dropped[i] != 0 || all)
			printf("dropped %-22s %llu  %s\n", berth_drop_name((enum berth_drop)i),
			       (unsigned long long)values->dropped[i],
			       berth_drop_sentence((enum berth_drop)i));
}

int cli_counters(int argc, char **argv)
{
	struct berth_request request;
	struct berth_answer answer;
	struct berth_counters values;
	bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
	int code;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return CLI_OK;
	}
	if (argc != 2 + all)
		return cli_usage("counters", "one NAME; see berth counters --help");
	request = control_request(BERTH_VERB_COUNTERS, argv[1 + all]);
	code = control_do("counters", &request, NULL, &answer, &values, sizeof(values));
	if (code != CLI_OK)
		return code;
	if (answer.data_bytes != sizeof(values))
		return cli_failed("counters", "berthd is of another version");
	print_counters(&values, all);
	return CLI_OK;
}
