// SPDX-License-Identifier: MIT
//
// ASSERT: for our own bugs, on in release builds too. A caller's mistake is an error value and a
// peer's nonsense a drop reason; neither may ever reach an ASSERT.
#ifndef BERTH_BASE_ASSERTION_H
#define BERTH_BASE_ASSERTION_H

#undef NDEBUG
#include <assert.h>

#define ASSERT(condition) assert(condition)

#endif
