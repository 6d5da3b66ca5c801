/*
 * explain.h - facts to a code, a sentence and an advice. Pure: no I/O, no malloc, no state.
 *
 * Every reason for an end is one row of codes.h; what the codes mean is in secho-server(8).
 */
#ifndef SECHO_EXPLAIN_H
#define SECHO_EXPLAIN_H

#include "diagnosis/ending.h"

/* EXPLAIN_OK and so on: the name in each row of codes.h. Counters may use it as an index. */
enum explain_code {
#define CODE(name, ...) EXPLAIN_##name,
#include "diagnosis/codes.h"
#undef CODE
    EXPLAIN_CODE_COUNT,
};

#define EXPLAIN_TEXT_MAX 768

struct explanation {
    enum explain_code number;
    const char *code;           /* as in `end=`: stable, for scripts; static */
    char why[EXPLAIN_TEXT_MAX]; /* what happened. What to do. One line of clean UTF-8 */
    size_t advice_at;           /* why + advice_at is what to do; "" when there is nothing */
};

/* Only the code. */
enum explain_code explain_decide(const struct ending *ending);

/* Never fails: what the facts do not explain is "tls_error" or "unknown". */
void explain(const struct ending *ending, struct explanation *out);

/* What can be said about a code without a connection at hand (--explain, the man page). */
struct explain_words {
    const char *code;          /* as in `end=` */
    const char *meaning;       /* a sentence */
    const char *advice;        /* a sentence or two */
    const char *client_advice; /* the same for the user of a client; NULL: that one */
};

/* `number` is below EXPLAIN_CODE_COUNT: loop over it to see all codes. */
struct explain_words explain_words(enum explain_code number);

/* Looks a code up by its name. 0, or -1 when there is no such code. */
int explain_code(const char *code, struct explain_words *out);

#endif
