/*
 * limits.h - who may come in: the limits of the configuration, as one worker asks about them.
 *
 * Those of connections and rates hold for all workers and generations together. What is open is
 * summed up at the door, so workers that accept in the same instant may exceed a limit by one each.
 */
#ifndef SECHO_LIMITS_H
#define SECHO_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "diagnosis/ending.h"
#include "server/addresses.h"
#include "server/counters.h"

struct limits {
    const struct secho_config *config;
    struct counters_shared *all;
    struct counters *own; /* of the thread that asks */
    size_t workers;       /* threads of all processes; each may have its share of some limits */
};

/* What one connection is counted for. Zeroed: for nothing. */
struct limits_place {
    addresses_place address;
    bool shaking; /* it is one of the handshakes in flight */
};

/*
 * May `peer` come in? ENDING_NONE: yes, and it is counted until limits_leave(). Else for which
 * limit it is one too many, and how much that allows.
 *
 *   shakes  it is to shake hands: the limits of handshakes in a second hold for it
 */
enum ending_cause limits_enter(const struct limits *limits, const struct address *peer, bool shakes,
                               struct limits_place *place, int64_t *limit);

/* There are as many connections as there may be. */
bool limits_is_full(const struct limits *limits);

/*
 * This worker has its share of the handshakes in flight. A share of its own, because it can end
 * only handshakes of its own when they do not go on.
 */
bool limits_is_busy(const struct limits *limits);

/* Its handshake begins, and is over; the latter may be told twice. */
void limits_shake(const struct limits *limits, struct limits_place *place);
void limits_shaken(const struct limits *limits, struct limits_place *place);

/* It has ended. */
void limits_leave(const struct limits *limits, struct limits_place *place);

#endif
