/* fuzz.h - what each fuzzer defines; libFuzzer or replay.c calls it. */
#ifndef SECHO_FUZZ_H
#define SECHO_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* One input. Returns 0; what must not be is an assert() or a sanitizer's word. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
