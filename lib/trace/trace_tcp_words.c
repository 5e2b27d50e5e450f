// SPDX-License-Identifier: MIT
//
// The words of a TCP segment: its flags, its options, what is remarkable.
#include "trace_tcp_words.h"

#include "../base/numbers.h"
#include "../base/text.h"

struct flag_name {
	uint8_t flag;
	const char *name;
};

static const struct flag_name flag_names[] = {
	{TCP_FLAG_SYN, "SYN"}, {TCP_FLAG_FIN, "FIN"}, {TCP_FLAG_RST, "RST"}, {TCP_FLAG_PSH, "PSH"},
	{TCP_FLAG_ACK, "ACK"}, {TCP_FLAG_URG, "URG"}, {TCP_FLAG_ECE, "ECE"}, {TCP_FLAG_CWR, "CWR"},
};

static const char *const remark_words[] = {
	[TRACE_REMARK_NONE] = "",
	[TRACE_REMARK_AFTER_GAP] = "after a gap",
	[TRACE_REMARK_WINDOW_PROBE] = "window probe",
	[TRACE_REMARK_PROBE_ANSWER] = "answer to a probe",
};

static void print_flags(uint8_t flags, char *memory, size_t size)
{
	struct text text;
	size_t i;

	text_init(&text, memory, size);
	for (i = 0; i < ARRAY_LENGTH(flag_names); i++) {
		if (!(flags & flag_names[i].flag))
			continue;
		if (text.length > 0)
			text_append(&text, ", ");
		text_append(&text, flag_names[i].name);
	}
	if (text.length == 0)
		text_append(&text, "none");
}

static void append_word(struct text *info, const char *word)
{
	if (info->length > 0)
		text_append_char(info, ' ');
	text_append(info, word);
}

static void append_number(struct text *info, const char *word, uint64_t number)
{
	append_word(info, word);
	text_append_char(info, ' ');
	text_append_u64(info, number);
}

static void append_options(struct text *info, const struct tcp_options *options,
			   uint32_t sack_initial)
{
	unsigned i;

	if (options->mss > 0)
		append_number(info, "mss", options->mss);
	if (options->sack_permitted)
		append_word(info, "sackok");
	if (options->has_timestamps) {
		append_number(info, "ts", options->timestamp_value);
		text_append_char(info, ' ');
		text_append_u64(info, options->timestamp_echo);
	}
	if (options->has_window_scale)
		append_number(info, "ws", options->window_scale);
	for (i = 0; i < min_u32(options->sack_count, TCP_SACK_BLOCKS_MAX); i++) {
		append_word(info, i == 0 ? "sack " : "");
		text_append_u64(info, (uint32_t)(options->sack[i].begin.raw - sack_initial));
		text_append_char(info, ':');
		text_append_u64(info, (uint32_t)(options->sack[i].end.raw - sack_initial));
	}
}

void trace_tcp_words(const struct tcp_header *header, uint32_t sack_initial,
		     enum trace_remark remark, uint32_t segments, struct berth_trace_line *line)
{
	struct text info;

	print_flags(header->flags, line->flag_text, sizeof(line->flag_text));
	text_init(&info, line->info, sizeof(line->info));
	append_options(&info, &header->options, sack_initial);
	if (segments > 1)
		append_number(&info, "segments", segments);
	if (remark != TRACE_REMARK_NONE) {
		append_word(&info, "[");
		text_append(&info, remark_words[remark]);
		text_append_char(&info, ']');
	}
}
