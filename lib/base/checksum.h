// SPDX-License-Identifier: MIT
//
// The Internet checksum (RFC 1071). Sums are kept unfolded in host order of the bytes as they lie
// in memory, so parts can be added in any order as long as each begins at an even offset.
#ifndef BERTH_BASE_CHECKSUM_H
#define BERTH_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

// Add data to sum. Any length; when it is odd, the next part begins at an odd offset: use
// checksum_add_at for that.
uint64_t checksum_add(uint64_t sum, const void *data, size_t length);
// Same for data whose first byte stands at `offset` of the whole.
uint64_t checksum_add_at(uint64_t sum, const void *data, size_t length, size_t offset);
// Copy and add in one pass.
uint64_t checksum_copy(uint64_t sum, void *to, const void *from, size_t length);
// Fold to 16 bits, not complemented. In memory order: store it with memcpy, not store_be16.
uint16_t checksum_fold(uint64_t sum);
// The complement of it: what goes into a header. A right packet including its checksum gives 0.
uint16_t checksum_finish(uint64_t sum);

#endif
