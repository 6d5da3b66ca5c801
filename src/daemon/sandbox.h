/*
 * sandbox.h - what a process that serves strangers gives up before it does so.
 *
 * User, supplementary groups and all capabilities; new privileges; being looked into; paths and
 * TCP ports (Landlock); stdin, stdout and stderr, past which no line comes that is not told by the
 * log; system calls that it does not need (seccomp). What the kernel or the build does not have is
 * left out, and told: sandbox_tell().
 */
#ifndef SECHO_SANDBOX_H
#define SECHO_SANDBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <secho/error.h>

#include "base/attributes.h"
#include "base/log.h"
#include "daemon/capabilities.h"
#include "daemon/privilege.h"

enum sandbox_role { SANDBOX_WORKER, SANDBOX_ADMIN };

/* Makes the loops and threads of the process; what it opens is what there will ever be. */
typedef int sandbox_begin_fn(void *context, struct secho_error *err);

struct sandbox {
    enum sandbox_role role;
    const struct privilege *privilege;
    const struct log *log; /* how lines look; it outlives the threads */
    int log_writer;        /* where those of the sandbox go, one send(2) for each, and what nobody
                              in it can shut down; -1: nowhere */
    _Atomic uint64_t *denied; /* grows with each call that was denied; NULL: nobody counts */
    sandbox_begin_fn *begin;
    void *context; /* of begin */
};

/*
 * Enters it, for good, and calls begin() in the middle: Landlock and capabilities bind the calling
 * thread and those that it starts later, so they come before; the filter of system calls binds all
 * threads, and leaves no call to start one, so it comes after. Call it in the only thread.
 *
 * A call that is on no list answers EPERM, is counted, and told once. One that nobody who serves
 * an echo ever makes (execve, socket, ptrace, ...) is told, and ends the process with SIGSYS.
 *
 * 0; -1 when begin() has failed, or something that this system has could not be taken away: then
 * the process must end.
 */
MUST_CHECK int sandbox_enter(const struct sandbox *sandbox, struct secho_error *err);

/* Which capabilities remain (capabilities.h). */
#define SANDBOX_SUPERVISOR_KEEPS                                                                   \
    (CAPABILITY(CAP_DAC_OVERRIDE) | CAPABILITY(CAP_DAC_READ_SEARCH) | CAPABILITY(CAP_SETUID) |     \
     CAPABILITY(CAP_SETGID) | CAPABILITY(CAP_SETPCAP) | CAPABILITY(CAP_NET_BIND_SERVICE) |         \
     CAPABILITY(CAP_KILL))
#define SANDBOX_LEADER_KEEPS(watches)                                                              \
    ((watches) ? CAPABILITY(CAP_DAC_READ_SEARCH) : CAPABILITIES_NONE)

/*
 * The leader, when all is loaded and bound and before it forks: it becomes the user of its workers,
 * and keeps no path, port or capability; with `watches` CAP_DAC_READ_SEARCH, to look at the times
 * of files that only root can see.
 */
MUST_CHECK int sandbox_lead(const struct privilege *privilege, bool watches,
                            struct secho_error *err);

/*
 * The supervisor: of root's capabilities only those remain that it or its leaders need: to read
 * keys wherever they are and write key logs, bind low ports, change the user, and end processes.
 */
MUST_CHECK int sandbox_supervise(struct secho_error *err);

/* Tells in one line of the log what is in force from sandbox_lead() on; a warning: not all of it.
 */
void sandbox_tell(const struct log *log);

/* What this build has of it, in words, for -V: "yes", "yes, but ...", "no, ...". Static. */
const char *sandbox_words(void);

/* Was this program built with a sandbox? Builds with sanitizers, or that count lines, are not. */
bool sandbox_is_built(void);

#endif
