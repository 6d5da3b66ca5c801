/* resume.h - the mode "resume": is a session of each server honoured by each other one? */
#ifndef SECHO_RESUME_H
#define SECHO_RESUME_H

#include <stdio.h>

#include "client/client.h"

#define RESUME_TARGETS_MAX 16
#define RESUME_HOST_SIZE   256

struct resume_target {
    char host[RESUME_HOST_SIZE]; /* without brackets */
    char port[8];
    char label[RESUME_HOST_SIZE + 16]; /* "localhost:8443", "[::1]:8443" */
};

enum resume_how {
    RESUME_FULL,        /* the server did not take it, nor one that was made anew for it */
    RESUME_YES,         /* it went on with the session */
    RESUME_NO_SESSION,  /* the server of the row has given none */
    RESUME_NOT_OFFERED, /* its certificate would not be accepted for the server of the column */
    RESUME_FAILED,      /* no connection: `code` */
};

struct resume_cell {
    enum resume_how how;
    const char *code; /* of the failure, or "" */
};

struct resume {
    struct secho_client_settings settings; /* but host and port; the texts are the caller's */
    bool insecure;
    client_trace_fn *trace; /* or NULL */
    size_t count;           /* 1..RESUME_TARGETS_MAX */
    struct resume_target targets[RESUME_TARGETS_MAX];
    struct resume_cell cells[RESUME_TARGETS_MAX][RESUME_TARGETS_MAX]; /* made at, offered at */
    struct failure failure;                                           /* the first one */
};

/* Reads "HOST:PORT" words, or the two words HOST and PORT. Fails with SECHO_ERR_USAGE. */
MUST_CHECK int resume_targets(struct resume *resume, int count, char **words,
                              struct secho_error *err);

/*
 * Makes a session at each target and offers it at each; every connection echoes random bytes.
 * Returns the exit status: 0 when all were honoured, 1 when not, that of the first failure.
 */
int resume_run(struct resume *resume);

void resume_print(const struct resume *resume, FILE *out); /* the table, and what it means */
void resume_print_json(const struct resume *resume, int status, FILE *out); /* one object */

#endif
