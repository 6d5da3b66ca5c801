/*
 * figures.h - what follows from a result: rates, cost for each message; base/figure.h is how people
 * read them. Pure.
 */
#ifndef SECHO_FIGURES_H
#define SECHO_FIGURES_H

#include <stdbool.h>

#include "base/figure.h"
#include "bench/result.h"

/* NAN: there is nothing to divide by, or it means nothing in this mode. */
struct figures {
    double messages_per_s, bytes_per_s, handshakes_per_s; /* 0 without a window */
    double cpu_s;
    double cpu_us_per_message; /* echo */
    double cpu_us_per_handshake;
    double cpu_s_per_gb;         /* of 1e9 echoed bytes; echo, stream */
    double bytes_per_connection; /* below 0 where it is lost in what changes anyway */
    uint64_t handshakes_failed;
};

void figures_of(const struct result *result, struct figures *out);

/* The share of the handshakes that resumed. NAN: nobody asked for it, or there was none. */
double figures_resumed(const struct result *result);

/*
 * The times that a run is about: of messages, of connections (PLAN_HANDSHAKE), of the first echo
 * (PLAN_IDLE, which has no other). `what` is set to a word for them; static.
 */
const struct histogram *figures_latency(const struct result *result, const char **what);

/* How many slices of the tally the window had, and when in it each one ended. */
size_t figures_slices(const struct result *result, double end_s[static TALLY_SLICES]);

/* What a percentile is called: "p99.9" is 0.999. */
struct figures_point {
    const char *name; /* for people */
    const char *key;  /* in JSON */
    double share;
};

#define FIGURES_POINTS 5

extern const struct figures_point figures_points[FIGURES_POINTS]; /* p50 p90 p99 p99.9 p99.99 */

/* ---- as text ---- */

struct figure figure_duration(int64_t ms); /* "10s", as options take it */
struct figure figure_size(int64_t bytes);  /* "16KiB", as options take it */

#endif
