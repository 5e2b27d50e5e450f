// SPDX-License-Identifier: MIT
//
// A bounded text being built: appends until it is full, always terminated, never fails.
#ifndef BERTH_BASE_TEXT_H
#define BERTH_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *at;
	size_t size, length;
	bool cut; // something did not fit
};

void text_init(struct text *text, char *memory, size_t size);
void text_append(struct text *text, const char *words);
void text_append_char(struct text *text, char character);
void text_append_u64(struct text *text, uint64_t number);
void text_append_hex(struct text *text, uint64_t number, unsigned digits_min);
void text_append_seconds(struct text *text, uint64_t duration_ns, unsigned decimals); // 1.234567
void text_pad_to(struct text *text, size_t column); // blanks up to this length

#endif
