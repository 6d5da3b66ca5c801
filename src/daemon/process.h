/* process.h - one worker process: its threads, and its line to the leader. */
#ifndef SECHO_PROCESS_H
#define SECHO_PROCESS_H

#include <stddef.h>

#include "base/log.h"
#include "daemon/privilege.h"
#include "server/counters.h"
#include "server/service.h"

struct process_settings {
    const struct service *service;
    const struct privilege *privilege;
    struct counters_shared *counters;
    size_t generation;
    size_t first;   /* index of its first thread in the generation */
    size_t threads; /* 1..POOL_THREADS_MAX */
    int channel;    /* to the leader; at its end the process drains, and ends with the supervisor */
    int lifeline;   /* nothing is sent there: its end tells the supervisor of ours */
    int log_writer;
    enum log_format log_format;
};

/* Everything the process does. Returns its exit status: 0 drained, 71 the system said no. */
int process_run(const struct process_settings *settings);

#endif
