/* page.h - a result as one HTML page that needs nothing but itself: no network, no script. */
#ifndef SECHO_BENCH_PAGE_H
#define SECHO_BENCH_PAGE_H

#include <stdio.h>

#include "base/attributes.h"
#include "bench/result.h"

/* Can a file be made there? Asked before a long run. Leaves nothing behind. SECHO_ERR_SYSTEM. */
MUST_CHECK int page_check(const char *path, struct secho_error *err);

/*
 * Writes the page beside `path` and gives it that name when it is whole: until then, and after a
 * failure, what was there before is still there. SECHO_ERR_SYSTEM.
 */
MUST_CHECK int page_save(const struct result *result, const char *path, struct secho_error *err);

/* The page itself. Errors stay in the stream. */
void page_print(const struct result *result, FILE *out);

/* The tables at its end: everything that is known. In page_tables.c. */
void page_print_tables(const struct result *result, FILE *out);

/* The plots; nothing where nothing was measured. In page_plots.c. */
void page_print_plots(const struct result *result, FILE *out);

extern const char page_style[]; /* CSS. In page_style.c */

#endif
