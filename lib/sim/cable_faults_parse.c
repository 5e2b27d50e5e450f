// SPDX-License-Identifier: MIT
//
// What does "delay=10ms,loss=1%,rate=100mbit" mean?
//
// A list of key=value, separated by commas, in any order; the last of two wins; an empty text is a
// cable without faults. Numbers are decimal, with a fraction where a unit follows. Every value is
// bounded, and what cannot be held exactly is rounded down.
#include <string.h>

#include "../base/numbers.h"
#include "../base/time_units.h"
#include "cable_faults.h"

#define VALUE_DIGITS_MAX 12u                   // before the point
#define FRACTION_SCALE 1000000u                // six digits behind it
#define DURATION_S_MAX 1000000u                // eleven days
#define QUEUE_BYTES_MAX (1u << 30)             // 1 GiB
#define RATE_BITS_MAX UINT64_C(10000000000000) // 10 Tbit/s

struct word {
	const char *at;
	size_t length;
};

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit duration_units[] = {
	{"ns", 1}, {"us", NS_PER_US}, {"ms", NS_PER_MS}, {"s", NS_PER_S}};
static const struct unit chance_units[] = {{"%", 10000}}; // millionths
static const struct unit rate_units[] = {
	{"bit", 1}, {"kbit", 1000}, {"mbit", 1000000}, {"gbit", 1000000000}};
static const struct unit size_units[] = {{"", 1}, {"k", 1u << 10}, {"m", 1u << 20}};

static bool word_is(const struct word *word, const char *text)
{
	return word->length == strlen(text) && memcmp(word->at, text, word->length) == 0;
}

static bool is_digit(const struct word *word)
{
	return word->length > 0 && *word->at >= '0' && *word->at <= '9';
}

static unsigned take_digit(struct word *word)
{
	unsigned digit = (unsigned)(*word->at - '0');

	word->at++;
	word->length--;
	return digit;
}

// "12.5" as 12 and 500,000 millionths, taken from the front of word.
static bool take_number(struct word *word, uint64_t *ret_whole, uint64_t *ret_millionths)
{
	uint64_t whole = 0, millionths = 0;
	uint32_t scale = FRACTION_SCALE;
	unsigned digits = 0;

	for (; is_digit(word); digits++) {
		if (digits == VALUE_DIGITS_MAX)
			return false;
		whole = whole * 10 + take_digit(word);
	}
	if (digits == 0)
		return false;
	if (word->length > 0 && *word->at == '.') {
		word->at++;
		word->length--;
		if (!is_digit(word))
			return false;
		while (is_digit(word)) {
			scale /= 10; // from the seventh digit on it is 0
			millionths += (uint64_t)take_digit(word) * scale;
		}
	}
	*ret_whole = whole;
	*ret_millionths = millionths;
	return true;
}

static bool parse_value(struct word word, const struct unit *units, size_t unit_count,
			uint64_t value_max, uint64_t *ret_value)
{
	uint64_t whole, millionths, value;
	size_t i;

	if (!take_number(&word, &whole, &millionths))
		return false;
	for (i = 0; i < unit_count; i++)
		if (word_is(&word, units[i].name))
			break;
	if (i == unit_count || whole > value_max / units[i].factor)
		return false;
	value = whole * units[i].factor + millionths * units[i].factor / FRACTION_SCALE;
	if (value > value_max)
		return false;
	*ret_value = value;
	return true;
}

static bool parse_duration(const struct word *word, uint64_t *ret_ns)
{
	return parse_value(*word, duration_units, ARRAY_LENGTH(duration_units),
			   DURATION_S_MAX * NS_PER_S, ret_ns);
}

static bool parse_chance(const struct word *word, uint32_t *ret_millionths)
{
	uint64_t value;

	if (!parse_value(*word, chance_units, ARRAY_LENGTH(chance_units), 1000000, &value))
		return false;
	*ret_millionths = (uint32_t)value;
	return true;
}

static bool parse_rate(const struct word *word, uint64_t *ret_bytes_per_second)
{
	uint64_t bits;

	if (!parse_value(*word, rate_units, ARRAY_LENGTH(rate_units), RATE_BITS_MAX, &bits) ||
	    bits < 8)
		return false;
	*ret_bytes_per_second = bits / 8;
	return true;
}

static bool parse_size(const struct word *word, uint32_t *ret_bytes)
{
	uint64_t bytes;

	if (!parse_value(*word, size_units, ARRAY_LENGTH(size_units), QUEUE_BYTES_MAX, &bytes) ||
	    bytes == 0)
		return false;
	*ret_bytes = (uint32_t)bytes;
	return true;
}

// One key=value. Returns NULL when it is understood, else the word that is not.
static const char *parse_setting(const struct word *key, const struct word *value,
				 struct berth_cable_faults *faults)
{
	bool understood;

	if (word_is(key, "delay"))
		understood = parse_duration(value, &faults->delay_ns);
	else if (word_is(key, "jitter"))
		understood = parse_duration(value, &faults->jitter_ns);
	else if (word_is(key, "loss"))
		understood = parse_chance(value, &faults->loss);
	else if (word_is(key, "duplicate"))
		understood = parse_chance(value, &faults->duplicate);
	else if (word_is(key, "reorder"))
		understood = parse_chance(value, &faults->reorder);
	else if (word_is(key, "hold"))
		understood = parse_duration(value, &faults->reorder_ns);
	else if (word_is(key, "corrupt"))
		understood = parse_chance(value, &faults->corrupt);
	else if (word_is(key, "rate"))
		understood = parse_rate(value, &faults->bytes_per_second);
	else if (word_is(key, "queue"))
		understood = parse_size(value, &faults->queue_bytes);
	else
		return key->at;
	return understood ? NULL : value->at;
}

// Up to the first of the two characters, or the end.
static struct word word_until(const char *text, char stop, char other_stop)
{
	struct word word = {text, 0};

	while (text[word.length] && text[word.length] != stop && text[word.length] != other_stop)
		word.length++;
	return word;
}

bool berth_cable_faults_parse(const char *text, struct berth_cable_faults *ret_faults,
			      const char **ret_wrong)
{
	struct berth_cable_faults faults;
	const char *wrong = NULL;

	memset(&faults, 0, sizeof(faults));
	while (*text && !wrong) {
		struct word key = word_until(text, '=', ',');
		struct word value = {key.at + key.length, 0};

		if (*value.at == '=') {
			value = word_until(value.at + 1, ',', ',');
			wrong = parse_setting(&key, &value, &faults);
		} else {
			wrong = key.at;
		}
		text = value.at + value.length;
		if (*text == ',') {
			text++;
			if (!*text && !wrong)
				wrong = text; // a comma promises another setting
		}
	}
	if (wrong) {
		if (ret_wrong)
			*ret_wrong = wrong;
		return false;
	}
	*ret_faults = faults;
	return true;
}
