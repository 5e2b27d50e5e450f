// SPDX-License-Identifier: MIT
//
// The words of a TCP segment: its flags, its options, what is remarkable.
#ifndef BERTH_TRACE_TCP_WORDS_H
#define BERTH_TRACE_TCP_WORDS_H

#include "trace_flow.h"

// Fills flag_text and info. sack_initial: initial number of the receiver of the acknowledgments.
// segments: how many segments a superframe stands for, else 1.
void trace_tcp_words(const struct tcp_header *header, uint32_t sack_initial,
		     enum trace_remark remark, uint32_t segments, struct berth_trace_line *line);

#endif
