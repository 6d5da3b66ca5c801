/* suite.h - the main() of a test program, in one line. */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* Runs what `add` puts into the test case; setup and teardown may be NULL. Returns the status. */
int suite_run(const char *name, void (*add)(TCase *tests), void (*setup)(void),
              void (*teardown)(void));

#endif
