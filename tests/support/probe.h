/* probe.h - processes that enter a sandbox and try something in there. */
#ifndef PROBE_H
#define PROBE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/facts.h"
#include "daemon/tries.h"

enum probe_place { PROBE_OUTSIDE, PROBE_LEADER, PROBE_WORKER, PROBE_ADMIN };

struct probe_attempt {
    enum probe_place place;
    bool ordinary; /* as a user that is not root, from the start */
    bool thread;   /* in a second thread */
    bool twice;    /* of which the first may not kill */
    const struct try *one;
};

/* What the processes share with us: where their lines go, and how many calls were denied. */
extern _Atomic uint64_t *probe_denied;
extern int probe_lines[2]; /* reader, writer */

void probe_setup(void);
void probe_teardown(void);

/* The pid of a process that does it. */
pid_t probe_start(const struct probe_attempt *attempt);

#define PROBE_DIES (-1) /* by SIGSYS */

/* What came of it. 0: it worked; PROBE_DIES; else errno. */
int probe_outcome(const struct probe_attempt *attempt);

/* What /proc says about a process that has entered the sandbox of this place. */
struct facts probe_facts(enum probe_place place);

#endif
