// SPDX-License-Identifier: MIT
//
// A fuzz target without a fuzzer: does it hold for its seeds, and for a fixed number of damaged
// ones?
//
// usage: <target>_replay [FOLDER-OF-SEEDS [DAMAGED-INPUTS]]. Without seeds it starts from the empty
// input. The same inputs every time; looking for new ones is libFuzzer's work.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define INPUT_BYTES_MAX 2048u
#define SEEDS_MAX 64u
#define DAMAGED_INPUTS 200000u
#define DAMAGES_MAX 8u

struct input {
	uint8_t bytes[INPUT_BYTES_MAX];
	size_t size;
};

static uint64_t random_state = 1;

static uint32_t random_number_below(uint32_t bound)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((random_state >> 33) % bound);
}

// A copy of its own size, so that reading past it is noticed.
static void run_target(const struct input *input)
{
	uint8_t *copy = malloc(input->size > 0 ? input->size : 1);

	memcpy(copy, input->bytes, input->size);
	LLVMFuzzerTestOneInput(copy, input->size);
	free(copy);
}

static void read_seed(const char *folder, const char *name, struct input *input)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file) {
		perror(path);
		exit(2);
	}
	input->size = fread(input->bytes, 1, sizeof(input->bytes), file);
	fclose(file);
}

static unsigned read_seeds(const char *folder, struct input *seeds)
{
	struct dirent **entries;
	const int found = scandir(folder, &entries, NULL, alphasort);
	unsigned count = 0;
	int index;

	if (found < 0) {
		perror(folder);
		exit(2);
	}
	for (index = 0; index < found; index++) {
		if (entries[index]->d_name[0] != '.' && count < SEEDS_MAX)
			read_seed(folder, entries[index]->d_name, &seeds[count++]);
		free(entries[index]);
	}
	free(entries);
	return count;
}

static void damage(struct input *input)
{
	const uint32_t at = random_number_below((uint32_t)input->size + 1);

	switch (random_number_below(4)) {
	case 0: // cut
		input->size = at;
		break;
	case 1: // lengthen
		if (input->size < INPUT_BYTES_MAX)
			input->bytes[input->size++] = (uint8_t)random_number_below(256);
		break;
	case 2: // flip a bit
		if (at < input->size)
			input->bytes[at] ^= (uint8_t)(1u << random_number_below(8));
		break;
	default: // another byte
		if (at < input->size)
			input->bytes[at] = (uint8_t)random_number_below(256);
		break;
	}
}

int main(int argument_count, char **arguments)
{
	static struct input seeds[SEEDS_MAX];
	unsigned seed_count = argument_count > 1 ? read_seeds(arguments[1], seeds) : 1;
	const unsigned damaged =
		argument_count > 2 ? (unsigned)strtoul(arguments[2], NULL, 10) : DAMAGED_INPUTS;
	unsigned index, round;

	for (index = 0; index < seed_count; index++)
		run_target(&seeds[index]);
	for (round = 0; round < damaged; round++) {
		struct input input = seeds[random_number_below(seed_count)];
		unsigned damages = 1 + random_number_below(DAMAGES_MAX);

		while (damages-- > 0)
			damage(&input);
		run_target(&input);
	}
	printf("%u seeds, %u damaged inputs: all held\n", seed_count, damaged);
	return 0;
}
