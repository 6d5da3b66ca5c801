/* summary.h - a result as text that people read, for a terminal or a pipe. */
#ifndef SECHO_BENCH_SUMMARY_H
#define SECHO_BENCH_SUMMARY_H

#include <stdio.h>

#include "base/look.h"
#include "bench/result.h"

/*
 * Writes all of it, 80 columns wide. Errors stay in the stream (ferror). A run that failed before
 * anything was measured has nothing but its reason, which is not printed here.
 */
void summary_print(const struct result *result, struct look style, FILE *out);

/* A sentence about what was done: "echo: 64B messages over 10 connections ..."; also for a page. */
void summary_what(const struct result *result, char *text, size_t size);

/* With --resume: says that another share resumed than was asked for. False when it did as asked. */
bool summary_resumed(const struct result *result, char *text, size_t size);

/* Open or closed loop, and what that means for latency. Static. */
const char *summary_loop(const struct plan *plan);

#endif
