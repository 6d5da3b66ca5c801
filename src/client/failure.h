/*
 * failure.h - why a client did not get what it wanted: a code, an exit status, two lines of words.
 *
 * The codes are one table; secho-client --explain prints from it.
 */
#ifndef SECHO_FAILURE_H
#define SECHO_FAILURE_H

#include <stddef.h>

#include <secho/error.h>

#include "base/attributes.h"

/* Exit statuses, as sysexits.h has them where it has one. */
enum exit_status {
    EXIT_PROVEN = 0,
    EXIT_USAGE = 64,
    EXIT_BYTES = 65,       /* wrong, missing or truncated bytes */
    EXIT_FILE = 66,        /* a file cannot be read */
    EXIT_NAME = 68,        /* the name does not resolve */
    EXIT_UNREACHABLE = 69, /* refused, no route, reset before TLS */
    EXIT_SYSTEM = 71,      /* memory, descriptors */
    EXIT_TIMEOUT = 75,
    EXIT_PROTOCOL = 76,    /* TLS or what is said inside of it */
    EXIT_CERTIFICATE = 77, /* not accepted: theirs by us or ours by them */
    EXIT_CONFIG = 78,
};

enum failure_stage {
    FAILURE_SETUP,
    FAILURE_RESOLVE,
    FAILURE_CONNECT,
    FAILURE_HANDSHAKE,
    FAILURE_ECHO,
    FAILURE_GOODBYE,
};

/* A row of the table. */
struct failure_code {
    const char *name; /* stable, for scripts */
    enum exit_status exit;
    enum secho_error_kind kind;
    const char *sentence; /* what it means, in general */
    const char *advice;   /* what to do */
};

/* NULL when there is no such code. */
const struct failure_code *failure_find(const char *name);

/* The row at `at`, or NULL behind the last one. */
const struct failure_code *failure_at(size_t at);

struct failure {
    const struct failure_code *code; /* NULL: nothing failed */
    enum failure_stage stage;
    char why[640];    /* what was tried and what came back */
    char advice[400]; /* what to do */
    char detail[512]; /* OpenSSL's or the system's own words; "" when there are none */
};

const char *failure_stage_name(enum failure_stage stage);

/* Fills `failure`; advice is that of the table. `code` is the name of a row. */
void failure_set(struct failure *failure, enum failure_stage stage, const char *code,
                 const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Replaces the advice. */
void failure_advise(struct failure *failure, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The code for an error that happened before or beside the network. */
const char *failure_code_of(enum secho_error_kind kind);

#endif
