/* judge.h - what no connection failed at may still be no success. Pure. */
#ifndef SECHO_BENCH_JUDGE_H
#define SECHO_BENCH_JUDGE_H

#include "bench/result.h"

/*
 * Looks at a result that is whole, and in which nothing has failed yet: a window in which not one
 * byte came back, or messages that never came back, become its failure (exit status 75).
 *
 * A run that was interrupted before its first byte has measured nothing: measured_s becomes 0.
 */
void judge_result(struct result *result);

#endif
