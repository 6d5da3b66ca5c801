/* facts.h - what /proc says about the rights of a process: proc_pid_status(5). */
#ifndef SECHO_FACTS_H
#define SECHO_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attributes.h"

struct facts {
    uid_t users[4];        /* real, effective, saved, of the file system */
    gid_t groups[4];       /* the same */
    bool has_other_groups; /* supplementary ones, other than its group */
    uint64_t capabilities; /* permitted, effective, inheritable and ambient ones together */
    uint64_t bounding;
    bool no_new_privileges;
    bool is_filtered;   /* system calls, in each of its threads */
    unsigned threads;   /* how many */
    uint64_t locked_kb; /* pages that are never swapped out */
    bool leaves_core;
};

/* 0; -1 when there is no such process. */
MUST_CHECK int facts_read(pid_t pid, struct facts *out);

#endif
