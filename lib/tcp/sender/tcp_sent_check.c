// SPDX-License-Identifier: MIT
//
// Is the scoreboard consistent? Its invariants, walked through record by record: for tests.
#include "../../base/assertion.h"
#include "tcp_sent.h"

struct sums {
	uint32_t bytes[3]; // by fate
	uint32_t retransmitted_bytes;
	uint64_t original_sent_at;
};

static void check_record(const struct tcp_sent *sent, uint32_t index, struct sums *sums)
{
	const struct tcp_sent_record *record = tcp_sent_at(sent, index);
	bool is_original = record->fate == TCP_SENT_IN_FLIGHT && record->transmissions == 1;

	ASSERT(tcp_seq_after(record->end, record->begin));
	ASSERT(record->transmissions > 0);
	ASSERT(record->mss_bytes > 0);
	ASSERT(record->fate != TCP_SENT_LOST || index >= sent->lost_from);
	ASSERT(!is_original || index >= sent->original_from);
	sums->bytes[record->fate] += tcp_sent_length(record);
	if (record->fate == TCP_SENT_IN_FLIGHT && record->transmissions > 1)
		sums->retransmitted_bytes += tcp_sent_length(record);
	if (record->transmissions == 1) { // in order of time
		ASSERT(record->sent_at >= sums->original_sent_at);
		sums->original_sent_at = record->sent_at;
	}
}

void tcp_sent_check(const struct tcp_sent *sent, tcp_seq una, tcp_seq nxt)
{
	struct sums sums = {0};
	tcp_seq at = una;
	uint32_t index;

	ASSERT(sent->count <= sent->capacity);
	for (index = 0; index < sent->count; index++) {
		ASSERT(tcp_seq_equal(tcp_sent_at(sent, index)->begin, at));
		check_record(sent, index, &sums);
		at = tcp_sent_at(sent, index)->end;
	}
	ASSERT(tcp_seq_equal(at, nxt)); // SND.UNA..SND.NXT without a gap
	ASSERT(sent->sacked_bytes == sums.bytes[TCP_SENT_SACKED]);
	ASSERT(sent->lost_bytes == sums.bytes[TCP_SENT_LOST]);
	ASSERT(sent->retransmitted_bytes == sums.retransmitted_bytes);
	ASSERT(sent->count > 0 || !sent->records); // idle: no memory
}
