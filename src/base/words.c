#include "base/words.h"

#include <string.h>

void words_put(_Atomic uint64_t *words, const void *data, size_t size)
{
    const char *from = data;

    for (size_t i = 0; i * sizeof(uint64_t) < size; i++) {
        size_t left = size - i * sizeof(uint64_t);
        uint64_t word = 0;

        memcpy(&word, from + i * sizeof word, left < sizeof word ? left : sizeof word);
        atomic_store_explicit(&words[i], word, memory_order_release);
    }
}

void words_get(const _Atomic uint64_t *words, void *out, size_t size)
{
    char *to = out;

    for (size_t i = 0; i * sizeof(uint64_t) < size; i++) {
        size_t left = size - i * sizeof(uint64_t);
        uint64_t word = atomic_load_explicit(&words[i], memory_order_acquire);

        memcpy(to + i * sizeof word, &word, left < sizeof word ? left : sizeof word);
    }
}
