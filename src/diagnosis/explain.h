/*
 * explain.h - facts to a code, a sentence and an advice. Pure: no I/O, no malloc, no state.
 *
 * Every reason for an end is one row of codes.h; what the codes mean is in secho-explain(7).
 */
#ifndef SECHO_EXPLAIN_H
#define SECHO_EXPLAIN_H

#include "diagnosis/ending.h"
#include "diagnosis/exit.h"

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
    const char *cause;          /* as in `cause=`: a code that says more, or ""; static */
    char why[EXPLAIN_TEXT_MAX]; /* what happened. What to do. One line of clean UTF-8 */
    size_t advice_at;           /* why + advice_at is what to do; "" when there is nothing */
};

/* Only the code. */
enum explain_code explain_decide(const struct ending *ending);

/*
 * What is known beyond `number`: which of the reasons for refusing a certificate, ours or as the
 * peer's alert tells it. `number` itself when nothing is.
 */
enum explain_code explain_cause(const struct ending *ending, enum explain_code number);

/* The exit status of a client whose connection ends in this way. */
enum exit_status explain_exit(enum explain_code number, enum ending_stage stage);

/* Never fails: what the facts do not explain is "tls_error" or "unknown". */
void explain(const struct ending *ending, struct explanation *out);

/* What can be said about a code without a connection at hand: catalogue.h. */
struct explain_words {
    const char *code;          /* as in `end=` */
    const char *meaning;       /* a sentence */
    const char *advice;        /* a sentence or two */
    const char *client_advice; /* the same for the user of a client; NULL: that one */
    const char *at_server; /* the sentences, with facts in braces (sentence.h); NULL: that side */
    const char *at_client; /* never ends like this */
};

/* `number` is below EXPLAIN_CODE_COUNT: loop over it to see all codes. */
struct explain_words explain_words(enum explain_code number);

/* Looks a code up by its name. 0, or -1 when there is no such code. */
int explain_code(const char *code, struct explain_words *out);

#endif
