/*
 * filter.h - which system calls the threads of a process may make: seccomp(2), by libseccomp.
 *
 * A list of what is allowed: what somebody forgot, or a later kernel adds, is not.
 */
#ifndef SECHO_FILTER_H
#define SECHO_FILTER_H

#include <stdbool.h>

#include <secho/error.h>

#include "base/attributes.h"

/* Who asks the kernel: a bit for each, so that a call can be for several. */
enum filter_for { FILTER_WORKER = 1, FILTER_ADMIN = 2 };

/* Whether this build has libseccomp, and this kernel filters that trap. */
bool filter_is_possible(void);

/* "libseccomp 2.5.4", or what is missing: for -V. Static. */
const char *filter_version(void);

/*
 * No io_uring for this thread and those that it starts: the calls that are made through its rings
 * are seen by no filter. libuv does without when it gets none. PR_SET_NO_NEW_PRIVS must be set.
 * Nothing happens where filters are not possible.
 */
MUST_CHECK int filter_refuse_rings(struct secho_error *err);

/*
 * All threads of the process from now on. What is not allowed raises SIGSYS in the thread that
 * asks: trap_arrange() (trap.h) must have been called, and no thread may block this signal. Nothing
 * happens where filters are not possible.
 *
 *   log_writer  the way of the log, which all processes share: nobody shuts it down for the others,
 *               and no call that is allowed gives it another number. -1: there is none
 */
MUST_CHECK int filter_enter(enum filter_for who, int log_writer, struct secho_error *err);

#endif
