// SPDX-License-Identifier: MIT
//
// How does a drop reason read?
//
// The names are the enumerators' own, in lower case with dashes. The compiler spells them, letter
// by letter, into a constant table: nothing to compute, lock or free when somebody asks.
#include <berth/drop.h>
#include <stddef.h>

#include "../base/assertion.h"

#define NAME_CHARS 32 // terminating zero included

#define SPELLED(letter)                                                     \
	((char)((letter) == '_'                      ? '-'                  \
		: (letter) >= 'A' && (letter) <= 'Z' ? (letter) - 'A' + 'a' \
						     : (letter)))
// The letter at index; zeros behind the last.
#define LETTER(text, index) SPELLED((text)[(index) < sizeof(text) ? (index) : sizeof(text) - 1])
#define EIGHT_LETTERS(text, index)                                                               \
	LETTER(text, (index)), LETTER(text, (index) + 1), LETTER(text, (index) + 2),             \
		LETTER(text, (index) + 3), LETTER(text, (index) + 4), LETTER(text, (index) + 5), \
		LETTER(text, (index) + 6), LETTER(text, (index) + 7)

static const char names[BERTH_DROP_COUNT][NAME_CHARS] = {
#define NAME(name, sentence)                                                         \
	{EIGHT_LETTERS(#name, 0), EIGHT_LETTERS(#name, 8), EIGHT_LETTERS(#name, 16), \
	 EIGHT_LETTERS(#name, 24)},
	BERTH_DROP_REASONS(NAME)
#undef NAME
};

#define NAME_FITS(name, sentence) static_assert(sizeof(#name) <= NAME_CHARS, "name too long");
BERTH_DROP_REASONS(NAME_FITS)
#undef NAME_FITS

static const char *const sentences[BERTH_DROP_COUNT] = {
#define SENTENCE(name, sentence) sentence,
	BERTH_DROP_REASONS(SENTENCE)
#undef SENTENCE
};

const char *berth_drop_name(enum berth_drop reason)
{
	return (unsigned)reason < BERTH_DROP_COUNT ? names[reason] : NULL;
}

const char *berth_drop_sentence(enum berth_drop reason)
{
	return (unsigned)reason < BERTH_DROP_COUNT ? sentences[reason] : NULL;
}
