/* ping_stats.h - the times of ping: how they are spread, stage by stage. Pure. */
#ifndef SECHO_PING_STATS_H
#define SECHO_PING_STATS_H

#include <stdint.h>

#include "base/histogram.h"

enum ping_stage {
    PING_DNS,
    PING_TCP,
    PING_TLS,         /* full handshakes */
    PING_TLS_RESUMED, /* with the session of an earlier connection */
    PING_FIRST,       /* the first echo of a connection */
    PING_ECHO,        /* all others */
    PING_TOTAL,       /* of a new connection: from the name to its first echo */
    PING_STAGES,
};

/* "first echo" for people, "first_echo" in JSON. */
const char *ping_stage_name(enum ping_stage stage);
const char *ping_stage_key(enum ping_stage stage);

struct ping_stat {
    struct histogram histogram; /* ns */
    double mean, squares;       /* of the differences from the mean: Welford, no cancellation */
};

/* {0} is an empty one. Below 0 counts as 0. */
void ping_stat_add(struct ping_stat *stat, int64_t ns);

double ping_stat_deviation(const struct ping_stat *stat); /* of all values, ns; 0 when empty */

/* A value on the way to the maximum, 0..1; never above the maximum itself. */
uint64_t ping_stat_at(const struct ping_stat *stat, double share);

#endif
