/* load.h - everything a configuration names, read and checked: the start, and `-t`. */
#ifndef SECHO_LOAD_H
#define SECHO_LOAD_H

#include "base/attributes.h"
#include "daemon/admin_settings.h"
#include "daemon/privilege.h"
#include "daemon/watch.h"
#include "server/service.h"

struct load {
    struct secho_config *config;
    struct service service; /* certificates and contexts; nothing is bound */
    struct privilege privilege;
    struct admin_settings admin;
    struct watch watch; /* how its files looked before they were read */
};

/*
 * Reads the configuration, every certificate and every key, and looks up the user.
 *
 *   report, context  called for each problem, with one line for people
 *
 * Returns 0, or -1 when there was a problem; load_done() is needed in both cases.
 */
MUST_CHECK int load_all(const char *path, secho_problem_fn *report, void *context,
                        struct load *out);

/*
 * The same with a text that was read before.
 *
 *   name  what problems call it; what its relative paths are relative to
 */
MUST_CHECK int load_text(const char *text, const char *name, secho_problem_fn *report,
                         void *context, struct load *out);

/* Tells what is no problem but should be known, "FILE:LINE:COLUMN: POINTER: warning: ...". */
void load_warn(const struct load *load, secho_problem_fn *report, void *context);

void load_done(struct load *load);

#endif
