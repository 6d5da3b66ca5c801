/* summary.h - a result as text that people read, for a terminal or a pipe. */
#ifndef SECHO_BENCH_SUMMARY_H
#define SECHO_BENCH_SUMMARY_H

#include <stdio.h>

#include "bench/result.h"

struct summary_style {
    bool colours; /* escape sequences: for a terminal, without NO_COLOR */
    bool blocks;  /* Unicode blocks: where the locale is UTF-8; else '#' */
};

/* What suits this stream: looks at isatty(3), NO_COLOR, TERM and the locale. */
struct summary_style summary_style_for(FILE *out);

/*
 * Writes all of it, 80 columns wide. Errors stay in the stream (ferror). A run that failed before
 * anything was measured has nothing but its reason, which is not printed here.
 */
void summary_print(const struct result *result, struct summary_style style, FILE *out);

/* A sentence about what was done: "echo: 64B messages over 10 connections ..."; also for a page. */
void summary_what(const struct result *result, char *text, size_t size);

/* With --resume: says that another share resumed than was asked for. False when it did as asked. */
bool summary_resumed(const struct result *result, char *text, size_t size);

/* Open or closed loop, and what that means for latency. Static. */
const char *summary_loop(const struct plan *plan);

#endif
