// SPDX-License-Identifier: MIT
//
// What libFuzzer calls, again and again. Every target defines it once.
#ifndef BERTH_TEST_FUZZ_FUZZ_H
#define BERTH_TEST_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
