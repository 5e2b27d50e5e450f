// SPDX-License-Identifier: MIT
//
// How do numbers read? Decimal, hexadecimal, seconds, into a bounded text.
#include "text.h"

#include "assertion.h"
#include "time_units.h"

#define DIGITS_MAX 20u // of 2^64 in decimal
#define DECIMALS_MAX 9u

void text_init(struct text *text, char *memory, size_t size)
{
	text->at = memory;
	text->size = size;
	text->length = 0;
	text->cut = false;
	if (size > 0)
		memory[0] = '\0';
}

void text_append_char(struct text *text, char character)
{
	if (text->length + 1 >= text->size) {
		text->cut = true;
		return;
	}
	text->at[text->length++] = character;
	text->at[text->length] = '\0';
}

void text_append(struct text *text, const char *words)
{
	for (; *words; words++)
		text_append_char(text, *words);
}

// base up to 16; at least digits_min digits, zeros in front.
static void append_number(struct text *text, uint64_t number, unsigned base, unsigned digits_min)
{
	char digits[DIGITS_MAX];
	unsigned count = 0;

	ASSERT(digits_min <= DIGITS_MAX);
	while (number > 0 || count < digits_min) {
		digits[count++] = "0123456789abcdef"[number % base];
		number /= base;
	}
	while (count > 0)
		text_append_char(text, digits[--count]);
}

void text_append_u64(struct text *text, uint64_t number)
{
	append_number(text, number, 10, 1);
}

void text_append_hex(struct text *text, uint64_t number, unsigned digits_min)
{
	append_number(text, number, 16, digits_min > 0 ? digits_min : 1);
}

void text_append_seconds(struct text *text, uint64_t duration_ns, unsigned decimals)
{
	uint64_t fraction = duration_ns % NS_PER_S;
	unsigned cut;

	ASSERT(decimals <= DECIMALS_MAX);
	text_append_u64(text, duration_ns / NS_PER_S);
	if (decimals == 0)
		return;
	for (cut = decimals; cut < DECIMALS_MAX; cut++)
		fraction /= 10;
	text_append_char(text, '.');
	append_number(text, fraction, 10, decimals);
}

void text_pad_to(struct text *text, size_t column)
{
	while (text->length < column && !text->cut)
		text_append_char(text, ' ');
}
