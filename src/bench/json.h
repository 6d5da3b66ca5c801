/* json.h - a result as one JSON object, for programs; secho-bench(1) has its keys. */
#ifndef SECHO_BENCH_JSON_H
#define SECHO_BENCH_JSON_H

#include "bench/result.h"

/* Text without a newline, to be freed; NULL: no memory. */
char *json_of_result(const struct result *result);

#endif
