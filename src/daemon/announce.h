/* announce.h - what a leader writes into the log about its generation. */
#ifndef SECHO_ANNOUNCE_H
#define SECHO_ANNOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "daemon/crew.h"
#include "server/service.h"

/*
 * Why it cannot serve. At the start that goes to whoever has typed the command; later there is
 * only the log.
 */
void announce_problem(const struct log *log, bool is_reload, const char *line);

/* What can be served, but most likely is not meant: expired certificates, too few descriptors. */
void announce_warnings(const struct log *log, const struct service *service,
                       const struct crew *crew);

/* What is different from the configuration before: a file of handover.h, or -1 for none. */
void announce_changes(const struct log *log, int before, const struct secho_config *after);

/* The first time `sandbox`; `ready` for each listener, then `serving`. */
void announce_serving(const struct log *log, const struct service *service, const struct crew *crew,
                      uint32_t generation);

struct announce_exit {
    size_t index; /* of the child */
    int status;   /* of waitpid(2) */
    uint64_t lost;
    bool is_meant; /* it was told to end */
    bool is_last;  /* its generation has never served, and will not */
};

/* A worker has ended. */
void announce_exit(const struct log *log, const struct crew *crew, const struct announce_exit *end);

#endif
