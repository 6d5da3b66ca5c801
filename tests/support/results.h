/* results.h - results of runs that never took place, for tests of what is printed. */
#ifndef SECHO_TEST_RESULTS_H
#define SECHO_TEST_RESULTS_H

#include "bench/result.h"

/*
 * A run of ten seconds against localhost:8443 in which all went well: 100,000 messages between 80
 * us and 10 ms, 20 connections. Free it with free().
 */
struct result *results_new(enum plan_mode mode);

/* The same run as it would be when the server had refused the connection. */
struct result *results_refused(void);

#endif
