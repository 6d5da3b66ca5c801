/* problems.h - everything that is wrong with a configuration, in one bounded list. */
#ifndef SECHO_PROBLEMS_H
#define SECHO_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#include <secho/config.h>

#include "base/attributes.h"
#include "base/json.h"

#define PROBLEMS_MAX 50 /* are told; of the rest, how many */

struct problems {
    size_t count; /* all, also those that are not kept */
    bool no_memory;
    struct json_problem items[PROBLEMS_MAX];
};

/* Are more of them only counted? Then there is no need to find the words. */
bool problems_is_full(const struct problems *problems);

/* Notes a problem of a value. */
void problems_add(struct problems *problems, const struct json_at *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Notes a problem of the key itself: that is where the column points to. */
void problems_add_key(struct problems *problems, const struct json_at *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Tells all of them in the order of the file, one line each. `report` may be NULL. */
void problems_tell(struct problems *problems, const char *file, secho_problem_fn *report,
                   void *context);

#endif
