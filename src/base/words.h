/*
 * words.h - bytes that two processes may touch at the same time: moved as words, each of them
 * atomic. What holds the words together (a sequence count, a sum) is the business of its owner.
 */
#ifndef SECHO_WORDS_H
#define SECHO_WORDS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* How many words a type needs. */
#define WORDS_OF(type) ((sizeof(type) + sizeof(uint64_t) - 1) / sizeof(uint64_t))

/*
 * Each word is released: a reader who has got a new one sees all that was stored before it, such
 * as an odd count. `size` in bytes; the last word is filled up with zeros. Any thread.
 */
void words_put(_Atomic uint64_t *words, const void *data, size_t size);

/* Each word is acquired. Any thread. */
void words_get(const _Atomic uint64_t *words, void *out, size_t size);

#endif
