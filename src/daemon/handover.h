/*
 * handover.h - what a leader lets the next one know: the configuration that it serves, as the JSON
 * of secho-server -T in a file without a name, which the supervisor keeps.
 */
#ifndef SECHO_HANDOVER_H
#define SECHO_HANDOVER_H

#include "base/attributes.h"
#include "base/log.h"
#include "config/changes.h"
#include "config/config.h"

enum handed_up {
    HANDED_UP,         /* the supervisor has everything */
    HANDED_UP_NO_ROOM, /* it may open too few descriptors: we cannot serve */
    HANDED_UP_IN_VAIN, /* it wants our end, or is gone; or no memory */
};

/*
 * After the sockets: MESSAGE_BOUND to the supervisor, with such a file. Waits for the answer: once
 * there are workers, nobody could take back what they have accepted.
 */
MUST_CHECK enum handed_up handover_bound(int channel, const struct secho_config *config);

/* MESSAGE_SERVING to the supervisor. */
void handover_serving(int channel, const struct secho_config *config, enum log_format format);

/*
 * What cannot change while the server runs is a problem.
 *
 *   before  such a file; -1: nobody has served yet
 *
 * 0, or -1 when there was a problem.
 */
MUST_CHECK int handover_check(int before, const struct secho_config *after,
                              secho_problem_fn *report, void *context);

/* The text of such a file; "{}" for -1. NULL without memory; free() it. */
char *handover_read(int fd);

/* Tells everything that is different. */
void handover_compare(int before, const struct secho_config *after, config_change_fn *tell,
                      void *context);

#endif
