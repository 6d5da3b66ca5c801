/* explain.h - facts to a code, a sentence and an advice. Pure: no I/O, no state. */
#ifndef SECHO_EXPLAIN_H
#define SECHO_EXPLAIN_H

#include "diagnosis/ending.h"

#define EXPLAIN_TEXT_MAX 512

struct explanation {
    const char *code;           /* as in `end=`: stable, for scripts */
    char why[EXPLAIN_TEXT_MAX]; /* one sentence or two: what happened, then what to do */
};

void explain(const struct ending *ending, struct explanation *out);

#endif
