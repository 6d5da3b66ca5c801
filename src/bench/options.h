/* options.h - what a person asks secho-bench for: the command line, checked, as a plan. */
#ifndef SECHO_BENCH_OPTIONS_H
#define SECHO_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "bench/plan.h"
#include "client/options_way.h"

enum bench_task {
    BENCH_RUN,
    BENCH_COMPARE,
    BENCH_HELP,
    BENCH_VERSION,
    BENCH_EXPLAIN,
};

struct bench_options {
    enum bench_task task;
    struct options_way way; /* the plan's `way` points to its texts */
    struct plan plan;
    bool json, quiet, help, version;
    const char *html; /* path, or NULL */
    const char *pids; /* as typed, or NULL */
    const char *explain;
    const char *before, *after; /* --compare A B */
};

/*
 * bench_options_parse - read the command line. Touches no file.
 *
 *   argv  stays in use: texts point into it
 *   out   stays where it is: its plan points into it
 *
 * Fails with SECHO_ERR_USAGE: a value out of its range, or two wishes that contradict each other.
 */
MUST_CHECK int bench_options_parse(int argc, char **argv, struct bench_options *out,
                                   struct secho_error *err);

/* The help: at most 23 lines of 80 columns, each ending in a newline. Static. */
const char *bench_options_help(void);

/* The rows of the table, for tests. */
extern const struct option_row bench_rows[];
extern const size_t bench_row_count;

/* "echo", "stream", "handshake", "idle". */
const char *bench_mode_name(enum plan_mode mode);

/*
 * What cannot be wished for together. `reader` knows what was on the command line.
 * In options_check.c; bench_options_parse() calls them.
 */
MUST_CHECK int bench_check_run(const struct bench_options *options,
                               const struct option_reader *reader, struct secho_error *err);
MUST_CHECK int bench_check_compare(const struct option_reader *reader, struct secho_error *err);

#endif
