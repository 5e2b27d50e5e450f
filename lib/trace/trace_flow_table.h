// SPDX-License-Identifier: MIT
//
// Which connection does a segment belong to? A bounded table; the one not seen longest yields.
#ifndef BERTH_TRACE_FLOW_TABLE_H
#define BERTH_TRACE_FLOW_TABLE_H

#include "../base/hash_table.h"
#include "../base/siphash.h"
#include "trace_flow.h"

struct trace_flow_table {
	struct object_pool pool;
	struct hash_table hashes;
	struct list by_age; // the first was not seen longest
	struct siphash_key key;
};

// false: no memory.
bool trace_flow_table_init(struct trace_flow_table *table, struct memory *memory,
			   uint32_t flows_max);
void trace_flow_table_clear(struct trace_flow_table *table);

// The flow between the two, a new one if need be; *ret_from: which half the source is. NULL: no
// memory.
struct trace_flow *trace_flow_table_find(struct trace_flow_table *table,
					 const struct berth_endpoint *source,
					 const struct berth_endpoint *target, unsigned *ret_from);

#endif
