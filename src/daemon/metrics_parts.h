/* metrics_parts.h - parts of the answer of metrics.h. */
#ifndef SECHO_METRICS_PARTS_H
#define SECHO_METRICS_PARTS_H

#include <stddef.h>
#include <stdio.h>

#include "daemon/board.h"

/* SEPARATORname="value", escaped as both formats want it; what is not UTF-8 becomes U+FFFD. */
void metrics_label(FILE *out, const char *separator, const char *name, const char *value);

/* What the generation of `block` serves (BOARD_GENERATIONS: none), sorted, each once. NULL: no
 * memory; else free() it. */
struct board_certificate *metrics_certificates(const struct board *board, size_t block,
                                               size_t *count);

#endif
