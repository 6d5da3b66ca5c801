/*
 * tries.h - what a process in a sandbox must not get away with, each as something to try.
 *
 * For secho-server --sandbox-report, and for the tests, which try each outside of the sandbox
 * first.
 */
#ifndef SECHO_TRIES_H
#define SECHO_TRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <secho/error.h>

#include "base/attributes.h"
#include "net/address.h"

/* What is made while it is still allowed. */
struct tries_means {
    int listener;           /* on the loopback */
    struct address address; /* of the listener */
    int log;                /* the caller's: where lines of the log go, log_writer of the sandbox */
    int tcp;                /* neither bound nor connected */
    int spare;              /* another one */
    pid_t parent;           /* a process outside of the sandbox */
};

MUST_CHECK int tries_prepare(struct tries_means *out, int log, struct secho_error *err);
void tries_done(struct tries_means *means);

struct
try {
    const char *name; /* what is tried, in a few words; unique */
    bool in_leader;   /* a leader is not allowed it either */
    /* Tries it. 0: it worked; else errno. Whoever calls may die of it, or be another program then.
     */
    int (*go)(const struct tries_means *means);
};

extern const struct try tries_all[];
extern const size_t tries_count;

/* Runs go() and ends the process: with 0 where it worked, else errno. */
_Noreturn void tries_end_with(const struct try *one, const struct tries_means *means);

#endif
