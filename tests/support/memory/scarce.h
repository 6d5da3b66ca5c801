/*
 * scarce.h - memory that runs out on command, for tests whose name ends in _memory.
 *
 * The linker turns malloc, calloc and realloc of secho into __wrap_* (tests/CMakeLists.txt); cJSON
 * and OpenSSL have hooks of their own. Check and the test itself allocate too: an allocation is
 * counted only between scarce_begin() and scarce_end().
 */
#ifndef SCARCE_H
#define SCARCE_H

#include <stdbool.h>

/* First thing in main(), before anything of OpenSSL is called. */
void scarce_setup(void);

void scarce_all_after(int allocations); /* so many succeed, all others fail */
void scarce_one_after(int allocations); /* so many succeed, one fails, all others succeed */

void scarce_begin(void);
void scarce_end(void);

bool scarce_failed(void); /* one has failed since scarce_..._after() */

#endif
