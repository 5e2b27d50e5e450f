// SPDX-License-Identifier: MIT
//
// What went over the cable? A hash of everything, and the last megabytes of it for a file when a
// test fails (also when an assertion of the library ends the process).
//
// Two halves of memory: the one being filled and the one filled before it.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "world.h"

#define HALF_BYTES (4u << 20)
#define SNAP_BYTES 2048u
#define PCAP_MAGIC_NS 0xa1b23c4du
#define PCAP_ETHERNET 1u
#define HASH_PRIME UINT64_C(0x9e3779b97f4a7c15)

struct pcap_record {
	uint32_t seconds, nanoseconds, captured, length;
};

struct world_capture {
	uint64_t seed, hash;
	uint8_t *half[2];
	size_t used[2];
	unsigned filling;
};

static const struct world_capture *under_way; // for a signal

static void leave_on_abort(int number)
{
	signal(number, SIG_DFL);
	if (under_way)
		world_capture_leave(under_way);
	raise(number);
}

struct world_capture *world_capture_new(uint64_t seed)
{
	struct world_capture *capture = calloc(1, sizeof(*capture));

	assert_non_null(capture);
	capture->seed = seed;
	capture->half[0] = malloc(HALF_BYTES);
	capture->half[1] = malloc(HALF_BYTES);
	assert_non_null(capture->half[0]);
	assert_non_null(capture->half[1]);
	under_way = capture;
	signal(SIGABRT, leave_on_abort);
	return capture;
}

void world_capture_free(struct world_capture *capture)
{
	if (under_way == capture)
		under_way = NULL;
	free(capture->half[0]);
	free(capture->half[1]);
	free(capture);
}

static void mix(struct world_capture *capture, uint64_t word)
{
	capture->hash = (capture->hash ^ word) * HASH_PRIME;
	capture->hash ^= capture->hash >> 29;
}

static void mix_bytes(struct world_capture *capture, const uint8_t *bytes, uint32_t length)
{
	uint64_t word;

	for (; length >= sizeof(word); bytes += sizeof(word), length -= (uint32_t)sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		mix(capture, word);
	}
	word = length;
	memcpy((uint8_t *)&word + 1, bytes, length);
	mix(capture, word);
}

static uint8_t *room_for(struct world_capture *capture, size_t bytes)
{
	uint8_t *at;

	if (capture->used[capture->filling] + bytes > HALF_BYTES) {
		capture->filling ^= 1;
		capture->used[capture->filling] = 0;
	}
	at = capture->half[capture->filling] + capture->used[capture->filling];
	capture->used[capture->filling] += bytes;
	return at;
}

static void remember(struct world_capture *capture, const struct berth_frame *frame, uint64_t now)
{
	struct pcap_record record;
	uint32_t left, part;
	uint8_t *at;

	left = frame->length < SNAP_BYTES ? frame->length : SNAP_BYTES;
	record.seconds = (uint32_t)(now / TEST_S);
	record.nanoseconds = (uint32_t)(now % TEST_S);
	record.captured = left;
	record.length = frame->length;
	at = room_for(capture, sizeof(record) + left);
	memcpy(at, &record, sizeof(record));
	at += sizeof(record);
	for (unsigned i = 0; i < frame->slice_count && left > 0; i++) {
		part = frame->slice[i].length < left ? frame->slice[i].length : left;
		memcpy(at, frame->slice[i].data, part);
		at += part;
		left -= part;
	}
}

void world_capture_frame(struct world_capture *capture, unsigned host,
			 const struct berth_frame *frame, uint64_t now)
{
	mix(capture, now);
	mix(capture, (uint64_t)host << 32 | frame->length);
	for (unsigned i = 0; i < frame->slice_count; i++)
		mix_bytes(capture, frame->slice[i].data, frame->slice[i].length);
	remember(capture, frame, now);
}

uint64_t world_capture_hash(const struct world_capture *capture)
{
	return capture->hash;
}

static const char *folder(void)
{
	const char *const names[] = {"MESON_BUILD_ROOT", "TMPDIR"};

	for (unsigned i = 0; i < 2; i++)
		if (getenv(names[i]))
			return getenv(names[i]);
	return ".";
}

void world_capture_leave(const struct world_capture *capture)
{
	const uint32_t header[] = {PCAP_MAGIC_NS, 2 | 4 << 16, 0, 0, SNAP_BYTES, PCAP_ETHERNET};
	unsigned older = capture->filling ^ 1;
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/scenario-%ld-%llx.pcap", folder(), (long)getpid(),
		 (unsigned long long)capture->seed);
	file = fopen(path, "wb");
	if (!file) {
		print_error("no capture at %s\n", path);
		return;
	}
	fwrite(header, sizeof(header), 1, file);
	fwrite(capture->half[older], 1, capture->used[older], file);
	fwrite(capture->half[capture->filling], 1, capture->used[capture->filling], file);
	fclose(file);
	print_error("seed 0x%llx, capture %s\n", (unsigned long long)capture->seed, path);
}
