/*
 * admin_access.h - who may ask the admin listener for something. Pure: knows no connection.
 *
 * Without a token everybody who can connect may ask; then the Host header must name this machine,
 * or a page of another site could read what its visitor may read (DNS rebinding). With a token it
 * must be shown. A request that changes something must not come from a page of another site.
 */
#ifndef SECHO_ADMIN_ACCESS_H
#define SECHO_ADMIN_ACCESS_H

#include <stdbool.h>

#include "daemon/admin_settings.h"

/* What counts of a request; NULL: it has no such header. */
struct admin_claim {
    const char *host, *origin, *authorization;
    bool changes; /* it would change something: POST */
};

enum admin_verdict {
    ADMIN_WELCOME,
    ADMIN_TOKEN_MISSING,
    ADMIN_TOKEN_WRONG,
    ADMIN_HOST_FOREIGN,
    ADMIN_ORIGIN_FOREIGN,
};

enum admin_verdict admin_judge(const struct admin_settings *settings,
                               const struct admin_claim *claim);

#endif
