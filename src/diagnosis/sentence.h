/* sentence.h - put the facts of an end into the braces of a sentence. Pure. */
#ifndef SECHO_SENTENCE_H
#define SECHO_SENTENCE_H

#include <stddef.h>

#include "diagnosis/ending.h"

struct text {
    char *at;
    size_t size;
    size_t used; /* below size; a NUL is behind it */
};

/*
 * Adds `sentence` with {stage} {progress} {first} {time} {count} {errno} {alert} {told}
 * {named} {ender} {certificate} {words} {silent} replaced by what `ending` knows, and
 * "/listeners/N" by its `where`.
 *
 * A text that gets full is cut between two characters. What came from a peer is shortened, and "?"
 * stands for each byte that is not UTF-8 and each character that nobody should print.
 */
void sentence_expand(struct text *text, const char *sentence, const struct ending *ending);

#endif
