/*
 * failure.h - why a client did not get what it wanted: a code, an exit status, words.
 *
 * Codes and words come from diagnosis/codes.h; here they get the place, and the exit status.
 */
#ifndef SECHO_FAILURE_H
#define SECHO_FAILURE_H

#include <secho/error.h>

#include "base/attributes.h"
#include "diagnosis/explain.h"

enum failure_stage {
    FAILURE_SETUP,
    FAILURE_RESOLVE,
    FAILURE_CONNECT,
    FAILURE_HANDSHAKE,
    FAILURE_ECHO,
    FAILURE_GOODBYE,
};

/* "setup", "resolve" and so on: in the JSON of check. */
const char *failure_stage_name(enum failure_stage stage);

#define FAILURE_PLACE_SIZE 640

struct failure {
    bool happened; /* all below is empty while it has not */
    enum failure_stage stage;
    enum explain_code number;
    const char *code;  /* as in codes.h */
    const char *cause; /* a code that says more, or "" */
    enum exit_status exit;
    enum secho_error_kind kind;
    char why[FAILURE_PLACE_SIZE + EXPLAIN_TEXT_MAX];    /* where, what came back: what that means */
    char advice[EXPLAIN_TEXT_MAX];                      /* what to do */
    char detail[sizeof((struct secho_error *)0)->text]; /* OpenSSL's or the system's words, or "" */
};

/*
 * Fills `failure` from the facts.
 *
 *   ending  as a client sees it
 *   place   what was tried, with whom, and what came back: stands in front of the sentence
 */
void failure_set(struct failure *failure, enum failure_stage stage, const struct ending *ending,
                 const char *place, ...) PRINTF_LIKE(4, 5);

/* For what goes wrong beside the network; `err` says all of it. */
void failure_from_error(struct failure *failure, enum failure_stage stage,
                        const struct secho_error *err);

/* Gives other advice than that of the code, where more is known. */
void failure_advise(struct failure *failure, const char *advice);

/* The exit status for an error that has no connection (usage, files, memory). */
enum exit_status failure_exit_of(enum secho_error_kind kind);

#endif
