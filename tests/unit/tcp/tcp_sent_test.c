// SPDX-License-Identifier: MIT
//
// The scoreboard: single cases with exact sums, then thousands of random steps against a model that
// keeps every segment apart. Sequence numbers wrap on the way.
#include "../../../lib/base/numbers.h"
#include "../../../lib/tcp/sender/tcp_ack_report.h"
#include "../../../lib/tcp/sender/tcp_rate.h"
#include "../../../lib/tcp/sender/tcp_sent.h"
#include "../../../lib/tcp/tcp_segment.h"
#include "../../support/unit.h"

#define MSS 100u

static struct memory memory;
static struct buffer_pool buffers;
static struct tcp_sent sent;
static struct tcp_rate rate;
static tcp_seq una, nxt;
static struct tcp_ack_report report;

static void begin_at(uint32_t raw)
{
	una = nxt = tcp_seq_of(raw);
	tcp_sent_init(&sent, una);
	tcp_rate_init(&rate);
}

static int begin(void **state)
{
	struct berth_allocator allocator = test_allocator();

	(void)state;
	memory_init(&memory, &allocator);
	buffer_pool_init(&buffers, &memory, 0);
	begin_at(0xffffff00u);
	return 0;
}

static int end(void **state)
{
	(void)state;
	tcp_sent_release(&sent, &buffers);
	buffer_pool_clear(&buffers);
	assert_u64(memory.bytes_held, 0);
	return 0;
}

static void transmit(uint32_t bytes, uint64_t now)
{
	assert_true(tcp_sent_reserve(&sent, &buffers));
	tcp_sent_record(&sent, nxt, bytes, false, false, MSS, &rate, now);
	nxt = tcp_seq_add(nxt, bytes);
}

// Blocks are in bytes from una.
static void hear(uint32_t acked, unsigned count, const uint32_t (*blocks)[2], bool has_sack)
{
	struct tcp_segment seg = {.ack = tcp_seq_add(una, acked), .has_ack = true};

	seg.options.sack_count = (uint8_t)count;
	for (unsigned i = 0; i < count; i++) {
		seg.options.sack[i].begin = tcp_seq_add(una, blocks[i][0]);
		seg.options.sack[i].end = tcp_seq_add(una, blocks[i][1]);
	}
	report = (struct tcp_ack_report){.is_duplicate = acked == 0};
	tcp_sent_apply_ack(&sent, &buffers, una, nxt, &seg, MSS, has_sack, &report);
	una = report.ack;
}

static uint32_t in_flight(void)
{
	return tcp_sent_in_flight(&sent, una, nxt);
}

static void an_ack_takes_whole_and_partial_records_from_the_front(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		transmit(250, 10 + i);
	hear(600, 0, NULL, true);
	assert_u64(report.acked_bytes, 600);
	assert_u64(report.delivered_bytes, 600);
	assert_u64(report.in_flight_before_bytes, 1000);
	assert_u64(report.newest_sent_at, 12);
	assert_u64(report.oldest_sent_at, 10);
	assert_u64(sent.count, 2);
	assert_u64(in_flight(), 400);
	hear(400, 0, NULL, true);
	assert_u64(sent.count, 0);
	assert_null(sent.records); // idle: no memory
}

static void sacked_bytes_are_not_in_flight_and_are_delivered_once(void **state)
{
	static const uint32_t first[][2] = {{200, 300}}, more[][2] = {{200, 400}};

	(void)state;
	for (uint64_t i = 0; i < 5; i++)
		transmit(MSS, 10 + i);
	hear(0, 1, first, true);
	assert_u64(report.sacked_bytes, 100);
	assert_u64(report.delivered_bytes, 100);
	assert_u64(in_flight(), 400);
	hear(0, 1, more, true);
	assert_u64(report.sacked_bytes, 100);
	assert_u64(sent.sacked_segments, 2);
	hear(0, 1, more, true);
	assert_u64(report.delivered_bytes, 0);
	hear(500, 0, NULL, true);
	assert_u64(report.delivered_bytes, 300);
	assert_u64(sent.sacked_bytes, 0);
	assert_u64(sent.sacked_segments, 0);
}

static void a_block_inside_a_superframe_splits_it_at_segments(void **state)
{
	static const uint32_t odd[][2] = {{250, 755}};

	(void)state;
	transmit(1000, 10);
	hear(0, 1, odd, true);
	assert_u64(sent.count, 3);
	assert_u64(report.sacked_bytes, 400); // 300..700: what lies whole inside
	assert_u64(tcp_sent_length(tcp_sent_at(&sent, 0)), 300);
	assert_u64(tcp_sent_length(tcp_sent_at(&sent, 1)), 400);
	assert_u64(in_flight(), 600);
}

static void an_edge_that_was_not_whole_counts_when_the_block_grows(void **state)
{
	static const uint32_t odd[][2] = {{200, 350}}, whole[][2] = {{200, 500}};

	(void)state;
	transmit(1000, 10);
	hear(0, 1, odd, true);
	assert_u64(sent.sacked_bytes, 100);
	hear(0, 1, whole, true);
	assert_u64(sent.sacked_bytes, 300);
}

static void nonsense_blocks_are_ignored(void **state)
{
	static const uint32_t beyond[][2] = {{200, 600}}, backward[][2] = {{300, 200}};

	(void)state;
	transmit(500, 10);
	hear(0, 1, beyond, true);
	hear(0, 1, backward, true);
	assert_u64(sent.sacked_bytes, 0);
	assert_false(report.has_dsack);
}

static void the_first_block_below_the_ack_is_a_dsack(void **state)
{
	static const uint32_t doubled[][2] = {{100, 200}, {400, 500}};

	(void)state;
	transmit(500, 10);
	hear(300, 2, doubled, true);
	assert_true(report.has_dsack);
	assert_u64(report.dsack_end.raw - report.dsack_begin.raw, 100);
	assert_u64(sent.sacked_bytes, 100);
}

static void a_first_block_inside_the_second_is_a_dsack(void **state)
{
	static const uint32_t doubled[][2] = {{200, 300}, {200, 500}};

	(void)state;
	transmit(500, 10);
	hear(0, 2, doubled, true);
	assert_true(report.has_dsack);
	assert_u64(sent.sacked_bytes, 300);
}

static void a_lost_record_sent_again_in_part_is_in_flight_in_part(void **state)
{
	uint32_t index;

	(void)state;
	transmit(300, 10);
	transmit(300, 11);
	tcp_sent_mark_lost(&sent, 1);
	assert_u64(in_flight(), 300);
	assert_true(tcp_sent_next_lost(&sent, &index));
	assert_u64(index, 1);
	assert_true(tcp_sent_reserve(&sent, &buffers));
	tcp_sent_record_again(&sent, 1, MSS, MSS, &rate, 50);
	assert_u64(in_flight(), 400);
	assert_u64(sent.retransmitted_bytes, 100);
	assert_true(tcp_sent_next_lost(&sent, &index));
	assert_u64(index, 2);
	hear(600, 0, NULL, true);
	assert_u64(report.oldest_sent_at, 0); // Karn: something was sent twice
	assert_u64(report.newest_sent_at, 50);
	assert_true(report.newest_was_retransmitted);
	assert_u64(report.retransmitted_acked_bytes, 100);
	assert_u64(sent.lost_bytes + sent.retransmitted_bytes, 0);
}

static void what_arrives_below_what_had_arrived_was_reordered(void **state)
{
	static const uint32_t later[][2] = {{200, 300}}, earlier[][2] = {{100, 200}, {200, 300}};

	(void)state;
	transmit(MSS, 10);
	transmit(MSS, 11);
	transmit(MSS, 12);
	hear(0, 1, later, true);
	assert_false(report.reordering_seen);
	hear(0, 2, earlier, true);
	assert_true(report.reordering_seen);
}

static void without_sack_each_duplicate_takes_one_segment_out_of_flight(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		transmit(MSS, 10);
	for (uint32_t i = 1; i <= 3; i++) {
		hear(0, 0, NULL, false);
		assert_u64(report.delivered_bytes, 100);
		assert_u64(sent.duplicate_acks, i);
		assert_u64(in_flight(), 500 - 100 * i);
	}
	tcp_sent_mark_first_lost(&sent, &buffers, MSS);
	assert_u64(in_flight(), 100);
	hear(400, 0, NULL, false); // the hole, and the three that were counted
	assert_u64(report.delivered_bytes, 100);
	assert_u64(in_flight(), 100);
}

static void forgotten_sacks_are_in_flight_again(void **state)
{
	static const uint32_t all[][2] = {{100, 300}};

	(void)state;
	for (int i = 0; i < 3; i++)
		transmit(MSS, 10);
	hear(0, 1, all, true);
	tcp_sent_forget_sacks(&sent, una);
	assert_u64(in_flight(), 300);
	hear(0, 1, all, true);
	assert_u64(in_flight(), 100);
}

static void without_memory_nothing_is_recorded(void **state)
{
	(void)state;
	test_allocator_refuse(true);
	assert_false(tcp_sent_reserve(&sent, &buffers));
	test_allocator_refuse(false);
	assert_true(tcp_sent_reserve(&sent, &buffers));
}

// --- against a model ---------------------------------------------------------------------------

#define MODEL_SEGMENTS 4000u

enum fate { UNSENT, FLYING, SACKED, LOST, ACKED };

static uint8_t fates[MODEL_SEGMENTS];
static uint32_t model_una, model_nxt; // in segments

static void assert_model_agrees(void)
{
	uint32_t count[ACKED + 1] = {0}, at = model_una, i;

	for (i = model_una; i < model_nxt; i++)
		count[fates[i]]++;
	assert_u64(in_flight(), count[FLYING] * MSS);
	assert_u64(sent.sacked_bytes, count[SACKED] * MSS);
	assert_u64(sent.lost_bytes, count[LOST] * MSS);
	assert_u64(sent.sacked_segments, count[SACKED]);
	for (i = 0; i < sent.count; i++) {
		const struct tcp_sent_record *record = tcp_sent_at(&sent, i);
		uint32_t left = tcp_sent_length(record) / MSS;

		for (; left > 0; left--, at++)
			assert_u64(record->fate, fates[at] == FLYING   ? TCP_SENT_IN_FLIGHT
						 : fates[at] == SACKED ? TCP_SENT_SACKED
								       : TCP_SENT_LOST);
	}
	assert_u64(at, model_nxt);
	if (sent.count > 0)
		tcp_sent_check(&sent, una, nxt);
}

// Blocks beyond what is acknowledged; returns how many.
static unsigned random_blocks(uint64_t *seed, uint32_t acked, uint32_t flight,
			      uint32_t (*blocks)[2])
{
	unsigned count = test_random_below(seed, 4);

	for (unsigned i = 0; i < count; i++) {
		uint32_t from = acked + 1 + test_random_below(seed, flight - acked + 1);

		blocks[i][0] = from * MSS;
		blocks[i][1] = min_u32(from + 1 + test_random_below(seed, 8), flight) * MSS;
	}
	if (count > 1 && blocks[0][0] >= blocks[1][0] && blocks[0][1] <= blocks[1][1])
		return 1; // the first inside the second would be a DSACK
	return count;
}

// Returns how many of these segments are news.
static uint32_t model_become(uint32_t from, uint32_t to, enum fate fate)
{
	uint32_t newly = 0;

	for (uint32_t i = from; i < to; i++) {
		newly += fates[model_una + i] != SACKED;
		fates[model_una + i] = (uint8_t)fate;
	}
	return newly;
}

static void model_hear(uint64_t *seed)
{
	uint32_t flight = model_nxt - model_una, blocks[3][2], newly;
	uint32_t acked = test_random_below(seed, 4) ? 0 : test_random_below(seed, flight + 1) / 4;
	unsigned count = random_blocks(seed, acked, flight, blocks);

	newly = model_become(0, acked, ACKED);
	for (unsigned i = 0; i < count; i++)
		newly += model_become(blocks[i][0] / MSS, blocks[i][1] / MSS, SACKED);
	hear(acked * MSS, count, (const uint32_t(*)[2])blocks, true);
	model_una += acked;
	assert_u64(report.delivered_bytes, newly * MSS);
}

static void model_lose(uint64_t *seed)
{
	uint32_t index = test_random_below(seed, sent.count), at, i;

	if (tcp_sent_at(&sent, index)->fate != TCP_SENT_IN_FLIGHT)
		return;
	at = model_una + (tcp_sent_at(&sent, index)->begin.raw - una.raw) / MSS;
	for (i = 0; i < tcp_sent_length(tcp_sent_at(&sent, index)) / MSS; i++)
		fates[at + i] = LOST;
	tcp_sent_mark_lost(&sent, index);
}

static void model_send_again(uint64_t *seed, uint64_t now)
{
	uint32_t index, at, i, segments;

	if (!tcp_sent_next_lost(&sent, &index))
		return;
	for (i = 0; i < index; i++)
		assert_true(tcp_sent_at(&sent, i)->fate != TCP_SENT_LOST);
	segments = 1 + test_random_below(seed, tcp_sent_length(tcp_sent_at(&sent, index)) / MSS);
	at = model_una + (tcp_sent_at(&sent, index)->begin.raw - una.raw) / MSS;
	for (i = 0; i < segments; i++)
		fates[at + i] = FLYING;
	assert_true(tcp_sent_reserve(&sent, &buffers));
	tcp_sent_record_again(&sent, index, segments * MSS, MSS, &rate, now);
}

static void random_steps_agree_with_a_model_of_single_segments(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (uint32_t round = 0; round < 20; round++) {
		memset(fates, UNSENT, sizeof(fates));
		model_una = model_nxt = 0;
		tcp_sent_release(&sent, &buffers);
		begin_at(0xfffff000u - round * 7);
		for (uint64_t now = 1; model_nxt < MODEL_SEGMENTS - 50; now++) {
			uint32_t segments = 1 + test_random_below(&seed, 20);

			if (model_nxt - model_una < 300 && test_random_below(&seed, 3) == 0) {
				memset(fates + model_nxt, FLYING, segments);
				model_nxt += segments;
				transmit(segments * MSS, now);
			}
			if (sent.count > 0) {
				model_hear(&seed);
				if (sent.count > 0 && test_random_below(&seed, 3) == 0)
					model_lose(&seed);
				if (test_random_below(&seed, 2) == 0)
					model_send_again(&seed, now);
			}
			if (now % 64 == 0) {
				tcp_sent_unmark_lost(&sent);
				for (uint32_t i = model_una; i < model_nxt; i++)
					if (fates[i] == LOST)
						fates[i] = FLYING;
			}
			assert_model_agrees();
		}
	}
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_ack_takes_whole_and_partial_records_from_the_front),
		CASE(sacked_bytes_are_not_in_flight_and_are_delivered_once),
		CASE(a_block_inside_a_superframe_splits_it_at_segments),
		CASE(an_edge_that_was_not_whole_counts_when_the_block_grows),
		CASE(nonsense_blocks_are_ignored),
		CASE(the_first_block_below_the_ack_is_a_dsack),
		CASE(a_first_block_inside_the_second_is_a_dsack),
		CASE(a_lost_record_sent_again_in_part_is_in_flight_in_part),
		CASE(what_arrives_below_what_had_arrived_was_reordered),
		CASE(without_sack_each_duplicate_takes_one_segment_out_of_flight),
		CASE(forgotten_sacks_are_in_flight_again),
		CASE(without_memory_nothing_is_recorded),
		CASE(random_steps_agree_with_a_model_of_single_segments),
	};

	return cmocka_run_group_tests_name("tcp_sent", tests, NULL, NULL);
}
