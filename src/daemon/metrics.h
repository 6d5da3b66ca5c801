/*
 * metrics.h - the counters and the board as text for Prometheus: the names are a promise
 * (secho-server(8), METRICS).
 *
 * A row of the table in metrics.c is a metric. Reads shared memory, and nothing else.
 */
#ifndef SECHO_METRICS_H
#define SECHO_METRICS_H

#include "daemon/board.h"
#include "server/counters.h"

enum metrics_format {
    METRICS_PROMETHEUS,  /* text format 0.0.4 */
    METRICS_OPENMETRICS, /* OpenMetrics 1.0.0 */
};

/* Content-Type of each. */
const char *metrics_type(enum metrics_format format);

/* What an Accept header asks for; NULL: there is none. */
enum metrics_format metrics_wanted(const char *accept);

/* All of them. NULL without memory; free() it. */
char *metrics_text(const struct counters_shared *counters, const struct board *board,
                   enum metrics_format format);

#endif
