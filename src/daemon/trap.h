/*
 * trap.h - what happens when somebody asks the kernel for what filter.h does not allow.
 *
 * In the thread that asks, in the middle of anything: nothing here allocates or takes a lock.
 */
#ifndef SECHO_TRAP_H
#define SECHO_TRAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"

struct trap {
    const char *process;      /* who we are, for the log; static */
    const struct log *log;    /* its level and format; it outlives the process's threads */
    int log_writer;           /* where lines go, one send(2) for each; -1: nowhere */
    _Atomic uint64_t *denied; /* grows with each call that is denied; NULL: nobody counts */
};

/* Looks up the names of all system calls, for this process and those that are forked from it. */
void trap_learn_names(void);

/*
 * From now on, for the whole process: a call that the filter traps answers EPERM and is counted,
 * and told the first time; one that is forbidden is told and ends the process by SIGSYS.
 */
void trap_arrange(const struct trap *trap);

/* Whether a call, by its number, ends the process. */
bool trap_forbids(int call);

#endif
