/* versus.h - two results side by side: --compare A.json B.json. */
#ifndef SECHO_VERSUS_H
#define SECHO_VERSUS_H

#include <stdio.h>

#include <secho/config.h>

#include "base/json.h"
#include "bench/summary.h"

/* A result of secho-bench --json, read back. */
struct versus_run {
    const char *path;
    struct json_file json;
};

/*
 * versus_load - read and check a file.
 *
 *   path    stays in use
 *   report  called once for each problem: "FILE:LINE:COLUMN: POINTER: words"
 *
 * SECHO_ERR_FILE when it cannot be read, SECHO_ERR_CONFIG when it is no result of secho-bench, or
 * something in it is missing or of the wrong type. Close it with json_close() in any case.
 */
MUST_CHECK int versus_load(const char *path, struct versus_run *out, secho_problem_fn *report,
                           struct secho_error *err);

/* What is compared: one figure, by its way through the object. */
struct versus_row {
    const char *path; /* "latency_us/p50" */
    const char *words;
    enum { VERSUS_RATE, VERSUS_BYTES_RATE, VERSUS_BYTES, VERSUS_US, VERSUS_S } unit;
    bool needed; /* in every result, unless the object that it is in has a count of 0 */
};

extern const struct versus_row versus_rows[];
extern const size_t versus_row_count;

/* The number there, or NAN when it is absent, or a time of an object with a count of 0. */
double versus_number(const struct versus_run *run, const char *path);

/* What makes runs incomparable when it differs, by its way through the object. */
extern const char *const versus_same[];
extern const size_t versus_same_count;

/* Do two runs differ in versus_same[i]? */
bool versus_differs(const struct versus_run *a, const struct versus_run *b, size_t i);

/* Columns, and B/A; says when the runs are not comparable (one failed, ...), and why. */
void versus_print(const struct versus_run *a, const struct versus_run *b, struct look style,
                  FILE *out);

/* The same as one JSON object without a newline, to be freed; NULL: no memory. */
char *versus_as_json(const struct versus_run *a, const struct versus_run *b);

#endif
